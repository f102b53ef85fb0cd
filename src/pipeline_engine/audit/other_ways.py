"""Ways past the gate that no gate judges: a deal that another version put into a stage, a stage event that was void."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic_core import from_json

from pipeline_engine.audit.wanted import process_of
from pipeline_engine.facts import TABLES, Facts, Words

_PLAIN = ("deal_id", "version", "position", "at", "recorded_at", "actor", "via", "owner", "reason")


def migrated_and_voided(facts: Facts) -> pa.Table:
    """Rows in the columns of `attempts`: migrations, and corrections that took a stage or an outcome back."""
    return pa.Table.from_pylist([*_migrated(facts), *_voided(facts)], schema=TABLES["attempts"])


def _named(facts: Facts, event: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    table = facts.happenings
    rows = table.take(pa.array(np.flatnonzero(Words.of(table["event"]).is_any(event)))).to_pylist()
    return ((row, from_json(row["detail"])) for row in rows)


def _migrated(facts: Facts) -> Iterator[dict[str, Any]]:
    for row, data in _named(facts, "DealMigrated"):
        to = {"process": data["process"], "process_version": data["version"]}
        stages = {"from_stage": data["from_stage"], "to_stage": data["to_stage"]}
        yield {**_plain(row), **to, **stages, "kind": "migrate", "basis": "migration"}


def _voided(facts: Facts) -> Iterator[dict[str, Any]]:
    found = [(row, data) for row, data in _named(facts, "CorrectionRecorded") if data["kind"] == "void"]
    if not found:
        return
    steps = _steps(facts, {(row["deal_id"], data["corrects"]) for row, data in found})
    processes = process_of(facts, pa.table({"deal_id": pa.array([row["deal_id"] for row, _ in found], pa.string())}))
    for (row, data), process in zip(found, processes.to_pylist(), strict=True):
        step = steps.get((row["deal_id"], data["corrects"]))
        if step is not None:
            version = {"process": step["process"] or process, "process_version": step["process_version"]}
            back = {"from_stage": step["to_stage"], "to_stage": step["from_stage"]}
            yield {**_plain(row), **version, **back, "kind": "void", "basis": "correction"}


def _steps(facts: Facts, wanted: set[tuple[str, int]]) -> dict[tuple[str, int], dict[str, Any]]:
    """The attempts that were corrected, by deal and version."""
    table = facts.attempts.select(["deal_id", "version", "from_stage", "to_stage", "process", "process_version"])
    mine = Words.of(table["deal_id"]).is_any(*{deal for deal, _ in wanted})
    rows = table.take(pa.array(np.flatnonzero(mine))).to_pylist()
    return {key: row for row in rows if (key := (row["deal_id"], row["version"])) in wanted}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in _PLAIN} | {"accepted": True}
