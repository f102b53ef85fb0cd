"""`team apply · list · delegate · end-delegation`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, say, table
from pipeline_engine.cli.session import At, By, CommandId, Json, asked, day_or_moment, opened
from pipeline_engine.errors import BadValue

if TYPE_CHECKING:
    from pipeline_engine.engine import Loan
    from pipeline_engine.team import Person

Lender = Annotated[str, typer.Argument(help="Whose role it is.", metavar="FROM")]
Borrower = Annotated[str, typer.Argument(help="To whom it is lent.", metavar="TO")]
Role = Annotated[str, typer.Option("--role", help="The role, as rules name it; `owner.manager` is one.")]
_MAY_NOT = {
    "not-yours": "only {lender}, and whom {lender} reports to, may do this",
    "no-role": "{lender} does not hold the role; what is lent to somebody is not lent on",
}

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
    with opened(making=True) as engine:
        applied = engine.apply_team(file, **asked(by, at, command_id))
    if json:
        from pipeline_engine.documents import applied_document

        emit_json(applied_document(applied))
        return
    say(f"{words.plural(applied.people, 'person', 'people')} in the file, {len(applied.changed)} changed")
    table([("", "left"), ("", "text")], [(who, ", ".join(names)) for who, names in applied.changed.items()], indent=2)


@commands.command(epilog=epilog("team delegate"))
def delegate(
    lender: Lender,
    to: Borrower,
    role: Role,
    until: Annotated[
        str,
        typer.Option("--until", help="When it is over by itself; of a day as it begins, in UTC.", metavar="WHEN"),
    ],
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Lend somebody a role until a moment. By whose role it is, or whom they report to; else refused and recorded."""
    ends = day_or_moment(until, "--until", begins=True)
    if ends is None:
        raise BadValue("--until", until, "the moment at which it is over")
    with opened() as engine:
        _answer(engine.delegate(lender, to, role, ends, **asked(by, at, command_id)), "lend", json)


@commands.command("end-delegation", epilog=epilog("team end-delegation"))
def end_delegation(
    lender: Lender,
    to: Borrower,
    role: Role,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """End a loan before its time. By whose role it is, whom they report to, or whoever has it and gives it back."""
    with opened() as engine:
        _answer(engine.end_delegation(lender, to, role, **asked(by, at, command_id)), "end the loan of", json)


def _answer(lent: "Loan", tried: str, json: bool) -> None:
    if json:
        from pipeline_engine.documents import loan_document

        emit_json(loan_document(lent))
    elif lent.refused:
        why = _MAY_NOT[lent.refused].format(lender=lent.lender)
        say(f"REFUSED  may not {tried} {lent.role} of {lent.lender} to {lent.to}: {why}", style="bold red")
    elif lent.until:
        lasting = "lent" if lent.new else "was lent so before"
        say(f"{lent.role} of {lent.lender} {lasting} to {lent.to}, until {words.moment(lent.until)}")
    else:
        say(f"{lent.role} of {lent.lender} is lent to {lent.to} no more")
    if lent.refused:
        raise typer.Exit(1)


@commands.command("list", epilog=epilog("team list"))
def list_(json: Json = False) -> None:
    """List everybody with their roles, team, manager, skills and what is lent to them."""
    with opened() as engine:
        people = engine.people()
    if json:
        from pipeline_engine.documents import person_document

        emit_json([person_document(person) for person in people])
        return
    if not people:
        say("no people: anybody may approve and waive; `pipeline-engine team apply FILE` puts people in")
        return
    skilled = any(person.skills for person in people)
    names = ("who", "roles", "team", "reports to", *(("skills",) if skilled else ()), "lent")
    table([(name, "left") for name in names], [_row(person, skilled) for person in people])


def _row(person: "Person", skilled: bool) -> tuple[str, ...]:
    skills = ", ".join(f"{s.id} until {words.moment(s.until)}" if s.until else s.id for s in person.skills)
    lent = "; ".join(f"{d.role} of {d.lender} until {words.moment(d.until)}" for d in person.delegations)
    own = (person.id, ", ".join(person.roles) or words.NOTHING, person.team or "", person.manager or "")
    return (*own, *((skills,) if skilled else ()), lent)
