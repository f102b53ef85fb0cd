"""From a process file to a process: read, checked and compiled, or refused with every place that is wrong."""

from dataclasses import dataclass, replace

from pipeline_engine import notation
from pipeline_engine.errors import BadProcess
from pipeline_engine.notation import Complaints, Section, Written, place_of, read_tree
from pipeline_engine.process.catalog import digest_of
from pipeline_engine.process.compiled import CompiledDraft, compile_drafts
from pipeline_engine.process.declared import Declared, read_declared
from pipeline_engine.process.model import Process, Stage
from pipeline_engine.process.rules import SEMANTICS
from pipeline_engine.process.stages import Outcomes, read_moves, read_outcomes, read_stages, way_of
from pipeline_engine.process.topology import Way, topology

TOP_KEYS = (
    "process", "title", "currency", "value", "rates", "calendar", "limits", "roles", "contacts", "deal",
    "activities", "stages", "moves", "outcomes", "backdate",
)  # fmt: skip
NEEDED = ("process", "currency", "stages", "outcomes")
NEEDS = "a process: `process`, `currency`, `stages`, `outcomes`"
LATER = frozenset({
    "leave", "extends", "for", "applies", "opens", "locked_from", "checklist", "variants", "motions", "products",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Examined:
    """What became of a file: the process, where all is well, and what was read on the way."""

    complaints: Complaints
    process: Process | None = None
    declared: Declared | None = None
    rules: tuple[CompiledDraft, ...] = ()


def load_process(text: str, file: str) -> Process:
    """
    The process that a file defines, not published yet (version 0).

    Raises:
        BadProcess: The first thing in the file that is wrong, with its place; `lint` tells all of them.
    """
    examined = examine(text, file)
    if examined.process is None or examined.complaints.found:
        raise examined.complaints.first
    return examined.process


def text_of(content: bytes, file: str) -> str:
    """The text of a file's bytes; raises BadProcess where they are no UTF-8."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        found = f"the byte 0x{content[error.start]:02X}, which is no UTF-8"
        raise BadProcess(file, *place_of(before, len(before)), found, "a file saved as UTF-8") from None


def examine(text: str, file: str) -> Examined:
    """Read a file to its end, whatever is wrong with it."""
    source = Written(text, file, BadProcess, NEEDS, LATER)
    complaints = Complaints(source)
    try:
        root = read_tree(source)
    except BadProcess as bad:
        complaints.found.append(bad)
        return Examined(complaints)
    top = Section(root, TOP_KEYS, complaints, "a process")
    top.need(*NEEDED)
    name, title = top.read("process", notation.name), top.prose("title")
    declared = read_declared(top)
    stages, drafts = read_stages(top, declared)
    stage_ids = [stage.id for stage in stages]
    outcomes = read_outcomes(top, declared, stage_ids)
    way = way_of(top, read_moves(top, declared, stage_ids), outcomes)
    written = [*drafts, *outcomes.drafts]
    # Without a stage the rules of the way would be about nothing.
    drafts = [*topology(way), *written] if stages else written
    rules = tuple(compile_drafts(drafts, declared, complaints))
    examined = Examined(complaints, None, declared, rules)
    if complaints.found or name is None:
        return examined
    return replace(examined, process=_process((name, title, text), declared, (stages, way, outcomes), rules))


def _process(
    header: tuple[str, str, str],
    declared: Declared,
    course: tuple[list[Stage], Way, Outcomes],
    rules: tuple[CompiledDraft, ...],
) -> Process:
    name, title, text = header
    stages, way, outcomes = course
    return Process(
        name=name, digest=digest_of(text), title=title, currency=declared.currency, value=declared.value,
        rates=declared.rates, calendar=declared.calendar, limits=declared.limits, roles=declared.roles,
        contact_roles=declared.contact_roles, activities=declared.activities, fields=declared.fields,
        stages=_with_rules(stages, rules), moves=way.moves, won_from=outcomes.won_from, lost_from=outcomes.lost_from,
        lost_reasons=outcomes.reasons, backdate=declared.backdate, backdate_by=declared.backdate_by,
        rules=tuple(each.rule for each in rules), semantics=SEMANTICS,
    )  # fmt: skip


def _with_rules(stages: list[Stage], rules: tuple[CompiledDraft, ...]) -> tuple[Stage, ...]:
    by_gate: dict[str, list[str]] = {}
    for each in rules:
        by_gate.setdefault(each.rule.asked_at, []).append(each.rule.id)
    return tuple(stage.model_copy(update={"rules": tuple(by_gate.get(stage.id, ()))}) for stage in stages)
