"""What is wrong with one rule, whatever the others say: it never holds, never fails, or is never asked."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline_engine.process.analysis import Demand
from pipeline_engine.process.findings import Finding
from pipeline_engine.process.lint.asking import NOTHING, Asking
from pipeline_engine.process.lint.subject import Attempt, Subject
from pipeline_engine.process.rules import STAY_BEGINS, Node, reads, walk

# What depends on the attempt, beside the deal.
_OF_ATTEMPT = frozenset({"stage.id", *STAY_BEGINS, "stage.paused", "move.from", "move.to", "move.steps", "move.passed"})


def alone(subject: Subject, asking: Asking) -> Iterator[Finding]:
    """Findings about single rules."""
    for number in range(len(subject.rules)):
        if subject.own(number) and not _stage_is_empty(subject, asking, number):
            yield from _One(subject, asking, number).findings()


def _stage_is_empty(subject: Subject, asking: Asking, number: int) -> bool:
    """Whether the rule stands in a stage that no deal has; that is said of the stage, once."""
    applies = subject.applies(number)
    return applies is not None and asking.impossible([Demand(applies, "true")], NOTHING, subject.rule(number).id)


class _One:
    """One rule under the questions."""

    def __init__(self, subject: Subject, asking: Asking, number: int) -> None:
        self.subject, self.asking, self.number = subject, asking, number
        self.rule = subject.rule(number)
        self.check, self.when = subject.check(number), subject.when(number)
        self.asked = [] if self.when is None else [Demand(self.when, "true")]
        self.passing = [*self.asked, Demand(self.check, "true")]

    def findings(self) -> Iterator[Finding]:
        """What is found; the worst alone, for one mistake often makes several of these true."""
        if self.asked and self.never(self.asked):
            yield self._about("never-asked", "is never asked: no deal fits its `when`")
            return
        if self._is_plain():
            yield from self._always_asked()
            return
        found = self._extreme()
        if found is None:
            yield from self._always_asked()
        else:
            yield found

    def _is_plain(self) -> bool:
        """Whether it is a shorthand that some deals pass and others do not, whatever its numbers are."""
        if self.rule.kind in ("check", "topology") or "|| today <= " in self.rule.text:
            return False
        return self.when is None or not (reads(self.when) & reads(self.check))

    def _extreme(self) -> Finding | None:
        if self.never(self.passing):
            return self._never_holds()
        if self.never([*self.asked, Demand(self.check, "not true")]):
            return self._never_fails(self._passed_by())
        # Who writes `known` knows that facts may be missing.
        if not _asks_whether_known(self.check) and self.never([*self.asked, Demand(self.check, "false")]):
            return self._never_fails("it stops a deal only while a fact is missing, and `require` says that")
        return None

    def _passed_by(self) -> str:
        """Who passes it: a `when` that nobody knows makes the rule unknown, which stops a deal too."""
        if not self.asked or self.never([Demand(node, "unknown") for node in (self.when,) if node is not None]):
            return "every deal passes it"
        return "every deal passes it that it is asked of; it stops a deal only while a fact of its `when` is missing"

    def _never_holds(self) -> Finding:
        if self.rule.asked_at.startswith("applies:"):
            stage = self.subject.stage_of(self.number)
            message = f"no deal has stage `{stage}`: its `applies` never holds"
            return self.subject.found("unreachable-stage", message, self._place(), stage, self.rule.id)
        where = " where it is asked" if self.asked else ""
        if self.never([*self.asked, Demand(self.check, "false")]):
            return self._about("always-unknown", f"is always unknown{where}: {self._missing()}")
        return self._about("never-holds", f"never holds{where}: no deal passes it")

    def _missing(self) -> str:
        paths = ", ".join(f"`{path}`" for path in sorted(reads(self.check)))
        return f"one of {paths} is not known there" if "," in paths else f"{paths} is not known there"

    def _never_fails(self, why: str) -> Finding:
        if self.rule.asked_at.startswith("applies:"):
            stage = self.subject.stage_of(self.number)
            message = f"every deal has stage `{stage}`: its `applies` never fails"
            return self.subject.found("never-fails", message, self._place(), self.rule.id, stage)
        return self._about("never-fails", f"never fails: {why}")

    def _always_asked(self) -> Iterator[Finding]:
        applies = self.subject.applies(self.number)
        own = len(self.subject.rules[self.number].draft.conditions) - (applies is not None)
        if self.when is None or not own:
            return
        begins = [] if applies is None else [Demand(applies, "true")]
        if self.never([*begins, Demand(self.when, "not true")]):
            yield self._about("always-asked", "has a `when` that is always true: it is asked of every deal")

    def never(self, demands: Sequence[Demand]) -> bool:
        """Whether it was shown that no deal fits, at any attempt that the rule judges."""
        if self.asking.impossible(demands, NOTHING, self.rule.id):
            return True
        paths = frozenset(path for demand in demands for path in reads(demand.node)) & _OF_ATTEMPT
        if not paths or self.rule.kind not in ("check", "topology"):
            return False
        given = [self._given(attempt, paths) for attempt in self._attempts()]
        distinct = {repr(sorted(each.items())): each for each in given}.values()
        return bool(distinct) and all(self.asking.impossible(demands, each, self.rule.id) for each in distinct)

    def _attempts(self) -> Sequence[Attempt]:
        """Where it is asked; openings count only where there is nothing else, for little is known of a deal then."""
        every = self.subject.attempts_of.get(self.number, ())
        going = [attempt for attempt in every if not self.subject.barred(attempt)] or every
        return [attempt for attempt in going if attempt.gate != "open"] or going

    def _given(self, attempt: Attempt, paths: frozenset[str]) -> Mapping[str, Any]:
        return {path: value for path, value in self.subject.given(attempt).items() if path in paths}

    def _place(self) -> Any:
        return self.subject.rules[self.number].draft.place

    def _about(self, code: str, message: str) -> Finding:
        return self.subject.about_rule(code, message, self.number)


def _asks_whether_known(tree: Node) -> bool:
    return any(step.op == "has" or (step.op == "call" and step.value == "known") for step in walk(tree))
