"""All or nothing: many commands decided as if one after the other, and recorded in one transaction or not at all.

A refusal among them is recorded, since somebody will ask; the others are then answered as not done. Where a command is
bad input, and none is refused, nothing is recorded, so that the same can be asked again once it is mended.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any

from pipeline_engine.deal import REFUSALS, Command, CorrectionRecorded, Deal, Decided, Held, evolve, fold
from pipeline_engine.engine.desk import CountsDeals, Desk, digest_of_command
from pipeline_engine.engine.reads import DEAL, Reads
from pipeline_engine.engine.tally import Counts
from pipeline_engine.envelope import Recorded
from pipeline_engine.errors import Rejected
from pipeline_engine.facts import Holding
from pipeline_engine.store import Decision, Fold, Part, Receipt, Request, Store

Came = Decided | Rejected | None


class Pending:
    """Counts the open deals of owners as they will be after what was decided so far."""

    def __init__(self, tally: Counts) -> None:
        self._tally = tally
        self._in_all: Counter[tuple[str, str]] = Counter()
        self._there: Counter[tuple[str, str, str]] = Counter()

    def forget(self) -> None:
        """Begin anew: nothing is decided yet."""
        self._in_all.clear()
        self._there.clear()

    def take(self, before: Deal | None, after: Deal | None) -> None:
        """A deal will stand otherwise than it does."""
        for deal, by in ((before, -1), (after, 1)):
            holding = Holding.of(deal) if deal is not None and deal.opened else None
            if holding is not None and holding.counts:
                owner = holding.owner or ""
                self._in_all[owner, holding.process] += by
                self._there[owner, holding.process, holding.stage] += by

    def held(self, owner: str, process: str, stage: str, but: str) -> Held:
        """How many open deals of a process somebody will own then, beside one deal that nothing is decided of yet."""
        found = self._tally.held(owner, process, stage, but)
        in_all, there = self._in_all[owner, process], self._there[owner, process, stage]
        return replace(
            found, open_deals=(found.open_deals or 0) + in_all, deals_in_stage=(found.deals_in_stage or 0) + there
        )

    def catch_up(self) -> None:
        """Read on to the end of the log."""
        self._tally.catch_up()


class _AsDecided:
    """Reads a deal as it will stand after what was decided of it by an earlier command of the same bulk."""

    def __init__(self, reader: Reads, decided: Mapping[str, tuple[int, Deal]], number: int) -> None:
        self._reader, self._decided, self._number = reader, decided, number

    def state(self, stream: str, fold: Fold[Any]) -> tuple[Any, int]:
        """The state of a stream, and the version that is stored."""
        stored, version = self._reader.state(stream, fold)
        number, deal = self._decided.get(stream, (self._number, None))
        return (deal if number < self._number else stored), version


class Together:
    """One bulk of commands, each about a deal of its own."""

    def __init__(self, desk: Desk, store: Store, asked: tuple[Sequence[Command], bool]) -> None:
        self._store, (self.commands, self._at_given) = store, asked
        self._all = hashlib.sha256("\n".join(sorted(each.command_id for each in self.commands)).encode()).hexdigest()
        self._pending = Pending(desk.tally)
        self._desk = copy(desk)
        self._desk.tally = self._pending
        self._decided: dict[str, tuple[int, Deal]] = {}
        self.came: list[Came] = [None] * len(self.commands)
        self.stopped = False

    def run(self) -> list[Receipt | None]:
        """Decide and record; a receipt a command, None where nothing is recorded of it."""
        try:
            return self._store.transact_all(self._parts(alone=False), DEAL, self._settle)
        except CountsDeals:
            self._pending.forget()
            self._pending.catch_up()
            return self._store.transact_all(self._parts(alone=True), DEAL, self._settle, alone=True)

    def judge(self, reader: Reads) -> None:
        """Decide and record nothing: what `came` of each, and whether one of them stops the others."""
        decisions: list[Decision | None] = []
        for number, command in enumerate(self.commands):
            deal, version = reader.state(f"deal:{command.deal_id}", DEAL)
            decisions.append(self._decide(number, True, deal, version, reader))
        self._settle(decisions)

    def _parts(self, *, alone: bool) -> list[Part[Deal]]:
        return [
            Part(f"deal:{command.deal_id}", self._request(command), partial(self._decide, number, alone))
            for number, command in enumerate(self.commands)
        ]

    def _request(self, command: Command) -> Request:
        # The same id asked for each on its own is another request, and so it is together with others.
        text = f"all or nothing/{self._all}/{digest_of_command(command, self._at_given)}"
        return Request(command.command_id, hashlib.sha256(text.encode()).hexdigest())

    def _decide(self, number: int, alone: bool, deal: Deal | None, version: int, reader: Reads) -> Decision:
        asked = (self.commands[number], self._at_given)
        try:
            seen = _AsDecided(reader, self._decided, number)
            decided, decision = self._desk.decided_on(asked, deal, seen, alone)
        except Rejected as wrong:
            self.came[number] = wrong
            return Decision()
        self.came[number] = decided
        after = self._after(asked[0], deal, version, decision)
        if not refuses(decided) and after is not None:
            self._pending.take(deal, after)
            self._decided[after.stream] = number, after
        return decision

    def _after(self, command: Command, deal: Deal | None, version: int, decision: Decision) -> Deal | None:
        """The deal once the decision is recorded."""
        stream = f"deal:{command.deal_id}"
        new = [
            Recorded(stream, number, 0, command.at, draft.envelope, draft.event)
            for number, draft in enumerate(decision.drafts, version + 1)
        ]
        if any(isinstance(each.event, CorrectionRecorded) for each in new):
            return fold([*(each for each in self._store.events(stream) if each.version <= version), *new])
        for each in new:
            deal = evolve(deal, each)
        return deal

    def _settle(self, decisions: Sequence[Decision | None]) -> Sequence[Decision | None]:
        self._pending.forget()
        self._decided.clear()
        known = [number for number, decision in enumerate(decisions) if decision is None]
        refused = any(refuses(came) for came in self.came) or any(map(self._was_refused, known))
        self.stopped = refused or any(isinstance(came, Rejected) for came in self.came)
        if not self.stopped:
            return decisions
        return [self._kept(came, decision, refused) for came, decision in zip(self.came, decisions, strict=True)]

    def _kept(self, came: Came, decision: Decision | None, refused: bool) -> Decision | None:
        if isinstance(came, Rejected) or not refused:
            return None
        return decision if refuses(came) else Decision()

    def _was_refused(self, number: int) -> bool:
        receipt = self._store.receipt(self.commands[number].command_id)
        if receipt is None or receipt.last < receipt.first:
            return False
        events = self._store.events(receipt.stream, receipt.first - 1)
        return any(isinstance(each.event, REFUSALS) for each in events if each.version <= receipt.last)


def refuses(came: Came) -> bool:
    """Whether a decision says no, or points to an earlier one that did."""
    if not isinstance(came, Decided):
        return False
    return came.repeats is not None or any(isinstance(event, REFUSALS) for event in came.events)
