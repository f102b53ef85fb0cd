"""The verbs of links: a sealed token that opens one case to one person, to decide about one rule.

It is closed under a key of the store's own and holds nothing that decides: who may is asked when they decide.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic_core import from_json, to_json

from pipeline_engine.engine.erasing import ErasureVerbs
from pipeline_engine.errors import BadValue
from pipeline_engine.store import Sealed
from pipeline_engine.values import instant_text, microseconds, moment_at

LINKS = "store:links"
DAYS, MOST_DAYS = 3.0, 14.0
_LONGEST = 2_000
_NOT_OURS = "a link that this store made, whole and unchanged"


@dataclass(frozen=True, slots=True)
class ApprovalLink:
    """
    What a link opens.

    Args:
        target: The move that the rule is to be decided for; None for whatever asks it.
        person: Who decides by it.
    """

    deal: str
    rule: str
    target: str | None
    person: str
    until: datetime


class LinkVerbs(ErasureVerbs):
    """For whoever brings an approver to a case without a terminal."""

    def approval_link(
        self, deal_id: str, rule: str, to: str | None = None, *, person: str, days: float = DAYS
    ) -> tuple[str, ApprovalLink]:
        """
        A token for a link, and what it opens; whether the person may decide is asked when they do.

        Raises:
            UnknownDeal, UnknownRule: There is no such case.
            BadValue: Nobody is named, or it would be good for longer than two weeks.
            BadStore: The store was opened without keys.
        """
        deal = self._desk.deal(deal_id)
        self._desk.judge(deal.process, deal.process_version).process.rule(rule)
        if not person:
            raise BadValue("person", person, "who decides: a person's id")
        if not 0 < days <= MOST_DAYS:
            raise BadValue("days", str(days), f"more than 0 and at most {MOST_DAYS:g}")
        link = ApprovalLink(deal_id, rule, to, person, self._clock() + timedelta(days=days))
        said = to_json([link.deal, link.rule, link.target, link.person, microseconds(link.until)]).decode()
        sealed = self.keys().seal(LINKS, LINKS, 0, "approval", said)
        return f"{sealed.key}.{sealed.nonce}.{sealed.text}", link

    def opened_link(self, token: str) -> ApprovalLink:
        """What a token opens; raises BadValue where it is none of this store's, or over."""
        parts = token.split(".")
        if len(parts) != 3 or len(token) > _LONGEST:
            raise BadValue("link", token[:20], _NOT_OURS)
        try:
            said = self.keys().open(Sealed(LINKS, *parts), LINKS, 0, "approval")
        except ValueError:
            said = None
        if said is None:
            raise BadValue("link", token[:20], _NOT_OURS)
        deal, rule, target, person, until = from_json(said)
        link = ApprovalLink(deal, rule, target, person, moment_at(until))
        if self._clock() >= link.until:
            raise BadValue("link", token[:20], f"one that is still good; this one was until {instant_text(link.until)}")
        return link
