"""The verbs of those who decide: their inbox, what they saw, giving back, and what has come to its end."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Unpack

from pipeline_engine.deal import AnnounceExpiry, ApprovalGranted, Approve, Deal, Outcome, Return, Seen, seen, waits_for
from pipeline_engine.deal import Request as Asked
from pipeline_engine.engine.recording import derived_id
from pipeline_engine.engine.shell import How, Shell
from pipeline_engine.facts import Facts, asking, ending
from pipeline_engine.values import Money


@dataclass(frozen=True, slots=True)
class Awaited:
    """
    An approval that somebody is asked for and could give now.

    Args:
        says: Why the rule is there.
        in_stead_of: Who lends them the role they would act in; None where it is their own.
        due: By when the process wants an answer; None where it says nothing.
        value: What the deal is worth, where that is known.
        version: Of the deal as it is shown: what an approval that is given now has `seen`.
    """

    deal_id: str
    owner: str | None
    value: Money | None
    rule: str
    says: str
    target: str
    role: str
    in_stead_of: str | None
    asked_by: str
    asked_at: datetime | None
    due: datetime | None
    version: int


class ApprovalVerbs(Shell):
    """Approvals from the side of whoever decides; the gate and the log stay the only truth about them."""

    def return_approval(
        self, deal_id: str, rule: str, reason: str, to: str | None = None, **how: Unpack[How]
    ) -> Outcome:
        """Give a request back, since something is missing; who asked may ask again."""
        return self._ask(Return, deal_id, how, rule=rule, target=to, reason=reason)

    def inbox(self, who: str) -> list[Awaited]:
        """What somebody could approve now, in a role of their own or a lent one, the one due first in front."""
        found = [
            self._awaited(who, deal, asked)
            for deal in self._among(asking)
            for asked in deal.requests
            if waits_for(deal, asked.target)
        ]
        last = datetime.max.replace(tzinfo=self._clock().tzinfo)
        return sorted(
            (each for each in found if each is not None), key=lambda each: (each.due or last, each.asked_at or last)
        )

    def approvals(self, deal_id: str) -> tuple[Seen, ...]:
        """Every approval and waiver of a deal: what was seen, what changed since, and whether it still serves."""
        deal = self._desk.deal(deal_id)
        judge = self._desk.judge(deal.process, deal.process_version)
        return seen(self._store.events(deal.stream), judge, self._clock())

    def announce_expiries(self, **how: Unpack[How]) -> list[Outcome]:
        """Record of every approval and waiver a deal still waits with that it has come to its end; of each once."""
        now = self._clock()
        over = [deal for deal in self._among(ending) if _unannounced(deal, now)]
        named = how.get("command_id")
        return [
            self._ask(AnnounceExpiry, deal.id, {**how, "command_id": derived_id(named, deal.id)} if named else how)
            for deal in over
            if _unannounced(deal, now)
        ]

    def _awaited(self, who: str, deal: Deal, asked: Asked) -> Awaited | None:
        probe = Approve(
            deal_id=deal.id, at=self._clock(), by=who, command_id="inbox", rule=asked.rule, target=asked.target
        )
        decided = self._desk.foreseen(probe)
        if not any(isinstance(event, ApprovalGranted) for event in decided.events):
            return None
        process = self._desk.judge(deal.process, deal.process_version).process
        worth = deal.fields.get(process.value or "")
        return Awaited(
            deal.id, deal.owner, worth if isinstance(worth, Money) else None, asked.rule, process.rule(asked.rule).says,
            asked.target, asked.role, decided.in_stead_of, asked.by, asked.at, asked.due,
            deal.version,
        )  # fmt: skip

    def _among(self, those: Callable[[Facts], Iterable[int]]) -> Iterator[Deal]:
        facts = self._follower.facts()
        return (self._desk.deal(facts.deal_ids[number].as_py()) for number in those(facts))


def _unannounced(deal: Deal, now: datetime) -> bool:
    return any(
        grant.standing and grant.version not in deal.announced and grant.expires_at is not None
        for grant in (*deal.approvals, *deal.waivers)
        if not grant.live(now) and waits_for(deal, grant.target)
    )
