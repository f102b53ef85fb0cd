"""`process publish · list · show`; the other commands have a module each."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline_engine.cli import process_cases, process_graph, process_new, process_schema, variants, words
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, say, table
from pipeline_engine.cli.session import At, By, CommandId, Json, asked, opened
from pipeline_engine.values import instant_text

commands = typer.Typer(help="Processes: begin, check, try, draw, publish, compare.", no_args_is_help=True)
LONGEST_TEXT = 72
File = Annotated[Path, typer.Argument(help="A process file in YAML.", metavar="FILE")]


@commands.command(epilog=epilog("process publish"))
def publish(
    file: File,
    why: Annotated[str | None, typer.Option("--why", help="Why it changes; kept with the version.")] = None,
    by: By = None,
    at: At = None,
    command_id: CommandId = None,
    json: Json = False,
) -> None:
    """Put a process file in force as the next version. The text in force again changes nothing."""
    with opened() as engine:
        published = engine.publish(file, why, **asked(by, at, command_id))
    process = published.process
    if json:
        emit_json({
            "process": process.name, "version": process.version, "digest": process.digest, "new": published.new,
            "same_as": published.same_as, "stages": list(process.stage_ids), "rules": list(process.rule_ids),
        })  # fmt: skip
        return
    said = "published" if published.new else "in force already, nothing changed:"
    again = f", the same as version {published.same_as}" if published.new and published.same_as else ""
    say(f"{said} {process.label}{again}: {words.plural(len(process.stages), 'stage')}, {rules_of(process)}")


def rules_of(process: Any) -> str:
    """`9 rules`, those of the way itself apart."""
    own = [rule for rule in process.rules if rule.kind != "topology"]
    return words.plural(len(own), "rule")


@commands.command("list", epilog=epilog("process list"))
def list_(json: Json = False) -> None:
    """List the published processes with their versions."""
    with opened() as engine:
        found = engine.processes()
    versions = [(process.name, version) for process in found for version in process.versions]
    if json:
        emit_json([
            {
                "process": name, "version": v.version, "digest": v.digest, "author": v.author,
                "at": instant_text(v.at) if v.at else None, "why": v.why, "same_as": v.same_as,
            }
            for name, v in versions
        ])  # fmt: skip
        return
    rows = [(f"{n}@{v.version}", words.moment(v.at), v.author, v.digest[:12], v.why or "") for n, v in versions]
    if not rows:
        say("no process is published; `pipeline-engine process publish FILE` puts one in force")
        return
    table([("process", "left"), ("in force since", "left"), ("by", "left"), ("digest", "left"), ("why", "text")], rows)


@commands.command(epilog=epilog("process show"))
def show(
    name: Annotated[str, typer.Argument(help="A process, or one version of it: b2b-saas, b2b-saas@2.", metavar="NAME")],
    json: Json = False,
    source: Annotated[bool, typer.Option("--source", help="Print the file as it was published.")] = False,
) -> None:
    """Show a published process: its stages and every rule, in the order of the verdict letters."""
    from pipeline_engine.errors import BadValue

    name, _, version = name.partition("@")
    if version and not version.isdecimal():
        raise BadValue("version", version, "a number, like b2b-saas@2")
    with opened() as engine:
        process = engine.process(name, int(version) if version else None)
        text = next(v.source_text for p in engine.processes() for v in p.versions if v.digest == process.digest)
    if json:
        emit_json(
            {**process.model_dump(mode="json", exclude={"rules": {"__all__": {"check", "when"}}}), "source": text}
        )
    elif source:
        sys.stdout.write(f"{text.rstrip()}\n")
    else:
        _show(process)


def _show(process: Any) -> None:
    say(f"{process.label} · {process.title or process.name} · {process.currency} · digest {process.digest[:12]}")
    if variant := variants.of_process(process):
        say(f"  {variant}")
    say("  " + " → ".join(process.stage_ids) + " → won | lost")
    rows = [
        (rule.asked_at, rule.id, rule.approval or rule.kind, _condition(rule), ", ".join(rule.waivable_by) or "nobody")
        for rule in process.rules
    ]
    columns = ("asked at", "rule", "kind", "says", "may be waived by")
    table([(column, "text" if column in ("rule", "says") else "left") for column in columns], rows, indent=2)


def _condition(rule: Any) -> str:
    when = f" when {rule.when_text}" if rule.when_text else ""
    text = f"{rule.text}{when}"
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


for part in (process_new, process_cases, process_graph, process_schema):
    part.register(commands)
