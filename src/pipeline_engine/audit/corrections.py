"""What was recorded and was not so: corrections, proposals for them, and the tries of those who may not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic_core import from_json, to_json

from pipeline_engine.audit.answer import Answer, tallies, totals
from pipeline_engine.audit.sealed import text_of
from pipeline_engine.audit.wanted import Wanted, process_of
from pipeline_engine.errors import BadValue
from pipeline_engine.facts import Facts, Open, Words, ints
from pipeline_engine.values import Value, instant, value_from_json

_EVENTS = {
    "CorrectionProposed": "proposed", "CorrectionRecorded": "recorded", "CorrectionRefused": "refused",
    "DealMerged": "recorded",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Correction:
    """
    One correction, a proposal for one, the try of somebody who may not, or a merge: the deal is really another one.

    Args:
        event: proposed, recorded or refused.
        corrects: The version of the event that was not so; None for a merge.
        kind: value, time, void or merge.
        set, cleared, really_at: What really was.
        proposed: The version of the proposal that this one agrees to.
        into: Of a merge the deal that goes on.
        on_behalf_of: Whose role it was, where it was lent.
        why: Of a refused try: no-role, four-eyes, delegation-ended or no-delegation.
    """

    deal: str
    version: int
    position: int
    at: datetime | None
    recorded_at: datetime
    event: str
    corrects: int | None
    kind: str
    set: Mapping[str, Value | None]
    cleared: tuple[str, ...]
    really_at: datetime | None
    into: str | None
    role: str | None
    by: str
    on_behalf_of: str | None
    owner: str | None
    process: str | None
    proposed: int | None
    why: str | None
    reason: str | None


def corrections(facts: Facts, wanted: Wanted, open_sealed: Open | None = None) -> Answer[Correction]:
    """Every correction; `wanted.rule` is none, since no rule is about them. Raises as `bypasses`."""
    if wanted.rule is not None:
        raise BadValue("rule", wanted.rule, "none, since a correction is about no rule")
    wanted.checked(facts)
    table = facts.happenings.append_column("process", process_of(facts, facts.happenings))
    mask = wanted.among(table) & Words.of(table["event"]).is_any(*_EVENTS)
    rows = np.flatnonzero(mask).astype(np.int64)
    chosen, after = wanted.page(rows, ints(table["position"]))
    events = [_EVENTS[name] for name in table["event"].take(pa.array(rows)).to_pylist()]
    actors = table["actor"].take(pa.array(rows)).to_pylist()
    return Answer(
        position=facts.position, found=len(rows), next=after, totals=totals(events), by_rule=(),
        rows=tuple(_corrections(table.take(pa.array(chosen)), open_sealed)),
        by_person=tallies(zip(actors, events, strict=True)),
    )  # fmt: skip


def _corrections(table: pa.Table, open_sealed: Open | None) -> Iterator[Correction]:
    for row in table.to_pylist():
        data = from_json(row["detail"])
        names = ("version", "position", "at", "recorded_at", "owner", "process", "why", "on_behalf_of")
        really = data.get("really_at")
        yield Correction(
            deal=row["deal_id"], event=_EVENTS[row["event"]], corrects=data.get("corrects"),
            kind=data.get("kind", "merge"), into=data.get("into"),
            set={name: _value(row, name, stored, open_sealed) for name, stored in data.get("set", {}).items()},
            cleared=tuple(data.get("cleared", ())), really_at=instant(really) if really else None,
            role=data.get("role"), by=row["actor"], proposed=data.get("proposed"),
            reason=text_of(row, "reason", open_sealed, "reason"), **{name: row[name] for name in names},
        )  # fmt: skip


def _value(row: dict[str, Any], name: str, stored: Any, open_sealed: Open | None) -> Value | None:
    """A corrected value; the text of a personal one, None where its key is gone."""
    if isinstance(stored, dict) and "sealed" in stored:
        sealed = {**row, name: to_json(stored["sealed"]).decode()}
        return text_of(sealed, name, open_sealed, name)
    return value_from_json(stored)
