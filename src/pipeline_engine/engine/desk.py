"""Where every deal command comes in, whatever its door: load, decide, append, and say what became of it."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import fields, replace
from datetime import datetime
from functools import partial
from typing import Any

from pydantic_core import to_json

from pipeline_engine.deal import (
    REFUSALS,
    Command,
    Context,
    Deal,
    Decided,
    Judged,
    Lent,
    MergeDeal,
    MoveDeal,
    ObserveDeal,
    OpenDeal,
    Outcome,
    Preflight,
    Standing,
    decide,
    drawn_from,
    explain,
    owner_asked_about,
    preflight,
    verdicts_of,
    way_of,
)
from pipeline_engine.engine.families import Families
from pipeline_engine.engine.holders import PERSON, Holders
from pipeline_engine.engine.reads import DEAL, PROCESS, REGISTER, Reads, Unwatched
from pipeline_engine.engine.tally import Counts, Tally
from pipeline_engine.envelope import Envelope, Recorded
from pipeline_engine.errors import ProcessIsRetired, StaleVersion, UnknownDeal, UnknownProcess
from pipeline_engine.process import OWNERS_MANAGER, Gate, Judge, Process, PublishedProcess, VariantStanding
from pipeline_engine.store import Decision, Draft, Receipt, Request, Store
from pipeline_engine.team import Delegation, Person
from pipeline_engine.values import instant_text, value_to_json

Clock = Callable[[], datetime]
Way = tuple[Gate, str | None, str]


class CountsDeals(Exception):
    """A decision hangs on how many deals somebody owns, which no version of one stream can check."""


# What identifies a command is not part of what it asks for; neither is a time nobody named.
_NOT_ASKED_FOR = {"command_id", "via", "correlation_id", "causation_id", "at"}


class Desk:
    """Runs deal commands on a store under a clock."""

    def __init__(self, store: Store, clock: Clock, counts: Counts | None = None) -> None:
        self._store, self._clock = store, clock
        self._judges: dict[tuple[str, int, str], Judge] = {}
        self._pinned: dict[tuple[str, int], Judge] = {}
        self.families = Families(store)
        self.tally: Counts = counts or Tally(store, clock)

    def run(self, command: Command, at_given: bool, seen_version: int | None = None) -> Outcome:
        """
        Decide a command and record what it comes to.

        Args:
            at_given: Whether the command's time was named by who asks; otherwise it happens when it is decided.
            seen_version: The deal's version that who asks has seen, refusals apart; raises StaleVersion at another.
        """
        decided: list[Decided] = []

        def on(deal: Deal | None, version: int, reader: Reads, alone: bool) -> Decision:
            _as_seen(command, deal, seen_version)
            found, decision = self.decided_on((command, at_given), deal, reader, alone)
            decided[:] = [found]
            return decision

        asked = f"deal:{command.deal_id}", Request(command.command_id, digest_of_command(command, at_given)), DEAL
        try:
            receipt = self._store.transact(*asked, partial(on, alone=False))
        except CountsDeals:
            # Deals are counted with every other writer kept out; what there is to read is read before that.
            self.tally.catch_up()
            receipt = self._store.transact(*asked, partial(on, alone=True), alone=True)
        return self.outcome(command, receipt, decided)

    def decided_on(
        self, asked: tuple[Command, bool], deal: Deal | None, reader: Reads, alone: bool
    ) -> tuple[Decided, Decision]:
        """
        What a command comes to on a deal as it stands, and what is to be recorded of it.

        Args:
            asked: The command, and whether its time was named.
            alone: Whether every other writer is kept out, so that deals may be counted.

        Raises:
            CountsDeals: Deals would have to be counted, and are not while others write.
        """
        command, at_given = asked
        timed, now = self._timed(command, deal, at_given)
        judge = self._judge_for(timed, deal, reader)
        way = _counting(timed, deal, judge)
        if way and not alone:
            raise CountsDeals
        decided = decide(timed, deal, judge, self._context(timed, deal, judge, (reader, now), way))
        return decided, Decision(_drafts(timed, decided), decided.repeats)

    def _timed(self, command: Command, deal: Deal | None, at_given: bool) -> tuple[Command, datetime]:
        now = self._clock()
        if at_given:
            return command, now
        # A clock that was set back must not make a deal move before it last moved, or resume before it was paused.
        now = max((now, *deal.ordering)) if deal else now
        return replace(command, at=now), now

    def _judge_for(self, command: Command, deal: Deal | None, reads: Reads) -> Judge:
        if isinstance(command, OpenDeal):
            named = self._published(command.process, reads)
            chosen = self.families.chosen(command, named.at(), reads)
            # A variant that is retired is never chosen; it may have been named.
            if chosen.name == named.name and (retired := named.retired) is not None:
                since = instant_text(retired.at) if retired.at else "an unknown time"
                raise ProcessIsRetired(named.name, since, retired.why)
            return self._ready(chosen)
        if deal is None or not deal.opened:
            raise UnknownDeal(command.deal_id)
        return self.judge(deal.process, deal.process_version)

    def judge(self, name: str, version: int | None) -> Judge:
        """A published version of a process (None: the one in force), ready to judge; raises UnknownProcess."""
        if version is None:
            return self._ready(self._published(name, Unwatched(self._store)).at())
        # What a version says is never changed, so it is read once.
        if (name, version) not in self._pinned:
            self._pinned[name, version] = self._ready(self._published(name, Unwatched(self._store)).at(version))
        return self._pinned[name, version]

    def _published(self, name: str, reads: Reads) -> PublishedProcess:
        published: PublishedProcess | None = reads.state(f"process:{name}", PROCESS)[0]
        if published is None or not published.versions:
            raise UnknownProcess(name, self.published(reads))
        return published

    def published(self, reads: Reads) -> list[str]:
        """The processes of which a version is in force, by name."""
        found = (reads.state(stream, PROCESS)[0] for stream in self._store.streams("process:"))
        return [each.name for each in found if each is not None and each.versions]

    def _ready(self, process: Process) -> Judge:
        key = (process.name, process.version, process.digest)
        if key not in self._judges:
            self._judges[key] = Judge(process)
        return self._judges[key]

    def _context(
        self, command: Command, deal: Deal | None, judge: Judge, by: tuple[Reads, datetime], way: Way | None = None
    ) -> Context:
        reads, now = by
        owner_id = owner_asked_about(command, deal)
        _, people = reads.state("store:team", REGISTER)
        # Who somebody is counts as it is now: a role or a loan that is over is not had again by naming an earlier time.
        actor = self._standing(command.by, reads, now)
        asked = judge.asks_about_owner or command.asks_about_owner
        owner = self._standing(owner_id, reads, now) if owner_id and asked else None
        if people == 0:
            # A store without people binds nobody: whoever asks may act in every role, and for the owner's manager.
            known: dict[str, Any] = {"roles": judge.process.roles, "skills": judge.skills}
            actor = replace(actor, **known)
            owner = replace(owner, manager=command.by, **known) if owner else None
        if way and owner:
            _, start, target = way
            stage = target if target in judge.stages else start or ""
            owner = replace(owner, held=self.tally.held(owner.id, judge.process.name, stage, command.deal_id))
        other = reads.state(f"deal:{command.into}", DEAL)[0] if isinstance(command, MergeDeal) else None
        history = partial(self._before, f"deal:{command.deal_id}", deal.version if deal else 0)
        return Context(now, actor, owner, register_open=people == 0, other=other, history=history)

    def _before(self, stream: str, version: int) -> list[Recorded]:
        """The events that a state is the sum of, whatever came after it."""
        return [recorded for recorded in self._store.events(stream) if recorded.version <= version]

    def asked_by_owner(self, owner: str | None, process: Process, now: datetime) -> Context:
        """What a rule may read outside a deal that its owner asks to move; `somebody`, where it has none."""
        probe = MoveDeal(deal_id="any", at=now, by=owner or "somebody", command_id="asked", target="any")
        return self._context(probe, Deal(id="any", owner=owner), self._ready(process), (Unwatched(self._store), now))

    def holds_one(self, person_id: str, roles: Collection[str], reads: Reads, at: datetime) -> bool:
        """Whether somebody holds one of these roles; everybody does where none is named, or nobody is registered."""
        _, people = reads.state("store:team", REGISTER)
        return not roles or people == 0 or not set(roles).isdisjoint(self._standing(person_id, reads, at).roles)

    def lenders(self, person_id: str, roles: Collection[str], reads: Reads, at: datetime) -> frozenset[str]:
        """Who lends somebody one of these roles; nobody where they have one of their own."""
        standing = self._standing(person_id, reads, at)
        lent = (loan.lender for loan in standing.lent if loan.role in roles and loan.good(at))
        return frozenset(lent) if set(roles).isdisjoint(standing.own) else frozenset()

    def _standing(self, person_id: str, reads: Reads, at: datetime) -> Standing:
        person, version = reads.state(f"person:{person_id}", PERSON)
        if person is None:
            return Standing(person_id)
        lenders = {d.lender: reads.state(f"person:{d.lender}", PERSON)[0] for d in person.delegations}
        known: Mapping[str, Person] = {lender: who for lender, who in lenders.items() if who}
        return Standing(
            person_id, person.roles_at(at, known), person.team, person.manager, version, person.skills_at(at),
            own=person.roles, lent=tuple(_lent(person, known)),
        )  # fmt: skip

    def outcome(self, command: Command, receipt: Receipt, decided: list[Decided]) -> Outcome:
        """What a command led to, by its receipt and, where it was not answered before, by what was decided."""
        fresh = not receipt.known and decided[0].repeats is None
        read = partial(self._events, receipt)
        said = decided[0].events if fresh else tuple(recorded.event for recorded in read())
        return Outcome(
            deal_id=command.deal_id, accepted=not any(isinstance(event, REFUSALS) for event in said),
            position=receipt.position, repeated=not fresh, read_events=read, explain=self.explain_last,
        )  # fmt: skip

    def _events(self, receipt: Receipt) -> tuple[Recorded, ...]:
        events = self._store.events(receipt.stream, receipt.first - 1) if receipt.last >= receipt.first else []
        return tuple(recorded for recorded in events if recorded.version <= receipt.last)

    def explain_last(self, events: tuple[Recorded, ...]) -> tuple[Judged, ...]:
        """How the last judged one of these events was judged, rule by rule."""
        judged = [recorded for recorded in events if verdicts_of(recorded)]
        return self.explain(judged[-1]) if judged else ()

    def explain(self, recorded: Recorded) -> tuple[Judged, ...]:
        """How a stored attempt was judged, rule by rule, folded from the history before it."""
        verdicts = verdicts_of(recorded)
        if verdicts is None:
            return ()
        judge = self.judge(verdicts.process, verdicts.version)
        judged = explain(recorded, self._store.events(recorded.stream), judge)
        now_is = partial(self._as_it_stands, recorded.stream)
        return Holders(self._store, now_is, self._clock()).beside(judged)

    def _as_it_stands(self, stream: str) -> Deal | None:
        return self._store.load(stream, DEAL)[0]

    def preflight(self, command: Command, gate: Gate, target: str) -> Preflight:
        """What the gate would say of an attempt now; nothing is written."""
        deal = self.deal(command.deal_id)
        judge = self.judge(deal.process, deal.process_version)
        timed, now = self._timed(command, deal, False)
        way = (gate, deal.stage, target) if judge.counts(gate, deal.stage, target) else None
        context = self._context(timed, deal, judge, (Unwatched(self._store), now), way)
        history = partial(self._store.events, deal.stream)
        said = preflight(deal, timed, (gate, target), (judge, context), history)
        return replace(said, verdicts=Holders(self._store, lambda: deal, now).beside(said.verdicts))

    def foreseen(self, command: Command) -> Decided:
        """What a command would come to now; nothing is written."""
        deal = self.deal(command.deal_id)
        timed, now = self._timed(command, deal, False)
        judge = self.judge(deal.process, deal.process_version)
        return decide(timed, deal, judge, self._context(timed, deal, judge, (Unwatched(self._store), now)))

    def variant(self, deal: Deal) -> VariantStanding | None:
        """Where a deal stands among the variants of its process; None where there are none."""
        process = self.judge(deal.process, deal.process_version).process
        base = self.judge(process.extends.process, None).process if process.extends else process
        return self.families.standing(process, base, deal.fields, Unwatched(self._store))

    def deal(self, deal_id: str) -> Deal:
        """The deal as it stands; raises UnknownDeal."""
        deal, _ = self._store.load(f"deal:{deal_id}", DEAL)
        if deal is None or not deal.opened:
            raise UnknownDeal(deal_id)
        return deal


def _as_seen(command: Command, deal: Deal | None, seen_version: int | None) -> None:
    if seen_version is not None and deal is not None and deal.solid_version != seen_version:
        raise StaleVersion(command.deal_id, seen_version, deal.solid_version)


def _counting(command: Command, deal: Deal | None, judge: Judge) -> Way | None:
    """The gate a command comes to, where a rule of it counts the owner's deals."""
    way = way_of(command, deal or Deal(id=command.deal_id), judge)
    return way if way and judge.counts(*way) else None


