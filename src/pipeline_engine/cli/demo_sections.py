"""The sections of the demo; every figure comes from the engine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline_engine.cli import backtest_report, verdicts, view_tables, words
from pipeline_engine.cli.backtest_report import Beside
from pipeline_engine.cli.output import prose, say
from pipeline_engine.deal import Deal, Judged
from pipeline_engine.documents import judged_document
from pipeline_engine.engine import Engine
from pipeline_engine.process import Process
from pipeline_engine.replay import Backtest
from pipeline_engine.values import Money
from pipeline_engine.views import Bottlenecks, Health


@dataclass(frozen=True)
class Refusal:
    """A move that the gate refuses: the line to type, the deal, how each rule judged. `asked` says whether it was."""

    command: str
    deal: Deal
    value: Money | None
    target: str
    judged: tuple[Judged, ...]
    waivers: int | None = None
    asked: bool = True
    why_not: str = ""


@dataclass(frozen=True)
class Tried:
    """A candidate tried on the past: the report, how long it took, and what the question was."""

    report: Backtest
    seconds: float
    title: str
    beside: Beside


@dataclass(frozen=True)
class Shown:
    """All that one demo shows, gathered before the first line is printed."""

    title: str
    store: Path
    process: Process
    findings: int
    health: Health
    bottlenecks: Bottlenecks | None
    refusal: Refusal | None
    tried: Tried
    onward: tuple[str, ...]


def show(shown: Shown) -> None:
    """The five sections, on one screen."""
    say(shown.title, style="bold")
    _the_process(shown.process, shown.findings)
    _the_pipeline(shown.health)
    _the_bottleneck(shown.bottlenecks)
    _the_refusal(shown.refusal)
    tried = shown.tried
    took = f"({words.plural(tried.report.attempts, 'attempt')} replayed in {tried.seconds:.2f} s)"
    _heading(5, "WHAT IF?", f"{tried.title}   {took}")
    backtest_report.body(tried.report, tried.beside)
    say()
    for line in shown.onward:
        say(line, style="bold")


def to_json(shown: Shown) -> dict[str, Any]:
    """The same for scripts: the answers of the commands it is made of."""
    refused, bottlenecks = shown.refusal, shown.bottlenecks
    return {
        "store": str(shown.store), "process": shown.process.name, "version": shown.process.version,
        "lint_findings": shown.findings, "health": shown.health.to_json(),
        "bottlenecks": bottlenecks.to_json() if bottlenecks else None,
        "refusal": {
            "command": refused.command, "asked": refused.asked, "deal": refused.deal.id, "target": refused.target,
            "verdicts": [judged_document(judged) for judged in refused.judged],
        } if refused and refused.judged else None,
        "backtest": shown.tried.report.to_json(),
    }  # fmt: skip


def _heading(number: int, title: str, rest: str = "") -> None:
    say()
    say(f"{number}  {title}   {rest}".rstrip(), style="bold")


def _the_process(process: Process, findings: int) -> None:
    own = [rule for rule in process.rules if rule.kind != "topology"]
    lint = "lint clean" if not findings else words.plural(findings, "lint finding")
    rest = f"{words.plural(len(process.stages), 'stage')}, {words.plural(len(own), 'rule')}, {lint}"
    _heading(1, "THE PROCESS", f"{process.label} · {rest}")
    prose(" → ".join(process.stage_ids) + " → won | lost", 3, 3)


def _the_pipeline(found: Health) -> None:
    worth = words.amounts(found.open_value.to_json())
    value = f" · {worth}" if worth != words.NOTHING else ", their value not known"
    _heading(2, f"THE PIPELINE on {words.day(found.as_of)}", f"open {words.plural(found.open, 'deal')}{value}")
    view_tables.stages(found)
    view_tables.decided(found)


def _the_bottleneck(found: Bottlenecks | None) -> None:
    if found is None or not found.stages:
        _heading(3, "WHERE DEALS GET STUCK", "no stay in this history has a date, so nobody can say")
        return
    first = found.stages[0]
    half = f", half still there after {words.days(first.median.days)}" if first.median.days is not None else ""
    told = f"{first.stage}: {first.flow.arrivals:,} came in, {first.flow.departures:,} left{half}"
    _heading(3, "WHERE DEALS GET STUCK", told)
    say(f"   now there: {view_tables.waiting(first)}")


def _the_refusal(refused: Refusal | None) -> None:
    if refused is None or not refused.judged:
        _heading(4, "A MOVE THE GATE REFUSED", refused.why_not if refused else "none: no open deal would be refused")
        return
    _heading(4, "A MOVE THE GATE REFUSED" if refused.asked else "A MOVE A STRICTER GATE WOULD REFUSE")
    say(f"   $ {refused.command}" if refused.asked else f"   {refused.command}", under=5)
    word = "REFUSED" if refused.asked else "WOULD BE REFUSED"
    worth = words.money(refused.value)
    verdicts.headline(f"   {word}", refused.deal, worth, f"stays in {refused.deal.stage}")
    verdicts.show(refused.judged, indent=3, waivers=refused.waivers)


def best_refusal(candidates: list[tuple[Deal, tuple[Judged, ...], Money | None]]) -> int | None:
    """Which refused attempt shows most: different marks first, then approvals, then value; None where there is none."""

    def tells(number: int) -> tuple[int, int, int]:
        _, judged, value = candidates[number]
        unmet = [each for each in judged if each.unmet]
        kinds = len({each.verdict for each in judged if each.verdict != "not asked"})
        approvals = sum(each.approval is not None for each in unmet)
        return (kinds, min(approvals, 1), value.units if value is not None else 0)

    refused = [n for n, (_, judged, _) in enumerate(candidates) if any(each.unmet for each in judged)]
    return max(refused, key=tells, default=None)


def waivers_in(engine: Engine) -> int:
    """How many waivers the log holds."""
    given: list[str] = engine.facts().table("approvals").column("event").to_pylist()
    return given.count("waived")
