"""`erase propose · confirm · withdraw · list`."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, note, say, table
from pipeline_engine.cli.session import At, By, CommandId, Json, asked, opened

if TYPE_CHECKING:
    from pipeline_engine.engine import Engine, Erasure, Held
    from pipeline_engine.privacy import Erased, Proposal

Subject = Annotated[
    str,
    typer.Argument(help="`deal:ID` for what is written about a deal's customer, `person:ID` for one person.",
                   metavar="SUBJECT"),
]  # fmt: skip
_MAY_NOT = {
    "no-role": "the role `privacy` is needed",
    "four-eyes": "whoever proposed it cannot confirm it, nor who acts only in their stead",
}
SHOWN = 3

commands = typer.Typer(help="Erase what is kept about a person: one proposes, another confirms.", no_args_is_help=True)


@commands.command(epilog=epilog("erase propose"))
def propose(
    subject: Subject,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept sealed, and not erased with the subject.")],
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Propose to erase what is kept about a subject. Nothing is erased before somebody else confirms it."""
    with opened() as engine:
        _answer(engine, engine.erase(subject, reason, **asked(by, at, command_id)), "propose", json)


@commands.command(epilog=epilog("erase confirm"))
def confirm(subject: Subject, by: By = None, at: At = None, command_id: CommandId = None, json: Json = False) -> None:
    """Erase what somebody else proposed: the key of the subject is destroyed, and nobody can undo it."""
    with opened() as engine:
        _answer(engine, engine.confirm_erasure(subject, **asked(by, at, command_id)), "confirm", json)


@commands.command(epilog=epilog("erase withdraw"))
def withdraw(
    subject: Subject,
    reason: Annotated[str | None, typer.Option("--reason", help="Why not; kept sealed.")] = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Take back what was proposed: by who proposed it, or by somebody who may erase."""
    with opened() as engine:
        _answer(engine, engine.withdraw_erasure(subject, reason, **asked(by, at, command_id)), "withdraw", json)


def _answer(engine: "Engine", became: "Erasure", tried: str, json: bool) -> None:
    unsealed = engine.unsealed_of(became.subject) if became.erased else 0
    if json:
        from pipeline_engine.documents import erasure_document

        emit_json(erasure_document(became, unsealed))
    elif became.refused:
        say(f"REFUSED  may not {tried} the erasure of {became.subject}: {_MAY_NOT[became.refused]}", style="bold red")
    else:
        say(_became(became, tried))
    if unsealed:
        values = words.plural(unsealed, "value")
        note(f"{values} about {became.subject} from before there were keys: hidden now, their bytes stay in the log")
    if became.refused:
        raise typer.Exit(1)


def _became(became: "Erasure", tried: str) -> str:
    if became.erased:
        return f"ERASED  {became.subject}: nothing sealed about them can be read any more; the history stays"
    if tried == "withdraw":
        return f"{became.subject} is not to be erased any more"
    again = "" if became.new else "already "
    return f"PROPOSED  {again}by {became.proposed_by}: `erase confirm {became.subject}` by somebody else erases"


@commands.command("list", epilog=epilog("erase list"))
def list_(
    subject: Annotated[str | None, typer.Argument(help="Only this one, stream by stream.", metavar="SUBJECT")] = None,
    json: Json = False,
) -> None:
    """List about whom personal values are kept, how many and where, what is proposed, and what was erased."""
    with opened() as engine:
        held = [each for each in engine.subjects() if subject in (None, each.subject)]
        erasures = engine.erasures()
    proposed = [each for each in erasures.proposed.values() if subject in (None, each.subject)]
    erased = [each for each in erasures.erased if subject in (None, each.subject)]
    if json:
        from pipeline_engine.documents import erasures_document, held_documents

        emit_json({"held": held_documents(held), **erasures_document(erasures, subject)})
        return
    if not (held or proposed or erased):
        say("nothing is kept about " + (subject or "anybody"))
        return
    for title, columns, rows in _sections(held, proposed, erased, SHOWN if subject is None else None):
        if rows:
            say(title)
            table(columns, rows, indent=2)


Section = tuple[str, list[tuple[str, str]], list[tuple[str, ...]]]


def _sections(
    held: "list[Held]", proposed: "list[Proposal]", erased: "list[Erased]", most: int | None
) -> tuple[Section, ...]:
    return (
        ("kept", [("about", "left"), ("values", "right"), ("erased", "right"), ("in", "text")],
         [(each.subject, f"{each.values:,}", f"{each.erased:,}", _streams(each, most)) for each in held]),
        ("proposed", [("", "left"), ("", "left"), ("", "left"), ("", "text")],
         [(p.subject, words.moment(p.at), f"by {p.by}", p.reason or "") for p in proposed]),
        ("erased", [("", "left"), ("", "left"), ("", "text")],
         [(e.subject, words.moment(e.at), f"by {e.by}, proposed by {e.proposed_by}") for e in erased]),
    )  # fmt: skip


def _streams(held: "Held", most: int | None) -> str:
    named = [f"{stream} {count:,}" for stream, count in sorted(held.streams.items())]
    more = len(named) - most if most is not None else 0
    return ", ".join(named[:most]) + (f" and {words.plural(more, 'stream')} more" if more > 0 else "")
