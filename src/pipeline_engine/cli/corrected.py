"""What corrections make of a deal's events: what did not happen, what was otherwise, what waits to be confirmed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline_engine.cli import words
from pipeline_engine.cli.output import say
from pipeline_engine.cli.said import with_words
from pipeline_engine.deal import CorrectionProposed, CorrectionRecorded
from pipeline_engine.documents import by_whom, gone
from pipeline_engine.envelope import Recorded


def marks(events: Sequence[Recorded]) -> Mapping[int, str]:
    """By the version of an event what is to be known beside it, in words; nothing of those that stand as they are."""
    told = defaultdict[int, list[str]](list)
    for by in events:
        event: Any = by.event
        if isinstance(event, CorrectionRecorded):
            told[event.corrects].append(_mark(event, by.version))
            if event.proposed is not None:
                told[event.proposed].append(f"confirmed by event {by.version}")
    for version in gone(events) - told.keys():
        told[version].append("did not happen either")
    for each in waiting(events):
        told[each.version].append("waits for somebody else to confirm it")
    return {version: "; ".join(said) for version, said in told.items()}


def _mark(event: CorrectionRecorded, by: int) -> str:
    if event.kind == "void":
        return f"did not happen, says event {by}"
    if event.kind == "time":
        return f"was really at {words.moment(event.really_at)}, says event {by}"
    return f"was really otherwise, says event {by}"


def waiting(events: Sequence[Recorded]) -> list[Recorded]:
    """The proposals that nobody has confirmed, oldest first."""
    done = {each.event.proposed for each in events if isinstance(each.event, CorrectionRecorded)}
    return [each for each in events if isinstance(each.event, CorrectionProposed) and each.version not in done]


def say_corrected(deal: str, events: Sequence[Recorded]) -> None:
    """How many events were corrected, and which corrections wait, as `deal show` tells it."""
    void, changed = gone(events), by_whom(events).keys()
    told = [
        *([f"{words.plural(len(changed - void), 'event')} corrected"] if changed - void else []),
        *([f"{words.plural(len(void), 'event')} that did not happen"] if void else []),
    ]
    if told:
        say(f"  {' and '.join(told)}: `deal timeline {deal}` marks them")
    for each in waiting(events):
        event, who = each.event, each.envelope
        assert isinstance(event, CorrectionProposed), "only proposals wait"
        line = f"{event.kind} of event {event.corrects}, proposed by {who.actor} {words.moment(who.at)}"
        say(f"  {with_words(f'waiting to be confirmed: {line}', event)}")
        say(f"    → somebody else confirms it with `deal correct confirm {deal} {each.version}`")
