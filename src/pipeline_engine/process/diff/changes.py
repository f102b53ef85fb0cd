"""What else changed between two processes: nothing that decides whether a deal passes a gate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from pipeline_engine.process.model import Process, Rule

_OF_RULE = ("severity", "says", "fix", "waivable_by", "lapses_on", "skills", "answer_within")
_OF_STAGE = ("title", "win_probability", "service_level", "stalled_after", "guidance")
_OF_PROCESS = (
    "title", "currency", "value", "rates", "calendar", "limits", "split_limits", "roles", "contact_roles", "activities",
    "documents", "items", "lost_reasons", "backdate", "backdate_by", "observed_by", "corrections_by",
    "opens", "variant_for",
    "publishing", "escalations",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is written otherwise: what, of what, and how it stands in both; None where it is not there."""

    of: str  # `rule big-deal`, `stage proposal`, `field amount`, `process`
    what: str  # `says`, `service_level`, or `there` for something new or gone
    a: Any
    b: Any


def changes(a: Process, b: Process, renamed: Mapping[str, str]) -> Iterator[Change]:
    """What differs beside the gates, in the order of the model; a rule that only has another id is the same."""
    for name in _OF_PROCESS:
        yield from _changed("process", name, getattr(a, name), getattr(b, name))
    yield from _things("field", dict(a.fields), dict(b.fields), tuple(_FIELD))
    yield from _things("stage", {s.id: s for s in a.stages}, {s.id: s for s in b.stages}, _OF_STAGE)
    ours = {rule.id: rule for rule in a.rules}
    theirs = {renamed.get(rule.id, rule.id): rule for rule in b.rules}
    yield from _rules(ours, theirs)


_FIELD = ("kind", "of", "many", "default", "personal", "says", "locked_from", "unlocked_by")


def _rules(ours: Mapping[str, Rule], theirs: Mapping[str, Rule]) -> Iterator[Change]:
    common = {id_: rule for id_, rule in ours.items() if id_ in theirs}
    yield from _things("rule", common, theirs, _OF_RULE, gone=False)
    # A rule that blocks is what its gate is compared by; one that only speaks up is told of here.
    for id_ in dict.fromkeys((*ours, *theirs)):
        pair = ours.get(id_), theirs.get(id_)
        told = [rule.severity != "block" for rule in pair if rule is not None]
        if not all(told) or (pair[0] and pair[1] and _asks(pair[0]) == _asks(pair[1])):
            continue
        yield Change(f"rule {id_}", "text", *(None if rule is None else rule.text for rule in pair))


def _asks(rule: Rule) -> tuple[Any, ...]:
    return rule.asked_at, rule.text, rule.when_text


def _things(
    kind: str, ours: Mapping[str, Any], theirs: Mapping[str, Any], names: tuple[str, ...], gone: bool = True
) -> Iterator[Change]:
    for id_ in dict.fromkeys((*ours, *(theirs if gone else ()))):
        if id_ not in ours or id_ not in theirs:
            yield Change(f"{kind} {id_}", "there", id_ in ours, id_ in theirs)
            continue
        for name in names:
            yield from _changed(f"{kind} {id_}", name, getattr(ours[id_], name), getattr(theirs[id_], name))


def _changed(of: str, what: str, one: Any, other: Any) -> Iterator[Change]:
    if one != other:
        yield Change(of, what, _plain(one), _plain(other))


def _plain(value: Any) -> Any:
    """The value as JSON has it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
