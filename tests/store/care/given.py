"""Stores with something in them, back-ups of them, and what can go wrong with a file."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

from pipeline_engine.store import IDENTITY, Store, StreamAppend
from tests.store.given import COUNT, Clock, Counted, Noted, Opened, appending, ask, draft, personal, store_at

Everything = tuple[list[tuple[object, ...]], list[tuple[object, ...]], dict[str, str]]


def plain_store_at(url: str, clock: Clock | None = None) -> Store:
    """A store without keys: copies are made below what seals, and a copy has no keys with it."""
    return store_at(url, clock, keys=IDENTITY)


def filled(url: str, *, commands: int = 30, seed: int = 5, sealed: bool = False) -> Store:
    """A store in which commands, bulk appends and personal values stand in an order drawn by seed."""
    random, clock = Random(seed), Clock()
    store = store_at(url, clock) if sealed else plain_store_at(url, clock)
    for number in range(commands):
        clock.now += timedelta(minutes=random.randrange(5))
        stream = f"deal:D-{random.randrange(7)}"
        if random.random() < 0.2:
            _, version = store.load(stream, COUNT)
            store.append_many([StreamAppend(stream, version, tuple(draft(Counted()) for _ in range(3)))])
        elif random.random() < 0.2:
            ask(store, f"c-{number}", appending(), stream=stream)  # answered, and nothing appended
        else:
            noted = Noted(text=personal(f"called {number} times — ün"))
            ask(store, f"c-{number}", appending(Opened(), noted), stream=stream)
    return store


def everything(url: str) -> Everything:
    """Every event and every command of a store, field by field, and its header."""
    with closing(plain_store_at(url)) as store, store._log.snapshot() as snapshot:
        rows = [tuple(row._replace(payload=bytes(row.payload))) for page in snapshot.rows() for row in page]
        commands = [tuple(command) for page in snapshot.commands() for command in page]
        return rows, commands, snapshot.header()


def changed(file: Path, statement: str) -> None:
    """Change something in a file behind everybody's back."""
    with closing(sqlite3.connect(file)) as raw, raw:
        assert raw.execute(statement).rowcount != 0
