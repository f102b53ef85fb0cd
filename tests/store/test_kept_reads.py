"""What a decision reads beside its stream may be what was kept, since it is checked under the lock before it counts."""

from collections.abc import Callable
from typing import Any

from pipeline_engine.errors import BadValue
from pipeline_engine.store import Decision, Reader, Row, Store
from tests.store.given import COUNT, Counted, Meddled, ask, draft
from tests.store.test_races import ForgetsReads


def needs_a_role(asked: list[int]) -> Callable[[int | None, int, Reader], Decision]:
    """A move that is wrong input as long as nobody counted on `person:rep`."""

    def decide(state: int | None, version: int, reader: Reader) -> Decision:
        role, _ = reader.state("person:rep", COUNT)
        asked.append(role or 0)
        if not role:
            raise BadValue("actor", "rep", "somebody with a role")
        return Decision((draft(Counted(by=role)),))

    return decide


def known_without_role(store: Store) -> None:
    """Let a store look at `person:rep` while nothing is there, so that it keeps that."""
    store.load("person:rep", COUNT)


def test_a_no_never_rests_on_what_was_kept(lasting_url: str, opened: Callable[..., Store]):
    """An error is recorded nowhere and so checked by nobody: before it is raised the log is asked again."""
    here, elsewhere = opened(lasting_url), opened(lasting_url)
    known_without_role(here)
    ask(elsewhere, "grant", stream="person:rep")
    asked: list[int] = []
    assert ask(here, "move", needs_a_role(asked)).last == 1
    assert asked == [0, 1]


def test_a_yes_that_rests_on_what_was_kept_is_decided_anew(lasting_url: str, opened: Callable[..., Store]):
    """Another process changed what was kept: the lock finds out, and the command is decided on what is there."""
    here, elsewhere = opened(lasting_url), opened(lasting_url)
    ask(elsewhere, "grant", stream="person:rep")
    here.load("person:rep", COUNT)
    ask(elsewhere, "another", stream="person:rep")
    asked: list[int] = []
    ask(here, "move", needs_a_role(asked))
    assert asked == [1, 2]
    assert here.load("deal:D-1", COUNT) == (2, 1)


def test_without_the_check_it_would_stand(lasting_url: str, opened: Callable[..., Store]):
    """Control: a log that forgets what was read records what is no longer so."""
    here, elsewhere = ForgetsReads(lasting_url).store(), opened(lasting_url)
    ask(elsewhere, "grant", stream="person:rep")
    here.load("person:rep", COUNT)
    ask(elsewhere, "another", stream="person:rep")
    asked: list[int] = []
    ask(here, "move", needs_a_role(asked))
    assert asked == [1]
    here.close()


def test_what_this_process_wrote_itself_is_read_again_at_once(store: Store):
    """A role granted here is known to the next command here, without deciding twice."""
    known_without_role(store)
    ask(store, "grant", stream="person:rep")
    asked: list[int] = []
    ask(store, "move", needs_a_role(asked))
    assert asked == [1]


class Counts(Meddled):
    """Counts how often rows of a stream are asked for."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.asked: list[str] = []

    def stream_rows(self, stream: str, after: int) -> list[Row]:
        """The rows, and a note that they were asked for."""
        self.asked.append(stream)
        return self.log.stream_rows(stream, after)


def test_what_is_kept_costs_no_question():
    """A move by somebody whose role is known asks the log for the deal and nothing else."""
    log = Counts("memory://")
    store = log.store()
    decisions: list[Any] = [lambda *given: (given[2].state("person:rep", COUNT), Decision((draft(Counted()),)))[1]]
    for number in range(3):
        ask(store, f"move-{number}", decisions[0], stream=f"deal:D-{number}")
    assert log.asked == ["person:rep"]
