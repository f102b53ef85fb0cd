"""Two values that do not stand to each other as a rule wants: both sides, and what would do."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from pipeline_engine.process.rules.look import Look
from pipeline_engine.process.rules.naming import NOW, fields_in, named
from pipeline_engine.process.rules.parts import Part
from pipeline_engine.process.rules.tree import Node
from pipeline_engine.process.rules.vocabulary import COUNTED_FROM, STAY_BEGINS, Kind, Type
from pipeline_engine.process.rules.wording import counted, day, either, moment, said
from pipeline_engine.process.rules.working_hours import NEVER, WorkingHours
from pipeline_engine.values import Money, microseconds, moment_at

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_NUMBERS: Mapping[str, str] = {
    "<": "less than {}", "<=": "at most {}", ">": "more than {}", ">=": "at least {}", "==": "{}", "!=": "not {}",
}  # fmt: skip
_MOMENTS: Mapping[str, str] = {
    "<": "before {}", "<=": "{} or earlier", ">": "after {}", ">=": "{} or later", "==": "{}", "!=": "not {}",
}  # fmt: skip
_TEXTS = {
    "contains": ("contain", "{}"), "startsWith": ("begin with", "{}"), "endsWith": ("end with", "{}"),
    "matches": ("look like", "`{}`"),
}  # fmt: skip


def compared(look: Look, node: Node, want: bool) -> Part:
    """A comparison that came out otherwise than wanted."""
    (left, right), sign = node.args, str(node.value).strip("_")
    if not fields_in(left) or (_is_now(left) and fields_in(right) and not _is_now(right)):
        left, right, sign = right, left, _MIRRORED[sign]
    if not want:
        sign = _OPPOSITE[sign]
    soon = _in_a_while(look, left, right, sign) or _from_then(look, left, right, sign)
    return soon or _ahead(look, left, right, sign) or _plainly(look, left, right, sign)


def _is_now(node: Node) -> bool:
    return node.op == "column" and node.value in NOW


def _plainly(look: Look, left: Node, right: Node, sign: str) -> Part:
    found, unit = look.value(left), look.wording.unit(left, right)
    shown = _shown(look, left, found, unit)
    limit = look.value(right)
    told = said(limit, unit) if right.op == "const" else _named_value(look, right, said(limit, unit))
    words = _words(left.kind)[sign].format(told)
    path = next(iter(fields_in(left)), "")
    return Part("compare", path, found, words, f"{named(look, left)} is {shown}, {must(words)}")


def must(words: str) -> str:
    """What has to be, around what would do: `must be at least 5`, `must not be NA`."""
    return f"must not be {words.removeprefix('not ')}" if words.startswith("not ") else f"must be {words}"


def _words(kind: Type) -> Mapping[str, str]:
    return _MOMENTS if kind is Kind.TIMESTAMP else _NUMBERS


def _shown(look: Look, node: Node, found: Any, unit: Any) -> str:
    """What was found; of something computed, also what from."""
    text = said(found, unit)
    if isinstance(found, timedelta) and "working" in str(node.value):
        return text
    if isinstance(found, Money) and (converted := look.wording.converted(found)):
        return f"{text} (counted as {said(converted)})"
    parts = [path for path in fields_in(node) if path not in NOW]
    if node.op == "column" or len(parts) < 2:
        return text
    inputs = (f"{look.wording.name(path)} {said(look.at(path), look.wording.unit(node))}" for path in parts)
    return f"{text} ({', '.join(inputs)})"


def _named_value(look: Look, node: Node, value: str) -> str:
    name = named(look, node)
    return value if name == value else f"{value} ({name})"


def _in_a_while(look: Look, left: Node, right: Node, sign: str) -> Part | None:
    """Time that is not over yet, or over already; None where the comparison is about something else."""
    begin = _begin_of(left)
    if begin is None:
        return None
    since, wanted = look.value(begin), look.value(right)
    if not isinstance(since, datetime):
        return None
    amount, unit = _lasted(look.value(left), left), _lasted(wanted, left)
    words = _NUMBERS[sign].format(unit if right.op == "const" else _named_value(look, right, unit))
    text = f"{amount} {_since_when(look, begin, since)}, must be {words}"
    from_then = _possible(look, left, since, wanted) if sign in (">", ">=") else None
    if from_then is not None and begin.value in COUNTED_FROM and look.at("stage.paused"):
        text += "; it is paused, so its time stands still"
    elif from_then is not None:
        text += f"; possible from {moment(from_then)}"
    return Part("time", str(begin.value), since, words, text)


def _since_when(look: Look, begin: Node, since: datetime) -> str:
    """`in lead (since 2026-01-05)`; a stay says that it leaves pauses out where there were any."""
    if begin.value not in STAY_BEGINS:
        return f"since {named(look, begin)} ({_when(since)})"
    entered = look.at("stage.entered_at")
    known = entered if isinstance(entered, datetime) else since
    left_out = ", pauses left out" if known != since else ""
    return f"in {look.at('stage.id') or 'the stage'} (since {_when(known)}{left_out})"


def _when(since: datetime) -> str:
    return day(since) if since.hour == since.minute == 0 else moment(since)


def _from_then(look: Look, left: Node, right: Node, sign: str) -> Part | None:
    """A moment that has to be over and is still to come; None where the comparison is about something else."""
    at = look.value(left)
    if not _is_now(right) or sign not in ("<", "<=") or not isinstance(at, datetime):
        return None
    text = f"{named(look, left)} is {_when(at)}, possible from then"
    return Part("time", next(iter(fields_in(left)), ""), at, "in the past", text)


def _ahead(look: Look, left: Node, right: Node, sign: str) -> Part | None:
    """How far ahead a moment has to be; None where the comparison is about something else."""
    if left.op != "call" or left.value != "_-_" or not _is_now(left.args[1]):
        return None
    at, found, wanted = look.value(left.args[0]), look.value(left), look.value(right)
    if not isinstance(at, datetime) or not isinstance(wanted, timedelta) or wanted < timedelta():
        return None
    far = f"{said(found)} ahead" if found >= timedelta() else f"{said(-found)} ago"
    words = f"{_NUMBERS[sign].format(said(wanted))} ahead"
    path = next(iter(fields_in(left.args[0])), "")
    return Part("compare", path, at, words, f"{named(look, left.args[0])} is {_when(at)}, {far}, must be {words}")


def _begin_of(node: Node) -> Node | None:
    """What the time up to now is counted from."""
    if node.value == "_-_" and node.op == "call":
        end, begin = node.args
    elif node.value in ("working_days", "working_hours") and node.op == "call":
        begin, end = node.args
    else:
        return None
    return begin if _is_now(end) and begin.op == "column" else None


def _lasted(found: Any, node: Node) -> str:
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        rounded = int(found * 10) / 10
        return counted(rounded, "working day" if node.value == "working_days" else "working hour")
    return said(found)


def _possible(look: Look, left: Node, since: datetime, wanted: Any) -> datetime | None:
    """From when on so much time has passed."""
    if isinstance(wanted, timedelta):
        try:
            return since + wanted
        except OverflowError:
            return None
    week = next((each.value for each in reversed(look.around) if each.op == "calendar"), None)
    if week is None or not isinstance(wanted, (int, float)) or not 0 < wanted < 3_650:
        return None
    begin, by_day = microseconds(since), left.value == "working_days"
    horizon = begin + int((wanted * 7 + 60) * 86_400_000_000)
    hours = WorkingHours.over(week, begin, horizon)
    found = hours.later(np.array([begin]), float(wanted), by_day=by_day)[0]
    return None if found == NEVER else moment_at(int(found))


def member(look: Look, node: Node, want: bool) -> Part:
    """A value that is in none of a list, or in one that it must not be in."""
    value, listed = node.args
    found, unit = look.value(value), look.wording.unit(value, listed)
    path = next(iter(fields_in(value)), "")
    if listed.op != "list":
        held, name = look.value(listed), named(look, listed)
        wanted = f"{'with' if want else 'without'} {said(found, unit)}"
        what = said(found, unit) if value.op == "const" else _named_value(look, value, said(found, unit))
        text = f"{name} ({said(held)}) must {'' if want else 'not '}include {what}"
        return Part("member", next(iter(fields_in(listed)), ""), held, wanted, text)
    names = [said(look.value(item), unit) for item in listed.args]
    wanted = f"{'' if want else 'not '}{either(names)}"
    return Part("member", path, found, wanted, f"{named(look, value)} is {said(found, unit)}, {must(wanted)}")


def matched(look: Look, node: Node, want: bool) -> Part:
    """A text that does not look as wanted."""
    value, pattern = node.args
    verb, form = _TEXTS[str(node.value)]
    looked_for = pattern.value if pattern.op == "const" else look.value(pattern)
    quoted = f"“{looked_for}”" if form == "{}" else form.format(looked_for)
    shown = quoted if pattern.op == "const" else _named_value(look, pattern, quoted)
    wanted = f"{'' if want else 'not '}{verb} {shown}"
    path = next(iter(fields_in(value)), "")
    text = f"{named(look, value)} is {said(look.value(value))}, must {wanted}"
    return Part("text", path, look.value(value), wanted, text)
