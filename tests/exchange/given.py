"""A small sales process, mappings for it, and an import of a text into a store in memory."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from pipeline_engine.deal import DEAL_EVENTS
from pipeline_engine.envelope import Recorded
from pipeline_engine.exchange import ImportOptions, ImportReport, import_history, read_mapping
from pipeline_engine.process import Process, load_process
from pipeline_engine.store import Store, open_store

NOW = datetime(2026, 6, 1, tzinfo=UTC)

PROCESS = """
process: sales
currency: EUR
deal:
  amount: {type: money}
  region: {type: text}
  start: {type: date}
  mail: {type: text, personal: deal}
activities: [call]
stages:
  - {id: lead}
  - {id: offer}
  - {id: contract}
outcomes:
  won: {from: [contract]}
  lost: {reasons: [price, gone]}
"""

EVENTS = """
format: csv
rows: events
source: crm
process: sales
id: deal
at: {column: at, date: iso, zone: UTC}
actor: who
stage:
  column: stage
  values: {Won: won, Lost: {lost: price}, Archived: {noted: archived}, Junk: ignore}
close_value: amount
fields:
  amount: amount
"""

DEALS = """
format: csv
rows: deals
source: crm
process: sales
id: id
owner: {column: owner, as: id}
stage: {column: stage, values: {Lead: lead, Offer: offer, Won: won, Lost: {lost: gone}}}
entered:
  offer: {column: offered, date: "%d.%m.%Y", zone: Europe/Berlin}
closed: {column: closed, date: "%d.%m.%Y", zone: Europe/Berlin}
close_value: {column: amount, decimal: ","}
"""


@cache
def sales(version: int = 1) -> Process:
    """The process, as it is once published."""
    return load_process(PROCESS, "sales.yaml").model_copy(update={"version": version})


def empty_store() -> Store:
    """A store in memory whose clock stands still."""
    return open_store("memory://", clock=lambda: NOW, events={event.__name__: event for event in DEAL_EVENTS})


def brought_in(store: Store, file: Path, mapping: str, **options: Any) -> ImportReport:
    """Import one file by a mapping text into the small sales process."""
    read = read_mapping(mapping, "mapping.yaml")
    return import_history(store, [file], read, sales(), ImportOptions(**options))


def history(store: Store) -> dict[str, list[tuple[Any, Any]]]:
    """Every deal's events with their envelopes, without positions and times of recording."""
    return {stream: list(_said(store.events(stream))) for stream in store.streams("deal:")}


def _said(events: list[Recorded]) -> Iterator[tuple[Any, Any]]:
    for recorded in events:
        yield recorded.envelope, recorded.event


def names(store: Store, deal_id: str) -> list[str]:
    """The names of a deal's events, in order."""
    return [type(recorded.event).__name__ for recorded in store.events(f"deal:{deal_id}")]
