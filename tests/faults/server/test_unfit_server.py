"""A server that must not be used any more is told as such: a standby, a read-only one, one that took rights away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from urllib.parse import urlsplit

import psycopg
import pytest

from pipeline_engine.errors import BadStore, PipelineError, StoreUnreachable
from pipeline_engine.store import Store
from pipeline_engine.store.postgres_schema import lock_of
from tests.faults.server.own_server import OwnServer
from tests.store.given import COUNT, ask, store_at

pytestmark = pytest.mark.slow


@pytest.fixture
def raw(postgres_database: str) -> Iterator[psycopg.Connection]:
    """A plain connection to the database."""
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        yield connection


KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pipeline_engine'"
KILL += " AND datname = current_database()"


@pytest.mark.slow
def test_an_address_that_leads_to_a_standby_is_refused(
    server: OwnServer, opened: Callable[..., Store], impatient: None
) -> None:
    """Where the address fails over to a standby neither a command nor a view is answered by it, nor is it opened."""
    store = opened(server.url)
    ask(store, "c-1")
    assert store.load("deal:D-1", COUNT) == (1, 1)
    server.become_standby()
    with pytest.raises(StoreUnreachable, match="is a standby"):
        ask(store, "c-2")
    with pytest.raises(StoreUnreachable, match="is a standby"):
        store.load("deal:D-1", COUNT)
    with pytest.raises(BadStore, match="is a standby: what it shows may be old, and nothing may be decided on it"):
        store_at(server.url)
    with psycopg.connect(server.url) as control:
        # Control: the standby itself answers, so only the question what it is keeps its answers away.
        assert control.execute("SELECT count(*) FROM stored_events").fetchone() == (1,)
    server.become_primary()
    assert until_back(lambda: ask(store, "c-2").first) == 2


def until_back(call: Callable[[], int]) -> int:
    """What a call returns as soon as new connections are made."""
    until = monotonic() + 10
    while monotonic() < until:
        try:
            return call()
        except StoreUnreachable:
            continue
    return call()


def test_a_database_that_is_set_read_only_is_told(
    postgres_database: str, raw: psycopg.Connection, opened: Callable[..., Store]
) -> None:
    """As hosts do with a full disk: commands are refused with the reason, and go through again when it is over."""
    store = opened(postgres_database)
    name = urlsplit(postgres_database).path[1:]
    raw.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    raw.execute(KILL)
    with pytest.raises(StoreUnreachable, match="takes no writes now"):
        ask(store, "c-1")
    raw.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
    raw.execute(KILL)
    assert ask(store, "c-1").first == 1


@contextmanager
def role(raw: psycopg.Connection, database: str) -> Iterator[tuple[str, str]]:
    """A role that may do all a store needs in this database, and the URL to come in as it."""
    parts = urlsplit(database)
    name = f"rep{parts.path.strip('/')}"
    raw.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'hush-hush'")
    raw.execute(f"GRANT CREATE, USAGE ON SCHEMA public TO {name}")
    raw.execute(f"CREATE SCHEMA public_keys AUTHORIZATION {name}")
    try:
        yield name, parts._replace(netloc=f"{name}:hush-hush@{parts.hostname}:{parts.port}").geturl()
    finally:
        raw.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.mark.parametrize(
    ("taken", "call"),
    [
        ("INSERT ON stored_events", lambda store: ask(store, "c-2")),
        ("SELECT ON command_log", lambda store: ask(store, "c-2")),
        ("SELECT ON stored_events", lambda store: store.rows(0, 10)),
        ("ALL ON SEQUENCE stored_events_notification_id_seq", lambda store: ask(store, "c-2")),
    ],
)
def test_a_right_that_is_taken_away_under_way_is_named(
    postgres_database: str, raw: psycopg.Connection, taken: str, call: Callable[[Store], object]
) -> None:
    """Who loses a right is told which table it was about; nothing is half done, and given back it goes on."""
    with role(raw, postgres_database) as (name, url):
        store = store_at(url)
        ask(store, "c-1")
        raw.execute(f"REVOKE {taken} FROM {name}")
        with pytest.raises(BadStore, match="does not let its user read and write the tables: permission denied for"):
            call(store)
        raw.execute(f"GRANT {taken} TO {name}")
        assert ask(store, "c-2").first == 2
        store.close()


def test_a_role_that_may_not_log_in_any_more_is_told(
    postgres_database: str, raw: psycopg.Connection, impatient: None
) -> None:
    """Connections that cannot be made again are told with the server's reason, and without the password."""
    with role(raw, postgres_database) as (name, url):
        store = store_at(url)
        ask(store, "c-1")
        raw.execute(f"ALTER ROLE {name} NOLOGIN")
        raw.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (name,))
        with pytest.raises(StoreUnreachable, match="not permitted to log in") as caught:
            ask(store, "c-2")
        assert "hush" not in str(caught.value)
        store.close()


@pytest.mark.parametrize("call", ["a command", "alone", "a batch"])
def test_a_lock_that_is_held_is_waited_for_and_told(
    postgres_database: str, raw: psycopg.Connection, opened: Callable[..., Store], call: str
) -> None:
    """A writer waits for the others as long as was said, is told so, and goes on when the lock is free."""
    store = opened(f"{postgres_database}?lock_timeout=1")
    calls: dict[str, Callable[[], object]] = {
        "a command": lambda: ask(store, "c-1"),
        "alone": lambda: store._log.exclusive().__enter__(),
        "a batch": lambda: store.append_many([]),
    }
    with raw.transaction():
        raw.execute("SELECT pg_advisory_xact_lock(%s)", (lock_of("public"),))
        began = monotonic()
        with pytest.raises(PipelineError, match="was locked for 1 s; try again"):
            calls[call]()
        assert 0.9 < monotonic() - began < 5
    assert ask(store, "c-1").first == 1


@pytest.mark.parametrize(
    "setting", ["lock_timeout=0", "lock_timeout=soon", "answer_timeout=-1", "answer_timeout=99999"]
)
def test_a_wait_that_is_no_number_of_seconds_is_refused(setting: str) -> None:
    """A setting of the URL that cannot be kept is told before any server is asked."""
    with pytest.raises(BadStore, match="is a number of seconds from 1 to 3600, not"):
        store_at(f"postgresql://nowhere/none?{setting}")


def test_a_database_that_was_put_back_is_followed(
    postgres_database: str, raw: psycopg.Connection, opened: Callable[..., Store]
) -> None:
    """Where the server lost what it had told, as after a failover to a copy that lagged, commands go on from there."""
    store = opened(postgres_database)
    for number in range(3):
        ask(store, f"c-{number}")
    raw.execute("DELETE FROM stored_events WHERE originator_version > 1")
    raw.execute("DELETE FROM command_log WHERE first > 1")
    assert ask(store, "c-9").first == 2
    assert store.load("deal:D-1", COUNT) == (2, 2)
