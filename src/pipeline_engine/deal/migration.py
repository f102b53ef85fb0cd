"""Deciding how an open deal goes on under another version of its process: in which stage, and what ends with it."""

from collections.abc import Mapping

from pipeline_engine.deal.events import DealMigrated
from pipeline_engine.deal.state import Deal, Grant, Request
from pipeline_engine.process import Process, taken_over


def landing(stage: str, after: Process, mapping: Mapping[str, str]) -> str | None:
    """The stage in which a deal goes on that stands in `stage`; None where there is none for it: it is stranded."""
    target = mapping.get(stage, stage)
    return target if target in after.stage_ids else None


def may_migrate(deal: Deal, before: Process, after: Process) -> bool:
    """Whether a deal is one that this migration is about: open, its own, and not there already."""
    here = (deal.process, deal.process_version) == (before.name, before.version)
    return deal.goes_on and here and (before.name, before.version) != (after.name, after.version)


def migrated(deal: Deal, before: Process, after: Process, mapping: Mapping[str, str]) -> DealMigrated | None:
    """
    How a deal goes on under another version.

    Args:
        before: The version that it runs under.
        after: The version that it is to run under.
        mapping: Which stage stands for which; one that is not in it keeps its name.

    Returns:
        None where there is nothing to do, or no stage for it.
    """
    stage = landing(deal.stage, after, mapping)
    if stage is None or not may_migrate(deal, before, after):
        return None
    return DealMigrated(
        process=after.name, version=after.version, from_version=before.version,
        from_process=None if after.name == before.name else before.name, from_stage=deal.stage, to_stage=stage,
        ended=_ended(deal, before, after),
    )  # fmt: skip


def _ended(deal: Deal, before: Process, after: Process) -> tuple[int, ...]:
    """The approvals and waivers that stood, and what was asked for, whose rule is another one there."""
    each: list[Grant | Request] = [grant for grant in (*deal.approvals, *deal.waivers) if grant.standing]
    each += deal.requests
    return tuple(sorted(g.version for g in each if not taken_over(g.rule, g.target, before, after)))
