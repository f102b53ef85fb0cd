"""The verbs of a process's life: published, proposed and confirmed, withdrawn, retired."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

from pipeline_engine.engine.bases import published_bases
from pipeline_engine.engine.reads import PROCESS, Reads, Unwatched
from pipeline_engine.engine.recording import check_agreed, drafts_of, request_of
from pipeline_engine.engine.shell import How, Shell
from pipeline_engine.envelope import Envelope, Event
from pipeline_engine.errors import BadProcess, UnknownProcess
from pipeline_engine.notation import read_text
from pipeline_engine.process import (
    Asker,
    Bases,
    Look,
    Process,
    ProcessProposed,
    Proposal,
    PublicationRefused,
    PublishedProcess,
    Publishing,
    decide_change,
    decide_confirm,
    decide_retire,
    decide_withdraw,
    load_process,
    proposal_of,
    publishing_of,
    rules_of_change,
)
from pipeline_engine.store import Decision, Receipt


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a change: `process` is what is in force now, `new` says whether that changed just now.

    `proposed` is what was asked for where a second person has to confirm it; `refused` says why who asked may not
    (no-role, four-eyes). `repeated`: nothing was recorded now, since it was so before, or asked before under this id.
    Where nothing of that name is in force yet, `process` is the definition that was asked for, with version 0.
    """

    process: Process
    new: bool
    same_as: int | None = None
    proposed: Proposal | None = None
    refused: str | None = None
    repeated: bool = False
    asked: str = ""

    @property
    def stands(self) -> bool:
        """Whether what was asked for is in force or proposed; asked before, it may have been followed by another."""
        return self.proposed is not None or self.asked == self.process.digest


