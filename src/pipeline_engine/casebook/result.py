"""What came of a case, beside what was expected: every difference in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline_engine.casebook.model import Ask, Case, Expectation
from pipeline_engine.deal import ApprovalRefused, ChangeRefused, Judged, Outcome, WaiverRefused
from pipeline_engine.process import OUTCOME_TARGETS


@dataclass(frozen=True)
class CaseResult:
    """One case, tried: `differences` say what did not come as expected, none where the case holds.

    `deal_id` is the deal it was tried on, `target` where the attempt led, `verdicts` are the whole judgement.
    """

    file: str
    line: int
    title: str
    expected: str
    came: str
    differences: tuple[str, ...] = ()
    deal_id: str = ""
    target: str = ""
    verdicts: tuple[Judged, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether all came as expected."""
        return not self.differences

    @property
    def told(self) -> str:
        """The case in a few lines: what was expected, what came, and how each rule judged."""
        judged = (f"  {each.verdict}: {each.rule}{f' ({each.says})' if each.unmet else ''}" for each in self.verdicts)
        head = f"{self.file}:{self.line}: {self.title}: expected {self.expected}; came {self.came}"
        return "\n".join((head, *(f"  {each}" for each in self.differences), *judged))

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.title}"


def compared(file: str, case: Case, outcome: Outcome) -> CaseResult:
    """An outcome beside what its case expects."""
    verdicts = outcome.verdicts
    in_the_way = _in_the_way(outcome)
    return CaseResult(
        file=file, line=case.place.line, title=case.title, expected=expected(case.then),
        came="allowed" if outcome.accepted else f"refused by {_listed(in_the_way)}",
        differences=(*_answered(case.then, outcome.accepted, in_the_way), *_ruled(case.then, verdicts)),
        deal_id=outcome.deal_id, target=_target(case.when), verdicts=verdicts,
    )  # fmt: skip


def broken(file: str, case: Case, deal_id: str, problem: Exception) -> CaseResult:
    """A case that could not be asked at all."""
    why = str(problem)
    return CaseResult(
        file, case.place.line, case.title, expected(case.then), "no answer", (why,), deal_id, _target(case.when)
    )


def expected(then: Expectation) -> str:
    """What a case expects, in words."""
    said = []
    if then.refused_by:
        said.append(f"refused by {_listed(then.refused_by)}")
    elif then.answer:
        said.append(then.answer)
    said += [f"{_listed(rules)} {_WORDS[key]}" for key, rules in then.rules.items() if rules]
    return ", ".join(said)


def _target(when: Ask) -> str:
    return OUTCOME_TARGETS.get(when.verb, when.beside.get("to", when.about))


def _in_the_way(outcome: Outcome) -> tuple[str, ...]:
    """What refused: the rules of a gate, the fields that are locked, or why somebody may not."""
    if outcome.accepted:
        return ()
    said = outcome.events[-1].event
    if isinstance(said, (ApprovalRefused, WaiverRefused)):
        return (said.why,)
    if isinstance(said, ChangeRefused):
        return said.fields
    return tuple(judged.rule for judged in outcome.unmet)


def _answered(then: Expectation, accepted: bool, in_the_way: tuple[str, ...]) -> list[str]:
    if then.refused_by is not None:
        missing = [rule for rule in then.refused_by if rule not in in_the_way]
        besides = [rule for rule in in_the_way if rule not in then.refused_by]
        found = [f"{_listed(missing)} {_do(missing)} not stand in the way"] if missing else []
        return [*found, *([f"{_listed(besides)} {_do(besides, 'stands', 'stand')} in the way too"] if besides else [])]
    if then.answer is None or (then.answer == "allowed") == accepted:
        return []
    return ["it is allowed" if accepted else f"it is refused by {_listed(in_the_way)}"]


def _do(things: list[str], one: str = "does", many: str = "do") -> str:
    return one if len(things) == 1 else many


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nothing"


def _ruled(then: Expectation, verdicts: tuple[Judged, ...]) -> list[str]:
    by_rule = {judged.rule: judged for judged in verdicts}
    found = []
    for key, rules in then.rules.items():
        for rule in rules:
            judged = by_rule.get(rule)
            if not _HELD[key](judged):
                found.append(f"{rule} {_WORDS[key]}: {_said(judged)}")
    return found


def _said(judged: Judged | None) -> str:
    if judged is None:
        return "it is not asked at this gate"
    warning = ", a warning" if judged.severity != "block" and judged.verdict in ("fail", "unknown") else ""
    return f"it says {judged.verdict}{warning}"


_WORDS: Mapping[str, str] = MappingProxyType({
    "unknown": "should be unknown", "fails": "should fail", "warns": "should warn", "passes": "should pass",
    "waived": "should be waived", "not_asked": "should not be asked",
})  # fmt: skip
_HELD: Mapping[str, Callable[[Judged | None], bool]] = MappingProxyType({
    "unknown": lambda judged: judged is not None and judged.verdict == "unknown",
    "fails": lambda judged: judged is not None and judged.verdict == "fail",
    "warns": lambda judged: judged is not None and judged.severity != "block" and judged.verdict in ("fail", "unknown"),
    "passes": lambda judged: judged is not None and judged.verdict == "pass",
    "waived": lambda judged: judged is not None and judged.verdict == "waived",
    "not_asked": lambda judged: judged is None or judged.verdict == "not asked",
})  # fmt: skip
