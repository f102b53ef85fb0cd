"""Who may not decide about a deal because it is theirs: four eyes, over the deal's whole life.

Who owned the deal, or opened it, is held to be one with its owner until somebody else has done something for it.
"""

from typing import Any

from pipeline_engine.deal.state import Deal
from pipeline_engine.envelope import Envelope


def barred(deal: Deal, rule: str) -> frozenset[str]:
    """Who decides nothing about a rule: owner, former owners, the opener while alone, and whoever asked for it."""
    asked = {who for about, _, who in deal.askers if about == rule}
    owner = {deal.owner} if deal.owner else set()
    return deal.had | deal.opener | owner | asked


def after_opening(owner: str | None, basis: str, envelope: Envelope) -> dict[str, Any]:
    """What an opening says of four eyes; what an import opened was opened elsewhere, by nobody here."""
    return {
        "opener": envelope.hands if basis == "gate" or owner is None else frozenset(),
        "had": frozenset(),
    }


def after_step(deal: Deal, basis: str, envelope: Envelope) -> dict[str, Any]:
    """What a step through the gate says of four eyes: for all but whoever made it another hand has been at work.

    Who takes a step with a deal that nobody owns stands for its owner.
    """
    if basis != "gate":
        return {}
    by = envelope.hands
    had = deal.had & by if deal.owner else by
    return {"had": had, "opener": deal.opener & by}


def after_request(deal: Deal, envelope: Envelope) -> dict[str, Any]:
    """What asking for an approval says of four eyes: whoever opened the deal for another is alone no longer."""
    if deal.owner is None:
        return {}
    return {"opener": deal.opener & envelope.hands}


def after_owner(deal: Deal) -> dict[str, Any]:
    """What another owner says of four eyes: the former one is not free of it yet, nor who stood for none."""
    if deal.owner is None:
        return {"had": deal.had | deal.opener}
    return {"had": deal.had | {deal.owner}}
