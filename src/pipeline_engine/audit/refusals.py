"""Every no: what the gate refused, and who tried what they may not."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic_core import from_json

from pipeline_engine.audit.answer import Answer, tallies, totals
from pipeline_engine.audit.sealed import text_of
from pipeline_engine.audit.wanted import Wanted, process_of
from pipeline_engine.envelope import Recorded
from pipeline_engine.facts import Facts, Open, Words, flags
from pipeline_engine.privacy import ErasureRefused
from pipeline_engine.process import PublicationRefused
from pipeline_engine.team import DelegationRefused

_TRIED = {
    "ApprovalRefused": "approve", "WaiverRefused": "waive", "ChangeRefused": "change", "AssignmentRefused": "assign",
    "CorrectionRefused": "correct", "ObservationRefused": "observe",
}  # fmt: skip
_UNMET = "fu"
_BESIDE = (PublicationRefused, DelegationRefused, ErasureRefused)


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    One no.

    Args:
        deal: None where it is about a process or a person: whoever tried to publish, or to lend a role.
        tried: open, move, win, lose, reopen (the gate said no); approve, reject, return, waive, change, assign,
            correct, observe, publish, propose, confirm, withdraw, migrate, retire, lend (somebody tried who may not).
        target: What it was about: a stage, won, lost, reopen, the fields, the new owner, the process, the role, the
            erasure.
        rules: The rules that stood in the way, in the process's order.
        why: Where no rule was judged, the engine's word for it.
        later: When the same deal got there after all; None where it did not, and where that has no sense.
    """

    deal: str | None
    version: int
    position: int
    at: datetime | None
    recorded_at: datetime
    tried: str
    from_stage: str | None
    target: str | None
    by: str
    on_behalf_of: str | None
    owner: str | None
    process: str | None
    rules: tuple[str, ...]
    why: str | None
    reason: str | None
    later: datetime | None


def refusals(
    facts: Facts, wanted: Wanted, open_sealed: Open | None = None, beside: Iterable[Recorded] = ()
) -> Answer[Refusal]:
    """Every refusal; `beside` are events of processes and people, of which facts know nothing. Raises as `bypasses`."""
    wanted.checked(facts)
    rows = [*_by_the_gate(facts, wanted), *_others(facts, wanted), *elsewhere(beside, wanted)]
    found = [row for row in rows if wanted.rule is None or wanted.rule in row["rules"]]
    position = np.array([row["position"] for row in found], np.int64)
    chosen, after = wanted.page(np.arange(len(found)), position)
    page = [found[place] for place in chosen.tolist()]
    later = _later(facts, page)
    return Answer(
        position=facts.position, found=len(found), next=after, totals=totals(row["tried"] for row in found),
        rows=tuple(_refusal(row, when, open_sealed) for row, when in zip(page, later, strict=True)),
        by_rule=tallies((rule, row["tried"]) for row in found for rule in row["rules"]),
        by_person=tallies((row["actor"], row["tried"]) for row in found),
    )  # fmt: skip


def _by_the_gate(facts: Facts, wanted: Wanted) -> Iterator[dict[str, Any]]:
    mask = wanted.among(facts.attempts) & ~flags(facts.attempts["accepted"])
    unmet = _Unmet(facts)
    for row in facts.attempts.take(pa.array(np.flatnonzero(mask))).to_pylist():
        rules = unmet(row["process"], row["process_version"], row["codes"])
        told = {"tried": row["kind"], "target": row["to_stage"], "rules": rules}
        yield {**row, **told, "on_behalf_of": None, "why": None}


