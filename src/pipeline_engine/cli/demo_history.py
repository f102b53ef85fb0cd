"""The demo on somebody's own history: brought in as observed, read by the real views, tried under a small candidate."""

from pathlib import Path
from time import perf_counter

from pipeline_engine.cli import backtest_report
from pipeline_engine.cli.demo_candidate import stricter, would_be_refused
from pipeline_engine.cli.demo_sections import Shown, Tried
from pipeline_engine.cli.demo_store import fresh, set_down
from pipeline_engine.cli.imports import say_report
from pipeline_engine.cli.output import note, progress, say
from pipeline_engine.engine import Engine
from pipeline_engine.errors import BadHistory, BadMapping, BadProcess, EmptyWindow
from pipeline_engine.exchange import load_mapping, propose
from pipeline_engine.notation import read_text
from pipeline_engine.process import Process, lint, load_process
from pipeline_engine.views import Bottlenecks


def gather(folder: Path, history: Path, mapping: Path | None, json: bool) -> Shown:
    """Bring the history in, and ask what the sections show."""
    guessed = mapping is None
    mapping_file, process_file = (
        (mapping, mapping.parent / "process.yaml") if mapping else _proposed(folder, history, json)
    )
    text = _checked(history, mapping_file, process_file)
    path = fresh(folder)
    with Engine.open(f"sqlite:///{path}", via="cli") as engine:
        process = engine.publish(process_file, by="demo").process
        with progress("importing") as told:
            rejects = folder / f"{history.name}.rejects.csv"
            report = engine.import_history(
                [history], mapping_file, None, rejects, progress=lambda rows, deals: told(rows, 0)
            )
        if not json:
            say_report(report)
            say()
        bottlenecks = _bottlenecks(engine, process)
        candidate = stricter(process, bottlenecks)
        return Shown(
            title=f"your history {history.name} → {path}", store=path, process=process,
            findings=sum(f.counts for f in lint(text, str(process_file))), health=engine.health(process=process.name),
            bottlenecks=bottlenecks, refusal=would_be_refused(engine, candidate),
            tried=_tried(engine, process, candidate), onward=_onward(path, mapping_file, process_file, guessed),
        )  # fmt: skip


def _checked(history: Path, mapping: Path, process_file: Path) -> str:
    """The text of the process, once all three files are seen to be fit: before an earlier demo's store goes."""
    if not history.is_file():
        raise BadHistory(str(history), None, None, "this is no file", "one history file")
    load_mapping(mapping)
    if not process_file.exists():
        found = f"there is no {process_file.name} beside it"
        raise BadMapping(str(mapping), None, None, found, "the process that the mapping names")
    text = read_text(process_file, BadProcess)
    load_process(text, str(process_file))
    return text


def _proposed(folder: Path, history: Path, json: bool) -> tuple[Path, Path]:
    if history.suffix.lower() != ".csv":
        found = "a mapping is proposed for CSV only"
        raise BadHistory(str(history), None, None, found, "`--mapping FILE` for a log in XES")
    proposal, into = set_down(folder, lambda place: propose(history, place))
    tell = note if json else say
    tell(f"a mapping was guessed, in {into}; least sure of:")
    for number, doubt in enumerate(proposal.unsure, 1):
        tell(f"  {number}. {doubt}")
    return into / proposal.mapping.name, into / proposal.process.name


def _bottlenecks(engine: Engine, process: Process) -> Bottlenecks | None:
    try:
        return engine.bottlenecks(process=process.name)
    except EmptyWindow:
        return None


def _tried(engine: Engine, process: Process, candidate: Process) -> Tried:
    begin = perf_counter()
    report = engine.backtest(candidate)
    seconds = perf_counter() - begin
    before = {rule.id for rule in process.rules}
    new = [rule.id for rule in candidate.rules if rule.id not in before]
    title = f"had {words_of(new)} been asked" if new else "the same rules again: nothing here to ask for"
    return Tried(report, seconds, title, backtest_report.beside(candidate, process))


def words_of(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]


def _onward(path: Path, mapping: Path, process_file: Path, guessed: bool) -> tuple[str, ...]:
    go_on = f"Yours next:  pipeline-engine --store sqlite:///{path} view bottlenecks"
    again = f"             look over {mapping} and {process_file.name} beside it, then again with --mapping {mapping}"
    return (go_on, again) if guessed else (go_on,)
