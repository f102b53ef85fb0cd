"""A role is taken away while somebody approves or waives in it: what is recorded after that is no approval.

Two writers with stores of their own race on every database. The control forgets what a decision read, and must record
an approval of somebody who had no role any more.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event
from time import sleep
from typing import Any, cast

import pytest
from eventsourcing.persistence import StoredEvent

from pipeline_engine import team
from pipeline_engine.deal import ApprovalGranted, ApprovalRefused, DealOpened, RuleWaived, WaiverRefused
from pipeline_engine.engine import EVENTS, Engine
from pipeline_engine.envelope import Envelope
from pipeline_engine.envelope import Event as Stored
from pipeline_engine.store import Decision, Draft, Request, Store, StreamAppend, open_store
from pipeline_engine.store.codec import Codec
from pipeline_engine.store.keys import keys_of
from pipeline_engine.store.log import Append, Log
from pipeline_engine.values import microseconds
from tests.store.given import COUNT, FRIDAY, Meddled

pytestmark = pytest.mark.slow

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
NEXT_YEAR = MONDAY + timedelta(days=365)
A_MOMENT = 0.001  # between a decision and its append, so that another writer comes between if it can
PROCESS = """
process: b2b
currency: EUR
roles: [rep, manager]
stages:
  - id: lead
  - id: offer
    enter:
      - {id: asked, approval: manager}
      - {id: asked-above, approval: owner.manager}
      - {id: quick, check: now - stage.entered_at < days(9), waivable_by: manager, says: too late, fix: be quick}
outcomes: {lost: {reasons: [price]}}
"""


def _now() -> int:
    return microseconds(FRIDAY)


class Between(Meddled):
    """A log before which a moment passes once a deal is decided; a `heedless` one forgets what was read elsewhere."""

    def __init__(self, url: str, decided: Sequence[Event], heedless: bool) -> None:
        super().__init__(url)
        self._decided, self._heedless = decided, heedless

    def append(self, events: Sequence[StoredEvent], append: Append) -> int:
        """Says that a decision was taken, waits, and appends."""
        stream = append.command.stream
        kind, _, number = stream.partition(":")
        if kind == "deal":
            self._decided[int(number)].set()
            sleep(A_MOMENT)
        if self._heedless:
            append = append._replace(versions={stream: append.versions[stream]})
        return self.log.append(events, append)

    def store(self) -> Store:
        """A store of deals and people over this log."""
        return Store(cast("Log", self), Codec(EVENTS, keys_of(self.log, _now)), "test")


@dataclass(frozen=True)
class Race:
    """Who approves or waives which rule, and what is taken away from whom meanwhile, by the name of their boss."""

    verb: str
    rule: str
    by: str
    loses: str
    taken: Callable[[str], Stored]

    def ask(self, engine: Engine, number: int) -> None:
        """Somebody approves or waives."""
        what = {"reason": "the customer asked"} if self.verb == "waive" else {}
        getattr(engine, self.verb)(str(number), rule=self.rule, to="offer", by=f"{self.by}-{number}", **what)

    def take_away(self, store: Store, number: int) -> None:
        """Somebody loses what they acted in."""
        envelope = Envelope(at=MONDAY, actor="ops", command_id=f"lost-{number}")
        decision = Decision((Draft(envelope, self.taken(f"boss-{number}")),))
        request = Request(envelope.command_id, "lost")
        store.transact(f"person:{self.loses}-{number}", request, COUNT, lambda state, version, reader: decision)


def revoked(boss: str) -> Stored:
    """The role itself is gone."""
    return team.RoleRevoked(role="manager")


def ended(boss: str) -> Stored:
    """The loan is over before its end."""
    return team.DelegationEnded(lender=boss, role="manager")


def moved(boss: str) -> Stored:
    """They report to nobody any more."""
    return team.ManagerAssigned()


RACES = {
    "approve, role revoked": Race("approve", "asked", "boss", "boss", revoked),
    "approve, loan ended": Race("approve", "asked", "stand-in", "stand-in", ended),
    "approve, lender's role revoked": Race("approve", "asked", "stand-in", "boss", revoked),
    "approve, owner reports to nobody": Race("approve", "asked-above", "boss", "rep", moved),
    "waive, role revoked": Race("waive", "quick", "boss", "boss", revoked),
    "waive, loan ended": Race("waive", "quick", "stand-in", "stand-in", ended),
}
Rounds = Callable[..., Counter[str]]


def history(number: int) -> Iterator[StreamAppend]:
    """What one round begins with: a deal, its owner, a manager, and somebody whom that one lends the role."""
    boss = f"boss-{number}"
    yield appended(f"deal:{number}", DealOpened(process="b2b", version=1, stage="lead", owner=f"rep-{number}"))
    yield appended(f"person:rep-{number}", team.PersonAdded(), team.ManagerAssigned(manager=boss))
    yield appended(f"person:{boss}", team.PersonAdded(), team.RoleGranted(role="manager"))
    lent = team.DelegationGranted(lender=boss, role="manager", until=NEXT_YEAR)
    yield appended(f"person:stand-in-{number}", team.PersonAdded(), lent)


def appended(stream: str, *events: Stored) -> StreamAppend:
    """A new stream's first events."""
    envelope = Envelope(at=MONDAY, actor="ops", command_id=f"given-{stream}")
    return StreamAppend(stream, 0, tuple(Draft(envelope, event) for event in events))


