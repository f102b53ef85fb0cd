"""Numbers for all columns of one branch at once, or the proof that there are none."""

from datetime import UTC
from zoneinfo import ZoneInfo

from pipeline_engine.process.analysis import likely
from pipeline_engine.process.analysis.distances import Distances, NoRoom
from pipeline_engine.process.analysis.facts import Contradiction, Facts, Key
from pipeline_engine.process.analysis.spans import Number, Span, roundest
from pipeline_engine.process.analysis.terms import WHOLE, columns_in, name_of
from pipeline_engine.process.analysis.world import World
from pipeline_engine.process.rules import Kind, Node
from pipeline_engine.process.rules.literals import DAY, SECOND
from pipeline_engine.values import moment_at

_HOUR = 3600 * SECOND
# What the engine sees to: a deal is opened before it enters its stage, and judged after that.
_WAY = ("opened_at", "stage.entered_at", "stage.counted_from", "now")
_WORKING = ("stage.counted_from_bd", "stage.counted_from_bh")
ORDER = (
    *((before, after) for place, before in enumerate(_WAY) for after in _WAY[place + 1 :]),
    *((before, each) for each in _WORKING for before in ("opened_at", "stage.entered_at")),
    *((each, "now") for each in _WORKING),
)
_FIRST = ("now", "today")

Numbers = dict[Node, Number]


def terms_of(facts: Facts) -> list[Node]:
    """The numbers that the facts speak of, each once: columns, and terms that are not taken apart."""
    return list(dict.fromkeys(term for key in facts.spans for term, _ in key))


def roads_of(facts: Facts) -> Distances:
    """All bounds on numbers and on differences of two."""
    roads = Distances()
    for term in terms_of(facts):
        roads.bound(name_of(term), facts.span(((term, 1),)))
    for key, span in facts.spans.items():
        _add(roads, key, span)
    paths = set(roads.names)
    for before, after in ORDER:
        if {before, after} <= paths:
            roads.bound(after, Span(0, None), before)
    if {"now", "today"} <= paths:
        roads.bound("now", day_of(facts.world), "today")
    return roads


def day_of(world: World) -> Span:
    """How far it is from the midnight, in UTC, of the day that it is to now, somewhere between UTC-12 and UTC+14."""
    return Span(0, DAY - 1) if world.zone == "UTC" else Span(-14 * _HOUR, 36 * _HOUR)


def _add(roads: Distances, key: Key, span: Span) -> None:
    if len(key) == 1 and key[0][1] == 1:
        roads.bound(name_of(key[0][0]), span)
    elif len(key) == 2 and key[0][1] == 1 and key[1][1] == -1:
        roads.bound(name_of(key[0][0]), span, name_of(key[1][0]))


def check(facts: Facts) -> Distances:
    """The bounds of a branch; raises Contradiction where no numbers fit them."""
    roads = roads_of(facts)
    try:
        roads.check()
    except NoRoom:
        raise Contradiction("differences") from None
    for key, span in facts.spans.items():
        if _hull(key, facts).meet(span).empty:
            raise Contradiction("a sum")
    return roads


def _hull(key: Key, facts: Facts) -> Span:
    """Between what a sum lies by the ranges of its parts alone."""
    low: Number | None = 0
    high: Number | None = 0
    for term, count in key:
        span = facts.span(((term, 1),))
        ends = (span.low, span.high) if count > 0 else (span.high, span.low)
        low = None if low is None or ends[0] is None else low + count * ends[0]
        high = None if high is None or ends[1] is None else high + count * ends[1]
    return Span(low, high)


def numbers_of(facts: Facts, roads: Distances) -> Numbers | None:
    """Numbers that fit all bounds, as ordinary as they come; None where rounding leaves none."""
    for key, span in facts.wishes:
        _add(roads, key, span)
    found: Numbers = {}
    try:
        for term in sorted(terms_of(facts), key=lambda each: _rank(each, facts)):
            value = _value(term, roads, facts, found)
            if value is None:
                return None
            roads.bound(name_of(term), Span(value, value))
            found[term] = value
    except NoRoom:
        return None
    return found


def _rank(term: Node, facts: Facts) -> tuple[int, int, str]:
    name = name_of(term)
    first = _FIRST.index(name) if name in _FIRST else len(_FIRST)
    return first, -facts.step(((term, 1),)), name


def _value(term: Node, roads: Distances, facts: Facts, found: Numbers) -> Number | None:
    kind = term.kind
    assert isinstance(kind, Kind)
    path = str(term.value) if term.op == "column" else ""
    likes = likely.number(path, kind, facts.world)
    if path == "today" and (now := next((v for t, v in found.items() if t.value == "now"), None)) is not None:
        likes = today_at(int(now), facts.world.zone)
    step = facts.step(((term, 1),)) if kind in WHOLE else None
    return roundest(roads.room(name_of(term)), likes, step, digits=kind is not Kind.TIMESTAMP)


def today_at(now: int, zone: str) -> int:
    """Midnight, in UTC, of the day that it is in a zone."""
    moment = moment_at(now)
    local = moment.astimezone(UTC if zone == "UTC" else ZoneInfo(zone))
    seconds = int(local.replace(tzinfo=UTC, hour=0, minute=0, second=0, microsecond=0).timestamp())
    return seconds * SECOND


def loose_columns(facts: Facts) -> list[Node]:
    """Columns that are read by terms which are not taken apart: their numbers are found by trying."""
    opaque = [term for term in terms_of(facts) if term.op != "column"]
    opaque += [term for term in facts.valued if term.op != "column"]
    opaque += [node for node in facts.judged if node.value not in ("_==_", "_!=_")]
    return list(dict.fromkeys(each for term in opaque for each in columns_in(term)))
