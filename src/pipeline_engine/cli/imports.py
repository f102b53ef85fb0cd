"""`import csv · xes`: bringing history in, and proposing how."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline_engine.cli import words
from pipeline_engine.cli.examples import epilog
from pipeline_engine.cli.output import emit_json, progress, say
from pipeline_engine.cli.session import By, Json, opened, settings
from pipeline_engine.errors import BadMapping

commands = typer.Typer(help="History from other systems: recorded as observed, never refused.", no_args_is_help=True)
Files = Annotated[list[Path], typer.Argument(help="The files, oldest export first.", metavar="FILE")]
Mapping = Annotated[Path | None, typer.Option("--mapping", help="Which column or activity is what.")]
ProcessName = Annotated[
    str | None, typer.Option("--process", help="Pin the deals to this process; else to the one the mapping names.")
]
Rejects = Annotated[
    Path | None, typer.Option("--rejects", help="Where rejected rows go; else FILE.rejects.csv beside the store.")
]


@commands.command(epilog=epilog("import csv"))
def csv(
    files: Files,
    mapping: Mapping = None,
    propose: Annotated[
        Path | None, typer.Option("--propose", help="Write a mapping and a process for the file here; import nothing.")
    ] = None,
    process: ProcessName = None,
    rejects: Rejects = None,
    by: By = None,
    json: Json = False,
) -> None:
    """Bring a CSV export in by a mapping file, or have a mapping and a process proposed for it."""
    if propose is not None:
        _propose(files, propose, json)
    else:
        _import(files, (mapping, process, rejects), by, json)


@commands.command(epilog=epilog("import xes"))
def xes(
    files: Files,
    mapping: Mapping = None,
    process: ProcessName = None,
    rejects: Rejects = None,
    by: By = None,
    json: Json = False,
) -> None:
    """Bring an event log in XES (.xes or .xes.gz) in by a mapping from activities to stages and outcomes."""
    _import(files, (mapping, process, rejects), by, json)


def _import(files: list[Path], how: tuple[Path | None, str | None, Path | None], by: str | None, json: bool) -> None:
    mapping, process, rejects = how
    if mapping is None:
        found = "no mapping is named; `pipeline-engine import csv FILE --propose DIR` writes one"
        raise BadMapping("--mapping", None, None, found, "a mapping file")
    who = by or settings().actor
    extra: dict[str, Any] = {"by": who} if who else {}
    with opened(making=True) as engine, progress("importing") as told:
        report = engine.import_history(
            files,
            mapping,
            process,
            rejects or reject_file(files[0]),
            progress=lambda rows, deals: told(rows, 0),
            **extra,
        )
    emit_json(report.to_json()) if json else say_report(report)


def reject_file(history: Path) -> Path:
    """Where rejected rows go unless somebody says: beside the store file, or here."""
    url = settings().store
    folder = Path(url.removeprefix("sqlite:///").partition("?")[0]).parent if url.startswith("sqlite:///") else Path()
    return folder / f"{history.name}.rejects.csv"


def say_report(report: Any) -> None:
    """What an import read and wrote."""
    rows, deals = words.plural(report.rows, "row"), words.plural(report.deals, "deal")
    say(f"{rows} read: {deals} ({report.new_deals:,} new), {words.plural(report.events, 'event')} recorded")
    say(f"  pinned to {report.process}; fidelity {report.fidelity.grade}: {report.fidelity.says}")
    for what, count in report.notes.items():
        say(f"  {count:,} {what}")
    if report.conflicts:
        say(f"  {words.plural(report.conflicts, 'conflict')} with what was recorded before; nothing was changed:")
        for conflict in report.conflict_examples[:5]:
            say(f"    {conflict.deal_id}: {conflict.what}")
    if report.rejected:
        where = f", all in {report.reject_file}" if report.reject_file else ""
        say(f"  {words.plural(report.rejected, 'row')} rejected{where}:")
        for reject in report.rejects[:5]:
            say(f"    {reject.file}:{reject.line}: {reject.column} `{reject.value[:40]}`: {reject.reason}")


def _propose(files: list[Path], folder: Path, json: bool) -> None:
    from pipeline_engine.errors import BadValue
    from pipeline_engine.exchange import propose

    if len(files) != 1:
        raise BadValue("FILE", len(files), "one file at a time for `--propose`")
    proposal = propose(files[0], folder)
    if json:
        emit_json({
            "mapping": str(proposal.mapping), "process": str(proposal.process), "unsure": list(proposal.unsure),
            "shape": proposal.shape, "stages": list(proposal.stages),
        })  # fmt: skip
        return
    say(f"wrote {proposal.mapping} and {proposal.process}; nothing was imported")
    say(f"  stages, as they seem to follow each other: {' → '.join(proposal.stages)}")
    say("  least sure of, so please look:")
    for number, doubt in enumerate(proposal.unsure, 1):
        say(f"    {number}. {doubt}")
    say(f"then:  pipeline-engine process publish {proposal.process} --by YOU")
    say(f"       pipeline-engine import csv {files[0]} --mapping {proposal.mapping}")
