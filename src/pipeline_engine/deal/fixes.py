"""What would meet a rule, as a command that can be typed: the deal's id in it, and where it has to go first."""

import shlex
from collections.abc import Callable, Mapping

from pipeline_engine.deal.reading import Attempt
from pipeline_engine.deal.state import Deal
from pipeline_engine.process import Judge, Rule

PLACE_OF_ID = "{deal}"


def fix_of(rule: Rule, deal: Deal, attempt: Attempt, judge: Judge) -> str:
    """The author's words, or what the rule's kind calls for, with the deal's id as a shell wants it."""
    name = shlex.quote(deal.id)
    if rule.approval is not None and _asks(rule):
        return _approval(rule, deal, attempt, name)
    way = _WAYS.get(rule.id)
    told = way(deal, attempt, judge) if way and rule.kind == "topology" else ""
    return (told or rule.fix).replace(PLACE_OF_ID, name)


def _asks(rule: Rule) -> bool:
    """Whether the fix is the request that we wrote, and not the author's own words."""
    return rule.fix in ("", f"deal request {PLACE_OF_ID} {rule.id}")


def _approval(rule: Rule, deal: Deal, attempt: Attempt, name: str) -> str:
    about = f"{name} {shlex.quote(rule.id)} --to {attempt.target}"
    asked = any((r.rule, r.target) == (rule.id, attempt.target) for r in deal.requests)
    return f"whoever decides types: deal approve {about}" if asked else f"deal request {about}"


def _forward(deal: Deal, attempt: Attempt, judge: Judge) -> str:
    skipped = judge.passed("move", attempt.from_stage, attempt.target)
    return f"deal move {PLACE_OF_ID} --to {skipped[0]}" if skipped else ""


def _back(deal: Deal, attempt: Attempt, judge: Judge) -> str:
    if judge.process.moves.back == "never":
        return ""
    return f"deal move {PLACE_OF_ID} --to {attempt.target} --reason 'WHY'"


def _won(deal: Deal, attempt: Attempt, judge: Judge) -> str:
    passed = judge.passed("win", attempt.from_stage, "won")
    return f"deal move {PLACE_OF_ID} --to {passed[0]}" if passed else ""


def _open(deal: Deal, attempt: Attempt, judge: Judge) -> str:
    stages = judge.process.moves.open_in
    return f"deal open {PLACE_OF_ID} --process {judge.process.name} --stage {stages[0]}" if stages else ""


def _reopen(deal: Deal, attempt: Attempt, judge: Judge) -> str:
    return f"deal reopen {PLACE_OF_ID} --reason 'WHY'"


_WAYS: Mapping[str, Callable[[Deal, Attempt, Judge], str]] = {
    "moves:forward": _forward, "moves:back": _back, "won:from": _won, "open:stage": _open, "reopen:reason": _reopen,
}  # fmt: skip
