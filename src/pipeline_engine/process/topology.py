"""The rules that every process has: which way deals may go. They are rules like any other."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline_engine.notation import Place
from pipeline_engine.process.drafts import Draft, either, grouped, listed
from pipeline_engine.process.model import Moves


@dataclass(frozen=True, slots=True)
class Way:
    """Which way deals may go, and where the file says so; `applies` are the conditions of stages only some have."""

    moves: Moves
    skip_waivable_by: tuple[str, ...]
    won_from: tuple[str, ...]
    lost_from: tuple[str, ...]
    reopen_needs_reason: bool
    reopen_waivable_by: tuple[str, ...]
    moves_place: Place
    outcomes_place: Place
    applies: Mapping[str, str] = field(default_factory=dict)


def topology(way: Way) -> list[Draft]:
    """The rules of the way, in the order they are judged."""
    drafts = [_forward(way), _back(way), _open(way), _won(way), _lost(way)]
    return [*drafts, _reopen(way)] if way.reopen_needs_reason else drafts


def _forward(way: Way) -> Draft:
    any_step = way.moves.forward == "any"
    return Draft(
        id="moves:forward",
        gate="moves:forward",
        kind="topology",
        text="move.steps >= 1" if any_step else _or_passed_by("move.steps <= 1", way),
        place=way.moves_place,
        says="a deal moves to the next stage, and passes over none"
        if not any_step
        else "a deal moves to a later stage",
        fix="move to the next stage first",
        waivable_by=way.skip_waivable_by,
    )


def _back(way: Way) -> Draft:
    texts = {
        "reason": ("move.reason != ''", "going back needs a reason", "give a reason"),
        "free": ("true", "a deal may go back", ""),
        "never": (
            "false",
            "deals do not go back in this process",
            "lose the deal and reopen it, or move it forward",
        ),
    }
    text, says, fix = texts[way.moves.back]
    return Draft(
        id="moves:back",
        gate="moves:back",
        kind="topology",
        text=text,
        place=way.moves_place,
        says=says,
        fix=fix,
    )


def _open(way: Way) -> Draft:
    stages = way.moves.open_in
    return Draft(
        id="open:stage",
        gate="open",
        kind="topology",
        text=f"move.to in {listed(stages)}",
        place=way.moves_place,
        says=f"deals open in {either(stages)}",
        fix=f"open the deal in {either(stages)}",
    )


def _won(way: Way) -> Draft:
    return Draft(
        id="won:from",
        gate="won:from",
        kind="topology",
        text=_or_passed_by(f"move.from in {listed(way.won_from)}", way),
        place=way.outcomes_place,
        says=f"deals are won from {either(way.won_from)}",
        fix=f"move the deal to {either(way.won_from)} first",
    )


def _lost(way: Way) -> Draft:
    return Draft(
        id="lost:from",
        gate="lost:from",
        kind="topology",
        text=f"move.from in {listed(way.lost_from)}",
        place=way.outcomes_place,
        says=f"deals are lost from {either(way.lost_from)}",
        fix=f"move the deal to {either(way.lost_from)} first",
    )


def _reopen(way: Way) -> Draft:
    return Draft(
        id="reopen:reason",
        gate="reopen",
        kind="topology",
        text="move.reason != ''",
        place=way.outcomes_place,
        says="reopening needs a reason",
        fix="give a reason",
        waivable_by=way.reopen_waivable_by,
    )


def _or_passed_by(text: str, way: Way) -> str:
    """The condition, or that the deal has none of the stages that it passes over."""
    if not way.applies:
        return text
    # No condition stands inside the loop: with a hundred stages that would be the dearest rule of all.
    none = "".join(
        f" && (!('{stage}' in move.passed) || !{grouped(condition)})" for stage, condition in way.applies.items()
    )
    return f"{text} || (move.passed.size() > 0 && move.passed.all(s, s in {listed(tuple(way.applies))}){none})"
