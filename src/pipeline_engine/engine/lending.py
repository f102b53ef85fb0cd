"""The verbs of lending a role to somebody, and of taking it back before its end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Unpack

from pipeline_engine.engine.holders import PERSON
from pipeline_engine.engine.reads import Reads
from pipeline_engine.engine.recording import drafts_of, request_of
from pipeline_engine.engine.shell import How, Shell
from pipeline_engine.envelope import Event
from pipeline_engine.errors import BadValue, UnknownName
from pipeline_engine.store import Decision
from pipeline_engine.team import DelegationRefused, Loan, Person, lend


@dataclass(frozen=True, slots=True)
class Lending:
    """What became of lending a role, or of ending it; `refused` says why somebody may not, None where they may."""

    lender: str
    to: str
    role: str
    until: datetime | None
    events: tuple[str, ...]
    refused: str | None


class LendingVerbs(Shell):
    """Roles lent by a command stand beside those of the people file, and are not ended by it."""

    def delegate(self, lender: str, to: str, role: str, until: datetime, **how: Unpack[How]) -> Lending:
        """Lend a role to somebody until a moment; asked by who lends it, or by their manager."""
        return self._lend((lender, to, role), self._moment(until), how)

    def end_delegation(self, lender: str, to: str, role: str, **how: Unpack[How]) -> Lending:
        """Take a role back that was lent to somebody."""
        return self._lend((lender, to, role), None, how)

    def _lend(self, about: tuple[str, str, str], until: datetime | None, how: How) -> Lending:
        lender_id, to, role = about
        if not role:
            raise BadValue("--role", role, "a role")
        envelope, said = self._envelope(how), list[Event]()

        def on(borrower: Person | None, version: int, reader: Reads) -> Decision:
            lender = reader.state(f"person:{lender_id}", PERSON)[0]
            for who, found in ((lender_id, lender), (to, borrower)):
                if found is None:
                    raise UnknownName(who, self._known(), "the people register")
            loan = Loan(lender, role, until, envelope.actor, self._manages(lender_id, reader))
            event = lend(borrower or Person(to), loan, self._clock())
            said[:] = [event] if event else []
            return drafts_of(envelope, event)

        receipt = self._store.transact(f"person:{to}", request_of(envelope, repr((about, until))), PERSON, on)
        events = self._store.events(receipt.stream, receipt.first - 1) if receipt.known and receipt.last else []
        told = [each.event for each in events if each.version <= receipt.last] if receipt.known else said
        refused = next((event.why for event in told if isinstance(event, DelegationRefused)), None)
        return Lending(lender_id, to, role, until, tuple(type(event).__name__ for event in told), refused)

    def _known(self) -> list[str]:
        return [stream.partition(":")[2] for stream in self._store.streams("person:")]

    def _manages(self, who: str, reader: Reads) -> bool:
        people = (reader.state(f"person:{each}", PERSON)[0] for each in self._known())
        return any(person is not None and person.manager == who for person in people)
