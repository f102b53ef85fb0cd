"""The verbs of time: what has come due is recorded, once, late rather than never; what comes next is told.

Nothing hangs on it: every rule compares with the clock itself. So a timekeeper may be late, killed, or run twice.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow.compute as pc

from pipeline_engine.deal import Due, Watched, announcement, coming
from pipeline_engine.engine.following import FollowVerbs
from pipeline_engine.engine.holders import PERSON, Holders
from pipeline_engine.engine.keeper import Keeper
from pipeline_engine.engine.timetable import DEAL, PERSON_STREAM, WATCHED, loans_of
from pipeline_engine.envelope import Envelope, Event
from pipeline_engine.errors import WrongExpectedVersion
from pipeline_engine.facts import Facts
from pipeline_engine.store import Decision, Draft, Fold, Part, Request, Runner
from pipeline_engine.team import LoanEnded, Person
from pipeline_engine.values import instant_text, microseconds, moment_at
from pipeline_engine.views import DUE_KINDS as KINDS
from pipeline_engine.views import Ahead, ahead

TIMEKEEPER = "timekeeper"
BATCH = 500
"""How much a ring records at most, unless more is asked for."""


@dataclass(frozen=True, slots=True)
class Rung:
    """
    What a look at the clock came to.

    Args:
        recorded: What was due and is announced by this ring.
        more: Whether more is due already.
        next_at: When something comes due next, of what is not due; None where nothing does.
    """

    now: datetime
    recorded: tuple[Due, ...]
    more: bool
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Called:
    """
    A deal that an escalation asks somebody to look after, while it is in the stay that it was about.

    Args:
        since: The moment that was due.
    """

    deal_id: str
    owner: str | None
    stage: str
    rule: str
    says: str
    since: datetime


class TimeVerbs(FollowVerbs):
    """What time says becomes events; nobody's command ever waits for that."""

    def ring(self, limit: int = BATCH) -> Rung:
        """
        Record what has come due by now, each once, whoever else does so at the same time.

        Each is a transaction of its own, decided anew where somebody was first. What cannot be recorded now is left for
        the next ring.

        Raises:
            StoreUnreachable: The store cannot be reached; what was recorded until then stays.
        """
        table, now = self._timetable, self._clock()
        table.catch_up()
        recorded: list[Due] = []
        passed: set[str] = set()
        while len(recorded) < limit and (stream := table.due(microseconds(now), passed)) is not None:
            due = next(iter(table.coming(stream)), None)
            if due is not None and due.at <= now and self._announced(due):
                recorded.append(due)
            elif due is not None and due.at <= now:
                passed.add(stream)
            table.look(stream)
        more = table.due(microseconds(now), passed) is not None
        first = table.first()
        return Rung(now, tuple(recorded), more, None if first is None or more else moment_at(first))

    def coming_due(self, limit: int = 100) -> list[Due]:
        """What comes due next and what is due and not announced yet, the first in front."""
        facts = self._follower.facts()
        found = ahead(facts)
        deals = [_due(facts, found, row) for row in range(min(limit, len(found)))]
        people = [
            due
            for stream in self._store.streams(PERSON_STREAM)
            for due in loans_of(stream, self._store.load(stream, PERSON)[0])
        ]
        return sorted((*deals, *people), key=lambda due: (due.at, due.stream, due.kind))[:limit]

    def called(self, who: str) -> list[Called]:
        """The deals that escalations ask somebody to look after now, the one that is due longest in front."""
        facts = self._follower.facts()
        rows = facts.announcements.filter(pc.equal(facts.announcements["announces"], "escalation")).to_pylist()
        found = (self._called(row) for row in rows if who in row["to"])
        return sorted((each for each in found if each is not None), key=lambda each: (each.since, each.deal_id))

    def timekeeping(self) -> Runner:
        """What keeps time, in a thread of its own, where no other process does: `with engine.timekeeping()`."""
        return Runner([Keeper(self._store, self._clock, self.ring, self._timetable)], self._store.hints)

    def _announced(self, due: Due) -> bool:
        """Record that it came due; False where another was first, or it is not due any more."""
        part: Part[Any] = Part(due.stream, _request(due), lambda state, version, reader: self._decided(due, state))
        fold: Fold[Any] = PERSON if due.kind == "loan" else WATCHED
        try:
            receipts = self._store.transact_all([part], fold, _traceless)
        except WrongExpectedVersion:
            return False
        return any(receipt is not None and not receipt.known for receipt in receipts)

    def _decided(self, due: Due, state: Watched | Person | None) -> Decision:
        event = self._loan_ended(due, state) if isinstance(state, Person) else self._time_says(due, state)
        if event is None:
            return Decision()
        envelope = Envelope(at=due.at, actor=TIMEKEEPER, via="timer", command_id=_request(due).command_id)
        return Decision((Draft(envelope, event),))

    def _loan_ended(self, due: Due, person: Person) -> Event | None:
        loans = {f"{loan.role} of {loan.lender}": loan for loan in person.loans_unsaid() if loan.until == due.at}
        found = loans.get(due.about)
        return None if found is None else LoanEnded(lender=found.lender, role=found.role)

    def _time_says(self, due: Due, watched: Watched | None) -> Event | None:
        if watched is None or due not in coming(watched, law := self._timetable.law(watched)):
            return None
        to: tuple[str, ...] = ()
        if due.kind == "escalation":
            asked = next(each.to for each in law.escalations if each.id == due.about)
            to = Holders(self._store, lambda: watched.deal, self._clock(), self._timetable.people).called(asked)
        return announcement(due, watched, law, to)

    def _called(self, row: dict[str, Any]) -> Called | None:
        """The call, where the deal is still in the stay that it was about, and what it waits for was not answered."""
        watched, _ = self._store.load(f"{DEAL}{row['deal_id']}", WATCHED)
        if watched is None or not watched.deal.goes_on or watched.stay != row["stay"]:
            return None
        asked_for = {request.version for request in watched.deal.requests}
        if row["of"] != row["stay"] and row["of"] not in asked_for:
            return None
        rules = {each.id: each.says for each in self._timetable.law(watched).escalations}
        deal = watched.deal
        return Called(deal.id, deal.owner, deal.stage, row["rule"], rules.get(row["rule"], ""), row["at"])


def _due(facts: Facts, found: Ahead, row: int) -> Due:
    return Due(
        f"{DEAL}{facts.deal_ids[int(found.deal[row])].as_py()}", KINDS[found.kind[row]], int(found.of[row]),
        found.names[found.about[row]], moment_at(int(found.at[row])),
    )  # fmt: skip


def _request(due: Due) -> Request:
    """The same of the same for whoever keeps time, so that the log itself knows that it was said."""
    said = "\n".join((due.stream, due.kind, str(due.of), due.about, instant_text(due.at)))
    digest = hashlib.sha256(said.encode()).hexdigest()
    return Request(f"timer:{digest}", digest)


def _traceless(decisions: Sequence[Decision | None]) -> list[Decision | None]:
    """What is not due any more leaves no trace: it may come due again."""
    return [each if each is not None and each.drafts else None for each in decisions]
