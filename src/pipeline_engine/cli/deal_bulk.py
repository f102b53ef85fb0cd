"""`deal bulk move · assign · set · win · lose`: one thing for many deals, each on its own, or all or nothing."""

import sys
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.deal_asks import Pairs, pairs
from pipeline_engine.cli.deal_looks import SHOWN, STATUSES, known_names
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, progress, say, table
from pipeline_engine.cli.session import At, By, CommandId, Json, asked, opened
from pipeline_engine.cli.somebody import known, note_stranger
from pipeline_engine.errors import BadValue

if TYPE_CHECKING:
    from pipeline_engine.engine import Bulked, Engine

Deals = Annotated[
    list[str] | None,
    typer.Option("--deal", help="A deal's id, as often as needed; `-` reads ids from standard input.", metavar="DEAL"),
]
Stage = Annotated[str | None, typer.Option("--stage", help="Deals in this stage.")]
Owner = Annotated[str | None, typer.Option("--owner", help="Deals of this owner.")]
Status = Annotated[str, typer.Option("--status", help="open, won or lost; without `--deal` only open ones.")]
Process = Annotated[str | None, typer.Option("--process", help="Deals of this process.")]
All = Annotated[
    bool, typer.Option("--all/--each", help="All of them or none, in one transaction; else each on its own.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would become of each; nothing is recorded.")]
RESULTS = ("done", "nothing to do", "refused", "not done", "wrong")

commands = typer.Typer(help="One thing for many deals: each on its own, or all or nothing.", no_args_is_help=True)


def register(deals: typer.Typer) -> None:
    """Put the commands of this module under `deal bulk`."""
    for command in (move, assign, set_, win, lose):
        name = command.__name__.rstrip("_")
        commands.command(name, epilog=epilog(f"deal bulk {name}"))(command)
    deals.add_typer(commands, name="bulk")


