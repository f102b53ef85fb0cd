"""Processes in which much comes due, and what comes due in a store: by each deal's fold, and by the columns."""

from pipeline_engine.deal import CorrectionRecorded, Due, Watched, coming, evolve_watched, refold_watched
from pipeline_engine.engine import Engine
from pipeline_engine.envelope import Recorded
from pipeline_engine.facts import Facts
from pipeline_engine.process import Process
from pipeline_engine.values import moment_at
from pipeline_engine.views import ahead
from pipeline_engine.views.ahead import KINDS
from tests.engine.mixed import FIRST

_ESCALATIONS = """
escalations:
  - {id: slow, when: service_level, to: owner}
  - {id: slower, when: service_level, stages: [lead], after: 1bd, to: owner.manager}
  - {id: silent, when: stalled, after: 2d, to: manager}
  - {id: waits, when: approval_waits, after: 4bh, to: owner.manager}
calendar: {zone: Europe/Berlin, week: mon-fri 09:00-17:00, holidays: [2026-01-06]}
"""
TIMED = (
    FIRST.replace("  - id: lead\n", "  - {id: lead, service_level: 2bd, stalled_after: {days: 2}}\n")
    .replace("id: offer,", "id: offer, service_level: 30h, stalled_after: {days: 1, since: last_change},")
    .replace("  - id: talks\n", "  - id: talks\n    service_level: 10bh\n"
             "    stalled_after: {days: 1.5, since: stage_entered}\n")
) + _ESCALATIONS  # fmt: skip
OTHERWISE = TIMED.replace("id: talks", "id: terms").replace("30h", "12h").replace("2bd", "1bd")


def watched(events: list[Recorded]) -> Watched | None:
    """What the events of one deal's stream add up to, as time looks at it."""
    state, history = None, list[Recorded]()
    for recorded in events:
        history.append(recorded)
        corrects = isinstance(recorded.event, CorrectionRecorded)
        state = refold_watched(state, history) if corrects else evolve_watched(state, recorded)
    return state


def by_fold(engine: Engine, deals: str) -> list[Due]:
    """What comes due, deal by deal."""
    found: list[Due] = []
    for deal in deals:
        state = watched(engine._store.events(f"deal:{deal}"))
        if state is not None and state.deal.opened:
            found += coming(state, law(engine, state))
    return sorted(found, key=str)


def law(engine: Engine, state: Watched) -> Process:
    """The version a deal goes under."""
    return engine._desk.judge(state.deal.process, state.deal.process_version).process


def by_columns(facts: Facts) -> list[Due]:
    """What comes due, of all at once."""
    found = ahead(facts)
    rows = zip(found.deal, found.kind, found.of, found.about, found.at, strict=True)
    return sorted(
        (
            Due(f"deal:{facts.deal_ids[int(deal)].as_py()}", KINDS[kind], int(of), found.names[about],
                moment_at(int(at)))
            for deal, kind, of, about, at in rows
        ),
        key=str,
    )  # fmt: skip
