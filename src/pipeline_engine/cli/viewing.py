"""`view health · bottlenecks · funnel`."""

from typing import Annotated, Any

import typer

from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json
from pipeline_engine.cli.session import AsOf, Json, KnownAt, Owner, Process, opened, view_moment
from pipeline_engine.cli.somebody import known

commands = typer.Typer(
    help="What the log means, at the moment of its last event unless --as-of names another.", no_args_is_help=True
)
Since = Annotated[str | None, typer.Option("--since", help="The window begins: a day or a moment.")]
Until = Annotated[str | None, typer.Option("--until", help="The window ends: a day or a moment.")]


@commands.command(epilog=epilog("view health"))
def health(
    process: Process = None, owner: Owner = None, as_of: AsOf = None, known_at: KnownAt = None, json: Json = False
) -> None:
    """How the pipeline stands: open deals and value by stage, how long they stay, and which deals need a look."""
    from pipeline_engine.cli import view_tables

    with opened() as engine:
        known(engine, owner)
        found = engine.health(process=process, owner=owner, **_moments(as_of, known_at))
    emit_json(found.to_json()) if json else view_tables.health(found)


@commands.command(epilog=epilog("view bottlenecks"))
def bottlenecks(
    process: Process = None,
    owner: Owner = None,
    since: Since = None,
    until: Until = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
) -> None:
    """Where deals get stuck, the worst stage first, and what they wait for."""
    from pipeline_engine.cli import view_tables

    window = {"since": view_moment(since, "--since", begins=True), "until": view_moment(until, "--until")}
    with opened() as engine:
        known(engine, owner)
        found = engine.bottlenecks(process=process, owner=owner, **window, **_moments(as_of, known_at))
    emit_json(found.to_json()) if json else view_tables.bottlenecks(found)


@commands.command(epilog=epilog("view funnel"))
def funnel(
    process: Process = None, owner: Owner = None, as_of: AsOf = None, known_at: KnownAt = None, json: Json = False
) -> None:
    """How far deals get: each counted once, by the furthest stage it reached, lost ones included."""
    from pipeline_engine.cli import view_tables

    with opened() as engine:
        known(engine, owner)
        found = engine.funnel(process=process, owner=owner, **_moments(as_of, known_at))
    emit_json(found.to_json()) if json else view_tables.funnel(found)


def _moments(as_of: str | None, known_at: str | None) -> dict[str, Any]:
    return {"as_of": view_moment(as_of, "--as-of"), "known_at": view_moment(known_at, "--known-at")}
