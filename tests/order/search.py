"""The first checker: is there an order of one deal's notes that a single patient clerk could have worked in?

After Wing and Gong (1993), Journal of Parallel and Distributed Computing 17(1-2), with the visited configurations
remembered as Lowe (2017), Concurrency and Computation 29(4), proposes. It knows what the process allows, written here a
second time, and neither the log nor the engine.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.order.asked import ENOUGH, STAGES, Note


class Clerk(NamedTuple):
    """A deal as a clerk would keep it on paper."""

    stage: str = STAGES[0]
    amount: int | None = None


def worked(clerk: Clerk, note: Note) -> Clerk | None:
    """What the clerk has after the note; None where a clerk would have answered otherwise."""
    if note.kind == "look":
        return clerk if isinstance(note.answer, tuple) and note.answer[:2] == clerk else None
    if note.kind == "set":
        amount = None if note.argument is None else int(note.argument)
        return clerk._replace(amount=amount) if note.answer is True else None
    if note.answer is not allowed(clerk, str(note.argument)):
        return None
    return clerk._replace(stage=str(note.argument)) if note.answer else clerk


def allowed(clerk: Clerk, to: str) -> bool:
    """Whether the process lets the deal go there: back as far as one likes, forward one stage, with enough money."""
    steps = STAGES.index(to) - STAGES.index(clerk.stage)
    enough = clerk.amount is not None and clerk.amount >= ENOUGH
    return steps <= 0 or (steps == 1 and (to != "proposal" or enough))


Places = tuple[int, ...]


def has_an_order(notes: Sequence[Note]) -> bool:
    """Whether one deal's notes can be put in an order that keeps who was answered before whom was asked."""
    lines = _by_client(notes)
    start = (tuple(0 for _ in lines), Clerk())
    waiting, seen = [start], {start}
    while waiting:
        places, clerk = waiting.pop()
        if all(place == len(line) for place, line in zip(places, lines, strict=True)):
            return True
        for after in _steps(lines, places, clerk):
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    return False


def _by_client(notes: Sequence[Note]) -> list[list[Note]]:
    lines: dict[int, list[Note]] = {}
    for note in sorted(notes, key=lambda each: each.asked):
        lines.setdefault(note.client, []).append(note)
    return list(lines.values())


def _steps(lines: Sequence[Sequence[Note]], places: Places, clerk: Clerk) -> Iterator[tuple[Places, Clerk]]:
    heads = [line[place] if place < len(line) else None for line, place in zip(lines, places, strict=True)]
    # Nothing can come next that was asked after another one, which has not come yet, was answered.
    earliest = min(head.answered for head in heads if head is not None)
    for nth, head in enumerate(heads):
        if head is None or head.asked > earliest:
            continue
        after = worked(clerk, head)
        if after is not None:
            yield (*places[:nth], places[nth] + 1, *places[nth + 1 :]), after


def without_order(notes: Sequence[Note]) -> list[str]:
    """The deals whose notes have no such order."""
    deals = sorted({note.deal for note in notes})
    return [deal for deal in deals if not has_an_order([note for note in notes if note.deal == deal])]
