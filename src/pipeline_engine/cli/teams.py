"""`team apply · list`."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, say, table
from pipeline_engine.cli.session import At, By, CommandId, Json, asked, opened
from pipeline_engine.values import instant_text

commands = typer.Typer(help="People, their roles, who reports to whom.", no_args_is_help=True)


@commands.command(epilog=epilog("team apply"))
def apply(
    file: Annotated[Path, typer.Argument(help="A people file in YAML.", metavar="FILE")],
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Make the register what a people file says. Who is not in the file keeps no role."""
    with opened() as engine:
        applied = engine.apply_team(file, **asked(by, at, command_id))
    if json:
        emit_json({"people": applied.people, "changed": {who: list(names) for who, names in applied.changed.items()}})
        return
    say(f"{words.plural(applied.people, 'person', 'people')} in the file, {len(applied.changed)} changed")
    table([("", "left"), ("", "text")], [(who, ", ".join(names)) for who, names in applied.changed.items()], indent=2)


@commands.command("list", epilog=epilog("team list"))
def list_(json: Json = False) -> None:
    """List everybody with their roles, team, manager, skills and what is lent to them."""
    with opened() as engine:
        people = engine.people()
    if json:
        emit_json([
            {
                "id": p.id, "roles": list(p.roles), "team": p.team, "manager": p.manager,
                "skills": [{"id": s.id, "until": instant_text(s.until) if s.until else None} for s in p.skills],
                "delegations": [
                    {"from": d.lender, "role": d.role, "until": instant_text(d.until)} for d in p.delegations
                ],
            }
            for p in people
        ])  # fmt: skip
        return
    if not people:
        say("no people: anybody may approve and waive; `pipeline-engine team apply FILE` puts people in")
        return
    rows = [
        (
            p.id, ", ".join(p.roles) or words.NOTHING, p.team or "", p.manager or "",
            ", ".join(f"{s.id} until {words.moment(s.until)}" if s.until else s.id for s in p.skills),
            "; ".join(f"{d.role} of {d.lender} until {words.moment(d.until)}" for d in p.delegations),
        )
        for p in people
    ]  # fmt: skip
    table([(name, "left") for name in ("who", "roles", "team", "reports to", "skills", "lent")], rows)
