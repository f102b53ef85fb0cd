"""The second checker: the log itself is the order, and every answer must be what stands at its place there.

It knows nothing of what the process allows. It takes the log's order as the witness: what was answered before another
thing was asked stands before it, what was told is what folding the log up to there gives, every verdict was judged at
the version right before its event, and each event belongs to one command that somebody sent.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from pipeline_engine.deal import Deal, DealMoved, FieldsChanged, MoveRefused, evolve
from pipeline_engine.envelope import Recorded
from pipeline_engine.store import Receipt, Store
from tests.order.asked import Note


class Place(NamedTuple):
    """Where in a deal's log a note stands: an event at twice its version, what only looked one behind it."""

    first: int
    last: int


class Witness:
    """One deal as the log tells it."""

    def __init__(self, store: Store, deal: str) -> None:
        self.store, self.stream = store, f"deal:{deal}"
        self.events = store.events(self.stream)
        self.states: list[Deal | None] = [None]
        for recorded in self.events:
            self.states.append(evolve(self.states[-1], recorded))
        self.solid = [each.version for each in self.events if not isinstance(each.event, MoveRefused)]

    def complaints(self, notes: Sequence[Note]) -> Iterator[str]:
        """What does not fit, in words; nothing where the log bears out every note."""
        receipts = {note.command_id: self.store.receipt(note.command_id) for note in notes if note.kind != "look"}
        sent = {*receipts} | {self.events[0].envelope.command_id}
        commands = [recorded.envelope.command_id for recorded in self.events]
        yield from (f"an event of `{command}`, which nobody sent" for command in commands if command not in sent)
        if len(commands) != len(set(commands)):
            yield "a command is in the log twice"
        if [recorded.version for recorded in self.events] != list(range(1, len(self.events) + 1)):
            yield "the versions have a gap"
        placed = [(note, self._place(note, receipts.get(note.command_id))) for note in notes]
        yield from (f"{note.command_id} was {wrong}" for note, place in placed for wrong in self._wrong(note, place))
        yield from _out_of_order([(note, place) for note, place in placed if place is not None])

    def _place(self, note: Note, receipt: Receipt | None) -> Place | None:
        if isinstance(note.answer, tuple):
            return _behind(note.answer[2], note.answer[2])
        if receipt is None:
            return None
        if receipt.last < receipt.first:
            return _behind(receipt.last, receipt.last)
        if self._of(receipt.first).envelope.command_id == note.command_id:
            return Place(2 * receipt.first, 2 * receipt.first)
        # It said what an earlier refusal said, so it stands anywhere until something else happened.
        following = self.solid[bisect_right(self.solid, receipt.first) :]
        return _behind(receipt.first, following[0] - 1 if following else len(self.events))

    def _of(self, version: int) -> Recorded:
        return self.events[version - 1]

    def _wrong(self, note: Note, place: Place | None) -> Iterator[str]:
        if place is None:
            yield "answered and is not in the command log"
        elif note.again is not None and note.again != note.answer:
            yield "answered otherwise the second time"
        elif place.first % 2 == 0:
            yield from self._wrong_event(note, self._of(place.first // 2))
        else:
            yield from self._wrong_look(note, self.states[place.first // 2])

    def _wrong_event(self, note: Note, recorded: Recorded) -> Iterator[str]:
        event, before = recorded.event, self.states[recorded.version - 1]
        if isinstance(event, (DealMoved, MoveRefused)):
            verdicts = event.verdicts
            judged_at = verdicts.judged_at if verdicts else 0
            if before is None or (judged_at, event.from_stage) != (before.version, before.stage):
                yield f"judged at version {judged_at}, recorded at {recorded.version}"
            if (note.kind, note.argument) != ("move", event.to_stage):
                yield "recorded as another move"
        elif not isinstance(event, FieldsChanged) or note.kind != "set":
            yield "recorded as something else"
        if note.answer is not (not isinstance(event, MoveRefused)):
            yield "answered otherwise than recorded"

    def _wrong_look(self, note: Note, state: Deal | None) -> Iterator[str]:
        there = (state.stage, state.fields.get("amount")) if state else ("", None)
        if isinstance(note.answer, tuple) and note.answer[:2] != there:
            yield f"told {note.answer[:2]} where the log has {there}"
        if note.answer is True and note.argument != there[note.kind == "set"]:
            yield "accepted without an event, and the deal is not as was asked"


def _behind(first: int, last: int) -> Place:
    return Place(2 * first + 1, 2 * last + 1)


def _out_of_order(placed: Sequence[tuple[Note, Place]]) -> Iterator[str]:
    """What stands in the log before something that had been answered when it was asked."""
    answered: list[tuple[int, int]] = []
    reached = 0
    for note, place in sorted(placed, key=lambda each: each[0].asked):
        while answered and answered[0][0] < note.asked:
            reached = max(reached, heappop(answered)[1])
        if place.last < reached:
            yield f"{note.command_id} stands at {place.last / 2} in the log; {reached / 2} was answered before"
        heappush(answered, (note.answered, max(place.first, min(reached, place.last))))


def not_borne_out(store: Store, notes: Sequence[Note]) -> list[str]:
    """The deals whose log does not bear out what the clients were told, each with the first reason."""
    deals = sorted({note.deal for note in notes})
    found = {d: list(Witness(store, d).complaints([note for note in notes if note.deal == d])) for d in deals}
    return [f"{deal}: {complaints[0]}" for deal, complaints in found.items() if complaints]
