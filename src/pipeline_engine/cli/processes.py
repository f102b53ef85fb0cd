"""`process list · show`; the other commands have a module each."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline_engine.cli import (
    process_cases,
    process_changes,
    process_graph,
    process_migrate,
    process_new,
    process_schema,
    variants,
    words,
)
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, say, table
from pipeline_engine.cli.session import Json, opened

if TYPE_CHECKING:
    from pipeline_engine.process import Migration, PublishedProcess, PublishedVersion

commands = typer.Typer(help="Processes: begin, check, try, draw, publish, compare.", no_args_is_help=True)
LONGEST_TEXT = 72


@commands.command("list", epilog=epilog("process list"))
def list_(json: Json = False) -> None:
    """List the published processes with their versions."""
    with opened() as engine:
        found = engine.processes()
    if json:
        from pipeline_engine.documents import version_documents

        emit_json([row for process in found for row in version_documents(process)])
        return
    rows = [row for process in found for row in _rows(process)]
    if not rows:
        say("no process is published; `pipeline-engine process publish FILE` puts one in force")
        return
    table([("process", "left"), ("since", "left"), ("by", "left"), ("digest", "left"), ("why", "text")], rows)


def _rows(process: "PublishedProcess") -> list[tuple[str, str, str, str, str]]:
    """The versions of a process, what is proposed, and that it is retired."""
    name = process.name
    rows = [(f"{name}@{v.version}", words.moment(v.at), v.author, v.digest[:12], _why(v)) for v in process.versions]
    if (asked := process.proposed) is not None:
        rows.append((f"{name} proposed", words.moment(asked.at), asked.by, asked.digest[:12], asked.why))
    if (retired := process.retired) is not None:
        rows.append((f"{name} retired", words.moment(retired.at), retired.by, "", retired.why))
    if process.migrations and process.migrations[-1].finished is None:
        going = process.migrations[-1]
        target = f"{name} → {going.begin.process}@{going.begin.version}"
        told = f"{going.begin.why}; not finished: the same `process migrate` goes on with it"
        rows.append((target, words.moment(going.at), going.by, "", told))
    return rows


def _why(version: "PublishedVersion") -> str:
    """Why a version was published, with whom else it takes and which version it brings back."""
    proposed = f"proposed by {version.proposed_by}" if version.proposed_by else ""
    same = f"the same as version {version.same_as}" if version.same_as else ""
    return "; ".join(part for part in (version.why, proposed, same) if part)


@commands.command(epilog=epilog("process show"))
def show(
    name: Annotated[str, typer.Argument(help="A process, or one version of it: b2b-saas, b2b-saas@2.", metavar="NAME")],
    json: Json = False,
    source: Annotated[bool, typer.Option("--source", help="Print the file as it was published.")] = False,
    proposed: Annotated[bool, typer.Option("--proposed", help="Print the file that is proposed.")] = False,
) -> None:
    """Show a published process: its stages and every rule, in the order of the verdict letters."""
    from pipeline_engine.errors import BadValue

    name, _, version = name.partition("@")
    if version and not version.isdecimal():
        raise BadValue("version", version, "a number, like b2b-saas@2")
    with opened() as engine:
        whole = next((each for each in engine.processes() if each.name == name), None)
        if proposed and whole is not None:
            _source(name, _proposed_text(whole), json)
            return
        process = engine.process(name, int(version) if version else None)
    assert whole is not None, "a process that is published is among them"
    told = next(each for each in whole.versions if each.version == process.version)
    if source and not json:
        _source(name, told.source_text, json)
    elif json:
        from pipeline_engine.documents import process_document

        emit_json(process_document(whole, process))
    else:
        _show(process)
        _show_life(whole, told)


def _source(name: str, text: str, json: bool) -> None:
    emit_json({"process": name, "source": text}) if json else sys.stdout.write(f"{text.rstrip()}\n")


def _proposed_text(whole: "PublishedProcess") -> str:
    from pipeline_engine.process import proposal_of

    return proposal_of(whole, whole.name).source_text


def _show_life(whole: "PublishedProcess", told: "PublishedVersion") -> None:
    """Who published the version and why; what is proposed, and whether the process is retired."""
    why = f": {_why(told)}" if _why(told) else ""
    say()
    say(f"  published {words.moment(told.at)} by {told.author}{why}")
    if (asked := whole.proposed) is not None:
        say(f"  proposed {words.moment(asked.at)} by {asked.by} ({asked.digest[:12]}): {asked.why}")
    for migration in whole.migrations:
        say(f"  migrated {words.moment(migration.at)} by {migration.by}: {migration.begin.why} ({_became(migration)})")
    if (retired := whole.retired) is not None:
        say(f"  retired {words.moment(retired.at)} by {retired.by}: {retired.why}")


def _became(migration: "Migration") -> str:
    target, end = f"to {migration.begin.process}@{migration.begin.version}", migration.finished
    if end is None:
        return f"{target}, not finished"
    return f"{target}: {end.kept:,} kept, {end.mapped:,} mapped, {end.stranded:,} left"


def _show(process: Any) -> None:
    say(f"{process.label} · {process.title or process.name} · {process.currency} · digest {process.digest[:12]}")
    if variant := variants.of_process(process):
        say(f"  {variant}")
    say("  " + " → ".join(process.stage_ids) + " → won | lost")
    rows = [
        (rule.asked_at, rule.id, rule.approval or rule.kind, _condition(rule), ", ".join(rule.waivable_by) or "nobody")
        for rule in process.rules
    ]
    columns = ("asked at", "rule", "kind", "asks", "may be waived by")
    table([(column, "text" if column in ("rule", "asks") else "left") for column in columns], rows, indent=2)


def _condition(rule: Any) -> str:
    when = f" when {rule.when_text}" if rule.when_text else ""
    text = f"{rule.text}{when}"
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


for part in (process_changes, process_migrate, process_new, process_cases, process_graph, process_schema):
    part.register(commands)
