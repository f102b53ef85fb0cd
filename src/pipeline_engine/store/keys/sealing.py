"""Closes personal values under a key for each subject, and opens them while that key is there.

Keys in memory are trusted for a moment only (`LEASE_SECONDS`). Whoever destroys one waits that long before saying so:
from then on no process of the store opens what it closed.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import RLock
from time import monotonic, sleep

from pipeline_engine.errors import BadStore, SubjectIsErased
from pipeline_engine.store.findings import checked
from pipeline_engine.store.forked import renewed_in_children
from pipeline_engine.store.keys.backup import copy_keys
from pipeline_engine.store.keys.cipher import Master, SubjectKey, fresh_key, place_of
from pipeline_engine.store.keys.master import MasterFile, MasterHome
from pipeline_engine.store.keys.model import COMMANDS, MIXED, KeyRow, KeyRows, KeyState, stays_erased
from pipeline_engine.store.log import Clock
from pipeline_engine.store.model import Finding
from pipeline_engine.store.seal import IDENTITY, Forged, Sealed

LEASE_SECONDS = 0.25
KEPT = 16_384
CHUNK = 5_000
_NEXT_STEP = "restore the keys from a later back-up; `keys lost` tells what is lost without one"


class SubjectKeys:
    """A key for each subject; safe to share between threads."""

    def __init__(self, rows: KeyRows, home: MasterHome, clock: Clock, *, name: str) -> None:
        """`name`: what the header of the store says, `MIXED` where values of before are only wrapped."""
        self.name, self._rows, self._home, self._clock = name, rows, home, clock
        # By id; None where it was destroyed. Both are emptied when they grow too long or are no longer right.
        self._by_id: dict[str, SubjectKey | None] = {}
        self._by_subject: dict[str, SubjectKey] = {}
        self._erased: frozenset[str] = frozenset()
        self._generation, self._looked_at = -1, 0.0
        renewed_in_children(self)
        self._look()

    def begin_anew(self) -> None:
        """A lock of its own in a forked child; what is in memory there was right at the fork."""
        self._lock = RLock()

    def __repr__(self) -> str:
        return f"SubjectKeys({self._rows.place!r})"

    def generation(self) -> int:
        """Goes up when what was opened before may have to be forgotten."""
        if monotonic() - self._looked_at > LEASE_SECONDS:
            self._look()
        return self._generation

    def _look(self) -> None:
        with self._lock:
            began = monotonic()
            state = self._rows.state()
            if state.generation != self._generation:
                self._begin_anew(state)
            # From before the look: what changed since then is seen in time.
            self._looked_at = began

    def _begin_anew(self, state: KeyState) -> None:
        self._master: Master = self._home.find(state)
        self._forget()
        self._erased = self._rows.erased() if self.name == MIXED else frozenset()
        self._generation = state.generation

    def _forget(self) -> None:
        self._by_id, self._by_subject = {}, {}

    def ready(self, subjects: Collection[str]) -> None:
        """Make sure, durably, that there is a key for each of these; raises SubjectIsErased."""
        self.generation()
        missing = [subject for subject in dict.fromkeys(subjects) if subject not in self._by_subject]
        for start in range(0, len(missing), CHUNK):
            # Under the lock: a key that is read here must not come in after a look that should have dropped it.
            with self._lock:
                self._find_or_make(missing[start : start + CHUNK])

    def _find_or_make(self, subjects: Sequence[str]) -> None:
        missing = self._found(subjects)
        while missing:
            made = [self._fresh(subject) for subject in missing]
            if not self._rows.add(made, self._master.fingerprint):
                self._look_again()
            # Read back: where somebody else was first, theirs is the subject's key.
            missing = self._found(missing)

    def _found(self, subjects: Sequence[str]) -> list[str]:
        """Take in the keys there are, and say for whom there is none."""
        live, gone = set[str](), set[str]()
        for row in self._rows.of_subjects(subjects):
            if row.wrapped is None:
                gone.add(row.subject)
            else:
                live.add(row.subject)
                self._by_subject[row.subject] = self._taken_in(row)
        if final := next((subject for subject in gone - live if stays_erased(subject)), None):
            raise SubjectIsErased(final)
        return [subject for subject in subjects if subject not in live]

    def _fresh(self, subject: str) -> KeyRow:
        key_id, secret = fresh_key()
        return KeyRow(key_id, subject, self._master.wrap(key_id, subject, secret), self._clock())

    def _taken_in(self, row: KeyRow) -> SubjectKey:
        key = SubjectKey(row.id, row.subject, self._unwrapped(row))
        if len(self._by_id) >= KEPT:
            self._forget()
        self._by_id[row.id] = key
        return key

    def _unwrapped(self, row: KeyRow) -> bytes:
        assert row.wrapped is not None
        try:
            return self._master.unwrap(row.id, row.subject, row.wrapped)
        except Forged:
            # The keys may have been put under another master key a moment ago.
            self._look_again()
            return self._master.unwrap(row.id, row.subject, row.wrapped)

    def _look_again(self) -> None:
        with self._lock:
            self._generation = -1
            self._look()

    def seal(self, subject: str, stream: str, version: int, name: str, text: str) -> Sealed:
        """The text, closed under the key of its subject and bound to its place."""
        key = self._live(subject)
        nonce, closed = key.close(text, place_of(stream, version, name, subject))
        return Sealed(subject, key.id, nonce, closed)

    def _live(self, subject: str) -> SubjectKey:
        self.generation()
        key = self._by_subject.get(subject)
        while key is None:
            self.ready((subject,))
            key = self._by_subject.get(subject)
        return key

    def mark(self, digest: str) -> str:
        """The digest of a request, as the command log keeps it."""
        key = self._live(COMMANDS)
        return f"{key.id}.{key.mark(digest)}"

    def marks(self, mark: str, digest: str) -> bool | None:
        """Whether it is the mark of this digest; None where somebody was erased since, and with them its key."""
        key_id, dot, _ = mark.partition(".")
        if not dot:
            # Of a command from before there were keys.
            return mark == digest
        self.generation()
        with suppress(Forged):
            key = self._known_key(key_id)
            return None if key is None else mark == f"{key.id}.{key.mark(digest)}"
        return None

    def open(self, sealed: Sealed, stream: str, version: int, name: str) -> str | None:
        """The text; None where its key was destroyed; raises ValueError where it cannot be what was closed here."""
        self.generation()
        if sealed.key == IDENTITY.name:
            return self._only_wrapped(sealed, stream, version, name)
        key = self._known_key(sealed.key)
        if key is None:
            return None
        return key.open(sealed.nonce, sealed.text, place_of(stream, version, name, sealed.subject))

    def _only_wrapped(self, sealed: Sealed, stream: str, version: int, name: str) -> str | None:
        if self.name != MIXED:
            # Else whoever can write to the store could put words into an event without any key.
            raise Forged("no value of this store was ever written without a key")
        return None if sealed.subject in self._erased else IDENTITY.open(sealed, stream, version, name)

    def _known_key(self, key_id: str) -> SubjectKey | None:
        try:
            return self._by_id[key_id]
        except KeyError:
            return self._key_of(key_id)

    def _key_of(self, key_id: str) -> SubjectKey | None:
        with self._lock:
            row = self._rows.of_key(key_id)
            if row is None:
                raise Forged(f"its key is not in {self._rows.place}; {_NEXT_STEP}")
            if row.wrapped is not None:
                return self._taken_in(row)
            self._by_id[key_id] = None
            return None

    def destroy(self, subject: str, erasure: str) -> bool:
        """
        Destroy the key of a subject, once for each erasure; nobody opens what it closed when this returns.

        Args:
            erasure: Which recorded erasure this carries out, in words that are never used again.
        """
        new = self._rows.destroy(subject, erasure, self._clock())
        self._look_again()
        self._rows.scrub()
        self.outlast()
        return new

    def outlast(self) -> None:
        """Wait until nobody goes by a key that another process destroyed by now."""
        if self._rows.shared:
            sleep(LEASE_SECONDS)

    def carried_out(self) -> frozenset[str]:
        """The erasures that were carried out."""
        return self._rows.carried_out()

    def rotate(self, to: Path | None = None) -> int:
        """
        Wrap every key by a new master key, in one transaction; the bytes of events stay as they are.

        Args:
            to: The file of the new master key, made where it is not there; else a new one takes the old one's place.

        Returns:
            How many keys there are.
        """
        home: MasterHome = MasterFile(to, apart=True) if to else self._home
        master, kept = home.first() if to else home.next()
        self._look_again()
        count = self._rows.rewrap(master.fingerprint, kept, lambda row: self._rewrapped(row, master))
        if to and self._master.fingerprint != master.fingerprint:
            self._home.discard()
        home.settle(master.fingerprint)
        self._home = home
        self._look_again()
        self._rows.scrub()
        return count

    def _rewrapped(self, row: KeyRow, master: Master) -> KeyRow:
        assert row.wrapped is not None
        secret = self._master.unwrap(row.id, row.subject, row.wrapped)
        return KeyRow(row.id, row.subject, master.wrap(row.id, row.subject, secret), row.made_at)

    def rows(self) -> Iterator[KeyRow]:
        """Every key as it is kept, also destroyed ones."""
        return self._rows.rows()

    def copy_to(self, file: Path) -> int:
        """Write every key into a new file, wrapped as it is; how many. Raises BadStore where the file is there."""
        return copy_keys(self._rows, file, self._clock)

    def plain_rows(self) -> Iterator[tuple[KeyRow, bytes | None]]:
        """Every key with its bytes, for a place that wraps them anew."""
        for row in self._rows.rows():
            yield row, None if row.wrapped is None else self._unwrapped(row)

    def findings(self) -> list[Finding]:
        """What the doctor should know of the keys."""
        state, others = self._rows.state(), self._rows.open_to_others()
        place, master = self._rows.place, self._home.shown
        told = "apart from the keys" if self._home.apart else "whoever copies both reads everything"
        return [
            checked("key access", not others, f"{place}: " + ("others may read it" if others else "the owner alone"),
                    "take the rights of others away: chmod 600"),
            Finding("master key", True, f"{master}, {told}"),
            checked("destroyed keys", not state.unscrubbed, "bytes may be left" if state.unscrubbed else "nothing left",
                    "`keys status` cleans up once nobody reads the keys"),
            checked("sealed", self.name != MIXED, _told(self.name), "start a new store for what must be erasable"),
        ]  # fmt: skip

    def give_up(self, lost: Mapping[str, str]) -> None:
        """Let what was closed with these keys, by id, read as erased; the subjects are not erased by that."""
        if lost:
            self._rows.give_up(lost, self._clock())
            self._look_again()

    @property
    def sealed_from_the_beginning(self) -> bool:
        """Whether every value was written under a key."""
        return self.name != MIXED

    @property
    def place(self) -> str:
        """Where the keys are kept, for people."""
        return self._rows.place

    @property
    def master_place(self) -> str:
        """Where their master key is kept, for people."""
        return self._home.shown

    def scrub(self) -> None:
        """Clean up what an interrupted destruction left."""
        if self._rows.state().unscrubbed:
            self._rows.scrub()

    def close(self) -> None:
        """Give connections back."""
        self._rows.close()


def _told(name: str) -> str:
    if name == MIXED:
        return "values of before there were keys are only wrapped: an erasure hides them, their bytes stay"
    return "every personal value under a key of its subject"


def missing_keys(place: str) -> BadStore:
    """What to say where a store was sealed and its keys are gone."""
    return BadStore(f"the store is sealed and its keys are not at {place}; put them back, or `keys restore FILE`")
