"""How long a deal must or may have been in the stage before, and lengths of time as conditions."""

from dataclasses import replace
from decimal import Decimal

from pipeline_engine.notation import Text, scalar
from pipeline_engine.process import scalars
from pipeline_engine.process.drafts import Draft, Entry
from pipeline_engine.process.model import Calendar, Span

_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_WORKING = {"bd": "working_days", "bh": "working_hours"}
# What was paused in the stage does not count, by the clock and in working time each in its own way.
_BEGINS = {"bd": "stage.counted_from_bd", "bh": "stage.counted_from_bh"}
_SINGULAR = {"m": "minute", "h": "hour", "d": "day", "w": "week", "bd": "working day", "bh": "working hour"}


def stay_at_least(entry: Entry) -> list[Draft]:
    """`stay_at_least: 1d`: the deal must have been in its stage so long."""
    return _stay(entry, "stay_at_least", ">=", "less than {} in the stage before", "wait until it is {} there")


def stay_at_most(entry: Entry) -> list[Draft]:
    """`stay_at_most: 30d`: after so long in its stage the deal does not go on without more ado."""
    return _stay(entry, "stay_at_most", "<=", "more than {} in the stage before", "")


def _stay(entry: Entry, key: str, sign: str, says: str, fix: str) -> list[Draft]:
    node = entry.value(key)
    span = scalar(node, scalars.lasting, entry.complaints, key)
    if span is None or not isinstance(node, Text) or not countable(span, node, entry, key):
        return []
    text = lasted(_BEGINS.get(span.unit, "stage.counted_from"), "now", sign, span)
    made = entry.draft(f"{key}:{node.value}", "stay", text, node.place)
    if entry.gate.startswith("leave:"):
        says = says.replace("the stage before", "this stage")
    return [replace(made, says=says.format(span_words(span)), fix=fix.format(span_words(span)))]


def countable(span: Span, node: Text, entry: Entry, key: str) -> bool:
    """Whether the span can be counted; working time needs the hours of the calendar."""
    calendar: Calendar = entry.declared.calendar
    if span.unit in _SECONDS or calendar.hours:
        return True
    expected = "`calendar: {week: mon-fri 09:00-18:00}` in the file, or time by the clock like `36h`"
    entry.complaints.add(node, f"`{key}` is `{node.value}`, working time without working hours", expected)
    return False


def lasted(begin: str, end: str, sign: str, span: Span) -> str:
    """The condition that from `begin` to `end` it lasted so long: `now - stage.entered_at >= duration('24h')`."""
    if span.unit in _WORKING:
        return f"{_WORKING[span.unit]}({begin}, {end}) {sign} {_decimal(span.amount)}"
    return f"{end} - {begin} {sign} duration('{clock_text(span)}')"


def _decimal(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text if "." in text else f"{text}.0"


def clock_text(span: Span) -> str:
    """The span as CEL writes a duration."""
    seconds = span.amount * _SECONDS[span.unit]
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{int(seconds / length)}{unit}"
    return f"{Decimal(seconds):f}s"


def span_words(span: Span) -> str:
    """The span as people say it: 5 working days."""
    number = f"{span.amount.normalize():f}"
    return f"{number} {_SINGULAR[span.unit]}{'' if number == '1' else 's'}"
