"""The verbs of lending: a role is lent until a moment, and a loan is ended before its time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Unpack

from pipeline_engine.engine.holders import PERSON
from pipeline_engine.engine.reads import Reads
from pipeline_engine.engine.recording import drafts_of, request_of
from pipeline_engine.engine.shell import How, Shell
from pipeline_engine.envelope import Envelope, Event
from pipeline_engine.errors import BadValue, UnknownPerson
from pipeline_engine.process import OWNERS_MANAGER
from pipeline_engine.store import Decision, Receipt
from pipeline_engine.team import DelegationRefused, Person, decide_end, decide_lend
from pipeline_engine.team import LendingAsker as Asker
from pipeline_engine.values import instant_text, is_id


@dataclass(frozen=True, slots=True)
class Loan:
    """What became of a loan: `new` says whether anything was recorded; `refused` why who asked may not.

    `refused` is `not-yours`, for neither the role nor who holds it is theirs, or `no-role`, for the lender does not
    hold it; None where they may.
    """

    lender: str
    to: str
    role: str
    until: datetime | None
    new: bool
    refused: str | None = None


class LendingVerbs(Shell):
    """Roles are lent by whose they are, or by whom these report to. A people file may say so too (`team apply`)."""

    def delegate(self, lender: str, to: str, role: str, until: datetime, **how: Unpack[How]) -> Loan:
        """
        Lend somebody a role until a moment; lent so already, nothing is recorded, and another end replaces the first.

        Raises:
            UnknownPerson: The register has no such person.
            BadValue, BadMoment: Somebody lends to themselves, or a loan would be over before it begins.
        """
        envelope, ends = self._lending(how, {"from": lender, "to": to, "role": role}), self._moment(until)

        def on(borrower: Person | None, version: int, reader: Reads) -> Decision:
            theirs, giving = self._known(borrower, to), self._known(reader.state(f"person:{lender}", PERSON)[0], lender)
            holds = self._holds(giving, role, reader)
            return drafts_of(envelope, decide_lend(theirs, giving, (role, ends), self._who_asks(envelope), holds))

        request = request_of(envelope, f"delegate {lender} {role} {instant_text(ends)}")
        receipt = self._store.transact(f"person:{to}", request, PERSON, on)
        return self._lent(lender, (to, role, ends), receipt)

    def end_delegation(self, lender: str, to: str, role: str, **how: Unpack[How]) -> Loan:
        """
        End a loan now: by the lender, by whom they report to, or by whoever has it and gives it back.

        Raises:
            UnknownPerson, NoDelegation: There is no such person, or no such loan.
        """
        envelope = self._lending(how, {"from": lender, "to": to, "role": role})

        def on(borrower: Person | None, version: int, reader: Reads) -> Decision:
            theirs, giving = self._known(borrower, to), self._known(reader.state(f"person:{lender}", PERSON)[0], lender)
            return drafts_of(envelope, decide_end(theirs, giving, role, self._who_asks(envelope)))

        request = request_of(envelope, f"end delegation {lender} {role}")
        receipt = self._store.transact(f"person:{to}", request, PERSON, on)
        return self._lent(lender, (to, role, None), receipt)

    def _lending(self, how: How, named: Mapping[str, str]) -> Envelope:
        """Who asks and when, where what is named could be kept at all."""
        for part, text in named.items():
            if not is_id(text):
                raise BadValue(part, text, "an id of 1 to 100 printable characters without spaces")
        return self._envelope(how)

    def _who_asks(self, envelope: Envelope) -> Asker:
        return Asker(envelope.actor, self._clock())

    def _known(self, person: Person | None, who: str) -> Person:
        if person is None:
            raise UnknownPerson(who, [stream.partition(":")[2] for stream in self._store.streams("person:")])
        return person

    def _holds(self, lender: Person, role: str, reader: Reads) -> bool:
        """Whether it is the lender's own; the owner's manager is whoever somebody reports to."""
        if role != OWNERS_MANAGER:
            return role in lender.roles
        everybody = (reader.state(stream, PERSON)[0] for stream in self._store.streams("person:"))
        return any(person is not None and person.manager == lender.id for person in everybody)

    def _lent(self, lender: str, asked: tuple[str, str, datetime | None], receipt: Receipt) -> Loan:
        said = next(iter(self._recorded(receipt)), None)
        refused = said.why if isinstance(said, DelegationRefused) else None
        return Loan(lender, *asked, new=said is not None and not receipt.known, refused=refused)

    def _recorded(self, receipt: Receipt) -> list[Event]:
        after = self._store.events(receipt.stream, receipt.first - 1) if receipt.last >= receipt.first else []
        return [recorded.event for recorded in after if recorded.version <= receipt.last]
