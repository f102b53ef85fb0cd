"""Picking deals out of the facts for a list."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.errors import UnknownName
from pipeline_engine.values import Money

_COLUMNS = ("stage", "owner", "status", "process")


@dataclass(frozen=True, slots=True)
class DealRow:
    """A deal in a list; times and value are None where nobody knows."""

    id: str
    process: str
    stage: str
    status: str
    owner: str | None
    value: Money | None
    opened_at: datetime | None
    entered_at: datetime | None
    last_event_at: datetime | None


def selected(deals: pa.Table, wanted: Mapping[str, str | None]) -> pa.Table:
    """The deals that have each wanted value; None wants nothing of a column."""
    for name in wanted:
        if name not in _COLUMNS:
            raise UnknownName(name, _COLUMNS, "the list of deals")
    masks = [pc.fill_null(pc.equal(deals[name], value), False) for name, value in wanted.items() if value is not None]
    return deals.filter(reduce(pc.and_, masks)) if masks else deals


def page_of(deals: pa.Table, after: str, most: int) -> pa.Table:
    """The first so many of the deals whose ids come after one, bytewise, by id."""
    later = deals.filter(pc.greater(deals["deal_id"], after)) if after else deals
    return later.take(pc.select_k_unstable(later, most, [("deal_id", "ascending")]))


def rows_of(deals: pa.Table) -> list[DealRow]:
    """The rows of a deals table as values, in its order."""
    return [_row(row) for row in deals.to_pylist()]


def _row(row: dict[str, object]) -> DealRow:
    value, currency = row["value"], row["currency"]
    money = Money(value, currency) if isinstance(value, int) and isinstance(currency, str) else None
    names = ("process", "stage", "status", "owner", "opened_at", "entered_at", "last_event_at")
    return DealRow(id=str(row["deal_id"]), value=money, **{name: row[name] for name in names})  # type: ignore[arg-type]  # the schema says which
