"""A store in a PostgreSQL schema: what it refuses, what it never shows, what it outlives."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import pairwise
from threading import Barrier
from urllib.parse import urlsplit

import psycopg
import pytest

from pipeline_engine.errors import BadStore, StoreUnreachable
from pipeline_engine.store import Store, StreamAppend
from pipeline_engine.store.postgres_schema import lock_of
from pipeline_engine.store.postgres_server import Address
from tests.store.given import COUNT, Counted, ask, draft, store_at

pytestmark = pytest.mark.slow


@pytest.fixture
def raw(postgres_database: str) -> Iterator[psycopg.Connection]:
    """A plain connection to the store's database."""
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def store(postgres_database: str, opened: Callable[..., Store]) -> Store:
    """An empty store in that database."""
    return opened(postgres_database)


def test_the_library_function_beside_which_readers_miss_events_is_refused(monkeypatch: pytest.MonkeyPatch):
    """The library's own insert function takes no lock, so it is refused before any server is asked."""
    monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", "yes")
    with pytest.raises(BadStore, match="POSTGRES_ENABLE_DB_FUNCTIONS"):
        store_at("postgresql://nowhere/none")


def test_a_server_that_is_not_there_is_told_without_the_password():
    """The message names the server and the reason in one line, and never the password."""
    with pytest.raises(StoreUnreachable) as caught:
        store_at("postgresql://rep:hush-hush@127.0.0.1:1/sales")
    assert "postgresql://127.0.0.1:1/sales" in str(caught.value)
    assert "hush" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://rep:hush@hush@host/sales",
        "postgresql://rep:hush@host/sales?nonsense=1",
        "postgresql://[hush",
    ],
)
def test_a_url_that_cannot_be_read_is_told_without_the_password(url: str):
    """Not even a piece of a password that was written without its escapes is shown."""
    with pytest.raises(BadStore) as caught:
        store_at(url)
    assert "hush" not in str(caught.value)


def test_a_wrong_password_is_told_without_it(postgres_database: str):
    """Also what the server says is shown without the password."""
    parts = urlsplit(postgres_database)
    with pytest.raises(StoreUnreachable, match="password authentication failed") as caught:
        store_at(postgres_database.replace(str(parts.password), "hush-hush"))
    assert "hush" not in str(caught.value)


def test_a_schema_of_its_own(postgres_database: str, opened: Callable[..., Store]):
    """`?schema=name` keeps stores of one database apart; the schema is made where it is missing."""
    north, south = (opened(f"{postgres_database}?schema={name}") for name in ("north", "South side"))
    ask(north, "c-1")
    assert (north.position(), south.position()) == (1, 0)
    assert ask(south, "c-1").known is False


def test_the_search_path_is_followed(postgres_database: str, raw: psycopg.Connection, opened: Callable[..., Store]):
    """Without `schema=` the first schema of the search path is used; one that is not there is told."""
    raw.execute("CREATE SCHEMA east")
    ask(opened(f"{postgres_database}?options=-csearch_path%3Deast"), "c-1")
    assert raw.execute("SELECT count(*) FROM east.stored_events").fetchone() == (1,)
    with pytest.raises(BadStore, match="names no schema"):
        store_at(f"{postgres_database}?options=-csearch_path%3Dwest")


def test_tables_of_another_program_are_refused(postgres_database: str, raw: psycopg.Connection):
    """Tables with our names and without our header are not ours: the library makes such ones itself."""
    raw.execute("CREATE TABLE stored_events (id int)")
    with pytest.raises(BadStore, match="tables of another program"):
        store_at(postgres_database)


def test_a_newer_format_is_refused(postgres_database: str, raw: psycopg.Connection, store: Store):
    """A store of a later version is not read half right: the message names both formats."""
    raw.execute("UPDATE store_header SET value = '2' WHERE key = 'format'")
    with pytest.raises(BadStore, match=r"has format 2, this version reads format 1"):
        store_at(postgres_database)


def test_a_database_that_is_not_unicode_is_refused(postgres_database: str, raw: psycopg.Connection):
    """Names are kept as UTF-8, or not at all."""
    name = urlsplit(postgres_database).path[1:] + "_latin"
    raw.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 ENCODING latin1 LOCALE "C"')
    try:
        with pytest.raises(BadStore, match="keeps text as LATIN1"):
            store_at(urlsplit(postgres_database)._replace(path=f"/{name}").geturl())
    finally:
        raw.execute(f'DROP DATABASE "{name}"')