def move(
    to: Annotated[str, typer.Option("--to", help="The stage asked for.", metavar="STAGE")],
    reason: Annotated[str | None, typer.Option("--reason", help="Why; needed for going back.")] = None,
    deal: Deals = None,
    process: Process = None,
    stage: Stage = None,
    owner: Owner = None,
    status: Status = "open",
    all_: All = False,
    dry_run: DryRun = False,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Ask the gate for another stage for many deals, and say of each what it said."""
    which = {"stage": stage, "owner": owner, "status": status, "process": process}
    how = {**asked(by, at, command_id), "all_": all_, "dry_run": dry_run}
    _bulk(("MoveDeal", {"target": to, "reason": reason}), (deal, which), how, json)


def assign(
    to: Annotated[str, typer.Option("--to", help="The new owner.", metavar="WHO")],
    why: Annotated[str | None, typer.Option("--why", help="Why; kept sealed.")] = None,
    deal: Deals = None,
    process: Process = None,
    stage: Stage = None,
    owner: Owner = None,
    status: Status = "open",
    all_: All = False,
    dry_run: DryRun = False,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Give many deals to another owner."""
    which = {"stage": stage, "owner": owner, "status": status, "process": process}
    how = {**asked(by, at, command_id), "all_": all_, "dry_run": dry_run}
    _bulk(("AssignOwner", {"owner": to, "why": why}), (deal, which), how, json)


def set_(
    values: Pairs,
    deal: Deals = None,
    process: Process = None,
    stage: Stage = None,
    owner: Owner = None,
    status: Status = "open",
    all_: All = False,
    dry_run: DryRun = False,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Set the same fields of many deals; an empty value clears one."""
    which = {"stage": stage, "owner": owner, "status": status, "process": process}
    how = {**asked(by, at, command_id), "all_": all_, "dry_run": dry_run}
    _bulk(("SetFields", {"values": pairs(values)}), (deal, which), how, json)


def win(
    deal: Deals = None,
    process: Process = None,
    stage: Stage = None,
    owner: Owner = None,
    status: Status = "open",
    all_: All = False,
    dry_run: DryRun = False,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Ask the gate to close many deals as won."""
    which = {"stage": stage, "owner": owner, "status": status, "process": process}
    how = {**asked(by, at, command_id), "all_": all_, "dry_run": dry_run}
    _bulk(("WinDeal", {}), (deal, which), how, json)


def lose(
    reason: Annotated[str, typer.Option("--reason", help="A lost reason of the process.")],
    competitor: Annotated[str | None, typer.Option("--competitor", help="Who won instead.")] = None,
    note: Annotated[str | None, typer.Option("--note", help="In your words; kept sealed.")] = None,
    deal: Deals = None,
    process: Process = None,
    stage: Stage = None,
    owner: Owner = None,
    status: Status = "open",
    all_: All = False,
    dry_run: DryRun = False,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Ask the gate to close many deals as lost."""
    which = {"stage": stage, "owner": owner, "status": status, "process": process}
    how = {**asked(by, at, command_id), "all_": all_, "dry_run": dry_run}
    _bulk(("LoseDeal", {"reason": reason, "competitor": competitor, "note": note}), (deal, which), how, json)


def _bulk(
    what: tuple[str, dict[str, Any]],
    which: tuple[list[str] | None, dict[str, str | None]],
    how: dict[str, Any],
    json: bool,
) -> None:
    from pipeline_engine import deal as kinds

    kind, parts = what
    together, dry_run = how.pop("all_"), how.pop("dry_run")
    with opened() as engine, progress("deals") as tell:
        known(engine, parts.get("owner"), which[1]["owner"])
        chosen = _chosen(engine, *which)
        asked_for = list(engine.commands_for(getattr(kinds, kind), chosen, parts, **how))
        found = engine.bulk(
            asked_for, all_or_nothing=together, dry_run=dry_run, at_given=how["at"] is not None, progress=tell
        )
        note_stranger(engine, how["by"])
    if json:
        from pipeline_engine.documents import bulk_document

        emit_json(bulk_document(found, together=together, dry_run=dry_run))
    else:
        _say(found, dry_run)
    if not all(each.ok for each in found):
        raise typer.Exit(1)


def _chosen(engine: "Engine", ids: list[str] | None, which: dict[str, str | None]) -> list[str]:
    filters = {name: value for name, value in which.items() if name != "status" and value is not None}
    if ids:
        if filters:
            name = next(iter(filters))
            raise BadValue(f"--{name}", filters[name], "either `--deal` or filters, not both")
        return list(dict.fromkeys(each for given in ids for each in (_typed() if given == "-" else [given])))
    if not filters:
        raise BadValue("--deal", "", "which deals: ids, or one of `--stage`, `--owner` and `--process`")
    if which["status"] not in STATUSES:
        raise BadValue("--status", which["status"], f"one of {', '.join(STATUSES)}")
    known_names(engine, which["process"], which["stage"])
    return [row.id for row in engine.deals(**which)]


def _typed() -> list[str]:
    """The ids on standard input, one a line."""
    return [line.strip() for line in sys.stdin if line.strip()]


def _say(found: "list[Bulked]", dry_run: bool) -> None:
    """What was not done first, since it has to be looked at."""
    rows = sorted(found, key=lambda each: each.ok)[:SHOWN]
    marks = {True: "would be done" if dry_run else "done", False: ""}
    told = [
        (
            each.deal_id,
            (marks[each.result == "done"] or each.result) + _again(each),
            ": ".join(filter(None, (_rules(each), each.why))),
        )
        for each in rows
    ]
    columns = [("deal", "left"), ("result", "left"), ("why", "text")]
    table(columns, told)
    counted = Counter(str(each.result) for each in found)
    said = {"done": "would be done"} if dry_run else {}
    parts = [f"{counted[result]:,} {said.get(result, result)}" for result in RESULTS if counted[result]]
    before = sum(bool(_again(each)) for each in found)
    asked_before = f"; {before:,} asked before (under the same id the first answer is told again)" if before else ""
    more = f"; the first {SHOWN} are shown, `--json` gives all" if len(found) > SHOWN else ""
    dry = "; nothing was recorded" if dry_run else ""
    say(f"{words.plural(len(found), 'deal')}: {', '.join(parts) or 'none to ask about'}{asked_before}{dry}{more}")


def _again(one: "Bulked") -> str:
    """Whether this is recorded once already: the same refusal anew, or the first answer where the id is the same."""
    return " (asked before)" if one.outcome is not None and one.outcome.repeated else ""


def _rules(one: "Bulked") -> str:
    return ", ".join(one.rules)
