"""A deal that shows a difference, in words and as JSON."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from pipeline_engine.process.approvals import with_skills
from pipeline_engine.process.diff.compare import Shown
from pipeline_engine.process.rules import STAY_BEGINS
from pipeline_engine.values import Money, instant_text, value_to_json

_PEOPLE = {"actor": "the one who asks", "owner": "the owner"}


def witness_told(shown: Shown) -> str:
    """The deal in one sentence: `a deal in proposal with amount 60,000 EUR and 2 meetings`."""
    row = shown.row
    facts = [*_fields(row), *_times(row), *_people(row), *_lists(row)]
    facts += [f"no {_words(path)} recorded" for path in shown.missing]
    where = f" in {row['move.from']}" if row.get("move.from") else ""
    asked = [f"moved {_steps(row['move.steps'])}"] if abs(row.get("move.steps") or 1) > 1 else []
    reason = [f"for the reason “{row['move.reason']}”"] if row.get("move.reason") else []
    said = ", ".join([*asked, *reason, *facts])
    return f"a deal{where}" + (f" with {said}" if facts and not asked and not reason else f", {said}" if said else "")


def _steps(steps: int) -> str:
    return f"{abs(steps)} stages {'on' if steps > 0 else 'back'}"


def _words(path: str) -> str:
    return path.removeprefix("deal.").replace("_", " ").replace(".", " ")


def _fields(row: Mapping[str, Any]) -> Iterator[str]:
    for path, value in row.items():
        if path.startswith("deal."):
            yield f"{_words(path)} {_value(value)}"


def _times(row: Mapping[str, Any]) -> Iterator[str]:
    now = row.get("now")
    stay = next((row[path] for path in STAY_BEGINS if path in row), None)
    if now is not None and stay is not None:
        yield f"{_lasting(now - stay)} in its stage"
    if now is not None and "opened_at" in row:
        yield f"opened {_lasting(now - row['opened_at'])} ago"
    if "today" in row:
        yield f"today being {_value(row['today'])}"


def _people(row: Mapping[str, Any]) -> Iterator[str]:
    for who, name in _PEOPLE.items():
        if f"{who}.roles" in row:
            yield f"{name} being {' and '.join(row[f'{who}.roles']) or 'in no role'}"
        if f"{who}.skills" in row:
            yield f"{name} {with_skills(row[f'{who}.skills']).lstrip() or 'without a skill'}"
    for path, where in (("owner.open_deals", ""), ("owner.deals_in_stage", " in the stage")):
        if path in row:
            yield f"its owner having {_counted(row[path], 'other open deal')}{where}"
    if {"actor.id", "owner.id"} <= row.keys() and row["actor.id"] != row["owner.id"]:
        yield f"{row['actor.id']} asking for a deal of {row['owner.id']}"


def _lists(row: Mapping[str, Any]) -> Iterator[str]:
    for path, by in (("activities", "kind"), ("contacts", "role"), ("documents", "name"), ("items", "id")):
        kinds = Counter(str(each.get(by)) for each in row.get(path, ()))
        yield from (_counted(count, _words(kind)) + _of(path) for kind, count in kinds.items())
    for grant in row.get("approvals", ()):
        yield f"{'an approval' if grant.get('live') else 'an approval that has lapsed'} by {grant.get('role')}"


def _counted(count: int, what: str) -> str:
    return f"one {what}" if count == 1 else f"{count} {what}" + ("" if what.endswith("s") else "s")


def _of(path: str) -> str:
    return {"contacts": " among its contacts", "documents": " attached", "items": " ticked"}.get(path, "")


def _lasting(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    return f"{hours / 24:,.4g} days" if abs(hours) >= 48 or hours == 0 else f"{hours:,.4g} hours"


def _value(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case tuple():
            return " and ".join(value) or "empty"
        case str():
            return f"`{value}`"
    return str(value)


def witness_json(shown: Shown) -> dict[str, Any]:
    """The deal as JSON: its fields by name, and all else the rules read by column path."""
    fields = {path.removeprefix("deal."): _json(value) for path, value in shown.row.items() if path.startswith("deal.")}
    facts = {path: _json(value) for path, value in shown.row.items() if not path.startswith("deal.")}
    return {
        "fields": fields, "facts": facts, "lets_through": shown.lets_through, "stopped_by": list(shown.stopped_by),
    }  # fmt: skip


def _json(value: Any) -> Any:
    match value:
        case Money():
            return f"{value.plain()} {value.currency}"
        case datetime():
            return instant_text(value)
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return {name: _json(each) for name, each in value.items() if each is not None}
        case list() | tuple():
            return [_json(each) for each in value]
    return value if isinstance(value, (bool, int, float, str)) or value is None else value_to_json(value)
