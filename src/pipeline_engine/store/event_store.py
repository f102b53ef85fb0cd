"""The store: load, decide, append, with every command recorded once; and the log for whoever reads on.

A decision may be asked for more than once: when another writer was first, the state is loaded again and the
command decided anew. So decisions are pure.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from threading import RLock, get_ident
from typing import Generic, TypeVar

from eventsourcing.persistence import StoredEvent

from pipeline_engine.envelope import Recorded
from pipeline_engine.errors import BadValue, StoreUnreachable, WrongExpectedVersion
from pipeline_engine.store.answering import ATTEMPTS, answered, checked_name, gave_up, same
from pipeline_engine.store.care.backup import Backup, back_up
from pipeline_engine.store.care.digest import Digest, digest_of
from pipeline_engine.store.care.examining import every_event_read, every_name_known, not_ahead
from pipeline_engine.store.codec import Codec
from pipeline_engine.store.folds import Folds, ReadVersions
from pipeline_engine.store.following import (
    Lease,
    Projection,
    Sender,
    Sends,
    Standing,
    StoredFollower,
    as_readable,
    standings,
)
from pipeline_engine.store.forked import renewed_in_children
from pipeline_engine.store.keys.sealing import SubjectKeys
from pipeline_engine.store.log import Append, Command, Conflict, Log, NewRow, OutcomeUnknown
from pipeline_engine.store.model import (
    Decision,
    Draft,
    Finding,
    Fold,
    Progress,
    Reader,
    Receipt,
    Request,
    Row,
    StreamAppend,
    quiet,
)
from pipeline_engine.store.papers import Papers

S = TypeVar("S")
R = TypeVar("R")
Decide = Callable[[S | None, int, Reader], Decision]
Settle = Callable[[Sequence[Decision | None]], Sequence[Decision | None]]
PATIENCE = 3
IMPURE = "a decision must not write; return what is to be appended"


@dataclass(frozen=True, slots=True)
class Part(Generic[S]):
    """One command of many that are recorded together: which stream, which request, and how it is decided."""

    stream: str
    request: Request
    decide: Decide[S]


class Store:
    """Streams of events in one log, behind one face on every backend; safe to share between threads."""

    def __init__(self, log: Log, codec: Codec, clock_name: str) -> None:
        self._log, self._codec, self._clock_name = log, codec, clock_name
        self._folds = Folds(log, codec)
        renewed_in_children(self)

    def begin_anew(self) -> None:
        """Let every thread have its turn, as in a new process."""
        # Threads that decide on one stream take turns, so that only other processes can be first.
        self._turns = tuple(RLock() for _ in range(64))
        self._alone = 0

    def transact(
        self, stream: str, request: Request, fold: Fold[S], decide: Decide[S], *, alone: bool = False
    ) -> Receipt:
        """
        Decide a command on the state of a stream and append what it comes to, once.

        Args:
            stream: Where the events go.
            request: Its id is looked up first: a known one is answered by its first receipt.
            fold: How the stream's state is made.
            decide: Gets state (None where new), version and a reader for other streams; what it raises is
                passed on and nothing is recorded.
            alone: Keep every other writer out from the beginning: for a decision on which streams there are, which
                no version can check.

        Raises:
            CommandIdReused: The id was used with another digest.
            WrongExpectedVersion: Other writers were first, several times in a row.
            StoreUnreachable: The store cannot be reached, or does not say whether it recorded the command.
        """
        checked_name("stream", stream)
        checked_name("command id", request.command_id)
        if self._alone == get_ident():
            raise RuntimeError(IMPURE)

        def once(attempt: int) -> Receipt:
            with self._turns[hash(stream) % len(self._turns)], self._lock_out(PATIENCE if alone else attempt):
                return self._attempt(stream, request, fold, decide, kept=attempt == 0 and not alone)

        return self._until_recorded(stream, request, once)

    def _until_recorded(self, stream: str, request: Request, once: Callable[[int], R]) -> R:
        lost: Exception = Conflict()
        for attempt in range(ATTEMPTS):
            if attempt == PATIENCE:
                # A server that was put back to an earlier state has less than the states that are kept here.
                self._folds.forget()
            try:
                return once(attempt)
            except (Conflict, OutcomeUnknown) as again:
                lost = again
            except StoreUnreachable as gone:
                if isinstance(lost, OutcomeUnknown):
                    raise gave_up(stream, request, lost) from gone
                raise
        raise gave_up(stream, request, lost) from lost

    @contextmanager
    def _lock_out(self, attempt: int) -> Iterator[None]:
        # A writer that hammers on a stream would be first for ever: after some patience it is kept out.
        if attempt < PATIENCE:
            yield
            return
        with self._log.exclusive():
            self._alone = get_ident()
            try:
                yield
            finally:
                self._alone = 0

    def _attempt(self, stream: str, request: Request, fold: Fold[S], decide: Decide[S], *, kept: bool) -> Receipt:
        known, state, version = self._folds.begin(request.command_id, stream, fold)
        if known is not None:
            return answered(known, request, self._codec)
        reader = ReadVersions(self._folds, kept=kept)
        try:
            decision = decide(state, version, reader)
        except Exception:
            # What is raised is never checked under the lock, so it must not rest on what may be out of date.
            if not reader.unasked:
                raise
            reader = ReadVersions(self._folds)
            decision = decide(state, version, reader)
        receipt = self._append(stream, version, request, decision, reader.versions)
        self._folds.moved_on(stream, fold)
        return receipt

    def _append(self, stream: str, version: int, request: Request, decision: Decision, read: dict[str, int]) -> Receipt:
        self._codec.ready(decision.drafts)
        events = [StoredEvent(*row) for row in self._encoded(stream, version, decision.drafts)]
        command = self._command(stream, request, version, decision)
        position = self._log.append(events, Append(command, {**read, stream: version}))
        return Receipt(stream, command.first, command.last, position, known=False)

    def _command(self, stream: str, request: Request, version: int, decision: Decision) -> Command:
        first, last = version + 1, version + len(decision.drafts)
        if not decision.drafts and decision.repeats is not None:
            first = last = decision.repeats
        return Command(request.command_id, self._codec.mark(request.digest), stream, first, last, 0)

    def transact_all(
        self, parts: Sequence[Part[S]], fold: Fold[S], settle: Settle, *, alone: bool = False
    ) -> list[Receipt | None]:
        """
        Decide many commands, each on a stream of its own, and append what they come to in one transaction.

        Args:
            parts: What is asked of which stream; a command whose id is known is answered by its first receipt.
            settle: Gets what each part came to (None where it was answered before) and says what is recorded of it:
                a decision, or None to leave no trace of that command.
            alone: Keep every other writer out from the beginning, as in `transact`.

        Returns:
            A receipt a part, in their order; None where nothing was to be recorded of it.

        Raises:
            BadValue: Two parts are about one stream.
            CommandIdReused, WrongExpectedVersion, StoreUnreachable: As in `transact`; nothing was appended.
        """
        self._check_parts(parts)

        def once(attempt: int) -> list[Receipt | None]:
            with self._lock_out(PATIENCE if alone else attempt):
                return self._attempt_all(parts, fold, settle)

        # Of no parts nothing is asked, so that nothing can be lost.
        return self._until_recorded(parts[0].stream, parts[0].request, once) if parts else []

    def _check_parts(self, parts: Sequence[Part[S]]) -> None:
        if self._alone == get_ident():
            raise RuntimeError(IMPURE)
        for part in parts:
            checked_name("stream", part.stream)
            checked_name("command id", part.request.command_id)
        streams = Counter(part.stream for part in parts)
        twice = next((stream for stream, times in streams.items() if times > 1), None)
        if twice is not None:
            raise BadValue("stream", twice, "each stream once in what is done at once")

    def _attempt_all(self, parts: Sequence[Part[S]], fold: Fold[S], settle: Settle) -> list[Receipt | None]:
        reader, versions = ReadVersions(self._folds), {}
        receipts: list[Receipt | None] = []
        decisions: list[Decision | None] = []
        for part in parts:
            known, state, version = self._folds.begin(part.request.command_id, part.stream, fold)
            receipts.append(known and answered(known, part.request, self._codec))
            versions[part.stream] = version
            decisions.append(None if known else part.decide(state, version, reader))
        kept = settle(decisions)
        asked = [
            (part, versions[part.stream], decision)
            for part, decision, receipt in zip(parts, kept, receipts, strict=True)
            if decision is not None and receipt is None
        ]
        made = self._append_all(asked, reader.versions)
        return [receipt or made.get(part.stream) for part, receipt in zip(parts, receipts, strict=True)]

    def _append_all(self, asked: Sequence[tuple[Part[S], int, Decision]], read: dict[str, int]) -> dict[str, Receipt]:
        if not asked:
            return {}
        self._codec.ready(draft for _, _, decision in asked for draft in decision.drafts)
        events: list[NewRow] = []
        commands: list[Command] = []
        for part, version, decision in asked:
            events += self._encoded(part.stream, version, decision.drafts)
            commands.append(self._command(part.stream, part.request, version, decision))
        versions = {**read, **{part.stream: version for part, version, _ in asked}}
        position = self._log.append_many(events, versions, commands)
        return {each.stream: Receipt(each.stream, each.first, each.last, position, known=False) for each in commands}

    def append_many(self, batch: Sequence[StreamAppend]) -> int:
        """
        Append many events in one transaction, all or nothing; for imports, which leave no command log.

        Returns:
            The log's position afterwards.

        Raises:
            WrongExpectedVersion: A stream is not at its expected version; nothing was appended.
            StoreUnreachable: The store cannot be reached, or broke off: then look whether the batch is there.
        """
        if self._alone == get_ident():
            raise RuntimeError(IMPURE)
        versions: dict[str, int] = {}
        ends: dict[str, int] = {}
        self._codec.ready(draft for part in batch for draft in part.drafts)
        for part in batch:
            checked_name("stream", part.stream)
            versions.setdefault(part.stream, part.expected_version)
            if ends.get(part.stream, part.expected_version) != part.expected_version:
                end = ends[part.stream]
                raise WrongExpectedVersion(f"the batch itself leaves stream `{part.stream}` at {end}")
            ends[part.stream] = part.expected_version + len(part.drafts)
        # Encoded one after the other while they are sent, so that a server works on the first meanwhile.
        encoded = (self._encoded(part.stream, part.expected_version, part.drafts) for part in batch)
        try:
            return self._log.append_many(chain.from_iterable(encoded), versions)
        except Conflict as conflict:
            raise WrongExpectedVersion(f"nothing of the batch was appended: {conflict}") from conflict
        except OutcomeUnknown as broken:
            raise StoreUnreachable(f"a batch broke off, look whether it is there: {broken}") from broken

    def _encoded(self, stream: str, version: int, drafts: Sequence[Draft]) -> list[NewRow]:
        encode, name_of = self._codec.encode, self._codec.name_of
        return [
            NewRow(stream, number, name_of(draft.event), encode(stream, number, draft))
            for number, draft in enumerate(drafts, version + 1)
        ]

    def load(self, stream: str, fold: Fold[S]) -> tuple[S | None, int]:
        """The state of a stream and its version; None and 0 where it has no events."""
        checked_name("stream", stream)
        return self._folds.load(stream, fold)

    def events(self, stream: str, after: int = 0, names: Collection[str] = ()) -> list[Recorded]:
        """The events of a stream after a version, in order, of these names where some are; raises UnreadableEvent."""
        checked_name("stream", stream)
        rows = self._log.stream_rows(stream, after)
        return [self._codec.decode(row) for row in rows if not names or row.name in names]

    def open_sealed(self, sealed: str, stream: str, version: int, name: str) -> str | None:
        """The text behind a sealed value's JSON, as facts hold it; None where its key is gone."""
        return self._codec.open_text(sealed, stream, version, name)

    def rows(self, after: int, limit: int) -> list[Row]:
        """
        Rows after a position in position order, in the shape of this release; personal values stay sealed.

        A row that no upcaster can read has an empty payload: it is unreadable to whoever reads on, where it stands.
        Raises UnreadableEvent for an event that this version does not know: who goes by names would skip it.
        """
        rows = self._log.rows(after, limit)
        self._codec.check_names(rows)
        return self._codec.upcasters.rows(rows)

    def rows_as_readable(self, after: int, limit: int) -> list[Row]:
        """The same for who puts aside what cannot be read: an event that is not known has an empty payload too."""
        return self._codec.readable(self._log.rows(after, limit))

    def stored_rows(self, after: int, limit: int) -> list[Row]:
        """Rows after a position in position order, byte for byte as they are stored, whatever release wrote them."""
        return self._log.rows(after, limit)

    def position(self) -> int:
        """The position of the last event of the log; 0 where it is empty."""
        return self._log.position()

    def streams(self, prefix: str) -> Iterator[str]:
        """The ids of the streams that begin with `prefix`, in bytewise order."""
        return self._log.streams(prefix)

    def receipt(self, command_id: str) -> Receipt | None:
        """The receipt of a command that was answered; None where the id was never used."""
        checked_name("command id", command_id)
        known = self._log.command(command_id)
        return known and Receipt(known.stream, known.first, known.last, known.position, known=True)

    def follower(self, projection: Projection, clock: Callable[[], datetime]) -> StoredFollower:
        """What keeps a view in tables of this store in step with the log."""
        return StoredFollower(as_readable(self._log, self._codec.readable), projection, clock)

    def sender(self, name: str, sends: Sends, clock: Callable[[], datetime]) -> Sender:
        """What sends the log on to somewhere else, in step with it."""
        return Sender(as_readable(self._log, self._codec.readable), name, sends, clock)

    @property
    def name(self) -> str:
        """What tells this log from any other: when it began, in microseconds; copies of it have the same."""
        return str(self._log.header.created_at)

    def lease(self, name: str, holder: str, clock: Callable[[], datetime]) -> Lease:
        """The right to a piece of work, which one holder of all processes has at a time."""
        return Lease(self._log, name, holder, clock)

    def papers(self, clock: Callable[[], datetime]) -> Papers:
        """Files beside the log that are needed for a while."""
        return Papers(self._log, self._codec.keys, clock)

    def standings(self) -> list[Standing]:
        """Where every follower stands that has tables in this store, by name."""
        return standings(self._log)

    def hints(self) -> AbstractContextManager[Callable[[float], None]]:
        """Something that waits for new events, at most so many seconds; for one thread."""
        return self._log.hints()

    def findings(self, *, now: datetime | None = None, deep: bool = False, told: Progress = quiet) -> list[Finding]:
        """
        What `doctor` should know of this store.

        Args:
            now: What the clock shows; None to leave out whether the log is ahead of it.
            deep: Read every page and every event.
        """
        header = self._log.header
        return [
            *self._log.findings(deep=deep),
            same("clock", header.clock, self._clock_name),
            same("keys", header.keys, self._codec.keys_name),
            *([not_ahead(self._log, now)] if now else []),
            every_event_read(self._log, self._codec, told) if deep else every_name_known(self._log, self._codec),
            *(self._codec.subject_keys.findings() if self._codec.subject_keys else ()),
        ]

    @property
    def keys(self) -> SubjectKeys | None:
        """The keys of subjects, to destroy, rotate and back them up; None where personal values are not sealed."""
        return self._codec.subject_keys

    def digest(self, upto: int | None = None, told: Progress = quiet) -> Digest:
        """What the log holds up to a position, in one number; with the command log where no position is named."""
        with self._log.snapshot() as snapshot:
            return digest_of(snapshot, upto, told)

    def back_up(self, file: Path, told: Progress = quiet) -> Backup:
        """A copy in a new file, read back; readers and writers go on. Raises BadStore and StoreUnreachable."""
        return back_up(self._log, file, told)

    def close(self) -> None:
        """Give connections back; the store cannot be used afterwards."""
        self._log.close()
        if self._codec.subject_keys:
            self._codec.subject_keys.close()
