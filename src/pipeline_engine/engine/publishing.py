"""The verbs of a process's life: published, proposed and confirmed, withdrawn, retired."""

from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

from pipeline_engine.engine.bases import published_bases
from pipeline_engine.engine.reads import PROCESS, Reads, Unwatched
from pipeline_engine.engine.recording import drafts_of, request_of
from pipeline_engine.engine.shell import How, Shell
from pipeline_engine.envelope import Envelope, Event
from pipeline_engine.errors import BadProcess, UnknownProcess
from pipeline_engine.notation import read_text
from pipeline_engine.process import (
    Asker,
    Bases,
    Process,
    ProcessProposed,
    Proposal,
    PublicationRefused,
    PublishedProcess,
    decide_change,
    decide_confirm,
    decide_retire,
    decide_withdraw,
    load_process,
    proposal_of,
    publishing_of,
)
from pipeline_engine.store import Decision, Receipt


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a change: `process` is what is in force now, `new` says whether that changed just now.

    `proposed` is what a second person has to confirm; `refused` says why who asked may not (no-role, four-eyes).
    """

    process: Process
    new: bool
    same_as: int | None = None
    proposed: Proposal | None = None
    refused: str | None = None


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
            asker = self._asker(state, envelope, why, reader)
            return drafts_of(envelope, decide_change(state, process, text, asker))

        # Two variants that are new know nothing of each other: only one at a time is published.
        request, alone = request_of(envelope, text), process.extends is not None
        receipt = self._store.transact(f"process:{process.name}", request, PROCESS, on, alone=alone)
        return self._became(process.name, receipt)

    def confirm(self, name: str, digest: str | None = None, **how: Unpack[How]) -> Published:
        """Put in force what somebody else proposed; `digest` (or how it begins) makes sure that it is what was read."""
        envelope = self._envelope(how)

        def on(state: PublishedProcess | None, version: int, reader: Reads) -> Decision:
            proposal, published = proposal_of(state, name, digest), self._there(state, name)
            written = (proposal.source_text, f"{name}, as proposed by {proposal.by}")
            process = load_process(*written, published_bases(reader))
            self._desk.families.check(process, reader, written)
            asker = self._asker(published, envelope, proposal.why, reader)
            return drafts_of(envelope, decide_confirm(published, proposal, process, asker))

        request = request_of(envelope, f"confirm {digest or ''}")
        return self._became(name, self._store.transact(f"process:{name}", request, PROCESS, on, alone=True))

    def withdraw_proposal(self, name: str, why: str | None = None, **how: Unpack[How]) -> Published:
        """Take a proposal back: by who made it, or by somebody who may change the process."""
        envelope = self._envelope(how)

        def on(state: PublishedProcess | None, version: int, reader: Reads) -> Decision:
            proposal, published = proposal_of(state, name), self._there(state, name)
            asker = self._asker(published, envelope, why, reader)
            return drafts_of(envelope, decide_withdraw(published, proposal, asker))

        request = request_of(envelope, f"withdraw {why or ''}")
        return self._became(name, self._store.transact(f"process:{name}", request, PROCESS, on))

    def retire(self, name: str, why: str, **how: Unpack[How]) -> Published:
        """Open no deal under a process any more; those that are open go on. Publishing it again puts it back."""
        envelope = self._envelope(how)

        def on(state: PublishedProcess | None, version: int, reader: Reads) -> Decision:
            published = self._there(state, name)
            return drafts_of(envelope, decide_retire(published, self._asker(published, envelope, why, reader)))

        request = request_of(envelope, f"retire {why}")
        return self._became(name, self._store.transact(f"process:{name}", request, PROCESS, on))

    def _asker(self, state: PublishedProcess | None, envelope: Envelope, why: str | None, reader: Reads) -> Asker:
        rule, at = publishing_of(state), envelope.at
        assert at is not None, "what is asked of us has a time"
        if rule is None:
            return Asker(envelope.actor, holds=True, why=why)
        who = (envelope.actor, rule.by, reader, at)
        return Asker(envelope.actor, self._desk.holds_one(*who), why, self._desk.lenders(*who))

    def _there(self, state: PublishedProcess | None, name: str) -> PublishedProcess:
        if state is None:
            raise UnknownProcess(name, [stream.partition(":")[2] for stream in self._store.streams("process:")])
        return state

    def _became(self, name: str, receipt: Receipt) -> Published:
        state = self._there(self._store.load(f"process:{name}", PROCESS)[0], name)
        said = next(iter(self._said(receipt)), None)
        latest, refused = state.in_force, said.why if isinstance(said, PublicationRefused) else None
        proposed = state.proposed if isinstance(said, ProcessProposed) or said is None else None
        # Asked again with the same id, it is told as news again only while it still is in force.
        new = not receipt.known and said is not None and type(said).__name__ == "ProcessPublished"
        return Published(latest.process, new, latest.same_as, proposed, refused)

    def _said(self, receipt: Receipt) -> list[Event]:
        after = self._store.events(receipt.stream, receipt.first - 1) if receipt.last >= receipt.first else []
        return [recorded.event for recorded in after if recorded.version <= receipt.last]

    @property
    def _published_bases(self) -> Bases:
        return published_bases(Unwatched(self._store))
