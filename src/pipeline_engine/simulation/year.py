"""A whole year: every deal's life, interleaved in order of time, one command after the other."""

from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime, time
from heapq import heapify, heappop, heapreplace

from pipeline_engine.deal import Command, Outcome
from pipeline_engine.simulation.case import Case, Life
from pipeline_engine.simulation.chance import Chance
from pipeline_engine.simulation.hours import Arrivals
from pipeline_engine.simulation.life import live
from pipeline_engine.simulation.plan import YearPlan
from pipeline_engine.simulation.stay import rounded

USUAL_YEAR = YearPlan()


def sales_year(seed: int, plan: YearPlan = USUAL_YEAR) -> Generator[Command, Outcome, None]:
    """
    Yield the commands of a made-up sales year; send back what became of each, so that its people can react.

    The same seed, plan and outcomes give the same commands. `at` never decreases, is aware UTC and lies in
    the plan's year; command ids are `sim-<seed>-000001` and so on, deals `D-0001` in order of opening.
    """
    end = datetime.combine(plan.end, time(), UTC)
    agenda = [(command.at, n, command, life) for n, (command, life) in enumerate(_begun(seed, plan))]
    heapify(agenda)
    asked = 0
    while agenda and agenda[0][0] < end:
        _, n, command, life = agenda[0]
        asked += 1
        outcome = yield replace(command, command_id=f"sim-{seed}-{asked:06}")
        try:
            following = life.send(outcome)
            heapreplace(agenda, (following.at, n, following, life))
        except StopIteration:
            heappop(agenda)


def _begun(seed: int, plan: YearPlan) -> Generator[tuple[Command, Life], None, None]:
    arrivals = Arrivals.between(plan.start, plan.end, plan.season)
    teams = {rep: Chance(seed, rep) for rep in (plan.rep(n / plan.reps) for n in range(plan.reps))}
    for n in range(plan.deals):
        deal_id = f"D-{n + 1:04}"
        chance = Chance(seed, deal_id)
        owner = plan.rep(chance.uniform("owner"))
        life = live(
            Case(
                deal_id=deal_id,
                plan=plan,
                chance=chance,
                diligence=teams[owner].between("diligence", 0.74, 0.90),
                now=arrivals.at((n + chance.uniform("arrives")) / plan.deals),
                owner=owner,
                amount=rounded(chance.skewed("amount", *plan.amount)),
                stage=plan.stages[0].id,
            )
        )
        yield next(life), life