def _others(facts: Facts, wanted: Wanted) -> Iterator[dict[str, Any]]:
    table = facts.happenings.append_column("process", process_of(facts, facts.happenings))
    mask = wanted.among(table) & Words.of(table["event"]).is_any(*_TRIED)
    unmet = _Unmet(facts)
    for row in table.take(pa.array(np.flatnonzero(mask))).to_pylist():
        data = from_json(row["detail"])
        judged = data.get("verdicts")
        rules = unmet(judged["process"], judged["version"], judged["codes"]) if judged else ()
        told = {"tried": data.get("tried", _TRIED[row["event"]]), "target": _target(data), "from_stage": None}
        yield {**row, **told, "rules": (data["rule"],) if "rule" in data else rules}


def elsewhere(beside: Iterable[Recorded], wanted: Wanted) -> Iterator[dict[str, Any]]:
    """What people tried with a process or a role and may not, in the form of the other rows."""
    if wanted.deal is not None or wanted.owner is not None:
        return
    for each in beside:
        event, at, about = each.event, each.envelope.at, each.stream.partition(":")[2]
        process = about if isinstance(event, PublicationRefused) else None
        if not isinstance(event, _BESIDE) or wanted.process not in (None, process):
            continue
        if wanted.by not in (None, each.envelope.actor) or not wanted.within(at):
            continue
        yield {
            "deal_id": None, "version": each.version, "position": each.position, "at": at,
            "recorded_at": each.recorded_at, "tried": "lend" if isinstance(event, DelegationRefused) else event.tried,
            "from_stage": None, "target": _about_what(event, about), "actor": each.envelope.actor,
            "process": process, "rules": (), "on_behalf_of": each.envelope.on_behalf_of, "owner": None,
            "why": event.why, "reason": None,
        }  # fmt: skip


def _about_what(event: PublicationRefused | DelegationRefused | ErasureRefused, about: str) -> str:
    if isinstance(event, ErasureRefused):
        return f"erasure of {event.subject}"
    return f"{event.role} of {event.lender} to {about}" if isinstance(event, DelegationRefused) else about


def _target(data: Mapping[str, Any]) -> str | None:
    return data.get("target") or data.get("owner") or ", ".join(data.get("fields", ())) or None


class _Unmet:
    """The blocking rules that do not pass, by version and letters; few of them differ."""

    def __init__(self, facts: Facts) -> None:
        self._processes = facts.processes
        self._known: dict[tuple[str, int, str], tuple[str, ...]] = {}

    def __call__(self, process: str, version: int, codes: str) -> tuple[str, ...]:
        key = (process, version, codes)
        if key not in self._known:
            found = self._processes.get((process, version))
            rules = found.rules if found is not None and len(found.rules) == len(codes or "") else ()
            letters = zip(rules, codes or "", strict=False)
            self._known[key] = tuple(r.id for r, code in letters if code in _UNMET and r.severity == "block")
        return self._known[key]


def _later(facts: Facts, page: list[dict[str, Any]]) -> list[datetime | None]:
    """When each refused attempt of a page went through after all."""
    table = facts.attempts
    mine = Words.of(table["deal_id"]).is_any(*{row["deal_id"] for row in page if row["deal_id"]})
    mine &= flags(table["accepted"]) & ~flags(table["voided"])
    columns = ["deal_id", "version", "to_stage", "kind", "at"]
    went = table.select(columns).take(pa.array(np.flatnonzero(mine))).to_pylist()
    through: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in went:
        through.setdefault((row["deal_id"], row["kind"], row["to_stage"]), []).append(row)
    return [
        next((each["at"] for each in through.get(_about(row), ()) if each["version"] > row["version"]), None)
        for row in page
    ]


def _about(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["deal_id"], row["tried"], row["target"]


def _refusal(row: dict[str, Any], later: datetime | None, open_sealed: Open | None) -> Refusal:
    names = (
        "version", "position", "at", "recorded_at", "tried", "from_stage", "target", "on_behalf_of", "owner", "process",
        "rules", "why",
    )  # fmt: skip
    reason = text_of(row, "reason", open_sealed, "reason")
    told = {name: row[name] for name in names}
    return Refusal(deal=row["deal_id"], by=row["actor"], reason=reason, later=later, **told)
