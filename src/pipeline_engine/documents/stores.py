"""The store: what the doctor found, where the views that follow the log stand, what was put aside, the log's digest."""

from collections.abc import Sequence
from datetime import datetime

from typing_extensions import TypedDict

from pipeline_engine.store import Digest, Finding, Parked, Standing


class CheckDocument(TypedDict):
    """One thing the doctor looked at."""

    check: str
    ok: bool
    found: str
    advice: str


class DoctorDocument(TypedDict):
    """What the doctor found, and whether all is well."""

    ok: bool
    findings: list[CheckDocument]


class DigestDocument(TypedDict):
    """What a log holds in one number, and its command log, which has no prefix, where all was asked for."""

    position: int
    events: int
    log: str
    commands: int | None
    command_log: str | None


class StandingDocument(TypedDict):
    """Where a view stands: how many positions behind the log, how many events put aside, and who runs it."""

    view: str
    position: int
    behind: int
    parked: int
    beat_at: str | None
    beat_by: str | None
    failing: str | None
    silent_seconds: float | None
    stalled: bool


class FollowingDocument(TypedDict):
    """Where every view stands; `ok` where none needs a look."""

    ok: bool
    views: list[StandingDocument]


class AsideDocument(TypedDict):
    """An event that was put aside; `behind` is the position of the one that it waits for."""

    position: int
    stream: str
    version: int
    event: str
    why: str
    behind: int | None
    parked_at: str


class ParkedDocument(TypedDict):
    """What a view put aside."""

    view: str
    parked: list[AsideDocument]


def doctor_document(findings: Sequence[Finding]) -> DoctorDocument:
    """What a check of the store found."""
    return {
        "ok": all(each.ok for each in findings),
        "findings": [{"check": f.check, "ok": f.ok, "found": f.found, "advice": f.advice} for f in findings],
    }


def following_document(standings: Sequence[Standing], now: datetime) -> FollowingDocument:
    """Where every view stands now."""
    return {
        "ok": not any(each.parked or each.failing or each.stalled(now) for each in standings),
        "views": [_standing(each, now) for each in standings],
    }


def _standing(standing: Standing, now: datetime) -> StandingDocument:
    beat = standing.beat_at.isoformat() if standing.beat_at else None
    return {
        "view": standing.name, "position": standing.position, "behind": standing.lag, "parked": standing.parked,
        "beat_at": beat, "beat_by": standing.beat_by, "failing": standing.failing,
        "silent_seconds": standing.silent_seconds(now), "stalled": standing.stalled(now),
    }  # fmt: skip


def parked_document(view: str, found: Sequence[Parked]) -> ParkedDocument:
    """What a view put aside."""
    return {"view": view, "parked": [_aside(each) for each in found]}


def _aside(parked: Parked) -> AsideDocument:
    return {
        "position": parked.position, "stream": parked.stream, "version": parked.version, "event": parked.name,
        "why": parked.why, "behind": parked.behind, "parked_at": parked.parked_at.isoformat(),
    }  # fmt: skip


def digest_document(digest: Digest) -> DigestDocument:
    """What the log holds in one number."""
    return {
        "position": digest.position,
        "events": digest.events,
        "log": digest.log,
        "commands": digest.commands,
        "command_log": digest.command_log,
    }