def test_a_user_who_may_not_make_tables_is_told(postgres_database: str, raw: psycopg.Connection):
    """A read-only session cannot make a store; that is a setting to mend, not a server to wait for."""
    with pytest.raises(BadStore, match="does not let its user make the tables"):
        store_at(f"{postgres_database}?options=-cdefault_transaction_read_only%3Don")


def test_settings_of_the_server_that_would_lose_events_are_overruled(
    postgres_database: str, raw: psycopg.Connection, opened: Callable[..., Store]
):
    """Neither asynchronous commits nor a stricter isolation come through."""
    name = urlsplit(postgres_database).path[1:]
    raw.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    raw.execute(f"ALTER DATABASE \"{name}\" SET default_transaction_isolation = 'serializable'")
    store = opened(postgres_database)
    with store._log.server.get_connection() as connection:  # type: ignore[attr-defined]  # what its sessions really say
        shown = [
            next(iter(connection.execute(f"SHOW {name}").fetchone().values()))
            for name in ("synchronous_commit", "transaction_isolation")
        ]
    assert shown == ["on", "read committed"]


def test_many_may_make_a_store_at_once(postgres_schema: str):
    """Processes that start together get one store, with one header."""
    start = Barrier(4)

    def open_one(_: int) -> Store:
        start.wait()
        return store_at(postgres_schema)

    with ThreadPoolExecutor(4) as threads:
        stores = list(threads.map(open_one, range(4)))
    for number, store in enumerate(stores):
        ask(store, f"c-{number}")
        assert store.position() == number + 1
    for store in stores:
        store.close()


def test_connections_that_the_server_drops_are_replaced(raw: psycopg.Connection, store: Store):
    """Where every connection breaks, the next command goes through all the same."""
    ask(store, "c-1")
    raw.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert ask(store, "c-2").first == 2
    assert store.load("deal:D-1", COUNT) == (2, 2)


def test_a_batch_keeps_other_writers_out(store: Store):
    """Bulk appends take the same lock as commands, so that nobody who reads on misses an event."""
    start = Barrier(3)
    batch = tuple(draft(Counted()) for _ in range(300))

    def bulk(nth: int) -> None:
        start.wait()
        for part in range(5):
            store.append_many([StreamAppend(f"deal:B-{nth}-{part}", 0, batch)])

    def single() -> None:
        start.wait()
        for number in range(60):
            ask(store, f"c-{number}", stream=f"deal:S-{number}")

    with ThreadPoolExecutor(3) as threads:
        for done in [threads.submit(bulk, 0), threads.submit(bulk, 1), threads.submit(single)]:
            done.result()
    streams = [row.stream for row in store.rows(0, 10_000)]
    changes = sum(1 for one, other in pairwise(streams) if one != other)
    assert (len(streams), changes) == (3060, 69)


INSERT = "INSERT INTO stored_events VALUES ('deal:slow', 1, 'Counted', '', default, 0)"


def positions_read_on(store: Store, raw: psycopg.Connection, lock: str) -> list[int]:
    """What somebody who reads on sees while a slow writer, having drawn its position, has not committed yet."""
    with ThreadPoolExecutor(1) as threads:
        with raw.transaction():
            raw.execute(lock)
            raw.execute(INSERT)
            quick = threads.submit(ask, store, "quick")
            wait([quick], 0.3)
            seen = [row.position for row in store.rows(0, 10)]
        quick.result()
    return seen + [row.position for row in store.rows(max(seen, default=0), 10)]


def test_who_reads_on_misses_nothing(store: Store, raw: psycopg.Connection):
    """Writers wait for one lock before a position is drawn, so positions become visible in their order."""
    assert positions_read_on(store, raw, f"SELECT pg_advisory_xact_lock({lock_of('public')})") == [1, 2]


def test_control_who_reads_on_beside_an_unlocked_writer_misses_an_event(store: Store, raw: psycopg.Connection):
    """Control: where the slow writer takes no lock, whoever reads on passes its event and never sees it."""
    assert positions_read_on(store, raw, "SELECT 1") == [2]
    assert store.position() == 2


def test_a_password_in_the_query_is_not_shown():
    """However the password came in, people see where the store is and nothing else."""
    address = Address("postgresql://rep@host:5433/sales?password=hush&sslmode=require")
    assert address.shown == "postgresql://host:5433/sales"
    assert "sslmode=require" in address.conninfo
