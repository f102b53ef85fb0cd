"""The case behind a link as the page shows it, from the documents that every door answers with, and what it decides."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline_engine.deal import GATE_OF, Outcome
from pipeline_engine.documents import approvals_document, deal_document, preflight_document
from pipeline_engine.engine import ApprovalLink, Engine
from pipeline_engine.errors import BadValue

DECISIONS = ("grant", "return", "reject")
DONE = {"grant": "approved", "return": "given back", "reject": "rejected"}
_MARKS = {"pass": "✓", "fail": "✗", "unknown": "?", "waived": "–", "not asked": "·"}
_WHY = {
    "no-role": "you do not hold the role it takes",
    "four-eyes": "you asked for it, own the deal or had it; somebody else has to decide",
    "delegation-ended": "the role was lent to you, and is no longer",
    "no-delegation": "nobody lends you the role",
    "no-skill": "it takes a skill that you do not have",
    "out-of-order": "another approval has to come before it",
}


@dataclass(frozen=True, slots=True)
class Case:
    """
    What an approver looks at.

    Args:
        version: That of the deal, which a decision says it has seen.
        asked: Who asks, since when, and their note; None where nobody does any more.
        move: What the gate would say of the move now; None where no move asks the rule.
        before: Earlier answers about the rule, oldest first.
    """

    link: ApprovalLink
    version: int
    deal: Mapping[str, Any]
    says: str
    role: str | None
    asked: Mapping[str, Any] | None
    move: Mapping[str, Any] | None
    before: Sequence[Mapping[str, Any]]


def case_of(engine: Engine, link: ApprovalLink) -> Case:
    """The case as it stands; raises UnknownDeal and UnknownRule."""
    deal, told = engine.deal(link.deal), approvals_document(engine, link.deal)
    rule = engine.process(deal.process, deal.process_version).rule(link.rule)
    asked = next((each for each in told["requests"] if each["rule"] == link.rule and _is_for(link, each)), None)
    target = link.target or (asked["target"] if asked else None)
    before = [{**each, "granted": True} for each in told["approvals"] if each["rule"] == link.rule]
    before += [{**each, "granted": False} for each in told["denials"] if each["rule"] == link.rule]
    move = None
    if target and deal.stands in ("open", "won", "lost"):
        probe = engine.preflight(link.deal, target, GATE_OF.get(target, "move"), by=deal.owner or "somebody")
        move = _marked(preflight_document(deal, probe))
    return Case(link, deal.version, deal_document(engine, deal), rule.says, rule.approval, asked, move, before)


def _is_for(link: ApprovalLink, asked: Mapping[str, Any]) -> bool:
    return link.target in (None, asked["target"])


def _marked(move: Any) -> dict[str, Any]:
    rules = [{**each, "mark": _MARKS.get(each["verdict"], "·")} for each in move["verdicts"]]
    return {**move, "rules": [each for each in rules if each["verdict"] != "not asked"]}


def decide(engine: Engine, token: str, link: ApprovalLink, said: Mapping[str, str]) -> tuple[Outcome, str]:
    """
    Decide as the form says; sent twice, it is recorded once.

    Returns:
        What became of it, and what was decided.

    Raises:
        BadValue: No such decision, or no reason where one is needed.
        PipelineError: The deal has changed since it was looked at, or the engine says no.
    """
    decision, reason, seen = said.get("decision", ""), said.get("reason", "").strip(), said.get("seen", "")
    if decision not in DECISIONS:
        raise BadValue("decision", decision, f"one of {', '.join(DECISIONS)}")
    if not seen.isdecimal() or len(seen) > 9:
        raise BadValue("seen", seen, "the version that the page showed")
    if decision != "grant" and not reason:
        raise BadValue("reason", reason, "why, in a sentence: whoever asked reads it")
    known = hashlib.sha256(f"{token} {decision} {seen}".encode()).hexdigest()
    how: Any = {"by": link.person, "command_id": known}
    if decision == "grant":
        return engine.approve(link.deal, link.rule, link.target, seen=int(seen), **how), decision
    how["seen_version"] = int(seen)
    ask = engine.reject if decision == "reject" else engine.return_approval
    return ask(link.deal, link.rule, reason, link.target, **how), decision


def why_not(outcome: Outcome) -> str | None:
    """Why the person may not decide, for people; None where it was recorded."""
    last = outcome.events[-1].event if outcome.events else None
    why = getattr(last, "why", None) if type(last).__name__ == "ApprovalRefused" else None
    return None if why is None else _WHY.get(why, why)


def shown(value: Any) -> str:
    """A value as a document has it, for people."""
    match value:
        case None | "":
            return "—"
        case bool():
            return "yes" if value else "no"
        case {"amount": amount, "currency": currency}:
            return f"{amount} {currency}"
        case list():
            return ", ".join(map(shown, value)) or "—"
    return str(value)
