"""The command line: which commands there are, and what they have in common.

Nothing heavy is imported here: `--help` must not wait for numpy and Arrow.
"""

from importlib.metadata import version
from typing import Annotated

import typer

from pipeline_engine.cli import (
    auditing,
    backtesting,
    buses,
    copies,
    deal_approvals,
    deal_asks,
    deal_awaiting,
    deal_bulk,
    deal_corrections,
    deal_life,
    deal_looks,
    deal_observed,
    deal_papers,
    deal_ways,
    demonstration,
    erasing,
    following,
    imports,
    jobs,
    keeping,
    process_diff,
    process_lint,
    processes,
    served,
    stores,
    teams,
    timing,
    viewing,
)
from pipeline_engine.cli.output import say
from pipeline_engine.cli.session import configure

HELP = """
The sales process engine: deals move through one gate, every move is an event, and a rule can be tried on the past.

First steps: `pipeline-engine demo` shows a made-up year; `pipeline-engine process new --list` names the processes to
start from; `pipeline-engine import csv FILE --propose DIR` begins with your own history; `pipeline-engine process lint
FILE` checks a process.

Exit codes: 0 done, 1 refused by a rule or a check that found something, 2 wrong use or bad input, 3 the store could not
be reached. Every command that answers takes --json: one document on standard output. An error is a document too then,
{"error": {"type", "message", "exit_code"}}, beside its line on standard error.
"""

app = typer.Typer(
    name="pipeline-engine", help=HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)  # fmt: skip

StoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store", metavar="URL",
        help="sqlite:///file.db, postgresql://… or memory://; else PIPELINE_ENGINE_STORE, else sqlite:///sales.db.",
    ),
]  # fmt: skip


def _say_version(asked: bool) -> None:
    if asked:
        say(f"pipeline-engine {version('pipeline-engine')}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", help="Say which version this is.", is_eager=True, callback=_say_version)
]


@app.callback()
def common(store: StoreUrl = None, version: Version = False) -> None:
    """Which store every command works on."""
    configure(store)


deals = typer.Typer(help="Deals: open, set, move, approve, look.", no_args_is_help=True)
deal_asks.register(deals)
deal_papers.register(deals)
deal_approvals.register(deals)
deal_awaiting.register(deals)
deal_looks.register(deals)
deal_life.register(deals)
deal_bulk.register(deals)
deal_ways.register(deals)
deal_observed.register(deals)
deal_corrections.register(deals)

process_diff.register(processes.commands)
process_lint.register(processes.commands)

app.add_typer(processes.commands, name="process")
app.add_typer(teams.commands, name="team")
app.add_typer(deals, name="deal")
app.add_typer(imports.commands, name="import")
app.add_typer(viewing.commands, name="view")
app.add_typer(auditing.commands, name="audit")
app.add_typer(following.commands, name="follow")
app.add_typer(buses.commands, name="bus")
app.add_typer(timing.commands, name="timers")
app.add_typer(jobs.commands, name="job")
app.add_typer(erasing.commands, name="erase")
app.add_typer(keeping.commands, name="keys")
backtesting.register(app)
stores.register(app)
copies.register(app)
demonstration.register(app)
served.register(app)
