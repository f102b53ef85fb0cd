"""The deal of a case is brought to where it stands, in a store of its own in memory, and the one gate is asked.

What led there is recorded as observed, which no gate refuses; approvals and waivers are given by real commands, so that
a case cannot rest on one that nobody may give.
"""

from datetime import UTC, datetime

from pipeline_engine.casebook.model import Ask, Case, Casebook
from pipeline_engine.casebook.steps import command_of, observed, opened
from pipeline_engine.deal import Held, Outcome
from pipeline_engine.engine import EVENTS, Engine
from pipeline_engine.envelope import Envelope, Event
from pipeline_engine.errors import Refused
from pipeline_engine.process import ProcessPublished
from pipeline_engine.store import Draft, StreamAppend, open_store
from pipeline_engine.team import Register

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_WHO = "casebook"
# The way of a deal, and what is open to anybody, is taken as told; the rest is asked of the engine.
_THE_WAY = ("open", "move", "win", "lose", "reopen")


class CaseClock:
    """Stands where the case at hand is; every case has a time of its own."""

    def __init__(self) -> None:
        self.now = _BEGINNING

    def __call__(self) -> datetime:
        """The moment of the case."""
        return self.now


class CaseCounts:
    """How many other deals the owner of the case at hand has; the deals of other cases are none of them."""

    def __init__(self) -> None:
        self.others = 0

    def held(self, owner: str, process: str, stage: str, but: str) -> Held:
        """What the case says, in all and in the stage."""
        return Held(self.others, self.others)

    def catch_up(self) -> None:
        """It is so already."""


class Rehearsal:
    """One file's process and people, ready for its cases; each of them is a deal of its own."""

    def __init__(self, casebook: Casebook) -> None:
        self._clock, self._counts = CaseClock(), CaseCounts()
        self._store = open_store("memory://", clock=self._clock, clock_name=_WHO, events=EVENTS)
        self._engine = Engine(self._store, self._clock, counts=self._counts)
        # As it is compiled already: reading it again would take longer than all its cases.
        self._append(f"process:{casebook.process.name}", 0, _published(casebook), (_BEGINNING, _WHO))
        self.process = self._engine.process(casebook.process.name)
        if casebook.people:
            self._engine.apply_register(Register(casebook.people), by=_WHO)

    def ask(self, deal_id: str, case: Case) -> Outcome:
        """
        What the gate answers; the outcome still reads from the store of this rehearsal.

        Raises:
            Rejected: The case asks for what cannot be asked.
            Refused: It takes as given what cannot be: somebody who may not approved or waived.
        """
        self._counts.others = case.owner_deals
        for number, step in enumerate(case.given):
            self._clock.now = step.at
            if step.verb in _THE_WAY:
                self._observe(deal_id, step)
            else:
                self._tell(deal_id, step, number)
        self._clock.now = case.when.at
        return self._engine.run(command_of(deal_id, case.when, f"{deal_id}:when", self.process.name))

    def _observe(self, deal_id: str, step: Ask) -> None:
        if step.verb == "open":
            event: Event = opened(deal_id, step, self.process)
            version = 0
        else:
            deal = self._engine.deal(deal_id)
            event, version = observed(step, deal, self.process), deal.version
        self._append(f"deal:{deal_id}", version, event, (step.at, step.by))

    def _tell(self, deal_id: str, step: Ask, number: int) -> None:
        outcome = self._engine.run(command_of(deal_id, step, f"{deal_id}:{number}", self.process.name))
        if not outcome.accepted:
            why = getattr(outcome.events[-1].event, "why", "refused")
            raise Refused(f"`given` cannot be: `{step.by}` may not {step.verb} `{step.about}` ({why})", outcome)

    def _append(self, stream: str, version: int, event: Event, told: tuple[datetime, str]) -> None:
        at, by = told
        envelope = Envelope(at=at, actor=by, via="import", command_id=f"{stream}:{version}")
        self._store.append_many([StreamAppend(stream, version, (Draft(envelope, event),))])

    def close(self) -> None:
        """Let go of the store."""
        self._engine.close()


def _published(casebook: Casebook) -> ProcessPublished:
    process = casebook.process
    version = process.version or 1
    return ProcessPublished(
        name=process.name, version=version, digest=process.digest, source_text=casebook.source_text,
        compiled=process.model_copy(update={"version": version}).model_dump(mode="json"), semantics=process.semantics,
    )  # fmt: skip
