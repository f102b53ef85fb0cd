"""`process diff A B`: what changes for deals, gate by gate, each difference with a deal that shows it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, prose, say, table
from pipeline_engine.cli.process_files import loaded
from pipeline_engine.cli.session import Json, opened
from pipeline_engine.errors import BadValue

if TYPE_CHECKING:
    from pipeline_engine.process import GateDiff, Process, ProcessDiff, Shown

_FILES = (".yaml", ".yml")
_LONGEST = 60


def register(commands: typer.Typer) -> None:
    """Put the command beside the others of processes."""
    commands.command("diff", epilog=epilog("process diff"))(diff)


def diff(
    a: Annotated[str, typer.Argument(help="A file, or a published NAME[@V]: what is.", metavar="A")],
    b: Annotated[str, typer.Argument(help="A file, or a published NAME[@V]: what would be.", metavar="B")],
    json: Json = False,
) -> None:
    """Compare two processes: per gate stricter, looser, incomparable or equal, with a deal that shows each difference.

    Leaves with 0 where every gate lets the same deals through, with 1 where one does not or could not be analysed.
    """
    from pipeline_engine.process import diff as compared

    processes = _process(a), _process(b)
    found = compared(*processes)
    if json:
        from pipeline_engine.documents import diff_document

        emit_json(diff_document(found))
    else:
        say(f"A: {_named(a, processes[0])}")
        say(f"B: {_named(b, processes[1])}")
        _show(found, dict(zip("AB", processes, strict=True)))
    raise typer.Exit(0 if found.equal else 1)


def _process(where: str) -> "Process":
    """The process in a file, or the one in force under a name; raises BadProcess, UnknownProcess."""
    path = Path(where)
    if path.suffix in _FILES or path.is_file():
        return loaded(path)
    name, _, version = where.partition("@")
    if version and not version.isdecimal():
        raise BadValue("version", version, "a number, like b2b-saas@2")
    with opened() as engine:
        return engine.process(name, int(version) if version else None)


def _named(where: str, process: "Process") -> str:
    return process.label if where == process.label else f"{process.label} ({where})"


def _show(found: "ProcessDiff", processes: dict[str, "Process"]) -> None:
    differing = [gate for gate in found.gates if gate.verdict != "equal"]
    for gate in differing:
        say()
        _gate(gate, processes)
    equal = [gate.gate for gate in found.gates if gate.verdict == "equal"]
    say()
    if equal:
        prose(f"equal: {', '.join(equal)}", hanging=7)
    for new, old in found.renamed.items():
        say(f"taken as the same approval: {old} of A, {new} of B")
    if found.also_changed:
        say("written otherwise, beside the rules:")
        rows = [(each.of, each.what, _short(each.a), _short(each.b)) for each in found.also_changed]
        table([("of", "left"), ("what", "left"), ("A", "text"), ("B", "text")], rows, indent=2)


def _gate(gate: "GateDiff", processes: dict[str, "Process"]) -> None:
    if gate.only_in:
        say(f"{gate.gate}: only in {gate.only_in}, so there is nothing to compare it with")
        return
    say(f"{gate.gate}: {gate.verdict}" if gate.verdict == "not analysed" else f"{gate.gate}: B is {gate.verdict}")
    if gate.why:
        prose(gate.why, indent=2, hanging=2)
    for shown in gate.shown:
        _deal(shown, processes)


def _deal(shown: "Shown", processes: dict[str, "Process"]) -> None:
    from pipeline_engine.process import witness_told

    other = "B" if shown.lets_through == "A" else "A"
    prose(f"{shown.lets_through} lets through, {other} stops: {witness_told(shown)}", indent=2, hanging=2)
    for rule in shown.stopped_by:
        says = processes[other].rule(rule).says
        prose(f"{rule}: {says}" if says else rule, indent=6, hanging=2)


def _short(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "–", True: "there", False: "–"}[value]
    if isinstance(value, (list, tuple)):
        text = ", ".join(map(_short, value)) or "none"
    elif isinstance(value, dict):
        text = ", ".join(f"{name} {_short(each)}" for name, each in value.items()) or "none"
    else:
        text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