@pytest.fixture
def rounds(lasting_url: str) -> Iterator[Rounds]:
    """In each round one writer decides, and before it has recorded that another one takes the role away."""
    with ExitStack() as stack:

        def run(race: Race, number: int, *, heedless: bool) -> Counter[str]:
            decided, starts = [Event() for _ in range(number)], [Barrier(2) for _ in range(number)]
            slow = Between(lasting_url, decided, heedless).store()
            engine = stack.enter_context(Engine(slow, lambda: MONDAY))
            other = open_store(lasting_url, clock=lambda: MONDAY, clock_name="test", events=EVENTS)
            stack.callback(other.close)
            engine.publish_text(PROCESS, "b2b.yaml", by="ops")
            everybody = [part for nth in range(number) for part in history(nth)]
            other.append_many([appended("store:team", team.TeamApplied(people=number, changed=number)), *everybody])

            def approver() -> None:
                for nth in range(number):
                    starts[nth].wait()
                    race.ask(engine, nth)

            def revoker() -> None:
                for nth in range(number):
                    starts[nth].wait()
                    assert decided[nth].wait(10)
                    sleep(A_MOMENT / 2 * (nth % 4))
                    race.take_away(other, nth)

            with ThreadPoolExecutor(2) as threads:
                for done in [threads.submit(approver), threads.submit(revoker)]:
                    done.result()
            return Counter(came_to(other, race, nth) for nth in range(number))

        yield run


def came_to(store: Store, race: Race, number: int) -> str:
    """What is in the log of a round: granted before the role was gone, granted after it, or refused."""
    said = store.events(f"deal:{number}")[-1]
    lost = store.events(f"person:{race.loses}-{number}")[-1]
    kind: Any = type(said.event)
    assert lost.event == race.taken(f"boss-{number}")
    if kind in (ApprovalRefused, WaiverRefused):
        return "refused"
    assert kind in (ApprovalGranted, RuleWaived)
    return "granted after" if said.position > lost.position else "granted before"


@pytest.mark.parametrize("race", RACES.values(), ids=RACES)
@pytest.mark.parametrize("number", [200, pytest.param(2000, marks=pytest.mark.soak)])
def test_nothing_is_granted_in_a_role_that_was_taken_away_before(rounds: Rounds, race: Race, number: int) -> None:
    """Whoever comes first: a grant stands in the log before the end of the role it was given in, or there is none."""
    found = rounds(race, number, heedless=False)
    assert found["granted before"] + found["refused"] == number
    # Some were overtaken between decision and append; otherwise there was no race.
    assert found["refused"] > 0


@pytest.mark.parametrize("race", RACES.values(), ids=RACES)
def test_control_without_reading_again_somebody_grants_without_a_role(rounds: Rounds, race: Race) -> None:
    """Control: the same race, where what was read is not checked with the append, must record such a grant."""
    assert rounds(race, 20, heedless=True)["granted after"] > 0
