"""What the gate would say: of every way from where a deal stands, or of one; and of many deals at once."""

from collections import Counter
from collections.abc import Sequence

from typing_extensions import TypedDict

from pipeline_engine.deal import Deal, Preflight
from pipeline_engine.documents.deals import VariantDocument, variant_document
from pipeline_engine.documents.outcomes import JudgedDocument, judged_document
from pipeline_engine.engine import Bulked, Engine

RESULTS = ("done", "nothing to do", "refused", "not done", "wrong")


class WayDocument(TypedDict):
    """What would become of one attempt: `gate` is move, win, lose or reopen; where a reason is needed, of which."""

    gate: str
    target: str
    allowed: bool
    needs_reason: bool
    reasons: list[str]
    verdicts: list[JudgedDocument]


class _About(TypedDict):
    deal: str
    stage: str
    status: str
    merged_into: str | None


class NextDocument(_About):
    """Every way from where a deal stands."""

    variant: VariantDocument | None
    ways: list[WayDocument]


class PreflightDocument(_About, WayDocument):
    """One way from where a deal stands."""


class BulkedDocument(TypedDict):
    """What became of one deal among many: done, nothing_to_do, refused, not_done or wrong."""

    deal: str
    result: str
    why: str | None
    rules: list[str]
    command_id: str
    repeated: bool


class BulkDocument(TypedDict):
    """How many of which result, and each deal's own, in the order asked."""

    mode: str
    dry_run: bool
    deals: int
    done: int
    nothing_to_do: int
    refused: int
    not_done: int
    wrong: int
    results: list[BulkedDocument]


def next_document(engine: Engine, deal_id: str, by: str | None) -> NextDocument:
    """What the gate would say of every way from here, asked by its owner where nobody is named."""
    standing = engine.deal(deal_id)
    ways = engine.next(deal_id, by or standing.owner or "somebody")
    return {
        **_about(standing), "variant": variant_document(engine.variant_of(standing)),
        "ways": [way_document(way) for way in ways],
    }  # fmt: skip


def preflight_document(standing: Deal, said: Preflight) -> PreflightDocument:
    """What the gate would say of one attempt."""
    return {**_about(standing), **way_document(said)}


def _about(deal: Deal) -> _About:
    return {"deal": deal.id, "stage": deal.stage, "status": deal.stands, "merged_into": deal.merged_into}


def way_document(way: Preflight) -> WayDocument:
    """One attempt."""
    return {
        "gate": way.gate, "target": way.target, "allowed": way.allowed, "needs_reason": way.needs_reason,
        "reasons": list(way.reasons), "verdicts": [judged_document(judged) for judged in way.verdicts],
    }  # fmt: skip


def bulk_document(found: Sequence[Bulked], *, together: bool, dry_run: bool) -> BulkDocument:
    """What became of many deals."""
    counted = Counter(each.result for each in found)
    return {
        "mode": "all" if together else "each", "dry_run": dry_run, "deals": len(found),
        "done": counted["done"], "nothing_to_do": counted["nothing to do"], "refused": counted["refused"],
        "not_done": counted["not done"], "wrong": counted["wrong"],
        "results": [_bulked(each) for each in found],
    }  # fmt: skip


def _bulked(each: Bulked) -> BulkedDocument:
    return {
        "deal": each.deal_id, "result": each.result.replace(" ", "_"), "why": each.why or None,
        "rules": list(each.rules), "command_id": each.command_id,
        "repeated": each.outcome is not None and each.outcome.repeated,
    }  # fmt: skip
