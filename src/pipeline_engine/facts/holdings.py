"""Who holds how many open deals in which stage: a view in the store, kept row by row as the log says it.

Decisions count by this under the writers' lock, so it takes in new rows only and answers by a look-up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import from_json

from pipeline_engine.deal import Deal, Held
from pipeline_engine.errors import UnreadableEvent
from pipeline_engine.store import Row, ViewRows, ViewTable

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


HOLDINGS = ViewTable(
    "holdings",
    (
        ("deal", "text"), ("process", "text"), ("stage", "text"), ("owner", "text"), ("is_open", "bigint"),
        ("gone", "bigint"),
    ),
    key=("deal",),
    lookups=(("owner", "process"),),
)  # fmt: skip
OWNER_CHANGES = ViewTable(
    "owner_changes", (("owner", "text"), ("process", "text"), ("position", "bigint")), key=("owner", "process")
)
_AT_ONCE = 400
_COLUMNS = "deal, process, stage, owner, is_open, gone"


class Holdings:
    """
    The deals of every owner, as a view in the store.

    Args:
        deal_at: The deal of a stream as it stood at a version, with every correction up to there: what a correction
            leads to is not said by its own row.
    """

    name = "holdings"
    shape = 1
    tables = (HOLDINGS, OWNER_CHANGES)

    def __init__(self, deal_at: Callable[[str, int], Deal]) -> None:
        self._deal_at = deal_at

    def take(self, rows: Sequence[Row], view: ViewRows) -> None:
        """Bring the view from before these rows to after them; raises UnreadableEvent."""
        told = [row for row in rows if row.stream.startswith(_DEAL) and (row.name in _CHANGES or is_correction(row))]
        deals = _known(view, [row.stream.removeprefix(_DEAL) for row in told])
        changed: dict[tuple[str, str], int] = {}
        for row in told:
            deal_id = row.stream.removeprefix(_DEAL)
            before = deals.get(deal_id)
            after = Holding.of(self._deal_at(row.stream, row.version)) if is_correction(row) else _after(row, before)
            if after is not None and after != before:
                deals[deal_id] = after
                owners = [(each.owner or "", each.process) for each in (before, after) if each and each.counts]
                changed.update(dict.fromkeys(owners, row.position))
        view.put(HOLDINGS.replace, [_stored(deal_id, holding) for deal_id, holding in deals.items()])
        view.put(OWNER_CHANGES.replace, [(*key, position) for key, position in changed.items()])


def held(view: ViewRows, owner: str, process: str, stage: str, but: str) -> Held:
    """How many open deals of a process somebody owns beside one: in all, in a stage, and since when it is so."""
    counted = """SELECT count(*), coalesce(sum(CASE stage WHEN ? THEN 1 ELSE 0 END), 0) FROM {holdings}
        WHERE owner = ? AND process = ? AND is_open = 1 AND gone = 0 AND deal <> ?"""
    ((in_all, there),) = view.ask(counted, stage, owner, process, but)
    changed = view.ask("SELECT position FROM {owner_changes} WHERE owner = ? AND process = ?", owner, process)
    return Held(int(in_all), int(there), changed[0][0] if changed else 0)


def _known(view: ViewRows, deal_ids: Sequence[str]) -> dict[str, Holding]:
    """What the view says of these deals."""
    found: dict[str, Holding] = {}
    wanted = list(dict.fromkeys(deal_ids))
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        marks = ", ".join("?" * len(some))
        query = f"SELECT {_COLUMNS} FROM {{holdings}} WHERE deal IN ({marks})"  # noqa: S608 - marks for values only
        for deal_id, process, stage, owner, is_open, gone in view.ask(query, *some):
            found[deal_id] = Holding(process, stage, owner, bool(is_open), bool(gone))
    return found


def _stored(deal_id: str, holding: Holding) -> tuple[Any, ...]:
    return deal_id, holding.process, holding.stage, holding.owner, int(holding.open), int(holding.gone)


def is_correction(row: Row) -> bool:
    """Whether the row says that something before it was not so."""
    return row.name == "CorrectionRecorded"


def _after(row: Row, before: Holding | None) -> Holding | None:
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
