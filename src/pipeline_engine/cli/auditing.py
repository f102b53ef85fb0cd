"""`audit bypasses · waivers · approvals · refusals · corrections`: who went past the gate, and who allowed what."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json
from pipeline_engine.cli.session import Json, KnownAt, opened, view_moment
from pipeline_engine.cli.somebody import known

if TYPE_CHECKING:
    from pipeline_engine.audit import Answer

# As many as are told at once; `next` goes on from there.
MOST = 100_000

commands = typer.Typer(
    help="What an auditor asks: who went past the gate, who waived, approved, refused and corrected what.",
    no_args_is_help=True,
)

Rule = Annotated[str | None, typer.Option("--rule", help="Only about this rule, by its id.")]
Who = Annotated[str | None, typer.Option("--by", help="Only what this person did or tried.", metavar="WHO")]
Deal = Annotated[str | None, typer.Option("--deal", help="Only of this deal.")]
Owner = Annotated[str | None, typer.Option("--owner", help="Only of deals that this person owned then.")]
Process = Annotated[str | None, typer.Option("--process", help="Only of deals of this process.")]
Since = Annotated[str | None, typer.Option("--since", help="Only what happened from then on: a day or a moment.")]
Until = Annotated[str | None, typer.Option("--until", help="Only what happened by then: a day or a moment.")]
Limit = Annotated[
    int, typer.Option("--limit", help="How many rows, the latest recorded first, 0 is all; totals count all.", min=0)
]
Before = Annotated[
    int | None, typer.Option("--before", help="The page before this log position: `next` of the last one.")
]


@commands.command(epilog=epilog("audit bypasses"))
def bypasses(
    rule: Rule = None, by: Who = None, deal: Deal = None, owner: Owner = None, process: Process = None,
    since: Since = None, until: Until = None, known_at: KnownAt = None, limit: Limit = 50, before: Before = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Every change of a stage that asked no gate (by import, observed, migrated, corrected), and what it would have
    said."""
    who = _asked(by=by, deal=deal, owner=owner, process=process, rule=rule, limit=limit, before=before)
    _answer("bypasses", json, {**who, **_moments(since, until, known_at)})


@commands.command(epilog=epilog("audit waivers"))
def waivers(
    rule: Rule = None, by: Who = None, deal: Deal = None, owner: Owner = None, process: Process = None,
    since: Since = None, until: Until = None, known_at: KnownAt = None, limit: Limit = 50, before: Before = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Every waiver with its reason and what became of it, and every try of somebody who may not."""
    who = _asked(by=by, deal=deal, owner=owner, process=process, rule=rule, limit=limit, before=before)
    _answer("waivers", json, {**who, **_moments(since, until, known_at)})


@commands.command(epilog=epilog("audit approvals"))
def approvals(
    rule: Rule = None, by: Who = None, deal: Deal = None, owner: Owner = None, process: Process = None,
    since: Since = None, until: Until = None, known_at: KnownAt = None, limit: Limit = 50, before: Before = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Every approval asked for, given, rejected or returned, how long it waited, what became of it, and who may not."""
    who = _asked(by=by, deal=deal, owner=owner, process=process, rule=rule, limit=limit, before=before)
    _answer("approvals", json, {**who, **_moments(since, until, known_at)})


@commands.command(epilog=epilog("audit refusals"))
def refusals(
    rule: Rule = None, by: Who = None, deal: Deal = None, owner: Owner = None, process: Process = None,
    since: Since = None, until: Until = None, known_at: KnownAt = None, limit: Limit = 50, before: Before = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Every no of the gate with its rules, whether the deal got there later, and every try of somebody who may not."""
    who = _asked(by=by, deal=deal, owner=owner, process=process, rule=rule, limit=limit, before=before)
    _answer("refusals", json, {**who, **_moments(since, until, known_at)})


@commands.command(epilog=epilog("audit corrections"))
def corrections(
    by: Who = None, deal: Deal = None, owner: Owner = None, process: Process = None,
    since: Since = None, until: Until = None, known_at: KnownAt = None, limit: Limit = 50, before: Before = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Every correction, what really was, who proposed and who agreed, and every try of somebody who may not."""
    who = _asked(by=by, deal=deal, owner=owner, process=process, limit=limit, before=before)
    _answer("corrections", json, {**who, **_moments(since, until, known_at)})


def _asked(*, limit: int, **given: Any) -> dict[str, Any]:
    return {**given, "limit": limit or MOST}


def _moments(since: str | None, until: str | None, known_at: str | None) -> dict[str, Any]:
    window = {"since": view_moment(since, "--since", begins=True), "until": view_moment(until, "--until")}
    return {**window, "known_at": view_moment(known_at, "--known-at")}


def _answer(what: str, json: bool, asked: dict[str, Any]) -> None:
    from pipeline_engine.cli import audit_tables

    with opened() as engine:
        known(engine, asked["by"], asked["owner"])
        found: Answer[Any] = getattr(engine, f"audit_{what}")(**asked)
    emit_json(found.to_json()) if json else audit_tables.show(what, found)
