"""The tables of keys and what is asked of them, in SQL that SQLite and PostgreSQL both read."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from pipeline_engine.errors import BadStore, SubjectIsErased
from pipeline_engine.store.keys.cipher import Secret, fresh_key
from pipeline_engine.store.keys.model import ANSWERS, COMMANDS, FORMAT, KeyRow, KeyState, stays_erased

PAGE = 1000
TABLES = (
    """CREATE TABLE {at}subject_keys (
        id TEXT PRIMARY KEY, subject TEXT NOT NULL, wrapped {bytes}, made_at BIGINT NOT NULL)""",
    "CREATE UNIQUE INDEX subject_keys_live ON {at}subject_keys (subject) WHERE wrapped IS NOT NULL",
    "CREATE INDEX subject_keys_subject ON {at}subject_keys (subject)",
    "CREATE TABLE {at}carried_out (erasure TEXT PRIMARY KEY, carried_out_at BIGINT NOT NULL)",
    "CREATE TABLE {at}key_header (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
)
_ROW = "id, subject, wrapped, made_at"
_ADD = "INSERT INTO {at}subject_keys VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_SET = """INSERT INTO {at}key_header VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value"""
_ERASED = "SELECT DISTINCT subject FROM {at}subject_keys WHERE wrapped IS NULL"


class Run(Protocol):
    """Runs statements in one transaction."""

    def __call__(self, text: str, *values: Any) -> list[Any]:
        """The rows of a statement."""
        ...

    def many(self, text: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for every row."""
        ...


