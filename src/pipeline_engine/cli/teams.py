"""`team apply · list`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, say, table
from pipeline_engine.cli.session import At, By, CommandId, Json, asked, opened
from pipeline_engine.values import instant_text

if TYPE_CHECKING:
    from pipeline_engine.team import Person

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
        emit_json([_json_of(person) for person in people])
        return
    if not people:
        say("no people: anybody may approve and waive; `pipeline-engine team apply FILE` puts people in")
        return
    skilled = any(person.skills for person in people)
    names = ("who", "roles", "team", "reports to", *(("skills",) if skilled else ()), "lent")
    table([(name, "left") for name in names], [_row(person, skilled) for person in people])


def _json_of(person: "Person") -> dict[str, Any]:
    return {
        "id": person.id, "roles": list(person.roles), "team": person.team, "manager": person.manager,
        "skills": [{"id": s.id, "until": instant_text(s.until) if s.until else None} for s in person.skills],
        "delegations": [
            {"from": d.lender, "role": d.role, "until": instant_text(d.until)} for d in person.delegations
        ],
    }  # fmt: skip


def _row(person: "Person", skilled: bool) -> tuple[str, ...]:
    skills = ", ".join(f"{s.id} until {words.moment(s.until)}" if s.until else s.id for s in person.skills)
    lent = "; ".join(f"{d.role} of {d.lender} until {words.moment(d.until)}" for d in person.delegations)
    own = (person.id, ", ".join(person.roles) or words.NOTHING, person.team or "", person.manager or "")
    return (*own, *((skills,) if skilled else ()), lent)
