"""Deciding how a process changes: published, proposed and confirmed, retired; what the version in force asks for.

Who tried and may not is an event too, because an auditor will ask.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pipeline_engine.envelope import Event, hands
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


Look = Callable[[str], PublishedProcess | None]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a change, in whose stead and why; `holds` says whether in roles that may.

    `lent_by` are those who lend such a role, where the asker has none of their own; one set for each rule that asks.
    """

    by: str
    holds: bool
    why: str | None = None
    lent_by: tuple[frozenset[str], ...] = ()
    on_behalf_of: str | None = None

    def is_one_with(self, proposal: Proposal) -> bool:
        """Whether this is no second person: whose proposal it is, somebody for them, or in nobody's role but theirs."""
        theirs = hands(proposal.by, proposal.on_behalf_of)
        lent = any(lenders and lenders <= theirs for lenders in self.lent_by)
        return lent or not theirs.isdisjoint(hands(self.by, self.on_behalf_of))


def publishing_of(state: PublishedProcess | None, look: Look) -> Publishing | None:
    """How the next change is to be made, by what is in force; None where it does not say, nor the base of a variant."""
    if state is None or not state.versions:
        return None
    own = state.in_force.process
    return own.publishing if own.publishing is not None else _of_base(own, look)


def rules_of_change(state: PublishedProcess | None, process: Process, look: Look) -> tuple[Publishing, ...]:
    """
    How a process becomes what a definition says: by all of these rules; by everybody where there are none.

    What was no variant of a base takes its deals once it is one, past the base's own rules. So the base is asked too.

    Args:
        look: The process of a name as it is published.
    """
    was = state.in_force.process.extends if state is not None and state.versions else None
    same = was is not None and process.extends is not None and was.process == process.extends.process
    rules = publishing_of(state, look), None if same else _of_base(process, look)
    return tuple(rule for rule in rules if rule is not None)


def _of_base(process: Process, look: Look) -> Publishing | None:
    base = look(process.extends.process) if process.extends is not None else None
    return base.in_force.process.publishing if base is not None and base.versions else None


def refused(tried: Tried, asker: Asker, digest: str) -> Event | None:
    """The refusal of who holds no role that may change the process; None for who does."""
    return None if asker.holds else PublicationRefused(tried=tried, digest=digest, why="no-role")


def decide_change(
    state: PublishedProcess | None, process: Process, text: str, asker: Asker, rules: tuple[Publishing, ...]
) -> Event | None:
    """
    What publishing a definition leads to: a version, a proposal, a refusal.

    Args:
        rules: How the change is to be made; where there are none, by everybody and without a reason.

    Returns:
        None where it is in force already, or proposed already.

    Raises:
        BadValue: The change needs a reason, or something else is proposed.
    """
    published = decide_publish(state, process, text, asker.why)
    if published is None or not rules:
        return published
    why = reason(asker, f"`{process.name}` changes; the version in force asks for a reason")
    tried = refused("publish", asker, process.digest)
    if tried or not _four_eyes(rules):
        return tried or published
    return _proposed(state.proposed if state is not None else None, published, why)


def _four_eyes(rules: tuple[Publishing, ...]) -> bool:
    return any(rule.four_eyes for rule in rules)


def reason(asker: Asker, of: str) -> str:
    """Why, where a reason is needed; raises BadValue."""
    if not asker.why or not asker.why.strip():
        raise BadValue("--why", "", f"why {of}")
    return asker.why


def _proposed(open_one: Proposal | None, published: ProcessPublished, why: str) -> Event | None:
    if open_one is not None and open_one.digest == published.digest:
        return None
    if open_one is not None:
        settled = f"`process confirm {published.name}` or `process withdraw {published.name}`"
        waits = f"{settled} first: what {open_one.by} proposed ({open_one.digest[:12]}) waits for a second person"
        raise BadValue("proposal", published.digest[:12], waits)
    return ProcessProposed(
        name=published.name, digest=published.digest, source_text=published.source_text, why=why
    )  # fmt: skip


def proposal_of(state: PublishedProcess | None, name: str, digest: str | None = None) -> Proposal:
    """The definition that is proposed, where it is the one meant (`digest`, or how it begins); raises BadValue."""
    found = state.proposed if state is not None else None
    if found is None:
        raise BadValue("process", name, f"one of which a change waits to be confirmed; of `{name}` none does")
    if digest and not found.digest.startswith(digest):
        raise BadValue("--digest", digest, f"`{found.digest[:12]}`, which is what {found.by} proposed")
    return found


def decide_confirm(
    state: PublishedProcess, process: Process, asker: Asker, rules: tuple[Publishing, ...]
) -> Event | None:
    """A second person agrees to what is proposed: it is published, or that person may not."""
    proposal = proposal_of(state, state.name)
    tried = refused("confirm", asker, proposal.digest)
    if tried is not None:
        return tried
    if _four_eyes(rules) and asker.is_one_with(proposal):
        return PublicationRefused(tried="confirm", digest=proposal.digest, why="four-eyes")
    published = decide_publish(state, process, proposal.source_text, proposal.why)
    return published and published.model_copy(update={"proposed_by": proposal.by})


def decide_withdraw(proposal: Proposal, asker: Asker) -> Event:
    """What is proposed is so no longer: by who proposed it, or by somebody who may change the process."""
    if asker.by not in (proposal.by, proposal.on_behalf_of) and (tried := refused("withdraw", asker, proposal.digest)):
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
