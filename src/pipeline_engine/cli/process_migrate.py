"""`process migrate`: what becomes of the open deals under another version, as a table to sign, and then for real."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, progress, prose, say, table
from pipeline_engine.cli.session import By, Json, asked, opened
from pipeline_engine.errors import BadValue

if TYPE_CHECKING:
    from pipeline_engine.engine import Engine, Migrated
    from pipeline_engine.replay import DealPlan, MigrationPlan

Name = Annotated[str, typer.Argument(help="The process whose open deals go on: b2b-saas.", metavar="NAME")]
To = Annotated[
    str, typer.Option("--to", help="A version of it, `3`, or of another process, `b2b-emea@2`.", metavar="V|OTHER@V")
]
Map = Annotated[
    list[str] | None,
    typer.Option("--map", help="OLD=NEW: deals that stand in OLD go on in NEW; may be repeated.", metavar="OLD=NEW"),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would become of the deals; write nothing.")]
SHOWN = 20


def register(commands: typer.Typer) -> None:
    """Put the command beside the others of processes."""
    commands.command("migrate", epilog=epilog("process migrate"))(migrate)


def migrate(
    name: Name,
    to: To,
    mapping: Map = None,
    dry_run: DryRun = False,
    allow_stranded: Annotated[
        bool, typer.Option("--allow-stranded", help="Deals that find no stage stay under their version.")
    ] = False,
    why: Annotated[str | None, typer.Option("--why", help="Why; kept with the migration.", metavar="TEXT")] = None,
    limit: Annotated[int, typer.Option("--limit", help="How many deals to list; 0 is all.", min=0)] = SHOWN,
    by: By = None,
    json: Json = False,
) -> None:
    """Let the open deals of a process go on under another version, which has to be published.

    With --dry-run: kept, mapped and stranded deals, and whose next move would be refused that is not refused now, with
    what is missing. A stage keeps its name unless --map says otherwise. Where deals would be stranded nothing is done,
    and this leaves with 1; with --allow-stranded the others go on, and those that stay are listed. Broken off at any
    point, the same command goes on with it; other people go on working.
    """
    named = _mapping(mapping or [])
    with opened() as engine:
        with progress("reading the log") as told:
            engine.rebuild(told)
        done = None if dry_run else _done(engine, (name, to, named), why, allow_stranded, asked(by))
        plan = engine.plan_migration(name, to, named) if dry_run or _stranded(done) else None
    if json:
        from pipeline_engine.documents import migration_document

        emit_json(migration_document(plan, done, limit or None))
    else:
        _show(plan, done, limit, staying=allow_stranded)
    stopped = plan is not None and plan.count("stranded") > 0 and not allow_stranded
    raise typer.Exit(1 if stopped or (done is not None and not done.done) else 0)


def _mapping(pairs: list[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for pair in pairs:
        start, equals, end = (part.strip() for part in pair.partition("="))
        if not (start and equals and end):
            raise BadValue("--map", pair, "two stages, like `--map offer=quote`")
        if mapping.setdefault(start, end) != end:
            raise BadValue("--map", pair, f"one stage for `{start}`; `{mapping[start]}` was named before")
    return mapping


def _done(
    engine: "Engine", what: tuple[str, str, Mapping[str, str]], why: str | None, stranded: bool, how: dict[str, Any]
) -> "Migrated":
    with progress("migrating") as told:
        return engine.migrate(*what, why=why or "", allow_stranded=stranded, progress=told, **how)


def _stranded(done: "Migrated | None") -> bool:
    return done is not None and done.stranded > 0 and done.refused is None


def _show(plan: "MigrationPlan | None", done: "Migrated | None", limit: int, *, staying: bool) -> None:
    if plan is not None and (done is None or not done.done):
        _plan(plan, limit, staying=staying)
    if done is None:
        return
    if done.refused is not None:
        say(f"REFUSED  you hold no role that may migrate {done.process} to {done.target}", style="bold red")
    elif not done.done:
        what = words.plural(done.stranded, "deal")
        say()
        say(f"nothing was done: {what} would be stranded", style="bold red")
    else:
        _became(plan, done, limit)


def _became(plan: "MigrationPlan | None", done: "Migrated", limit: int) -> None:
    if not done.kept + done.mapped:
        left = f"; left where they were: {words.plural(done.stranded, 'deal')}" if done.stranded else ""
        say(f"nothing to do: every open deal of {done.process} that can run under {done.target} does so{left}")
    else:
        told = f"{done.kept:,} in their stage, {done.mapped:,} in another, {done.stranded:,} left where they were"
        say(f"migrated {done.process} → {done.target}: {told}")
    if plan is not None:
        _left(plan, limit)


def _left(plan: "MigrationPlan", limit: int) -> None:
    """The deals that a migration left, since the target has no stage for them."""
    left = [deal for deal in plan.listed(None) if deal.to is None]
    if not left:
        return
    listed = left[: limit or None]
    shown = f"; {len(listed):,} of {len(left):,}, `--limit 0` lists all" if len(listed) < len(left) else ""
    say()
    say(f"left under the version that they run under, the most valuable first{shown}")
    columns = (("deal", "left"), ("owner", "left"), ("runs under", "left"), ("stands in", "left"), ("worth", "right"))
    rows = [(d.deal, d.owner or words.NOTHING, d.version, d.stage, words.money(d.value)) for d in listed]
    table(columns, rows, indent=2)


def _plan(plan: "MigrationPlan", limit: int, *, staying: bool) -> None:
    say(f"{plan.process} → {plan.target} · digest {plan.digest[:12]} · position {plan.position:,}", style="bold")
    beside = [f"{plan.there:,} run under it already"] if plan.there else []
    beside += [f"{plan.not_meant:,} stay, another variant is meant for them"] if plan.not_meant else []
    say(", ".join((f"  {words.plural(plan.open_deals, 'open deal')}", *beside)))
    if not plan.landings:
        say("  no deal to migrate")
        return
    say()
    columns = (("runs under", "left"), ("stands in", "left"), ("goes on in", "left"), ("", "left"), ("deals", "right"),
               ("worth", "right"))  # fmt: skip
    rows = [
        (e.version, e.stage, e.to or words.NOTHING, e.kind, f"{e.deals:,}", words.amounts(dict(e.value)))
        for e in plan.landings
    ]
    table(columns, rows, indent=2)
    _stranded_ones(plan.count("stranded"), staying=staying)
    _next_moves(plan)
    _ending(plan)
    _over(plan)
    _deals(plan, limit)


def _stranded_ones(count: int, *, staying: bool) -> None:
    """What may be done about them, or that they stay where that is said."""
    if count:
        say()
        stay = f"{words.plural(count, 'deal')} would stay under the version that they run under"
        either = "`--map OLD=NEW` says where stranded deals go on, `--allow-stranded` leaves them under their version"
        prose(stay if staying else either)


def _next_moves(plan: "MigrationPlan") -> None:
    told = ", ".join(f"{count:,} {word}" for word, count in plan.next_moves.items() if count)
    say()
    say(f"next move, asked for by each deal's owner: {told or 'none'}")
    if plan.rules:
        columns = (("newly refused by", "text"), ("deals", "right"), ("a fact missing", "right"), ("alone", "right"),
                   ("says", "text"))  # fmt: skip
        rows = [(r.rule, f"{r.deals:,}", f"{r.unknown:,}", f"{r.alone:,}", r.says) for r in plan.rules]
        table(columns, rows, indent=2)


def _ending(plan: "MigrationPlan") -> None:
    told = [f"{words.plural(each.count, each.kind)} of {each.rule}" for each in plan.ending]
    if told:
        say()
        prose(f"end, since their rule is another one: {', '.join(told)}")


def _over(plan: "MigrationPlan") -> None:
    rows = [(each.rule, who, f"{deals:,}") for each in plan.limits for who, deals in each.owners.items()]
    if rows:
        say()
        say("over a limit afterwards, which a migration does not ask; the next deal is refused")
        table((("limit", "text"), ("owner", "left"), ("deals", "right")), rows, indent=2)


def _deals(plan: "MigrationPlan", limit: int) -> None:
    listed = list(plan.listed(limit or None))
    many = plan.count("stranded") + plan.next_moves["newly refused"]
    if listed:
        say()
        shown = f"; {len(listed):,} of {many:,}, `--limit 0` lists all" if len(listed) < many else ""
        say(f"deals to look at, the most valuable first{shown}")
        columns = (("deal", "left"), ("owner", "left"), ("stands in", "left"), ("worth", "right"), ("", "text"))
        rows = [(d.deal, d.owner or words.NOTHING, d.stage, words.money(d.value), _told(d)) for d in listed]
        table(columns, rows, indent=2)
    say()
    say("agreed: ____________________   on: ____________")


def _told(deal: "DealPlan") -> str:
    if deal.to is None:
        return "stranded"
    missing = "; ".join(f"{rule}: {what}" for rule, what in deal.missing)
    return f"{deal.next_move} is refused: {missing}"
