"""Stores with something personal in them, and what their files hold."""

from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from pipeline_engine.store import Row, Store
from pipeline_engine.store.keys import SubjectKeys
from pipeline_engine.values import Personal
from tests.store.given import Noted, Opened, appending, ask

MAIL = "kim@customer.example"


def keys_of(store: Store) -> SubjectKeys:
    """The keys of a store that has some."""
    assert store.keys is not None
    return store.keys


def note(store: Store, command_id: str, text: str = MAIL, subject: str = "deal:D-1", stream: str = "deal:D-1") -> None:
    """A note about a subject in a stream."""
    ask(store, command_id, appending(Noted(text=Personal(subject, text)), command_id=command_id), stream=stream)


def opened_with(store: Store, command_id: str, **fields: str) -> None:
    """An event with two personal fields and more."""
    values: Any = {name: Personal("deal:D-1", text) for name, text in fields.items()}
    ask(store, command_id, appending(Opened(fields=values), command_id=command_id))


def texts(store: Store, stream: str = "deal:D-1") -> list[str | None]:
    """What the notes of a stream say; None where it was erased."""
    events = [recorded.event for recorded in store.events(stream)]
    return [event.text.value for event in events if isinstance(event, Noted)]


def bytes_kept(url: str) -> bytes:
    """Every byte that a store and its keys keep: the files of SQLite, or every table of both schemas."""
    if url.startswith("sqlite:"):
        path = Path(url.removeprefix("sqlite:///"))
        return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()) if file.is_file())
    plain, _, schema = url.partition("?schema=")
    with psycopg.connect(plain) as connection:
        tables = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema = ANY(%s)",
            ([schema, f"{schema}_keys"],),
        ).fetchall()
        found = bytearray()
        for table in tables:
            rows = connection.execute(SQL("SELECT * FROM {}").format(Identifier(*table))).fetchall()
            found += b"\n".join(cell if isinstance(cell, bytes) else str(cell).encode() for row in rows for cell in row)
        return bytes(found)


class Tampered:
    """A log whose rows are as somebody made them who can write to the database."""

    def __init__(self, log: Any, rows: list[Row]) -> None:
        self._log, self._rows = log, rows

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def stream_rows(self, stream: str, after: int) -> list[Row]:
        """The rows as they were made."""
        return [row for row in self._rows if row.stream == stream and row.version > after]


def tampered(store: Store, rows: list[Row]) -> Store:
    """The store as it would be with these rows."""
    store._log = Tampered(store._log, rows)
    return store
