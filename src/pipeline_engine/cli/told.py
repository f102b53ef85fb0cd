"""An event in words."""

from collections.abc import Sequence
from typing import Any

from pipeline_engine.cli import words
from pipeline_engine.cli.said import with_words
from pipeline_engine.cli.verdicts import MARKS
from pipeline_engine.deal import Judged

_LONGEST = 70
_BY_TIME = ("ServiceLevelBreached", "DealStalled", "PauseEnded", "DealEscalated")
_BESIDE = (
    "DocumentAttached", "ChangeRefused", "FollowUpPlanned", "DealMigrated", "DealPaused", "NextStepSet",
    "SourceStageNoted", *_BY_TIME,
)  # fmt: skip
# Here the words are what it is about.
_SAY_THEMSELVES = ("DealPaused", "NextStepSet")
SHORT = 12
LEGEND = "✓ passes · ✗ fails · ? not known, so it does not pass · ~ waived; rules that pass are only counted"


def event(happened: Any) -> str:
    """What happened, in one short line, and what was said with it."""
    name = type(happened).__name__
    parts = _parts(name, happened)
    text = f"{name}" + (f": {parts}" if parts else "") + _past_the_gate(happened)
    short = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return short if name in _SAY_THEMSELVES else with_words(short, happened)


def _past_the_gate(happened: Any) -> str:
    """By what right, where no gate was asked."""
    basis = getattr(happened, "basis", "gate")
    return "" if basis == "gate" else f" ({basis})"


def _parts(name: str, happened: Any) -> str:
    match name:
        case "DealOpened" | "OpeningRefused":
            return f"in {happened.stage} under {happened.process}@{happened.version}, {_fields(happened.fields)}"
        case "FieldsChanged":
            cleared = "".join(f", {field} cleared" for field in happened.cleared)
            return f"{_fields(happened.set)}{cleared}".lstrip(", ")
        case "DealMoved":
            return f"{happened.from_stage} → {happened.to_stage}"
        case "MoveRefused":
            return f"{happened.attempt} {happened.from_stage} → {happened.to_stage}"
        case "DealWon" | "DealLost":
            found = getattr(happened, "reason", None) or getattr(happened, "amount", None)
            return words.value(found) if found else ""
        case "CorrectionProposed" | "CorrectionRecorded" | "CorrectionRefused":
            return _corrected(happened)
        case _ if name in _BESIDE:
            return _beside(name, happened)
    shown = ("rule", "target", "role", "kind", "owner", "stage", "into", "item", "deal_id", "to", "source")
    return " ".join(str(found) for field in shown if (found := getattr(happened, field, None)))


def _beside(name: str, happened: Any) -> str:
    """Of what goes on beside the stages."""
    if name in _BY_TIME:
        return _by_time(name, happened)
    match name:
        case "DealPaused" | "NextStepSet":
            return _ahead(happened)
        case "SourceStageNoted":
            return f"{happened.stage}, which changes nothing"
        case "DocumentAttached":
            return f"{happened.name}, sha256 {happened.sha256[:SHORT]}…"
        case "ChangeRefused":
            return f"{', '.join(happened.fields)} locked in {happened.stage}"
        case "DealMigrated":
            before = f"{happened.from_process or happened.process}@{happened.from_version}"
            moved = f", {happened.from_stage} → {happened.to_stage}" if happened.from_stage != happened.to_stage else ""
            return f"{before} → {happened.process}@{happened.version}{moved}"
    return f"{happened.deal_id} under {happened.process}, due {words.day(happened.due)}"


def _by_time(name: str, happened: Any) -> str:
    """What came due; the line's own time is when."""
    match name:
        case "ServiceLevelBreached":
            return f"in {happened.stage} for longer than {happened.level}"
        case "DealStalled":
            return f"in {happened.stage}, no sign of life by {happened.since.replace('_', ' ')}"
        case "PauseEnded":
            return f"that of event {happened.paused}"
    return f"{happened.rule} → {', '.join(happened.to) or f'nobody, for none is {happened.asked}'}"


def _ahead(happened: Any) -> str:
    """What is waited for, or comes next, and until or by when."""
    said = getattr(happened, "reason", None) or getattr(happened, "text", None)
    end, due = getattr(happened, "until", None), getattr(happened, "due", None)
    when = f", until {words.day(end)}" if end else f", due {words.day(due)}" if due else ""
    return f"{words.value(said) if said else ''}{when}".lstrip(", ")


def _corrected(happened: Any) -> str:
    """Of which event what really was."""
    of = f"event {happened.corrects}"
    if happened.kind == "void" or not hasattr(happened, "set"):
        return f"{happened.kind} of {of}" + (f", {happened.why}" if hasattr(happened, "why") else "")
    if happened.kind == "time":
        return f"{of} was at {words.moment(happened.really_at)}"
    cleared = "".join(f", {field} not known" for field in happened.cleared)
    return f"{of}: {_fields(happened.set) if happened.set else ''}{cleared}".replace(": , ", ": ")


def _fields(values: Any) -> str:
    return ", ".join(f"{field} {words.value(held)}" for field, held in sorted(values.items())) or "no fields"


def verdicts(judged: Sequence[Judged]) -> str:
    """The rules of an attempt with their marks, those that passed only counted."""
    told = [f"{MARKS[each.verdict]} {each.rule}" for each in judged if each.verdict not in ("pass", "not asked")]
    passed = sum(each.verdict == "pass" for each in judged)
    return " ".join([*told, *([f"{MARKS['pass']} {passed}"] if passed else [])])
