"""`backtest CANDIDATE`: what would have been different, and an exit code for budgets."""

import operator
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, note, progress, say
from pipeline_engine.cli.session import Json, opened
from pipeline_engine.errors import BadValue

if TYPE_CHECKING:
    from pipeline_engine.engine import Engine
    from pipeline_engine.process import Process

_BUDGET = re.compile(r"(?P<what>[a-z_]+) ?(?P<how>>=|>|<=|<|==) ?(?P<limit>[0-9]+)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "==": operator.eq,
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Put the command at the top."""
    app.command(epilog=epilog("backtest"))(backtest)


def backtest(
    candidate: Annotated[Path, typer.Argument(help="A process file to try on the past.", metavar="CANDIDATE")],
    baseline: Annotated[
        str | None, typer.Option("--baseline", help="Compare with NAME@V instead of what was in force at each move.")
    ] = None,
    fail_if: Annotated[
        list[str] | None,
        typer.Option("--fail-if", help="Leave with 1 where it holds: newly_refused>10.", metavar="BUDGET"),
    ] = None,
    json: Json = False,
) -> None:
    """Replay every recorded attempt under a candidate process. Nothing is written.

    Leaves with 1 where a recorded verdict is not reproduced, or a budget of --fail-if is exceeded.
    """
    from time import perf_counter

    from pipeline_engine.cli import backtest_report

    budgets = [_budget(text) for text in fail_if or []]
    with opened() as engine:
        tried = engine.load(candidate)
        with progress("reading the log") as told:
            engine.rebuild(told)
        begin = perf_counter()
        report = engine.backtest(tried, baseline)
        seconds = perf_counter() - begin
        before = _before(engine, baseline or tried.name)
    known = backtest_report.beside(tried, before)
    document = report.to_json()
    emit_json(document) if json else backtest_report.show(report, seconds, known)
    over = [text for text, what, holds in budgets if holds(_count(document, what))]
    for text in over:
        note(f"over budget: {text}")
    if not report.fidelity.holds and not json:
        say("the control failed: do not rest a decision on this")
    raise typer.Exit(1 if over or not report.fidelity.holds else 0)


def _before(engine: "Engine", label: str) -> "Process":
    name, _, version = label.partition("@")
    return engine.process(name, int(version) if version else None)


def _budget(text: str) -> tuple[str, str, Callable[[int], bool]]:
    found = _BUDGET.fullmatch(text.strip())
    if found is None:
        raise BadValue("--fail-if", text, "a budget like newly_refused>10")
    limit, compare = int(found["limit"]), _COMPARE[found["how"]]
    return text, found["what"], lambda count: compare(count, limit)


def _count(document: dict[str, Any], what: str) -> int:
    counts = {name: value for name, value in document.items() if isinstance(value, int)}
    if what not in counts:
        raise BadValue("--fail-if", what, f"one of {', '.join(sorted(counts))}")
    return counts[what]
