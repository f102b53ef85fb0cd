"""
A small order book to ask the views about.

Deals told as journeys, in days since 1 January 2025, made into fact tables.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pipeline_engine.facts import TABLES, Facts
from pipeline_engine.process import Field, LostReason, Process, Rule, Span, Stage, Stalled
from pipeline_engine.values import Money

START = datetime(2025, 1, 1, tzinfo=UTC)
STAGES = ("lead", "qualified", "proposal")


def day(number: float) -> datetime:
    """The moment that many days after the start."""
    return START + timedelta(days=number)


def stage(name: str, *, level: str | None = None, stalled: int | None = None, clock: Any = "last_activity") -> Stage:
    """A stage; `level` like `5 d` or `3 bd`."""
    amount, unit = level.split() if level else ("", "")
    span = Span.model_validate({"amount": amount, "unit": unit}) if level else None
    silence = Stalled(days=Decimal(stalled), since=clock) if stalled is not None else None
    return Stage(id=name, title=name.title(), service_level=span, stalled_after=silence)


def process(stages: Sequence[Stage] = (), name: str = "b2b", **parts: Any) -> Process:
    """A process with the stages lead, qualified, proposal, an amount and two reasons to lose."""
    return Process(
        **{
            "name": name,
            "version": 1,
            "digest": "0" * 64,
            "currency": "EUR",
            "value": "amount",
            "fields": {
                "amount": Field(name="amount", kind="money"),
                "close_date": Field(name="close_date", kind="date"),
            },
            "stages": tuple(stages) or tuple(stage(one) for one in STAGES),
            "lost_reasons": (LostReason(id="price"), LostReason(id="duplicate", counted=False)),
            **parts,
        }
    )


def requires(stage_id: str, field: str) -> Rule:
    """The rule that a stage's `require: [field]` becomes."""
    return Rule(
        id=f"{stage_id}:require:{field}",
        asked_at=stage_id,
        kind="require",
        text=f"known(deal.{field})",
        check={},
        reads=(f"deal.{field}",),
    )


class Book:
    """Collects rows; `facts(at)` makes the tables as they are at that day. Nothing recorded may be later."""

    def __init__(self, *processes: Process) -> None:
        self.processes = processes or (process(),)
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        self.versions: dict[str, int] = {}

    def deal(
        self,
        name: str,
        journey: Sequence[tuple[str, float | None]],
        *,
        won: float | None = None,
        lost: float | None = None,
        value: str | None = None,
        **extra: Any,
    ) -> "Book":
        """A deal by its stays (stage, day it entered; None: nobody knows), and the day it was won or lost."""
        end = won if won is not None else lost
        status = "won" if won is not None else "lost" if lost is not None else "open"
        known = {"process": self.processes[0].name, "process_version": 1, "owner": "rep-1"} | {
            key: extra.pop(key) for key in ("process", "process_version", "owner") if key in extra
        }
        money = Money.of(value, extra.pop("currency", "EUR")) if value is not None else None
        stay_extra = extra.pop("stay", {})
        entered = journey[-1][1]
        row = {
            "deal_id": name,
            **known,
            "stage": journey[-1][0],
            "status": status,
            "opened_at": moment(journey[0][1]),
            "entered_at": moment(entered),
            "closed_at": moment(end),
            "value": money.units if money else None,
            "currency": money.currency if money else None,
            "last_event_at": moment(end if end is not None else entered),
            **extra,
        }
        self.rows["deals"].append(row)
        for place, (at_stage, since) in enumerate(journey):
            last = place == len(journey) - 1
            order = [one.id for one in self.processes[0].stages]
            after = None if last else journey[place + 1][0]
            forward = after is not None and order.index(after) > order.index(at_stage)
            left = end if last else journey[place + 1][1]
            outcome = {"won": "won", "lost": "lost", "open": "still there"}[status]
            stay = {
                "deal_id": name,
                **known,
                "nth": place + 1,
                "stage": at_stage,
                "entered": moment(since),
                "left": moment(left),
                "ended": outcome if last else "advance" if forward else "back",
                "next_stage": after,
                "paused_us": 0,
                "entered_version": self.version(name),
                **(stay_extra if last else {}),
            }
            self.rows["stays"].append(stay)
        return self

    def version(self, name: str) -> int:
        """The deal's next version."""
        self.versions[name] = self.versions.get(name, 0) + 1
        return self.versions[name]

    def add(self, table: str, name: str, at: float | None, **columns: Any) -> "Book":
        """A row of another table: an activity, approval, change, contact or attempt of a deal."""
        self.rows[table].append({"deal_id": name, "version": self.version(name), "at": moment(at), **columns})
        return self

    def facts(self, at: float = 60, **parts: Any) -> Facts:
        """The facts at that day."""
        tables = {name: self._table(name) for name in TABLES}
        ids = sorted({row["deal_id"] for rows in self.rows.values() for row in rows}, key=str.encode)
        return Facts(
            **tables,
            **{
                "processes": {(one.name, one.version): one for one in self.processes},
                "deal_ids": pa.array(ids, pa.string()),
                "position": 7,
                "as_of": day(at),
                "known_at": None,
                "undated": 0,
                **parts,
            },
        )

    def _table(self, name: str) -> pa.Table:
        order = {"stays": "nth", "deals": "deal_id"}.get(name, "version")
        rows = sorted(self.rows[name], key=lambda row: (row["deal_id"].encode(), row[order]))
        schema = TABLES[name]
        return pa.table({column: [row.get(column) for row in rows] for column in schema.names}, schema=schema)


def moment(number: float | None) -> datetime | None:
    """`day`, or None."""
    return None if number is None else day(number)
