"""Deciding how a process changes: published, proposed and confirmed, retired; what the version in force asks for.

Who tried and may not is an event too, because an auditor will ask.
"""

from dataclasses import dataclass
from typing import Literal

from pipeline_engine.envelope import Event
from pipeline_engine.errors import BadValue
from pipeline_engine.process.catalog import Migration, Proposal, PublishedProcess, decide_publish
from pipeline_engine.process.events import (
    MigrationStarted,
    ProcessProposed,
    ProcessPublished,
    ProcessRetired,
    ProposalWithdrawn,
    PublicationRefused,
)
from pipeline_engine.process.model import Process, Publishing

Tried = Literal["publish", "confirm", "withdraw", "migrate", "retire"]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a change and why; `holds` says whether in one of the roles that may.

    `lent_by` are those who lend such a role, where the asker has none of their own.
    """

    by: str
    holds: bool
    why: str | None = None
    lent_by: frozenset[str] = frozenset()


def publishing_of(state: PublishedProcess | None, base: PublishedProcess | None = None) -> Publishing | None:
    """
    How the next change is to be made, by the version in force; None where it does not say.

    Args:
        base: What it is a variant of; that governs the first version, which would otherwise take the base's deals
            past its own rules.
    """
    for each in (state, base):
        if each is not None and each.versions:
            return each.in_force.process.publishing
    return None


def refused(tried: Tried, asker: Asker, digest: str) -> Event | None:
    """The refusal of who holds no role that may change the process; None for who does."""
    return None if asker.holds else PublicationRefused(tried=tried, digest=digest, why="no-role")


def decide_change(
    state: PublishedProcess | None, process: Process, text: str, asker: Asker, rule: Publishing | None
) -> Event | None:
    """
    What publishing a definition leads to: a version, a proposal, a refusal.

    Args:
        rule: How the change is to be made; None: by everybody, without a reason.

    Returns:
        None where it is in force already, or proposed already.

    Raises:
        BadValue: The change needs a reason, or something else is proposed.
    """
    published = decide_publish(state, process, text, asker.why)
    if published is None or rule is None:
        return published
    why = reason(asker, f"`{process.name}` changes; the version in force asks for a reason")
    tried = refused("publish", asker, process.digest)
    if tried or not rule.four_eyes:
        return tried or published
    return _proposed(state.proposed if state is not None else None, published, why)


def reason(asker: Asker, of: str) -> str:
    """Why, where a reason is needed; raises BadValue."""
    if not asker.why or not asker.why.strip():
        raise BadValue("--why", "", f"why {of}")
    return asker.why


def _proposed(open_one: Proposal | None, published: ProcessPublished, why: str) -> Event | None:
    if open_one is not None and open_one.digest == published.digest:
        return None
    if open_one is not None:
        expected = f"the one that {open_one.by} proposed ({open_one.digest[:12]}) confirmed or withdrawn first"
        raise BadValue("proposal", published.digest[:12], expected)
    return ProcessProposed(
        name=published.name, digest=published.digest, source_text=published.source_text, why=why
    )  # fmt: skip


def proposal_of(state: PublishedProcess | None, name: str, digest: str | None = None) -> Proposal:
    """The definition that is proposed, where it is the one meant (`digest`, or how it begins); raises BadValue."""
    found = state.proposed if state is not None else None
    if found is None:
        raise BadValue("process", name, "one of which a change is proposed; `process list` shows them")
    if digest and not found.digest.startswith(digest):
        raise BadValue("--digest", digest, f"`{found.digest[:12]}`, which is what {found.by} proposed")
    return found


def decide_confirm(state: PublishedProcess, process: Process, asker: Asker, rule: Publishing | None) -> Event | None:
    """A second person agrees to what is proposed: it is published, or that person may not."""
    proposal = proposal_of(state, state.name)
    tried = refused("confirm", asker, proposal.digest)
    if tried is not None:
        return tried
    # Who acts in nobody's role but the proposer's is no second person.
    alone = asker.by == proposal.by or asker.lent_by == {proposal.by}
    if rule is not None and rule.four_eyes and alone:
        return PublicationRefused(tried="confirm", digest=proposal.digest, why="four-eyes")
    published = decide_publish(state, process, proposal.source_text, proposal.why)
    return published and published.model_copy(update={"proposed_by": proposal.by})


def decide_withdraw(proposal: Proposal, asker: Asker) -> Event:
    """What is proposed is so no longer: by who proposed it, or by somebody who may change the process."""
    if asker.by != proposal.by and (tried := refused("withdraw", asker, proposal.digest)):
        return tried
    return ProposalWithdrawn(digest=proposal.digest, why=asker.why)


def decide_migration(state: PublishedProcess, wanted: MigrationStarted, digest: str, asker: Asker) -> Event | None:
    """Open deals are to go on under another version; None where that was begun and is not finished."""
    tried = refused("migrate", asker, digest)
    return wanted if tried is None and begun(state, wanted) is None else tried


def begun(state: PublishedProcess, wanted: MigrationStarted) -> Migration | None:
    """The migration that is asked for, where it is the latest one and not finished."""
    latest = state.migrations[-1] if state.migrations else None
    if latest is None or latest.finished is not None:
        return None
    return latest if latest.begin.model_copy(update={"why": wanted.why}) == wanted else None


def decide_retire(state: PublishedProcess, asker: Asker) -> Event | None:
    """No deal is opened under the process from now on; None where it is so already."""
    why = reason(asker, f"no deal is to be opened under `{state.name}` any more")
    tried = refused("retire", asker, state.in_force.digest)
    if tried is not None or state.retired is not None:
        return tried
    return ProcessRetired(why=why)