def _lent(person: Person, lenders: Mapping[str, Person]) -> Iterator[Lent]:
    """What is lent to somebody, and what no longer is."""
    yield from (Lent(d.role, d.lender, d.until, _still(d, lenders)) for d in person.delegations)
    yield from (Lent(d.role, d.lender, d.until, held=False) for d in person.ended)


def _still(loan: Delegation, lenders: Mapping[str, Person]) -> bool:
    """Whether the lender still has what is lent; the owner's manager is asked for by the deal."""
    return loan.role == OWNERS_MANAGER or (loan.lender in lenders and loan.role in lenders[loan.lender].roles)


def _drafts(command: Command, decided: Decided) -> tuple[Draft, ...]:
    envelope, events = _envelope(command), decided.events
    if decided.in_stead_of is not None:
        envelope = envelope.model_copy(update={"on_behalf_of": decided.in_stead_of})
    if not isinstance(command, ObserveDeal):
        return tuple(Draft(envelope, event) for event in events)
    return tuple(Draft(drawn_from(envelope, command, event, event is events[-1]), event) for event in events)


def _envelope(command: Command) -> Envelope:
    return Envelope(
        at=command.at, actor=command.by, on_behalf_of=command.on_behalf_of, via=command.via,
        command_id=command.command_id, correlation_id=command.correlation_id, causation_id=command.causation_id,
    )  # fmt: skip


def digest_of_command(command: Command, at_given: bool) -> str:
    """The SHA-256 of what a command asks for, by which the same id with another request is told."""
    # What is not said is left out, so that a part a later release adds does not change what was asked before it.
    asked = {
        f.name: _in_one_order(value)
        for f in fields(command)
        if (f.name not in _NOT_ASKED_FOR or _named(f, at_given)) and (value := getattr(command, f.name)) is not None
    }
    text = to_json([type(command).__name__, asked], fallback=value_to_json)
    return hashlib.sha256(text).hexdigest()


def _named(field: Any, at_given: bool) -> bool:
    return at_given and field.name == "at"


def _in_one_order(value: Any) -> Any:
    # A mapping has no order: whoever asks again may write it otherwise.
    return dict(sorted(value.items())) if isinstance(value, Mapping) else value
