"""Processes: what is published, how it changes, what lint and a comparison found, what a migration would do."""

from typing import Any

from typing_extensions import TypedDict

from pipeline_engine.engine import Linted, Migrated, Published
from pipeline_engine.process import (
    GateDiff,
    Migration,
    Process,
    ProcessDiff,
    Proposal,
    PublishedProcess,
    PublishedVersion,
    Retirement,
    witness_json,
)
from pipeline_engine.replay import MigrationPlan
from pipeline_engine.values import instant_text

_ORDER = ("error", "warning", "info")


class ProposalDocument(TypedDict):
    """A definition that waits for a second person."""

    digest: str
    by: str
    at: str | None
    why: str | None


class RetirementDocument(TypedDict):
    """Since when no deal is opened under a process."""

    by: str
    at: str | None
    why: str


ProcessDocument = dict[str, Any]
"""A process as it was compiled, with its `source` text, how it was `published`, and its `migrations`."""
MigrationDocument = dict[str, Any]
"""What a migration would do or did; the parts of a plan are those of `process migrate --dry-run --json`."""


class VersionDocument(TypedDict):
    """One version of a process; all but its name are null where one is only proposed."""

    process: str
    version: int | None
    digest: str | None
    author: str | None
    at: str | None
    why: str | None
    same_as: int | None
    proposed_by: str | None
    in_force: bool
    proposed: ProposalDocument | None
    retired: RetirementDocument | None


class PublishedDocument(TypedDict):
    """What became of a change; `version` is 0 where nothing of that name is in force."""

    process: str
    version: int
    digest: str
    new: bool
    same_as: int | None
    stages: list[str]
    rules: list[str]
    proposed: ProposalDocument | None
    refused: str | None


class FindingDocument(TypedDict):
    """What lint found; `silenced` is why it is not told."""

    code: str
    severity: str
    message: str
    file: str
    line: int | None
    column: int | None
    about: list[str]
    page: str
    silenced: str | None


class LintDocument(TypedDict):
    """How much of which weight, over how many judged attempts, and each finding."""

    file: str
    errors: int
    warnings: int
    notes: int
    silenced: int
    attempts: int
    findings: list[FindingDocument]


class GateDiffDocument(TypedDict):
    """One gate: stricter, looser, incomparable, equal or not analysed; witnesses are deals that show it."""

    stage: str
    verdict: str
    witness: dict[str, Any] | None
    counter_witness: dict[str, Any] | None
    why: str | None
    only_in: str | None


class DiffDocument(TypedDict):
    """What is otherwise for deals, gate by gate."""

    a: str
    b: str
    equal: bool
    gates: list[GateDiffDocument]
    renamed: dict[str, str]
    also_changed: list[dict[str, Any]]


def version_documents(process: PublishedProcess) -> list[VersionDocument]:
    """A row for each version; one row where a process is only proposed."""
    if process.versions:
        return [version_document(process, version) for version in process.versions]
    return [
        {
            "process": process.name, "version": None, "digest": None, "author": None, "at": None, "why": None,
            "same_as": None, "proposed_by": None, "retired": None, "in_force": False,
            "proposed": proposal_document(process.proposed),
        }
    ]  # fmt: skip


def version_document(process: PublishedProcess, v: PublishedVersion) -> VersionDocument:
    """One version."""
    return {
        "process": process.name, "version": v.version, "digest": v.digest, "author": v.author,
        "at": instant_text(v.at) if v.at else None, "why": v.why, "same_as": v.same_as, "proposed_by": v.proposed_by,
        "in_force": v is process.in_force, "proposed": proposal_document(process.proposed),
        "retired": retirement_document(process.retired),
    }  # fmt: skip


def process_document(whole: PublishedProcess, process: Process) -> ProcessDocument:
    """A published process in full."""
    told = next(each for each in whole.versions if each.version == process.version)
    compiled = process.model_dump(mode="json", exclude={"rules": {"__all__": {"check", "when"}}})
    life = {"published": version_document(whole, told), "migrations": [_migration(m) for m in whole.migrations]}
    return {**compiled, "source": told.source_text, **life}


def _migration(migration: Migration) -> dict[str, Any]:
    begin, end = migration.begin, migration.finished
    counts = {"kept": end.kept, "mapped": end.mapped, "stranded": end.stranded} if end is not None else None
    return {
        "to": f"{begin.process}@{begin.version}", "mapping": dict(begin.mapping), "by": migration.by,
        "at": instant_text(migration.at) if migration.at else None, "why": begin.why, "finished": counts,
    }  # fmt: skip


def published_document(published: Published) -> PublishedDocument:
    """What became of a change."""
    process = published.process
    return {
        "process": process.name, "version": process.version, "digest": process.digest, "new": published.new,
        "same_as": published.same_as, "stages": list(process.stage_ids), "rules": list(process.rule_ids),
        "proposed": proposal_document(published.proposed), "refused": published.refused,
    }  # fmt: skip


def proposal_document(proposed: Proposal | None) -> ProposalDocument | None:
    """What is proposed."""
    if proposed is None:
        return None
    at = instant_text(proposed.at) if proposed.at else None
    return {"digest": proposed.digest, "by": proposed.by, "at": at, "why": proposed.why}


def retirement_document(retired: Retirement | None) -> RetirementDocument | None:
    """Since when a process is retired."""
    if retired is None:
        return None
    return {"by": retired.by, "at": instant_text(retired.at) if retired.at else None, "why": retired.why}


def lint_document(file: str, found: Linted) -> LintDocument:
    """What lint found in a file."""
    told = [each for each in found.findings if each.silenced is None]
    errors, warnings, notes = (sum(each.severity == weight for each in told) for weight in _ORDER)
    return {
        "file": file, "errors": errors, "warnings": warnings, "notes": notes,
        "silenced": len(found.findings) - len(told), "attempts": found.attempts,
        "findings": [
            {
                "code": f.code, "severity": f.severity, "message": f.message, "file": f.file, "line": f.line,
                "column": f.column, "about": list(f.about), "page": f.page, "silenced": f.silenced,
            }
            for f in found.findings
        ],
    }  # fmt: skip


def diff_document(found: ProcessDiff) -> DiffDocument:
    """How two processes differ."""
    return {
        "a": found.a, "b": found.b, "equal": found.equal, "gates": [_gate(gate) for gate in found.gates],
        "renamed": dict(found.renamed),
        "also_changed": [{"of": e.of, "what": e.what, "a": e.a, "b": e.b} for e in found.also_changed],
    }  # fmt: skip


def _gate(gate: GateDiff) -> GateDiffDocument:
    deals = [witness_json(shown) for shown in gate.shown]
    return {
        "stage": gate.gate, "verdict": gate.verdict, "witness": deals[0] if deals else None,
        "counter_witness": deals[1] if len(deals) > 1 else None, "why": gate.why or None, "only_in": gate.only_in,
    }  # fmt: skip


def migration_document(plan: MigrationPlan | None, done: Migrated | None, limit: int | None) -> MigrationDocument:
    """What a migration would do, or did, with at most `limit` deals listed."""
    told = plan.to_json(limit) if plan is not None else None
    if done is None:
        return {"dry_run": True, "done": False, "refused": None, **(told or {})}
    counts = {"kept": done.kept, "mapped": done.mapped, "stranded": done.stranded}
    return {
        "dry_run": False, "done": done.done, "refused": done.refused, "process": done.process, "target": done.target,
        **counts, "plan": told,
    }  # fmt: skip