class KeyTables:
    """Keys in tables; whoever builds on it says how a statement is run, and what a transaction is."""

    place: str
    shared = True
    among: str
    """A condition on a column that holds where its value is one of a list, given as one parameter."""

    def run(self, text: str, *values: Any) -> list[Any]:
        """The rows of one statement by itself."""
        raise NotImplementedError

    def transaction(self) -> AbstractContextManager[Run]:
        """A transaction under the lock of these keys, and what runs a statement in it."""
        raise NotImplementedError

    def list_of(self, values: Sequence[str]) -> Any:
        """A list as the one parameter of `among`."""
        raise NotImplementedError

    def clean(self) -> bool:
        """Remove what destroyed keys left behind in the files; False where that must wait."""
        raise NotImplementedError

    def state(self) -> KeyState:
        """What has to be looked at."""
        try:
            return _state(self.run)
        except (KeyError, ValueError):
            raise BadStore(
                f"the header of {self.place} is damaged; `keys restore` brings a back-up of the keys back"
            ) from None

    def made(self, run: Run, master: str, kept: str | None, now: int) -> None:
        """Write the header of new tables."""
        header = {"format": FORMAT, "generation": 0, "master": master, "unscrubbed": 0, "made_at": now}
        for name, value in {**header, **({"kept": kept} if kept else {})}.items():
            run(_SET, name, str(value))

    def of_key(self, key_id: str) -> KeyRow | None:
        """The key of an id."""
        found = self.run(f"SELECT {_ROW} FROM {{at}}subject_keys WHERE id = ?", key_id)
        return _row(found[0]) if found else None

    def of_subjects(self, subjects: Sequence[str]) -> list[KeyRow]:
        """Every key of these subjects."""
        query = f"SELECT {_ROW} FROM {{at}}subject_keys WHERE subject {self.among}"
        return [_row(row) for row in self.run(query, self.list_of(subjects))]

    def add(self, rows: Sequence[KeyRow], master: str) -> bool:
        """Keep new keys, but for subjects that have one meanwhile."""
        final = [row.subject for row in rows if stays_erased(row.subject)]
        with self.transaction() as run:
            if _state(run).master != master:
                return False
            gone = final and run(f"{_ERASED} AND subject {self.among} LIMIT 1", self.list_of(final))
            if gone:
                raise SubjectIsErased(gone[0][0])
            run.many(_ADD, map(_values, rows))
        return True

    def destroy(self, subject: str, erasure: str, now: int) -> bool:
        """Destroy the live key of a subject for an erasure."""
        with self.transaction() as run:
            if run("SELECT 1 FROM {at}carried_out WHERE erasure = ?", erasure):
                return False
            run("INSERT INTO {at}carried_out VALUES (?, ?)", erasure, now)
            run("UPDATE {at}subject_keys SET wrapped = NULL WHERE subject = ?", subject)
            run("DELETE FROM {at}subject_keys WHERE subject IN (?, ?)", COMMANDS, ANSWERS)
            if not run("SELECT 1 FROM {at}subject_keys WHERE subject = ? LIMIT 1", subject):
                # Nothing was sealed about them yet; that they are erased is remembered all the same.
                run(_ADD, fresh_key()[0], subject, None, now)
            run(_SET, "unscrubbed", "1")
            _turn(run)
        return True

    def carried_out(self) -> frozenset[str]:
        """The erasures that were carried out."""
        return frozenset(erasure for (erasure,) in self.run("SELECT erasure FROM {at}carried_out"))

    def erased(self) -> frozenset[str]:
        """Every subject that had a key destroyed."""
        return frozenset(subject for (subject,) in self.run(_ERASED))

    def scrub(self) -> bool:
        """Make sure that no byte of a destroyed key is left."""
        if not self.clean():
            return False
        with self.transaction() as run:
            run(_SET, "unscrubbed", "0")
        return True

    def rewrap(self, master: str, kept: str | None, change: Callable[[KeyRow], KeyRow]) -> int:
        """Put every live key under another master key, in one transaction."""
        with self.transaction() as run:
            if _state(run).master == master:
                return 0
            live = run(f"SELECT {_ROW} FROM {{at}}subject_keys WHERE wrapped IS NOT NULL")
            changed = [change(_row(row)) for row in live]
            run.many("UPDATE {at}subject_keys SET wrapped = ? WHERE id = ?", [(row.wrapped, row.id) for row in changed])
            run("DELETE FROM {at}key_header WHERE name = 'kept'")
            for name, value in {"master": master, "unscrubbed": "1", **({"kept": kept} if kept else {})}.items():
                run(_SET, name, value)
            _turn(run)
        return len(live)

    def restore(self, rows: Sequence[KeyRow], carried_out: Sequence[str], now: int) -> None:
        """Keep what a back-up holds, where no key is kept yet."""
        with self.transaction() as run:
            if run("SELECT 1 FROM {at}subject_keys LIMIT 1"):
                raise BadStore(f"{self.place} holds keys already; a back-up is restored only where there are none")
            run.many(_ADD, map(_values, rows))
            run.many("INSERT INTO {at}carried_out VALUES (?, ?)", [(erasure, now) for erasure in carried_out])
            _turn(run)

    def give_up(self, lost: Mapping[str, str], now: int) -> None:
        """Know these keys as destroyed."""
        with self.transaction() as run:
            # Under another name: the subject was not erased, and may be recorded again.
            run.many(_ADD, [(key_id, f"lost:{subject}", None, now) for key_id, subject in sorted(lost.items())])
            _turn(run)

    def rows(self) -> Iterator[KeyRow]:
        """Every key by id, a page at a time."""
        query, last = f"SELECT {_ROW} FROM {{at}}subject_keys WHERE id > ? ORDER BY id LIMIT {PAGE}", ""
        while page := self.run(query, last):
            yield from map(_row, page)
            last = page[-1][0]


def _row(row: Sequence[Any]) -> KeyRow:
    key_id, subject, wrapped, made_at = row
    return KeyRow(key_id, subject, None if wrapped is None else bytes(wrapped), made_at)


def _values(row: KeyRow) -> tuple[Any, ...]:
    return row.id, row.subject, row.wrapped, row.made_at


def _state(run: Callable[[str], list[Any]]) -> KeyState:
    values = dict(run("SELECT name, value FROM {at}key_header"))
    kept = Secret(values.pop("kept")) if "kept" in values else None
    return KeyState(int(values["generation"]), values["master"], kept, values["unscrubbed"] == "1")


def _turn(run: Run) -> None:
    # What other processes keep in memory is no longer right: they see it by this number.
    run("UPDATE {at}key_header SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE name = 'generation'")
