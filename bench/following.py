"""A view caught up with the log, a row an event, against the bare library's one transaction an event.

Ours takes batches in: rows and position go in one transaction, and what may be wrong with an event is looked after. The
peer is what the library has for this: a tracking recorder with a table of its own, which writes one row and the
position of one event at a time. It is handed the stored rows a page at a time and decodes none of them.
"""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from bench._turns import Turn, filled, in_turns, micro, opened, postgres, ratio, verdict
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.sqlite import SQLiteDatastore, SQLiteTrackingRecorder

from pipeline_engine.engine import system_clock
from pipeline_engine.store import Row, Store, ViewRows, ViewTable

EVENTS, OF_THE_PEER, ROUNDS, PAGE = 20_000, 1_000, 7, 500
SEEN = ViewTable(
    "seen", (("position", "bigint"), ("stream", "text"), ("version", "bigint"), ("name", "text")), key=("position",)
)
_MADE = "CREATE TABLE seen (position bigint PRIMARY KEY, stream text, version bigint, name text)"
Recorder = SQLiteTrackingRecorder | PostgresTrackingRecorder


class Seen:
    """A row an event."""

    name, shape, tables = "seen", 1, (SEEN,)

    def take(self, rows: Sequence[Row], view: ViewRows) -> None:
        """Put the rows down."""
        view.put(SEEN.replace, [(row.position, row.stream, row.version, row.name) for row in rows])


def ours(store: Store) -> Turn:
    """Seconds an event: the view is made anew from the first one."""
    follower = store.follower(Seen(), system_clock)

    def turn() -> float:
        begin = perf_counter()
        events = follower.rebuild()
        return (perf_counter() - begin) / events

    return turn


def bare(store: Store, recorder: Recorder, insert: str) -> Turn:
    """Seconds an event: so many more of them, each with its row and its position in one transaction."""
    at = [0]

    def turn() -> float:
        begin = perf_counter()
        for _ in range(OF_THE_PEER // PAGE):
            rows = store.stored_rows(at[0], PAGE)
            for row in rows:
                _take(recorder, insert, row)
            at[0] = rows[-1].position
        return (perf_counter() - begin) / OF_THE_PEER

    return turn


def _take(recorder: Any, insert: str, row: Row) -> None:
    with recorder.datastore.transaction(commit=True) as cursor:
        recorder._insert_tracking(cursor, Tracking("log", row.position))
        cursor.execute(insert, (row.position, row.stream, row.version, row.name))


def sqlite_peer(path: Path) -> Recorder:
    """The library's recorder on a file of its own, as durable as ours by its own default."""
    return _made(SQLiteTrackingRecorder(SQLiteDatastore(str(path))))


def postgres_peer(url: str) -> Recorder:
    """The library's recorder on a database of its own."""
    place = urlsplit(url)
    store = PostgresDatastore(
        place.path[1:], str(place.hostname), str(place.port), str(place.username), str(place.password)
    )
    return _made(PostgresTrackingRecorder(store))


def _made(recorder: Any) -> Recorder:
    recorder.create_table()
    with recorder.datastore.transaction(commit=True) as cursor:
        cursor.execute(_MADE)
    made: Recorder = recorder
    return made


def measured(name: str, store: Store, peer: Callable[[], Turn]) -> None:
    """Take turns and print what came of it."""
    found = in_turns(ROUNDS, {"bare": peer(), "ours": ours(store)})
    print(f"a view caught up on {name}, an event: {micro(found['ours'])}, one transaction each {micro(found['bare'])}")
    print(verdict(ratio(found["bare"], found["ours"]), 20, "the bare library's one transaction an event"))


def main() -> None:
    """Print both ratios."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/sales.db"
        filled(url, EVENTS)
        store, recorder = opened(url), sqlite_peer(Path(folder) / "peer.db")
        measured("SQLite", store, lambda: bare(store, recorder, "INSERT INTO seen VALUES (?, ?, ?, ?)"))
        store.close()
    with postgres() as database:
        url = database()
        filled(url, EVENTS)
        store, recorder = opened(url), postgres_peer(database())
        measured("PostgreSQL", store, lambda: bare(store, recorder, "INSERT INTO seen VALUES (%s, %s, %s, %s)"))
        store.close()
        recorder.datastore.close()
