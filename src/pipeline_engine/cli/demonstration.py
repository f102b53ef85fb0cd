"""`demo`: a made-up sales year, or your own history, on one screen."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json
from pipeline_engine.cli.session import Json
from pipeline_engine.errors import BadValue

MOST_DEALS = 100_000


def register(app: typer.Typer) -> None:
    """Put the command at the top."""
    app.command(epilog=epilog("demo"))(demo)


def demo(
    history: Annotated[
        Path | None, typer.Option("--history", help="Your own export (.csv, .xes, .xes.gz) instead of a made-up year.")
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", help="Its mapping, with process.yaml beside it; else both are proposed (CSV)."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Another seed, another year.")] = 7,
    deals: Annotated[int, typer.Option("--deals", help="How many deals are made up.")] = 1200,
    folder: Annotated[Path, typer.Option("--dir", help="Where the store goes; it is made anew.")] = Path("demo"),
    json: Json = False,
) -> None:
    """Show the engine on a sales year: the process, the pipeline, where deals get stuck, a refusal, and a what-if."""
    from pipeline_engine.cli import demo_history, demo_sections, demo_year

    if not 1 <= deals <= MOST_DEALS:
        raise BadValue("--deals", deals, f"a number from 1 to {MOST_DEALS:,}")
    if mapping is not None and history is None:
        raise BadValue("--mapping", mapping, "a history to map: `--history FILE`")
    if history is None:
        shown = demo_year.gather(folder, seed, deals)
    else:
        shown = demo_history.gather(folder, history, mapping, json)
    emit_json(demo_sections.to_json(shown)) if json else demo_sections.show(shown)