class PublishVerbs(Shell):
    """Whether somebody may change a process is said by its version in force, under the key `publishing`."""

    def publish(self, file: str | Path, why: str | None = None, **how: Unpack[How]) -> Published:
        """Publish a process file; the digest in force again changes nothing, an older one becomes a new version."""
        text = read_text(file, BadProcess)
        return self.publish_text(text, str(file), why, **how)

    def publish_text(self, text: str, file: str, why: str | None = None, **how: Unpack[How]) -> Published:
        """Publish a process from its text; `file` names it in errors."""
        process, envelope = load_process(text, file, self._published_bases), self._envelope(how)

        def on(state: PublishedProcess | None, version: int, reader: Reads) -> Decision:
            self._desk.families.check(process, reader, (text, file))
            rules = rules_of_change(state, process, looking(reader))
            asker = self._asker(rules, envelope, why, reader)
            return drafts_of(envelope, decide_change(state, process, text, asker, rules))

        # Two variants that are new know nothing of each other: only one at a time is published.
        request, alone = request_of(envelope, text), process.extends is not None
        receipt = self._store.transact(f"process:{process.name}", request, PROCESS, on, alone=alone)
        return self._became(process, receipt)

    def confirm(self, name: str, digest: str | None = None, **how: Unpack[How]) -> Published:
        """Put in force what somebody else proposed; `digest` (or how it begins) makes sure that it is what was read."""
        envelope = self._envelope(how)

        def on(state: PublishedProcess | None, version: int, reader: Reads) -> Decision:
            proposal, published = proposal_of(state, name, digest), self._there(state, name)
            check_agreed(envelope, proposal.at)
            process = _read(proposal, name, reader)
            self._desk.families.check(process, reader, (proposal.source_text, _as_proposed(name, proposal.by)))
            rules = rules_of_change(published, process, looking(reader))
            asker = self._asker(rules, envelope, proposal.why, reader)
            return drafts_of(envelope, decide_confirm(published, process, asker, rules))

        request = request_of(envelope, f"confirm {digest or ''}")
        asked_for = self._meant(name)
        return self._became(asked_for, self._store.transact(f"process:{name}", request, PROCESS, on, alone=True))

    def withdraw_proposal(self, name: str, why: str | None = None, **how: Unpack[How]) -> Published:
        """Take a proposal back: by who made it, or by somebody who may change the process."""
        envelope = self._envelope(how)

        def on(state: PublishedProcess | None, version: int, reader: Reads) -> Decision:
            proposal, published = proposal_of(state, name), self._there(state, name)
            rules = rules_of_change(published, _read(proposal, name, reader), looking(reader))
            return drafts_of(envelope, decide_withdraw(proposal, self._asker(rules, envelope, why, reader)))

        request = request_of(envelope, f"withdraw {why or ''}")
        asked_for = self._meant(name)
        return self._became(asked_for, self._store.transact(f"process:{name}", request, PROCESS, on))

    def retire(self, name: str, why: str, **how: Unpack[How]) -> Published:
        """Open no deal under a process any more; those that are open go on. Publishing it again puts it back."""
        envelope = self._envelope(how)

        def on(state: PublishedProcess | None, version: int, reader: Reads) -> Decision:
            published = self._in_force(state, name)
            asker = self._asker([publishing_of(published, looking(reader))], envelope, why, reader)
            return drafts_of(envelope, decide_retire(published, asker))

        request, asked_for = request_of(envelope, f"retire {why}"), self._desk.judge(name, None).process
        return self._became(asked_for, self._store.transact(f"process:{name}", request, PROCESS, on))

    def _asker(self, rules: Iterable[Publishing | None], envelope: Envelope, why: str | None, reader: Reads) -> Asker:
        """Who asks, and whether they may by all of some rules; None is no rule."""
        # Who may is asked now, whenever it is said to have happened: a role that is over opens nothing.
        who = [(envelope.actor, rule.by, reader, self._clock()) for rule in rules if rule is not None]
        holds = all(self._desk.holds_one(*each) for each in who)
        lent_by = tuple(self._desk.lenders(*each) for each in who)
        return Asker(envelope.actor, holds, why, lent_by, envelope.on_behalf_of)

    def _there(self, state: PublishedProcess | None, name: str) -> PublishedProcess:
        if state is None:
            raise UnknownProcess(name, self._desk.published(Unwatched(self._store)))
        return state

    def _in_force(self, state: PublishedProcess | None, name: str) -> PublishedProcess:
        """The process with a version in force; raises UnknownProcess."""
        return self._there(state if state is not None and state.versions else None, name)

    def _meant(self, name: str) -> Process:
        """What was proposed of a process last, or else what is in force of it; raises UnknownProcess."""
        for asked in reversed(self._store.events(f"process:{name}", names=(ProcessProposed.__name__,))):
            if isinstance(asked.event, ProcessProposed):
                by = asked.envelope.actor
                return load_process(asked.event.source_text, _as_proposed(name, by), self._published_bases)
        return self._desk.judge(name, None).process

    def _became(self, asked_for: Process, receipt: Receipt) -> Published:
        self._desk.families.forget()
        state: PublishedProcess | None = self._store.load(f"process:{asked_for.name}", PROCESS)[0]
        said = next(iter(self._said(receipt)), None)
        refused = said.why if isinstance(said, PublicationRefused) else None
        proposed = state.proposed if state and (isinstance(said, ProcessProposed) or said is None) else None
        if proposed is not None and proposed.digest != asked_for.digest:
            proposed = None
        told = proposed, refused, receipt.known or said is None, asked_for.digest
        if state is None or not state.versions:
            return Published(asked_for, False, None, *told)
        # Asked again with the same id, it is told as news again only while it still is in force.
        new = not receipt.known and said is not None and type(said).__name__ == "ProcessPublished"
        return Published(state.in_force.process, new, state.in_force.same_as, *told)

    def _said(self, receipt: Receipt) -> list[Event]:
        after = self._store.events(receipt.stream, receipt.first - 1) if receipt.last >= receipt.first else []
        return [recorded.event for recorded in after if recorded.version <= receipt.last]

    @property
    def _published_bases(self) -> Bases:
        return published_bases(Unwatched(self._store))


def looking(reads: Reads) -> Look:
    """How a process is looked up by its name, as it is published."""
    return lambda name: reads.state(f"process:{name}", PROCESS)[0]


def _as_proposed(name: str, by: str) -> str:
    """What errors call the text that was proposed."""
    return f"{name}, as proposed by {by}"


def _read(proposal: Proposal, name: str, reads: Reads) -> Process:
    return load_process(proposal.source_text, _as_proposed(name, proposal.by), published_bases(reads))
