"""The gates in the order in which every deal passes them, and which rules of one gate are about the same facts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline_engine.process.analysis import Demand, condition_of
from pipeline_engine.process.lint.subject import Attempt, Subject

# Facts that so many rules read that they tie nothing together.
_EVERYWHERE = frozenset({"now", "today", "move.to", "actor.id", "actor.roles", "owner.id"})
_GROWS = frozenset({"contacts", "documents", "checklist", "require", "approval", "by"})


@dataclass(frozen=True, slots=True)
class Moment:
    """An attempt as it is usually made, with the rules that stand in its way; `stage` is where the deal is after it."""

    attempt: Attempt
    stage: str
    rules: tuple[int, ...]


def moments(subject: Subject) -> tuple[Moment, ...]:
    """One a gate: opening, each step forward, each outcome."""
    return tuple(
        Moment(attempt, attempt.target, blocking(subject, subject.asked(attempt))) for attempt in _usual(subject)
    )


def _usual(subject: Subject) -> Iterator[Attempt]:
    process = subject.process
    stages = process.stage_ids
    yield Attempt("open", None, stages[0])
    yield from (Attempt("move", before, stage) for before, stage in pairwise(stages))
    yield from (Attempt("win", stage, "won") for stage in process.won_from)
    yield Attempt("lose", process.lost_from[0], "lost")
    yield Attempt("reopen", process.lost_from[0], "reopen")


def blocking(subject: Subject, numbers: Sequence[int]) -> tuple[int, ...]:
    """Those of the rules that somebody wrote and that can stop a deal; one that has not a stage only passes it by."""
    mine = [each for each in numbers if subject.own(each) and subject.rule(each).kind != "topology"]
    return tuple(each for each in mine if subject.rule(each).severity == "block")


def firm(subject: Subject, number: int) -> bool:
    """Whether nobody gets a deal past a rule that stops it."""
    return bool(blocking(subject, [number])) and not subject.rule(number).waivable_by


def facts_of(subject: Subject, number: int) -> frozenset[str]:
    """What a rule reads, without what ties no rules together."""
    return frozenset(subject.rule(number).reads) - _EVERYWHERE


def grows(subject: Subject, number: int) -> bool:
    """Whether a rule only wants more to be there, so that it contradicts none that does so too."""
    rule = subject.rule(number)
    if rule.kind == "activities":
        return ".size() <= " not in rule.text
    return rule.kind in _GROWS or (rule.kind == "plan" and "|| today <= " not in rule.text)


def passing(subject: Subject, numbers: Sequence[int]) -> list[Demand]:
    """That a deal passes these rules, or is not asked them."""
    return [Demand(condition_of(subject.rule(each)), "true") for each in numbers]


def together(subject: Subject, numbers: Sequence[int]) -> list[tuple[int, ...]]:
    """The rules in groups that have no facts in common, so that each can be looked at by itself."""
    groups: list[tuple[frozenset[str], tuple[int, ...]]] = []
    for number in numbers:
        facts = facts_of(subject, number)
        tied = [group for group in groups if group[0] & facts]
        rest = [group for group in groups if not group[0] & facts]
        merged = facts.union(*(group[0] for group in tied))
        groups = [*rest, (merged, tuple(sorted([number, *(each for group in tied for each in group[1])])))]
    return [group[1] for group in groups]


def rank(subject: Subject, gate: str) -> int | None:
    """How late a gate comes: a deal that passes it has passed all of a lower rank; None for reopening."""
    process = subject.process
    stages = process.stage_ids
    if gate == "open":
        return 0
    if gate in stages:
        return 1 + 2 * stages.index(gate)
    if gate.startswith("leave:"):
        return 2 + 2 * stages.index(gate.removeprefix("leave:"))
    first = {"won": process.won_from, "lost": process.lost_from}.get(gate)
    return None if first is None else 2 + 2 * min(stages.index(stage) for stage in first)
