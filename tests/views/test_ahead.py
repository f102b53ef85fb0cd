"""What comes due in all deals at once: the same as deal by deal, also of imports without dates and in no order."""

from dataclasses import replace
from datetime import UTC
from decimal import Decimal

import hypothesis
from hypothesis import given

from pipeline_engine.deal import DealOpened, coming
from pipeline_engine.facts import Facts
from pipeline_engine.process import Escalation, Process, Span, Stage, Stalled
from pipeline_engine.values import microseconds, moment_at
from pipeline_engine.views import DUE_KINDS, ahead
from tests.engine.timed import watched
from tests.facts.given import STAGES, Log, day
from tests.facts.histories import histories

LEVEL = Span(amount=Decimal(2), unit="d")
CLOCKS = ("last_activity", "stage_entered", "last_change", "last_activity")
TIMED = Process(
    name="b2b", version=1, digest="d1", currency="EUR", value="amount",
    stages=tuple(
        Stage.model_validate(
            {"id": name, "service_level": LEVEL, "stalled_after": Stalled.model_validate({"days": 1, "since": since})}
        )
        for name, since in zip(STAGES, CLOCKS, strict=True)
    ),
    escalations=(
        Escalation(id="slow", when="service_level", after=LEVEL, to="owner"),
        Escalation(id="waits", when="approval_waits", after=LEVEL, to="owner"),
    ),
)  # fmt: skip


def timed(log: Log) -> Facts:
    """The facts of a log, as if its process had said how long things may take."""
    laws = {("b2b", version): TIMED.model_copy(update={"version": version}) for version in (1, 2)}
    return replace(log.facts(), processes=laws)


@hypothesis.settings(max_examples=150, deadline=None)
@given(histories())
def test_the_columns_say_what_the_folds_say(log: Log) -> None:
    """Undated, backdated, imported out of order, migrated, merged, removed: one law."""
    facts = timed(log)
    found = ahead(facts)
    columns = {
        (f"deal:{facts.deal_ids[int(deal)].as_py()}", DUE_KINDS[kind], int(of), found.names[about], moment_at(int(at)))
        for deal, kind, of, about, at in zip(found.deal, found.kind, found.of, found.about, found.at, strict=True)
    }
    folds = set()
    for stream in {each.stream for each in log.recorded if each.stream.startswith("deal:")}:
        state = watched([each for each in log.recorded if each.stream == stream])
        if state is not None and state.deal.opened:
            folds |= {(due.stream, due.kind, due.of, due.about, due.at) for due in coming(state, TIMED)}
    assert columns == folds


def test_a_deal_of_which_nobody_knows_when_it_began_has_no_moment() -> None:
    """No start is invented: no service level, no silence."""
    log = Log().imported("D", None, DealOpened(process="b2b", version=1, stage="lead", basis="source"))
    assert len(ahead(timed(log))) == 0


def test_it_tells_how_much_is_due_and_when_the_next_comes() -> None:
    """In the order of time, so that both are one look."""
    log = Log().deal("D", day(0), DealOpened(process="b2b", version=1, stage="lead", owner="rep-1", basis="source"))
    found = ahead(timed(log))
    now = microseconds(day(2).astimezone(UTC))
    assert (len(found), found.due(now), found.after(now)) == (3, 2, microseconds(day(4)))
    assert (found.due(now - 1), found.after(microseconds(day(9)))) == (1, None)
