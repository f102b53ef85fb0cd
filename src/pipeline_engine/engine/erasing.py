"""The verbs of erasing: proposed by one, confirmed by another, then carried out; and what is held about whom."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeGuard, Unpack

from pydantic_core import from_json

from pipeline_engine.engine.reads import Reads
from pipeline_engine.engine.recording import check_agreed, drafts_of, request_of
from pipeline_engine.engine.shell import How, Shell
from pipeline_engine.envelope import Envelope, Event
from pipeline_engine.errors import BadStore, UnknownDeal, UnreadableEvent
from pipeline_engine.privacy import (
    ERASURE_STREAM,
    ROLE,
    Asker,
    ErasureRefused,
    Erasures,
    SubjectErased,
    checked_subject,
    decide_confirm,
    decide_propose,
    decide_withdraw,
    erasure_id,
    evolve_erasures,
)
from pipeline_engine.store import Decision, Finding, Fold, Receipt, Row, SubjectKeys

ERASURES: Fold[Erasures] = Fold("erasures", evolve_erasures)
BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Erasure:
    """
    What became of an erasure.

    Args:
        erased: Whether nothing about the subject can be read any more.
        new: Whether anything was recorded just now.
        proposed_by: Who proposed it, where it waits for a second person.
        refused: Why who asked may not: `no-role`, or `four-eyes` for whoever proposed it; None where they may.
    """

    subject: str
    erased: bool
    new: bool
    proposed_by: str | None = None
    refused: str | None = None


@dataclass(slots=True)
class Held:
    """
    What is kept about a subject.

    Args:
        streams: How many values in which stream.
        erased: How many of them nobody can read any more.
        unsealed: How many were written before there were keys: an erasure hides them, their bytes stay in the log.
    """

    subject: str
    streams: Counter[str] = field(default_factory=Counter)
    erased: int = 0
    unsealed: int = 0

    @property
    def values(self) -> int:
        """How many values there are in all streams."""
        return self.streams.total()


class ErasureVerbs(Shell):
    """Whoever holds the role `privacy` may; in a store without people everybody, and two are needed there too."""

    def erase(self, subject: str, reason: str, **how: Unpack[How]) -> Erasure:
        """
        Propose to erase what is kept about a subject; nothing is erased before somebody else confirms it.

        Args:
            subject: `deal:ID` for what is written about a deal's customer, `person:ID` for a person.

        Raises:
            BadValue, UnknownDeal: There is no such subject.
        """
        envelope = self._about(subject, how)

        def on(state: Erasures | None, version: int, reader: Reads) -> Decision:
            asker = self._who_erases(envelope, reader)
            return drafts_of(envelope, decide_propose(state or Erasures(), subject, reason, asker))

        return self._erasure(subject, envelope, f"erase {subject} {reason}", on)

    def confirm_erasure(self, subject: str, **how: Unpack[How]) -> Erasure:
        """
        Erase what somebody else proposed to erase: when this returns, no process of the store can read it.

        Raises:
            NoErasure: Nobody proposes it.
        """
        envelope = self._about(subject, how)
        keys = self.keys()

        def on(state: Erasures | None, version: int, reader: Reads) -> Decision:
            asker, erasures = self._who_erases(envelope, reader), state or Erasures()
            if (proposal := erasures.proposed.get(subject)) is not None:
                check_agreed(envelope, proposal.at)
            return drafts_of(envelope, decide_confirm(erasures, subject, asker))

        became = self._erasure(subject, envelope, f"confirm {subject}", on)
        # The event is the decision: what breaks off from here on is carried out at the next start.
        if not self._carry_out(keys) and became.erased:
            # Somebody else carried it out, perhaps a moment ago.
            keys.outlast()
        return became

    def withdraw_erasure(self, subject: str, reason: str | None = None, **how: Unpack[How]) -> Erasure:
        """Take a proposal back: by who made it, or by somebody who may erase; raises NoErasure."""
        envelope = self._about(subject, how)

        def on(state: Erasures | None, version: int, reader: Reads) -> Decision:
            asker = self._who_erases(envelope, reader)
            return drafts_of(envelope, decide_withdraw(state or Erasures(), subject, reason, asker))

        return self._erasure(subject, envelope, f"withdraw {subject} {reason or ''}", on)

    def erasures(self) -> Erasures:
        """What is proposed to be erased, and what was erased."""
        return self._store.load(ERASURE_STREAM, ERASURES)[0] or Erasures()

    def subjects(self) -> list[Held]:
        """
        About whom personal values are kept, and how many in which stream; reads the whole log.

        Raises:
            UnreadableEvent: Of one event it cannot be known whom it is about.
        """
        held: dict[str, Held] = {}
        keys = self._store.keys
        destroyed = {row.id for row in keys.rows() if row.wrapped is None} if keys else set()
        for row in self._rows():
            for sealed in _sealed_in(_said_in(row)):
                of = held.setdefault(sealed["subject"], Held(sealed["subject"]))
                of.streams[row.stream] += 1
                of.erased += sealed["key"] in destroyed
                of.unsealed += sealed["key"] == "identity"
        return [held[subject] for subject in sorted(held)]

    def finish_erasures(self) -> int:
        """Carry out what was decided and not carried out, as after a crash; how many there were."""
        keys = self._store.keys
        return self._carry_out(keys) if keys else 0

    def _carry_out(self, keys: SubjectKeys) -> int:
        due = self._due(keys)
        for erasure, subject in due.items():
            keys.destroy(subject, erasure)
        if due:
            self._store.papers(self._clock).drop_quoting()
        keys.scrub()
        return len(due)

    def _due(self, keys: SubjectKeys) -> dict[str, str]:
        """Whom to erase, by erasure: decided and not carried out. Nothing sealed is read: its key may be lost."""
        decided = self._store.events(ERASURE_STREAM, names=(SubjectErased.__name__,))
        before = keys.carried_out() if decided else frozenset()
        ids = {erasure_id(each.event, each): each.event.subject for each in decided if _erases(each.event)}
        return {erasure: subject for erasure, subject in ids.items() if erasure not in before}

    def lost_keys(self) -> dict[str, str]:
        """Keys that values in the log were closed with and that are in no place any more: whose, by id."""
        known = {row.id for row in self.keys().rows()}
        return {
            sealed["key"]: sealed["subject"]
            for row in self._rows()
            if b'"sealed"' in row.payload
            for sealed in _sealed_in(_said_in(row))
            if sealed["key"] not in known and sealed["key"] != "identity"
        }

    def give_up_lost_keys(self) -> int:
        """From now on what was closed with a lost key reads as erased; how many keys are lost."""
        lost = self.lost_keys()
        self.keys().give_up(lost)
        return len(lost)

    def keys(self) -> SubjectKeys:
        """The keys of what is personal; raises BadStore where the store was opened without."""
        if self._store.keys is None:
            raise BadStore("this store was opened without keys, so nothing in it can be erased")
        return self._store.keys

    @property
    def always_sealed(self) -> bool:
        """Whether every personal value was written under a key, and none before there were keys."""
        return self._store.keys is not None and self._store.keys.sealed_from_the_beginning

    def unsealed_of(self, subject: str) -> int:
        """How many values about a subject were written before there were keys, which an erasure can only hide."""
        # The whole log is read for it only where it can hold such values.
        if self.always_sealed:
            return 0
        return next((held.unsealed for held in self.subjects() if held.subject == subject), 0)

    def erasure_findings(self) -> list[Finding]:
        """What doctor should know of erasures."""
        keys = self._store.keys
        due = len(self._due(keys)) if keys else 0
        found = f"{due} decided and not carried out" if due else "all carried out"
        return [Finding("erasures", not due, found, "any start of the engine carries them out" if due else "")]

    def _about(self, subject: str, how: How) -> Envelope:
        kind, _, deal_id = checked_subject(subject).partition(":")
        if kind == "deal" and not self._store.load(subject, _LENGTH)[1]:
            raise UnknownDeal(deal_id)
        return self._envelope(how)

    def _who_erases(self, envelope: Envelope, reader: Reads) -> Asker:
        who = (envelope.actor, (ROLE,), reader, self._clock())
        return Asker(envelope.actor, self._desk.holds_one(*who), self._desk.lenders(*who), envelope.on_behalf_of)

    def _erasure(self, subject: str, envelope: Envelope, asked: str, on: Any) -> Erasure:
        receipt = self._store.transact(ERASURE_STREAM, request_of(envelope, asked), ERASURES, on)
        said, waiting = self._said_of(receipt), self.erasures().proposed.get(subject)
        return Erasure(
            subject, erased=isinstance(said, SubjectErased), new=said is not None and not receipt.known,
            proposed_by=waiting.by if waiting and not isinstance(said, SubjectErased) else None,
            refused=said.why if isinstance(said, ErasureRefused) else None,
        )  # fmt: skip

    def _said_of(self, receipt: Receipt) -> Event | None:
        after = self._store.events(receipt.stream, receipt.first - 1) if receipt.last >= receipt.first else []
        return next((recorded.event for recorded in after if recorded.version <= receipt.last), None)

    def _rows(self) -> Iterator[Row]:
        after = 0
        while rows := self._store.rows(after, BATCH):
            yield from rows
            after = rows[-1].position


_LENGTH: Fold[int] = Fold("length", lambda state, recorded: recorded.version)


def _erases(event: Event) -> TypeGuard[SubjectErased]:
    return isinstance(event, SubjectErased)


def _said_in(row: Row) -> Any:
    try:
        return from_json(row.payload)["data"]
    except (ValueError, KeyError, TypeError):
        # Never quoted: what the row holds may be personal.
        raise UnreadableEvent(row.stream, row.version, row.position, "whom it is about cannot be known") from None


def _sealed_in(tree: Any) -> Iterator[dict[str, str]]:
    if not isinstance(tree, dict):
        return
    for name, part in tree.items():
        if name == "sealed" and isinstance(part, dict) and part.keys() == {"subject", "key", "nonce", "text"}:
            yield part
        else:
            yield from _sealed_in(part)
