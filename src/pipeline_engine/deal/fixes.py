"""What would meet a rule, as a command that can be typed: the deal's id in it, and where it has to go first."""

import shlex
from collections.abc import Callable, Mapping, Sequence

from pipeline_engine.deal.reading import Attempt
from pipeline_engine.deal.reasons import Case, has_stage
from pipeline_engine.deal.state import Deal
from pipeline_engine.process import UNKNOWN, Rule

PLACE_OF_ID = "{deal}"


def fix_of(case: Case, number: int, code: int) -> str:
    """The author's words, or what the rule's kind calls for, with the deal's id as a shell wants it."""
    told = _told(case, number, code, case.judge.process.rules[number])
    told = _opening(told) if case.attempt.gate == "open" else told
    return told.replace(PLACE_OF_ID, shlex.quote(case.deal.id))


def _told(case: Case, number: int, code: int, rule: Rule) -> str:
    if code == UNKNOWN and (not rule.fix or case.judge.applies(number, case.frame) is None):
        return _write_down(case, number) or rule.fix
    if rule.approval is not None and _asks(rule):
        return _approval(rule, case.deal, case.attempt)
    if rule.kind != "topology":
        return rule.fix
    way = _passed_by if rule.asked_at.startswith("applies:") else _WAYS.get(rule.id)
    return (way(case) if way else "") or rule.fix


def _write_down(case: Case, number: int) -> str:
    """The command that records the fields a rule hangs on; empty where it hangs on something else."""
    parts = case.judge.because(number, case.frame)
    fields = [part.path.removeprefix("deal.") for part in parts if part.kind == "missing" and part.path[:5] == "deal."]
    return f"deal set {PLACE_OF_ID} {' '.join(f'{field}=VALUE' for field in fields)}" if fields else ""


def _opening(fix: str) -> str:
    """What has to be done before there is a deal: first values come with the opening, the rest after it."""
    command = f"deal set {PLACE_OF_ID} "
    if not fix.startswith(command):
        return fix
    pairs, gap, choices = fix.removeprefix(command).partition("   (")
    return "add to the command: " + " ".join(f"--set {pair}" for pair in pairs.split()) + gap + choices


def _asks(rule: Rule) -> bool:
    """Whether the fix is the request that we wrote, and not the author's own words."""
    return rule.fix in ("", f"deal request {PLACE_OF_ID} {rule.id}")


def _approval(rule: Rule, deal: Deal, attempt: Attempt) -> str:
    about = f"{PLACE_OF_ID} {shlex.quote(rule.id)} --to {attempt.target}"
    asked = any((r.rule, r.target) == (rule.id, attempt.target) for r in deal.requests)
    return f"whoever decides types: deal approve {about}" if asked else f"deal request {about}"


def _forward(case: Case) -> str:
    skipped = case.judge.passed("move", case.attempt.from_stage, case.attempt.target)
    return _to_the_first(case, skipped)


def _to_the_first(case: Case, stages: Sequence[str]) -> str:
    """The move into the first of the stages that this deal has, as far as anybody knows; empty where it has none."""
    stage = next((stage for stage in stages if has_stage(case, stage)), None)
    return f"deal move {PLACE_OF_ID} --to {stage}" if stage else ""


def _back(case: Case) -> str:
    if case.judge.process.moves.back == "never":
        return ""
    return f"deal move {PLACE_OF_ID} --to {case.attempt.target} --reason 'WHY'"


def _won(case: Case) -> str:
    return _to_the_first(case, case.judge.passed("win", case.attempt.from_stage, "won"))


def _open(case: Case) -> str:
    process = case.judge.process
    stages = process.moves.open_in
    return f"deal open {PLACE_OF_ID} --process {process.name} --stage {stages[0]}" if stages else ""


def _passed_by(case: Case) -> str:
    after = case.judge.stages[case.judge.place(case.attempt.target) + 1 :]
    return _to_the_first(case, after) or f"deal win {PLACE_OF_ID}"


def _reopen(case: Case) -> str:
    return f"deal reopen {PLACE_OF_ID} --reason 'WHY'"


_WAYS: Mapping[str, Callable[[Case], str]] = {
    "moves:forward": _forward, "moves:back": _back, "won:from": _won, "open:stage": _open, "reopen:reason": _reopen,
}  # fmt: skip
