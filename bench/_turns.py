"""What the benchmarks share: turns taken in one run, a real PostgreSQL, and a made-up year as drafts.

Rates depend on the machine and on who else uses it; what counts is a ratio of turns that were taken beside each other.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from tests.servers import ServerRun, fresh_database, postgres_of

from pipeline_engine import Engine
from pipeline_engine.engine import StoryClock
from pipeline_engine.engine.shell import EVENTS
from pipeline_engine.simulation import YearPlan, sales_year
from pipeline_engine.store import Draft, Store, StreamAppend, open_store

CONFIG = Path(__file__).resolve().parent.parent / "config"
Turn = Callable[[], float]


def in_turns(rounds: int, turns: Mapping[str, Turn]) -> dict[str, list[float]]:
    """What each turn measured, round by round, one after the other so that whatever slows one slows all."""
    measured: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, turn in turns.items():
            measured[name].append(turn())
    return measured


def ratio(peer: list[float], ours: list[float]) -> float:
    """How fast ours is beside the peer: the median of the rounds' ratios of their seconds."""
    return median(theirs / own for theirs, own in zip(peer, ours, strict=True))


def micro(seconds: list[float]) -> str:
    """The median in microseconds."""
    return f"{median(seconds) * 1e6:,.1f} µs"


def verdict(found: float, wanted: float, peer: str) -> str:
    """One line: the ratio, what was wanted, and whether it holds."""
    return f"  {found:.2f} of {peer} (wanted: at least {wanted:g}){'' if found >= wanted else '  ◄ short'}"


@contextmanager
def postgres() -> Iterator[Callable[[], str]]:
    """Makes fresh databases, on the server named by BENCH_POSTGRES or on one of our own with fsync on."""
    run = ServerRun.begin()
    opened = []
    names = count(1)
    try:
        server = os.environ.get("BENCH_POSTGRES") or postgres_of(run.folder)

        def fresh() -> str:
            database = fresh_database(server, f"bench_{os.getpid()}_{next(names)}")
            opened.append(database)
            return database.__enter__()

        yield fresh
    finally:
        for database in reversed(opened):
            database.__exit__(None, None, None)
        run.end()


def library_settings(url: str) -> dict[str, str]:
    """How the bare library is told of a store: an SQLite file's path, or a PostgreSQL URL."""
    if not url.startswith("postgres"):
        return {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": url}
    place = urlsplit(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres", "POSTGRES_DBNAME": place.path[1:],
        "POSTGRES_HOST": str(place.hostname), "POSTGRES_PORT": str(place.port),
        "POSTGRES_USER": str(place.username), "POSTGRES_PASSWORD": str(place.password),
    }  # fmt: skip


def made_up_year(deals: int = 1200, seed: int = 7) -> list[tuple[Draft, ...]]:
    """The deals of a made-up sales year, lived through the real gate, as drafts: one tuple a deal."""
    clock = StoryClock(datetime(2025, 1, 1, tzinfo=UTC))
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/year.db?synchronous=normal"
        with Engine.open(url, clock=clock, clock_name="simulation", via="simulation") as engine:
            engine.publish(CONFIG / "processes" / "b2b-saas.yaml", by="ops-1")
            engine.apply_team(CONFIG / "people.yaml", by="ops-1")
            engine.live(sales_year(seed, YearPlan(deals=deals)))
        store = opened(url)
        read = [store.events(stream) for stream in store.streams("deal:")]
        store.close()
    return [tuple(Draft(each.envelope, each.event) for each in events) for events in read]


def opened(url: str) -> Store:
    """The store at a URL, without an engine before it."""
    return open_store(url, clock=lambda: datetime.now(UTC), clock_name="simulation", events=EVENTS)


def copies(year: Sequence[tuple[Draft, ...]]) -> Iterator[StreamAppend]:
    """The same deals again and again, each time under other ids, without end."""
    for turn in count():
        for number, drafts in enumerate(year):
            yield StreamAppend(f"deal:{turn:04}-{number:05}", 0, drafts)


def filled(url: str, events: int) -> None:
    """Fill a new store with copies of the year until it has that many events."""
    store, parts = opened(url), copies(made_up_year())
    while store.position() < events:
        store.append_many(list(islice(parts, 1000)))
    store.close()
