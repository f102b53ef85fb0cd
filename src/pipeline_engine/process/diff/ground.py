"""What two processes have in common: the deals that can be said in both, and their rules in one form.

An approval rule that only has another id in the second process is no change: it is known by its gate and role.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from pipeline_engine.process.analysis import condition_of, plain
from pipeline_engine.process.model import Field, Process, Rule
from pipeline_engine.process.rules import Kind, Node, reads, walk
from pipeline_engine.process.vocabulary import vocabulary_of

T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """A rule as it is compared: its condition, with the ids of approvals as the first process has them."""

    rule: Rule
    condition: Node

    @cached_property
    def form(self) -> Node:
        """What it asks, without the names of limits."""
        return plain(self.condition)

    @cached_property
    def reads(self) -> frozenset[str]:
        """The columns it reads."""
        return reads(self.condition)


@dataclass(frozen=True)
class Ground:
    """Two processes on common ground."""

    a: Process
    b: Process
    both: Process  # what may be said of a deal of either
    renamed: Mapping[str, str]  # ids of approval rules: of b → of a
    unlike: Mapping[str, str]  # columns that do not mean the same in both, and why

    def rules_of_a(self, gates: tuple[str, ...]) -> list[Asked]:
        """The rules of the first process that stop a deal at a gate."""
        return [Asked(rule, condition_of(rule)) for rule in _blocking(self.a, gates)]

    def rules_of_b(self, gates: tuple[str, ...]) -> list[Asked]:
        """The rules of the second process, its approvals by the ids of the first."""
        return [Asked(rule, _renamed(condition_of(rule), self.renamed)) for rule in _blocking(self.b, gates)]

    def why_not(self, rules: list[Asked]) -> str:
        """Why these rules cannot be compared; nothing where they can."""
        read = sorted({path for each in rules for path in each.reads} & set(self.unlike))
        return f"`{read[0]}` {self.unlike[read[0]]}" if read else ""

    def other_approvers(self, ours: list[Asked], theirs: list[Asked]) -> str:
        """Why approvals that read alike are not: those who give them must have other skills; nothing where not."""
        skills = {each.rule.id: set(each.rule.skills) for each in ours}
        ids = {each.rule.id: self.renamed.get(each.rule.id, each.rule.id) for each in theirs}
        others = [
            each.rule.id
            for each in theirs
            if set(each.rule.skills) != skills.get(ids[each.rule.id], set(each.rule.skills))
        ]
        return f"whoever approves `{others[0]}` needs other skills, and no deal shows that" if others else ""


def ground_of(a: Process, b: Process) -> Ground:
    """The common ground of two processes."""
    return Ground(a, b, _both(a, b), dict(_renamings(a, b)), dict(_unlike(a, b)))


def _blocking(process: Process, gates: tuple[str, ...]) -> list[Rule]:
    return [rule for rule in process.rules if rule.asked_at in gates and rule.severity == "block"]


def _both(a: Process, b: Process) -> Process:
    """A process in which both can be said: all fields, kinds and roles of either, the stages and choices of both."""
    fields = {**b.fields, **a.fields}
    for name in set(a.fields) & set(b.fields):
        fields[name] = _field(a.fields[name], b.fields[name])
    stages = tuple(stage for stage in a.stages if stage.id in b.stage_ids) or a.stages
    return Process(
        name=a.name, digest=a.digest, currency=a.currency, rates=a.rates, calendar=a.calendar, limits=a.limits,
        roles=_all(a.roles, b.roles), contact_roles=_all(a.contact_roles, b.contact_roles),
        activities=_all(a.activities, b.activities), documents=_all(a.documents, b.documents),
        items=tuple({item.id: item for item in (*b.items, *a.items)}.values()), fields=fields, stages=stages,
        moves=a.moves,
        lost_reasons=_all(a.lost_reasons, b.lost_reasons),
    )  # fmt: skip


def _field(one: Field, other: Field) -> Field:
    return one.model_copy(update={"of": tuple(value for value in one.of if value in other.of) or one.of})


def _all(one: tuple[T, ...], other: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def _renamings(a: Process, b: Process) -> Iterator[tuple[str, str]]:
    """Approval rules that stand in one file only, paired in the order of the files by gate and role."""
    waiting: dict[tuple[str, str | None], list[str]] = {}
    for rule in a.rules:
        if rule.approval is not None and rule.id not in b.rule_ids:
            waiting.setdefault((rule.asked_at, rule.approval), []).append(rule.id)
    for rule in b.rules:
        same = waiting.get((rule.asked_at, rule.approval))
        if same and rule.id not in a.rule_ids:
            yield rule.id, same.pop(0)


def _renamed(node: Node, renamed: Mapping[str, str]) -> Node:
    """The condition with ids of approval rules exchanged, where a grant's rule is compared with one."""
    if not renamed or not node.args:
        return node
    args = node.args
    if node.value == "_==_" and any(str(arg.value).endswith(".rule") for arg in args if arg.op == "column"):
        args = tuple(
            replace(arg, value=renamed.get(arg.value, arg.value)) if arg.op == "const" else arg for arg in args
        )
    return replace(node, args=tuple(_renamed(arg, renamed) for arg in args))


def _unlike(a: Process, b: Process) -> Iterator[tuple[str, str]]:
    kinds_a, kinds_b = vocabulary_of(a).types, vocabulary_of(b).types
    for path in kinds_a.keys() & kinds_b.keys():
        if kinds_a[path] != kinds_b[path]:
            yield path, f"is of another kind in {b.label}"
        elif kinds_a[path] is Kind.MONEY and a.currency != b.currency:
            yield path, f"is in {a.currency} in one and in {b.currency} in the other"
    if a.calendar.zone != b.calendar.zone:
        yield "today", f"begins at another time in {b.calendar.zone} than in {a.calendar.zone}"


def reads_money(node: Node) -> bool:
    """Whether an amount of money is looked at."""
    return any(step.kind is Kind.MONEY for step in walk(node))
