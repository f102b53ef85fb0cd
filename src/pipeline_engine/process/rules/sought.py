"""What a loop over records looks for, read off its condition: meetings with the economic buyer within 45 days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline_engine.process.rules.look import Element, Look
from pipeline_engine.process.rules.naming import NOW
from pipeline_engine.process.rules.tree import Node
from pipeline_engine.process.rules.wording import counted, day, plural, said, spaced

_TOLD_BY: Mapping[str, str] = {
    "activities": "kind", "contacts": "role", "documents": "name", "items": "id", "approvals": "rule",
}  # fmt: skip
_NOUNS: Mapping[str, str] = {
    "activities": "activity", "contacts": "contact", "documents": "document", "items": "item", "approvals": "approval",
}  # fmt: skip
DONE: Mapping[str, str] = {
    "activities": "logged", "contacts": "linked", "documents": "attached", "items": "ticked off", "approvals": "given",
}  # fmt: skip


@dataclass(frozen=True)
class Sought:
    """
    What a loop looks for.

    Args:
        records: The list it runs over: `activities`, `contacts`, …, or a field that holds texts.
        noun: What one of them is called: `meeting`.
        beside: What else must be true of it, in words, as far as there are words.
        kind_of: The conditions that say which noun; the others decide whether one of those counts.
        others: The rest of the conditions.
    """

    records: str
    noun: str
    beside: tuple[str, ...]
    kind_of: tuple[Node, ...]
    others: tuple[Node, ...]

    def words(self, number: float) -> str:
        """The noun for so many, with what must be true of it."""
        return " ".join((self.noun if number == 1 else plural(self.noun), *self.beside))

    @property
    def done(self) -> str:
        """What has to be done with it: `logged`."""
        return DONE.get(self.records, "there")


def sought(look: Look, listed: Node, body: Node | None, variable: str) -> Sought:
    """What a loop looks for; `body` is its condition, None where everything counts."""
    listed, bodies = _through_filters(listed, body)
    records = str(listed.value) if listed.op == "column" else ""
    conditions = [part for each, name in bodies or [] for part in _operands(each)]
    names = {name for _, name in bodies} | {variable}
    noun, kind_of = _noun(look, records, conditions, names)
    others = tuple(each for each in conditions if each not in kind_of)
    beside = tuple(filter(None, (_beside(look, each) for each in others)))
    return Sought(records, noun, beside, kind_of, others)


def _through_filters(listed: Node, body: Node | None) -> tuple[Node, list[tuple[Node, str]]]:
    bodies = [(body, "")] if body is not None else []
    while listed.op == "macro" and listed.value[0] == "filter":
        bodies.insert(0, (listed.args[1], listed.value[1]))
        listed = listed.args[0]
    return listed, bodies


def _operands(body: Node) -> tuple[Node, ...]:
    if body.op in ("rates", "calendar"):
        return _operands(body.args[0])
    return body.args if body.op == "call" and body.value == "_&&_" else (body,)


def _noun(look: Look, records: str, conditions: list[Node], names: set[str]) -> tuple[str, tuple[Node, ...]]:
    told_by = {f"{name}.{_TOLD_BY[records]}" for name in names} if records in _TOLD_BY else names
    for each in conditions:
        if each.value == "_==_" and each.args[0].value in told_by and each.args[1].op == "const":
            value = str(each.args[1].value)
            title = look.wording.titles.get(value) if records == "items" else None
            return said(title) if title else "approval" if records == "approvals" else spaced(value), (each,)
    return _NOUNS.get(records) or (f"value of {look.wording.name(records)}" if records else "value"), ()


def _beside(look: Look, condition: Node) -> str:
    """A condition on one element in words; empty where there are none."""
    if (role := with_role(condition)) is not None:
        return f"with {role}"
    if (limit := recency(condition)) is not None:
        return f"within {limit}"
    return {"opened_at": "since the deal was opened", "stage.entered_at": "in this stage"}.get(since(condition), "")


def with_role(condition: Node) -> str | None:
    """In which role the person it was done with must be linked; None where the condition is another."""
    if condition.op != "macro" or condition.value[0] != "exists" or condition.args[0].value != "contacts":
        return None
    roles = [
        str(part.args[1].value) for part in _operands(condition.args[1])
        if part.value == "_==_" and str(part.args[0].value).endswith(".role") and part.args[1].op == "const"
    ]  # fmt: skip
    return f"the {spaced(roles[0])}" if roles else "a linked contact"


def recency(condition: Node) -> str | None:
    """How recent it must be; None where the condition is another."""
    if condition.op != "call" or condition.value not in ("_<=_", "_<_", "_>=_", "_>_"):
        return None
    left, right = condition.args
    if condition.value in ("_<=_", "_<_") and right.op == "const":
        return _age(left, right)
    if right.op == "call" and right.value == "_-_" and right.args[0].value in NOW and right.args[1].op == "const":
        return said(timedelta(microseconds=right.args[1].value)) if _is_date(left) else None
    return None


def _age(left: Node, right: Node) -> str | None:
    if left.op != "call" or not any(arg.value in NOW for arg in left.args):
        return None
    if left.value in ("working_days", "working_hours"):
        return counted(float(right.value), spaced(left.value)[:-1])
    return said(timedelta(microseconds=right.value)) if left.value == "_-_" and _is_date(left.args[1]) else None


def _is_date(node: Node) -> bool:
    return node.op == "column" and str(node.value).endswith(".at")


def since(condition: Node) -> str:
    """Since what it must have been: `opened_at` or `stage.entered_at`; empty where the condition is another."""
    if condition.op != "call" or condition.value not in ("_>=_", "_>_"):
        return ""
    left, right = condition.args
    known = right.op == "column" and right.value in ("opened_at", "stage.entered_at") and _is_date(left)
    return str(right.value) if known else ""


_TOO_EARLY = {"opened_at": "before the deal was opened", "stage.entered_at": "before it came into this stage"}


def nearest_miss(what: Sought, elements: list[Element]) -> str:
    """The last one of the kind that did not count, and what was wrong with it; empty where there is none."""
    fitting = [each for each in elements if all(each.outcome(part) is True for part in what.kind_of)]
    near = [each for each in fitting if any(each.outcome(part) is not True for part in what.others)]
    dated = [each for each in near if isinstance(each.part("at"), datetime)]
    if not dated or not what.others:
        return ""
    last = max(dated, key=lambda each: each.part("at"))
    at = last.part("at")
    broken = [part for part in what.others if last.outcome(part) is False]
    faults = [fault for part in broken if (fault := _fault(last, part))]
    old = any(recency(part) is not None for part in broken)
    ago = _ago(last, at) if old else f"on {day(at)}"
    parts = [ago] if old else []
    if not parts and not faults:
        return ""
    return f"the last {what.noun} was {', '.join([*parts, *faults])}" if old else (
        f"the last {what.noun}, {ago}, was {' and '.join(faults)}")  # fmt: skip


def _ago(look: Look, at: datetime) -> str:
    now = look.at("now")
    return f"{said(now - at)} ago, on {day(at)}" if isinstance(now, datetime) and now >= at else f"on {day(at)}"


def _fault(element: Element, condition: Node) -> str:
    if (role := with_role(condition)) is not None:
        return f"without {role}"
    return _TOO_EARLY.get(since(condition), "")
