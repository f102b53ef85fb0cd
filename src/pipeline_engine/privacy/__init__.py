"""Erasing what is kept about somebody: who proposes, who confirms, and that it was done."""

from pipeline_engine.privacy.erasure import (
    ERASURE_STREAM,
    ROLE,
    Asker,
    Erased,
    Erasures,
    Proposal,
    checked_subject,
    decide_confirm,
    decide_propose,
    decide_withdraw,
    erasure_id,
    evolve_erasures,
)
from pipeline_engine.privacy.events import (
    PRIVACY_EVENTS,
    ErasureProposed,
    ErasureRefused,
    ErasureWithdrawn,
    SubjectErased,
)

__all__ = [
    "ERASURE_STREAM",
    "PRIVACY_EVENTS",
    "ROLE",
    "Asker",
    "Erased",
    "ErasureProposed",
    "ErasureRefused",
    "ErasureWithdrawn",
    "Erasures",
    "Proposal",
    "SubjectErased",
    "checked_subject",
    "decide_confirm",
    "decide_propose",
    "decide_withdraw",
    "erasure_id", "evolve_erasures",
]  # fmt: skip
