"""Which events an auditor asks for beside what the other tables hold, and what of each is kept."""

from collections.abc import Mapping
from typing import Any

from pipeline_engine.facts.stored import compact, sealed_text

ASKED_FOR = frozenset({
    "ApprovalRequested", "ApprovalGranted", "ApprovalRejected", "ApprovalReturned", "ApprovalExpired",
    "ApprovalRefused", "RuleWaived", "WaiverRefused", "ChangeRefused", "AssignmentRefused", "ObservationRefused",
    "DealMigrated", "CorrectionProposed", "CorrectionRecorded", "CorrectionRefused",
    "DealMerged",
})  # fmt: skip
_FREE_TEXT = ("reason", "note")


def asked_for(body: Mapping[str, Any]) -> tuple[str | None, ...]:
    """On whose behalf, why it was refused, the reason in somebody's words (still sealed), and the rest as JSON."""
    data = dict(body.get("data") or {})
    texts = [data.pop(name, None) for name in _FREE_TEXT]
    reason = next((text for text in texts if text is not None), None)
    verdicts = data.pop("verdicts", None)
    if verdicts:
        data["verdicts"] = {name: verdicts[name] for name in ("process", "version", "codes")}
    return body.get("on_behalf_of"), data.get("why"), sealed_text(reason), compact(data)
