"""The whole server is killed under load: what was acknowledged is there once, and soon after it is back it goes on.

The control commits without waiting for the log to be written, and must lose something that it acknowledged.
"""

import sys
from collections.abc import Callable
from random import Random
from time import sleep

import psycopg
import pytest

from pipeline_engine.store import Store, postgres_line
from tests.faults.server.orders import wrongs
from tests.faults.server.own_server import OwnServer
from tests.faults.server.writers import Writers

pytestmark = pytest.mark.slow

WRITERS = 4
FIRST_TOLD_SECONDS = 10.0


def crash_under_load(server: OwnServer, writers: Writers, chance: Random, *, away: float) -> float:
    """Kill the server while orders are told, start it again; seconds from its first answer to the next told order."""
    writers.wait_for(10)
    sleep(chance.uniform(0, 0.2))
    server.crash()
    sleep(chance.uniform(0, away))
    back = server.begin()
    return writers.wait_for(1, since=back) - back


@pytest.mark.slow
@pytest.mark.parametrize("crashes", [5, pytest.param(100, marks=pytest.mark.soak)])
def test_nothing_acknowledged_is_lost_when_the_server_is_killed(
    server: OwnServer, opened: Callable[..., Store], seed: int, crashes: int
) -> None:
    """Each order is there whole and once, or was never acknowledged; the next is told within ten seconds."""
    stores = [opened(f"{server.url}?schema=killed") for _ in range(2)] * (WRITERS // 2)
    writers = Writers(stores, f"w{seed}")
    try:
        # Now and then it is away for longer than anybody waits for a connection.
        waited = [
            crash_under_load(server, writers, Random(f"{seed}/{nth}"), away=12 if nth % 10 == 4 else 0.5)
            for nth in range(crashes)
        ]
    finally:
        writers.stop()
    assert writers.failed == []
    assert wrongs(stores[0], writers.asked, writers.told) == []
    sys.stdout.write(
        f"{len(writers.told)} told, first told {max(waited):.2f} s after the server was back at the latest\n"
    )
    assert max(waited) <= FIRST_TOLD_SECONDS, waited


def test_control_without_waiting_for_the_disk_something_acknowledged_is_lost(
    server: OwnServer, opened: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: with commits that are told before they are written, the same check finds orders that are gone."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        connection.execute("SELECT pg_reload_conf()")
    waits = "'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    assert waits in postgres_line._SETTINGS
    monkeypatch.setattr(postgres_line, "_SETTINGS", postgres_line._SETTINGS.replace(waits, "'off', false)"))
    writers = Writers([opened(f"{server.url}?schema=hasty") for _ in range(WRITERS)], "hasty")
    try:
        writers.wait_for(100)
        server.crash()
    finally:
        told = dict(writers.told)
        server.begin()
        writers.stop()
    store = opened(f"{server.url}?schema=hasty")
    lost = [wrong for wrong in wrongs(store, writers.asked, told) if "acknowledged, has" in wrong]
    assert lost
