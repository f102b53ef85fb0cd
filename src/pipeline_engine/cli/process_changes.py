"""`process publish · confirm · withdraw · retire`: how a process changes, and what became of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, say
from pipeline_engine.cli.session import At, By, CommandId, Json, asked, opened

if TYPE_CHECKING:
    from pipeline_engine.engine import Published
    from pipeline_engine.process import Process

File = Annotated[Path, typer.Argument(help="A process file in YAML.", metavar="FILE")]
Name = Annotated[str, typer.Argument(help="A published process: b2b-saas.", metavar="NAME")]
Why = Annotated[str | None, typer.Option("--why", help="Why; kept with the change.", metavar="TEXT")]
SHORT = 12
_MAY_NOT = {
    "no-role": "you hold no role that `publishing: {by: …}` of the version in force names",
    "four-eyes": "you proposed it; somebody else has to confirm it (four eyes)",
}


def register(commands: typer.Typer) -> None:
    """Put the commands beside the others of processes."""
    for name, command in (("publish", publish), ("confirm", confirm), ("withdraw", withdraw), ("retire", retire)):
        commands.command(name, epilog=epilog(f"process {name}"))(command)


def publish(
    file: File, why: Why = None, by: By = None, at: At = None, command_id: CommandId = None, json: Json = False
) -> None:
    """Put a process file in force as the next version. The text in force again changes nothing.

    Where the version in force says so under `publishing`, this needs a role and a reason, and with `four_eyes` it only
    proposes: a second person puts it in force with `process confirm`. Leaves with 1 where you may not.
    """
    with opened(making=True) as engine:
        published = engine.publish(file, why, **asked(by, at, command_id))
    _answer(published, "publish", json)


def confirm(
    name: Name,
    digest: Annotated[
        str | None, typer.Option("--digest", help="Only if this is what is proposed, or how it begins.", metavar="HEX")
    ] = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Put in force what somebody else proposed. `process show NAME --proposed` prints it."""
    with opened() as engine:
        published = engine.confirm(name, digest, **asked(by, at, command_id))
    _answer(published, "confirm", json)


def withdraw(
    name: Name, why: Why = None, by: By = None, at: At = None, command_id: CommandId = None, json: Json = False
) -> None:
    """Take a proposed version back: by who proposed it, or by somebody who may change the process."""
    with opened() as engine:
        published = engine.withdraw_proposal(name, why, **asked(by, at, command_id))
    _answer(published, "withdraw", json)


def retire(
    name: Name, why: Why = None, by: By = None, at: At = None, command_id: CommandId = None, json: Json = False
) -> None:
    """Open no deal under a process any more. Those that are open go on; publishing it again puts it back."""
    with opened() as engine:
        published = engine.retire(name, why or "", **asked(by, at, command_id))
    _answer(published, "retire", json)


def _answer(published: "Published", tried: str, json: bool) -> None:
    if json:
        from pipeline_engine.documents import published_document

        emit_json(published_document(published))
    elif published.refused is not None:
        say(f"REFUSED  {tried} {published.process.name}: {_MAY_NOT[published.refused]}", style="bold red")
    else:
        _say(published, tried)
    raise typer.Exit(0 if published.refused is None else 1)


def _say(published: "Published", tried: str) -> None:
    process = published.process
    if published.proposed is not None and tried == "publish":
        _next(published)
    elif tried == "withdraw":
        say(f"withdrawn: what was proposed of {process.name}; {_in_force(process)}")
    elif tried == "retire":
        say(f"retired {process.name}: no deal is opened under it; those that are open go on")
    elif not published.stands:
        before = "that was asked before under this command id, and something else came since"
        say(f"nothing changed: {before}; {_in_force(process)}")
    else:
        _say_version(published)


def _in_force(process: "Process") -> str:
    return f"{process.label} stays in force" if process.version else f"nothing of the name {process.name} is in force"


def _say_version(published: "Published") -> None:
    process, said = published.process, "published" if published.new else "in force already, nothing changed:"
    again = f", the same as version {published.same_as}" if published.new and published.same_as else ""
    say(f"{said} {process.label}{again}: {words.plural(len(process.stages), 'stage')}, {rules_of(process)}")


def _next(published: "Published") -> None:
    """What comes next of a proposal."""
    proposed, process = published.proposed, published.process
    assert proposed is not None, "there is a proposal to go on with"
    already = "proposed already" if published.repeated else "proposed"
    say(f"{already} by {proposed.by}: {proposed.why}; {_in_force(process)} until somebody else agrees")
    say(f"  next:  pipeline-engine process confirm {process.name} --digest {proposed.digest[:SHORT]} --by OTHER")


def rules_of(process: Any) -> str:
    """`9 rules`, those of the way itself apart."""
    own = [rule for rule in process.rules if rule.kind != "topology"]
    return words.plural(len(own), "rule")
