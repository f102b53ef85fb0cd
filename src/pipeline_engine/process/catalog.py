"""Which versions of each process were published, and which one is in force.

A published version comes back from its event alone: neither its YAML nor the checker is read again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from pipeline_engine.envelope import Event, Recorded
from pipeline_engine.errors import BadValue, UnknownProcess
from pipeline_engine.process.events import (
    MigrationFinished,
    MigrationStarted,
    ProcessProposed,
    ProcessPublished,
    ProcessRetired,
    ProposalWithdrawn,
)
from pipeline_engine.process.model import Process

_KEPT = 256
_read_before: dict[tuple[str, int, str, int], tuple[Mapping[str, Any], Process]] = {}


def digest_of(source_text: str) -> str:
    """The digest of a definition as written: SHA-256 of its UTF-8, as hex."""
    return sha256(source_text.encode()).hexdigest()


def from_published(event: ProcessPublished) -> Process:
    """The process as it was published, with its version."""
    key = (event.name, event.version, event.digest, event.semantics)
    compiled, process = _read_before.get(key, (None, None))
    # Another store may hold the same definition, compiled by another release: the digest is not enough.
    if process is not None and compiled == event.compiled:
        return process
    process = Process.model_validate(event.compiled).model_copy(update={"version": event.version})
    if len(_read_before) >= _KEPT:
        _read_before.clear()
    _read_before[key] = (event.compiled, process)
    return process


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """One published version: what was said, by whom and when (`at` is None where nobody knows)."""

    version: int
    digest: str
    process: Process
    source_text: str
    author: str
    at: datetime | None
    why: str | None = None
    same_as: int | None = None
    proposed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A definition that somebody wants in force, or wants in another's stead, and a second person has to agree to."""

    digest: str
    source_text: str
    by: str
    at: datetime | None
    why: str
    on_behalf_of: str | None = None


@dataclass(frozen=True, slots=True)
class Retirement:
    """Since when no deal is opened under a process, by whom and why."""

    by: str
    at: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration of open deals: `started` is its version in the process's stream; `finished` None while it runs."""

    started: int
    position: int
    begin: MigrationStarted
    by: str
    at: datetime | None
    finished: MigrationFinished | None = None


@dataclass(frozen=True, slots=True)
class PublishedProcess:
    """
    Every version of one process, oldest first; the last one is in force, for deals that are open where `retired`.

    A variant whose first version has yet to be confirmed has no version at all.
    """

    name: str
    versions: tuple[PublishedVersion, ...]
    proposed: Proposal | None = None
    retired: Retirement | None = None
    migrations: tuple[Migration, ...] = ()

    @property
    def in_force(self) -> PublishedVersion:
        """The version that new deals open under."""
        return self.versions[-1]

    def at(self, version: int | None = None) -> Process:
        """That version, or the one in force; raises UnknownProcess, also for one that is only proposed."""
        if version is None and self.versions:
            return self.in_force.process
        for published in self.versions:
            if published.version == version:
                return published.process
        if self.proposed is not None and version == len(self.versions) + 1:
            confirm = f"{self.proposed.by} proposed it, and `process confirm {self.name}` publishes it"
            raise UnknownProcess(f"{self.name}@{version}", remedy=confirm)
        known = tuple(f"{self.name}@{published.version}" for published in self.versions)
        raise UnknownProcess(self.name if version is None else f"{self.name}@{version}", known)


def evolve_process(state: PublishedProcess | None, recorded: Recorded) -> PublishedProcess | None:
    """One more event of a `process:<name>` stream; other events change nothing."""
    event = recorded.event
    if isinstance(event, ProcessProposed):
        state = state or PublishedProcess(event.name, ())
    if not isinstance(event, ProcessPublished):
        return state and _changed(state, event, recorded)
    published = PublishedVersion(
        version=event.version,
        digest=event.digest,
        process=from_published(event),
        source_text=event.source_text,
        author=recorded.envelope.actor,
        at=recorded.envelope.at,
        why=event.why,
        same_as=event.same_as,
        proposed_by=event.proposed_by,
    )
    if state is None:
        return PublishedProcess(event.name, (published,))
    # Whatever was proposed was meant to follow another version; a process that is published again is not retired.
    return replace(state, versions=(*state.versions, published), proposed=None, retired=None)


def _changed(state: PublishedProcess, event: Event, recorded: Recorded) -> PublishedProcess | None:
    by, at = recorded.envelope.actor, recorded.envelope.at
    match event:
        case ProcessProposed():
            whose = recorded.envelope.on_behalf_of
            return replace(state, proposed=Proposal(event.digest, event.source_text, by, at, event.why, whose))
        case ProposalWithdrawn():
            return replace(state, proposed=None) if state.versions else None
        case ProcessRetired():
            return replace(state, retired=Retirement(by, at, event.why))
        case MigrationStarted():
            return replace(state, migrations=(*state.migrations, _begun(recorded, event)))
        case MigrationFinished():
            return replace(state, migrations=tuple(_ended(each, event) for each in state.migrations))
    return state


def _begun(recorded: Recorded, event: MigrationStarted) -> Migration:
    return Migration(recorded.version, recorded.position, event, recorded.envelope.actor, recorded.envelope.at)


def _ended(migration: Migration, event: MigrationFinished) -> Migration:
    return replace(migration, finished=event) if migration.started == event.started else migration


def decide_publish(
    state: PublishedProcess | None, process: Process, source_text: str, why: str | None = None
) -> ProcessPublished | None:
    """
    What publishing a definition leads to; None where the digest in force is published again, and not retired.

    Raises:
        BadValue: The text is not the one that `process` was loaded from, or the state is another process's.
    """
    if digest_of(source_text) != process.digest:
        raise BadValue("source_text", source_text[:40], f"the text that `{process.name}` was loaded from")
    if state is not None and state.name != process.name:
        raise BadValue("process", process.name, f"`{state.name}`")
    versions = state.versions if state is not None else ()
    if versions and versions[-1].digest == process.digest and (state is None or state.retired is None):
        return None
    older = [published.version for published in versions if published.digest == process.digest]
    version = versions[-1].version + 1 if versions else 1
    return ProcessPublished(
        name=process.name,
        version=version,
        digest=process.digest,
        source_text=source_text,
        compiled=process.model_copy(update={"version": version}).model_dump(mode="json"),
        semantics=process.semantics,
        why=why,
        same_as=older[-1] if older else None,
    )


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every published process, by name."""

    processes: Mapping[str, PublishedProcess] = field(default_factory=lambda: MappingProxyType({}))

    def process(self, name: str, version: int | None = None) -> Process:
        """That version of a process, or the one in force; raises UnknownProcess."""
        if name not in self.processes:
            raise UnknownProcess(name, tuple(self.processes))
        return self.processes[name].at(version)


def evolve_catalog(state: Catalog | None, recorded: Recorded) -> Catalog:
    """One more event of any stream; only publications change the catalog."""
    catalog = state or Catalog()
    if not isinstance(recorded.event, ProcessPublished):
        return catalog
    name = recorded.event.name
    published = evolve_process(catalog.processes.get(name), recorded)
    if published is None:
        return catalog
    return Catalog(MappingProxyType({**catalog.processes, name: published}))
