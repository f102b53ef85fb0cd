"""The demo on a made-up sales year: lived through the real gate, kept in a store, read by the real views."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import perf_counter

from pipeline_engine.cli import backtest_report, words
from pipeline_engine.cli.demo_sections import Refusal, Shown, Tried, best_refusal, waivers_in
from pipeline_engine.cli.demo_store import config, fresh
from pipeline_engine.cli.output import note, progress
from pipeline_engine.engine import Engine, StoryClock, load_file
from pipeline_engine.process import lint
from pipeline_engine.simulation import YearPlan, sales_year
from pipeline_engine.views import Bottlenecks

PROCESS, STRICT, PEOPLE = "processes/b2b-saas.yaml", "processes/b2b-saas-strict.yaml", "people.yaml"
COMMANDS_A_DEAL = 15
MANY = 300
AHEAD = {"qualified": "proposal", "proposal": "negotiation"}


def gather(folder: Path, seed: int, deals: int) -> Shown:
    """Live the year, and ask what the sections show."""
    process_file, plan = config(PROCESS), YearPlan(deals=deals)
    path = fresh(folder)
    clock = StoryClock(datetime.combine(plan.start, time(), UTC))
    end = datetime.combine(plan.end, time(), UTC)
    with Engine.open(f"sqlite:///{path}", clock=clock, clock_name="simulation", via="simulation") as engine:
        published = engine.publish(process_file, by="ops-1")
        engine.apply_team(config(PEOPLE), by="ops-1")
        if deals > MANY:
            note("living a sales year through the gate; about half a minute …")
        with progress("living a sales year") as told:
            engine.live(sales_year(seed, plan), deals * COMMANDS_A_DEAL, told)
        clock.reach(end)
        as_of = end - timedelta(seconds=1)
        made = f"{words.plural(deals, 'deal')}, {plan.reps} reps, {words.plural(engine.facts().position, 'event')}"
        bottlenecks = engine.bottlenecks(as_of=as_of)
        return Shown(
            title=f"a made-up sales year (seed {seed}): {made} → {path}", store=path, process=published.process,
            findings=sum(f.counts for f in lint(process_file.read_text(encoding="utf-8"), str(process_file))),
            health=engine.health(as_of=as_of), bottlenecks=bottlenecks, refusal=_refusal(engine, path),
            tried=_tried(engine, bottlenecks),
            onward=("Yours next:  pipeline-engine import csv your-export.csv --propose mine/",),
        )  # fmt: skip


def _refusal(engine: Engine, path: Path) -> Refusal | None:
    """Ask, for real, for a move that cannot be made."""
    probes = [(row, AHEAD[row.stage]) for row in engine.deals(status="open") if row.stage in AHEAD]
    judged = [
        (engine.deal(row.id), engine.preflight(row.id, to, by=row.owner or "").verdicts, row.value)
        for row, to in probes
    ]
    best = best_refusal(judged)
    if best is None:
        return None
    (deal, _, value), to = judged[best], probes[best][1]
    outcome = engine.move(deal.id, to=to, by=deal.owner)
    typed = f"pipeline-engine --store sqlite:///{path} deal move {deal.id} --to {to} --by {deal.owner}"
    told = tuple(each.in_full() for each in outcome.verdicts)
    return Refusal(typed, deal, value, to, told, waivers_in(engine))


def _tried(engine: Engine, bottlenecks: Bottlenecks) -> Tried:
    file = config(STRICT)
    candidate = load_file(file)
    engine.facts()
    begin = perf_counter()
    report = engine.backtest(candidate)
    seconds = perf_counter() - begin
    stuck = bottlenecks.stages[0].stage if bottlenecks.stages else ""
    known = backtest_report.beside(candidate, engine.process(candidate.name), stuck)
    return Tried(report, seconds, f"had {file.stem} been in force all year", known)
