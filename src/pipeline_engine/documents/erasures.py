"""Erasing: what is kept about whom, what is proposed, what was erased, and what became of one that was asked for."""

from collections.abc import Sequence

from typing_extensions import TypedDict

from pipeline_engine.engine import Erasure, Held
from pipeline_engine.privacy import Erased, Erasures, Proposal
from pipeline_engine.values import instant_text


class ErasureDocument(TypedDict):
    """
    What became of an erasure that was asked for.

    `refused` is `no-role` or `four-eyes`; `unsealed` counts values from before there were keys: hidden, not gone.
    """

    subject: str
    erased: bool
    new: bool
    proposed_by: str | None
    refused: str | None
    unsealed: int


class HeldDocument(TypedDict):
    """How many values are kept about a subject, in which stream; `erased` and `unsealed` are some of them."""

    subject: str
    values: int
    erased: int
    unsealed: int
    streams: dict[str, int]


class ProposedErasureDocument(TypedDict):
    """An erasure that waits for a second person."""

    subject: str
    by: str
    at: str
    reason: str | None


class ErasedDocument(TypedDict):
    """An erasure that was carried out."""

    subject: str
    by: str
    proposed_by: str
    at: str
    position: int


class ErasuresDocument(TypedDict):
    """What is proposed to be erased, and what was erased."""

    proposed: list[ProposedErasureDocument]
    erased: list[ErasedDocument]


def erasure_document(became: Erasure, unsealed: int) -> ErasureDocument:
    """What became of it, and how many values of before there were keys it can only hide."""
    return {
        "subject": became.subject,
        "erased": became.erased,
        "new": became.new,
        "proposed_by": became.proposed_by,
        "refused": became.refused,
        "unsealed": unsealed,
    }


def held_documents(held: Sequence[Held]) -> list[HeldDocument]:
    """What is kept, subject by subject."""
    return [
        {
            "subject": each.subject,
            "values": each.values,
            "erased": each.erased,
            "unsealed": each.unsealed,
            "streams": dict(sorted(each.streams.items())),
        }
        for each in held
    ]


def erasures_document(erasures: Erasures, subject: str | None = None) -> ErasuresDocument:
    """What is proposed and what was erased, of one subject where one is named."""
    return {
        "proposed": [_proposed(each) for each in erasures.proposed.values() if subject in (None, each.subject)],
        "erased": [_erased(each) for each in erasures.erased if subject in (None, each.subject)],
    }


def _proposed(each: Proposal) -> ProposedErasureDocument:
    return {"subject": each.subject, "by": each.by, "at": instant_text(each.at), "reason": each.reason}


def _erased(each: Erased) -> ErasedDocument:
    return {
        "subject": each.subject,
        "by": each.by,
        "proposed_by": each.proposed_by,
        "at": instant_text(each.at),
        "position": each.position,
    }
