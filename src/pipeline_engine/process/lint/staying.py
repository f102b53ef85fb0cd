"""How long a gate makes a deal wait, against how long a stay should take."""

from collections.abc import Iterator
from decimal import Decimal

from pipeline_engine.process.findings import Finding
from pipeline_engine.process.lint.subject import Subject
from pipeline_engine.process.model import Process, Span, Stage
from pipeline_engine.process.rules import STAY_BEGINS, Kind, Node
from pipeline_engine.process.stays import span_words

_MICROSECONDS = {"m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000, "w": 604_800_000_000}
_WORKING = {"working_days": "bd", "working_hours": "bh"}


def staying(subject: Subject) -> Iterator[Finding]:
    """Rules that keep a deal in its stage for longer than the service level of that stage."""
    for number in range(len(subject.rules)):
        stage = _stage_before(subject.process, subject.rule(number).asked_at)
        if stage is None or stage.service_level is None or not subject.own(number):
            continue
        for span in _asked(subject.check(number)):
            if _longer(span, stage.service_level, subject.process):
                message = (
                    f"keeps a deal in `{stage.id}` for {span_words(span)} at least, and its service level is"
                    f" {span_words(stage.service_level)}"
                )
                yield subject.about_rule("stay-beyond-service-level", message, number, stage.id)


def _stage_before(process: Process, gate: str) -> Stage | None:
    """The stage a deal stands in when a gate asks, where it is always the same."""
    if gate.startswith("leave:"):
        return process.stage(gate.removeprefix("leave:"))
    if gate == "won" and len(process.won_from) == 1:
        return process.stage(process.won_from[0])
    place = process.stage_ids.index(gate) if gate in process.stage_ids else 0
    before = process.stages[place - 1] if place else None
    return before if before is None or before.applies is None else None


def _asked(check: Node) -> Iterator[Span]:
    """Every length of time that the stay must have lasted for the check to be true."""
    if check.op == "calendar":
        yield from _asked(check.args[0])
    elif check.op == "call" and check.value == "_&&_":
        for arg in check.args:
            yield from _asked(arg)
    elif check.op == "call" and check.value in ("_>=_", "_>_"):
        span = _span(*check.args)
        if span is not None:
            yield span


def _span(stay: Node, least: Node) -> Span | None:
    if least.op != "const":
        return None
    paths = [arg.value for arg in stay.args if arg.op == "column"]
    begins = {str(path) for path in paths} - {"now"}
    if stay.op != "call" or len(paths) != 2 or not begins or not begins < set(STAY_BEGINS):
        return None
    if stay.value in _WORKING and least.kind is Kind.DOUBLE:
        return Span(amount=Decimal(str(least.value)), unit="bd" if stay.value == "working_days" else "bh")
    if stay.value == "_-_" and paths[0] == "now":
        unit = next((unit for unit in ("d", "h") if least.value % _MICROSECONDS[unit] == 0), "m")
        return Span.model_validate({"amount": Decimal(least.value) / _MICROSECONDS[unit], "unit": unit})
    return None


def _longer(span: Span, level: Span, process: Process) -> bool:
    if span.unit == level.unit:
        return span.amount > level.amount
    one, other = _by_the_clock(span, process), _by_the_clock(level, process)
    return one is not None and other is not None and one > other


def _by_the_clock(span: Span, process: Process) -> Decimal | None:
    """How long a span takes in minutes on the average; working time by the days of the week that have some."""
    if span.unit in _MICROSECONDS:
        return span.amount * (_MICROSECONDS[span.unit] // 60_000_000)
    hours = process.calendar.hours
    if not hours:
        return None
    week = Decimal(7 * 24 * 60)
    if span.unit == "bd":
        return span.amount * week / len(hours)
    worked = sum((end.hour - start.hour) * 60 + end.minute - start.minute for start, end in hours.values())
    return span.amount * 60 * week / worked if worked else None
