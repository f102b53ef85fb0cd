"""Deals as they stand: one row a deal that was opened."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.facts.arrays import NOWHEN, Ints, Words, flags, ints, keys, latest, numbers, picked
from pipeline_engine.facts.columns import COUNT, SHORT, TIME
from pipeline_engine.facts.money import Worth
from pipeline_engine.facts.path import Lookup, Path, Steps
from pipeline_engine.facts.pauses import StayPauses
from pipeline_engine.facts.selection import Selection
from pipeline_engine.facts.tables import DEALS

STATUS = ("open", "won", "lost", "merged")
# What nobody did: it is told of a deal, and is no sign of its life (deal/evolve.py).
_ANNOUNCING = ("ServiceLevelBreached", "DealStalled", "PauseEnded", "DealEscalated", "ApprovalExpired")
_CHANGING = ("DealOpened", "FieldsChanged", "OwnerAssigned", "HandoffAccepted")


def deals_of(
    selection: Selection, steps: Steps, path: Path, pauses: StayPauses, lookups: tuple[Lookup, Worth]
) -> pa.Table:
    """The deals by id; the latest accepted step says how a deal stands."""
    owners, worth = lookups
    begin = np.flatnonzero(path.first)
    end = np.append(begin[1:], len(path.row)) - 1 if len(begin) else begin
    deal, opened, law = path.deal[begin], path.event[begin], path.law[end]
    bounds = keys(deal, np.full(len(deal), 2**31 - 1))
    units, currency = _value(steps, path, end, worth.at(bounds))
    columns: dict[str, pa.Array] = {
        **_times(selection, deal),
        **_where(selection, path, end),
        "deal_id": selection.deal_ids.take(pa.array(deal)),
        "process": steps.process.take(law).arrow(),
        "process_version": numbers(picked(steps.process_version, law), SHORT),
        "owner": owners.words("text", bounds),
        "opened_at": numbers(selection.at[opened], TIME),
        "opened_precision": Words.of(selection.events["precision"]).take(opened).arrow(),
        "value": numbers(units, COUNT),
        "currency": currency,
        "lost_reason": steps.column("lost_reason").take(path.row[end]).arrow(),
        "paused": pa.array(pauses.waiting[deal]),
        "paused_since": numbers(pauses.waiting_since[deal], TIME),
        "paused_until": numbers(pauses.waiting_until[deal], TIME),
        "imported": pa.array(flags(selection.events["imported"])[opened]),
    }
    return pa.Table.from_pydict(columns, schema=DEALS)


def _where(selection: Selection, path: Path, end: Ints) -> dict[str, pa.Array]:
    """Where each deal stands, since when, and when it was closed if it is."""
    last_stay, closed = _last_stay(path)[end], ~path.begins[end]
    return {
        "stage": path.to_stage.take(last_stay).arrow(),
        "status": Words(_status(path, end), STATUS).arrow(),
        "entered_at": numbers(selection.at[path.event[last_stay]], TIME),
        "closed_at": numbers(np.where(closed, selection.at[path.event[end]], NOWHEN), TIME),
    }


def _last_stay(path: Path) -> Ints:
    """Per step of the path the row of the latest stay so far; every deal's path begins with one."""
    return np.asarray(np.maximum.accumulate(np.where(path.begins, np.arange(len(path.row)), -1)), dtype=np.int64)


def _status(path: Path, end: Ints) -> Ints:
    kind = path.kind.take(end)
    status = np.zeros(len(end), np.int64)
    for word, step_kind in (("won", "win"), ("lost", "lose"), ("merged", "merge")):
        status[kind.is_any(step_kind)] = STATUS.index(word)
    return status


def _value(steps: Steps, path: Path, end: Ints, known: tuple[Ints, Words]) -> tuple[Ints, pa.Array]:
    """The won amount where the latest step is a win that says one, else the value field's latest."""
    row = path.row[end]
    won, won_currency = ints(steps.table["value"])[row], steps.column("currency").take(row)
    units, currency = known
    return np.where(won != NOWHEN, won, units), pc.coalesce(won_currency.arrow(), currency.arrow())


def _times(selection: Selection, deal: Ints) -> dict[str, pa.Array]:
    """When each deal last showed life, how far its stream goes, and whether the source deleted it."""
    count = len(selection.deal_ids)
    removed = np.zeros(count, np.bool_)
    removed[selection.deal[selection.name.is_any("DealRemovedAtSource")]] = True
    position = ints(selection.events["position"])
    happened = np.where(selection.void | selection.name.is_any(*_ANNOUNCING), NOWHEN, selection.at)
    return {
        "last_activity_at": numbers(_latest(selection, "ActivityLogged")[deal], TIME),
        "last_change_at": numbers(_latest(selection, *_CHANGING)[deal], TIME),
        "last_event_at": numbers(latest(selection.deal, happened, count)[deal], TIME),
        "removed": pa.array(removed[deal]),
        "version": numbers(latest(selection.deal, selection.version, count)[deal], SHORT),
        "position": numbers(latest(selection.deal, position, count)[deal], COUNT),
    }


def _latest(selection: Selection, *names: str) -> Ints:
    rows = np.flatnonzero(selection.name.is_any(*names))
    return latest(selection.deal[rows], selection.at[rows], len(selection.deal_ids))
