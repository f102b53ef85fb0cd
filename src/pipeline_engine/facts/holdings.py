"""Who holds how many open deals in which stage: counted row by row, as the log says it.

Decisions count by this under the writers' lock, so it takes in new rows only and answers without looking at them all.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import from_json

from pipeline_engine.deal import Deal, Held
from pipeline_engine.errors import UnreadableEvent
from pipeline_engine.facts.projector import LogRow

_DEAL = "deal:"


@dataclass(frozen=True, slots=True)
class Holding:
    """Where one deal stands and whose it is; merged deals and those removed at their source are `gone`."""

    process: str
    stage: str
    owner: str | None
    open: bool = True
    gone: bool = False

    @classmethod
    def of(cls, deal: Deal) -> "Holding":
        """The same of a deal that was folded."""
        gone = deal.merged_into is not None or deal.removed
        return cls(deal.process, deal.stage, deal.owner, deal.status == "open", gone)

    @property
    def counts(self) -> bool:
        """Whether it is an open deal of somebody's."""
        return self.open and not self.gone and self.owner is not None


class Holdings:
    """The deals of every owner as far as the log was read; not safe to share between threads."""

    def __init__(self) -> None:
        self.position = 0
        self._deals: dict[str, Holding] = {}
        self._stages: dict[tuple[str, str], dict[str, int]] = {}
        self._changed: dict[tuple[str, str], int] = {}

    def advance(self, rows: Iterable[LogRow], corrected: Mapping[str, Deal]) -> None:
        """
        Read on; rows come in position order, those read before are passed over.

        Args:
            corrected: By stream the deals, as they stand, that were corrected within these rows: what a correction
                leads to is not said by its own row.

        Raises:
            UnreadableEvent: A payload is not what its event's class writes.
        """
        for row in rows:
            if row.position <= self.position:
                continue
            if row.stream.startswith(_DEAL) and (row.name in _CHANGES or is_correction(row)):
                self._take(row, corrected)
            self.position = row.position

    def held(self, owner: str, process: str, stage: str, but: str) -> Held:
        """How many open deals of a process somebody owns beside one: in all, in a stage, and since when it is so."""
        stages = self._stages.get((owner, process), {})
        own = self._deals.get(but)
        mine = own is not None and own.counts and (own.owner, own.process) == (owner, process)
        in_all = sum(stages.values()) - mine
        there = stages.get(stage, 0) - (mine and own is not None and own.stage == stage)
        return Held(in_all, there, self._changed.get((owner, process), 0))

    def _take(self, row: LogRow, corrected: Mapping[str, Deal]) -> None:
        deal_id = row.stream.removeprefix(_DEAL)
        before = self._deals.get(deal_id)
        if is_correction(row):
            after: Holding | None = Holding.of(corrected[row.stream])
        else:
            after = _after(row, before)
        if after is None or after == before:
            return
        for holding, by in ((before, -1), (after, 1)):
            if holding is not None and holding.counts:
                self._count(holding, by, row.position)
        self._deals[deal_id] = after

    def _count(self, holding: Holding, by: int, position: int) -> None:
        key = (holding.owner or "", holding.process)
        stages = self._stages.setdefault(key, {})
        stages[holding.stage] = stages.get(holding.stage, 0) + by
        self._changed[key] = position


def is_correction(row: LogRow) -> bool:
    """Whether the row says that something before it was not so."""
    return row.name == "CorrectionRecorded"


def _after(row: LogRow, before: Holding | None) -> Holding | None:
    try:
        data = from_json(row.payload)["data"]
        if row.name == "DealOpened":
            return before or Holding(data["process"], data["stage"], data.get("owner"))
        return before and _CHANGES[row.name](before, data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        # Never quoted: what the row holds may be personal.
        why = f"no event, but {type(error).__name__}"
        raise UnreadableEvent(row.stream, row.version, row.position, why) from None


def _migrated(holding: Holding, data: Any) -> Holding:
    return replace(holding, process=data["process"], stage=data["to_stage"])


def _owned(holding: Holding, data: Any) -> Holding:
    return replace(holding, owner=data["owner"])


def _closed(holding: Holding, data: Any) -> Holding:
    return replace(holding, open=False)


def _gone(holding: Holding, data: Any) -> Holding:
    return replace(holding, gone=True)


_CHANGES: dict[str, Callable[[Holding, Any], Holding]] = {
    "DealOpened": lambda holding, data: holding,
    "DealMoved": lambda holding, data: replace(holding, stage=data["to_stage"]),
    "DealWon": _closed,
    "DealLost": _closed,
    "DealReopened": lambda holding, data: replace(holding, open=True, stage=data["to_stage"]),
    "DealMigrated": _migrated,
    "OwnerAssigned": _owned,
    "HandoffAccepted": _owned,
    "DealMerged": _gone,
    "DealRemovedAtSource": _gone,
}
