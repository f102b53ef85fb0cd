"""From a process file to a process: read, checked and compiled, or refused with every place that is wrong."""

from dataclasses import dataclass, replace
from functools import partial

from pipeline_engine import notation
from pipeline_engine.errors import BadProcess
from pipeline_engine.notation import Complaints, Node, Section, Written, place_of, read_tree
from pipeline_engine.process.catalog import digest_of
from pipeline_engine.process.compiled import Compiled, CompiledDraft, compile_drafts
from pipeline_engine.process.declared import Declared, read_declared
from pipeline_engine.process.escalations import read_escalations
from pipeline_engine.process.followups import read_opens, read_plan
from pipeline_engine.process.model import Item, Opens, Process, Stage
from pipeline_engine.process.outcomes import Outcomes, read_outcomes, way_of
from pipeline_engine.process.publishing import read_publishing
from pipeline_engine.process.rules import SEMANTICS
from pipeline_engine.process.silences import Silence, read_silences
from pipeline_engine.process.stages import Gates, read_moves, read_opening, read_owning, read_stages
from pipeline_engine.process.topology import Way, topology
from pipeline_engine.process.variants import VARIANT_KEYS, Bases, Laid, changed, laid_over, no_bases, read_for

TOP_KEYS = (
    "process", "title", "currency", "value", "rates", "calendar", "limits", "roles", "contacts", "deal",
    "activities", "documents", "plan", "opening", "owning", "stages", "moves", "outcomes", "opens", "escalations",
    "backdate", "observed", "corrections", "lint", *VARIANT_KEYS, "publishing",
)  # fmt: skip
NEEDED = ("process", "currency", "stages", "outcomes")
NEEDS = "a process: `process`, `currency`, `stages`, `outcomes`"


@dataclass(frozen=True, slots=True)
class Examined:
    """What became of a file: the process, where all is well, and what was read on the way."""

    complaints: Complaints
    process: Process | None = None
    declared: Declared | None = None
    rules: tuple[CompiledDraft, ...] = ()
    root: Node | None = None
    silences: tuple[Silence, ...] = ()


def load_process(text: str, file: str, bases: Bases = no_bases) -> Process:
    """
    The process that a file defines, not published yet (version 0).

    Args:
        bases: Finds the process that a variant extends.

    Raises:
        BadProcess: The first thing in the file that is wrong, with its place; `lint` tells all of them.
    """
    examined = examine(text, file, bases)
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


def examine(text: str, file: str, bases: Bases = no_bases) -> Examined:
    """Read a file to its end, whatever is wrong with it."""
    source = Written(text, file, BadProcess, NEEDS)
    complaints = Complaints(source)
    try:
        laid = laid_over(read_tree(source), bases, complaints)
    except BadProcess as bad:
        complaints.found.append(bad)
        return Examined(complaints)
    complaints.texts.update({laid.label: laid.base_text} if laid.label else {})
    top = Section(laid.root, TOP_KEYS, complaints, "a process")
    top.need(*NEEDED)
    name, title = top.read("process", notation.name), top.prose("title")
    return _examined(top, (name, title, text), laid)


def _examined(top: Section, header: tuple[str | None, str, str], laid: Laid) -> Examined:
    complaints, declared = top.complaints, read_declared(top)
    plan, dues = read_plan(top)
    gates = Gates(declared, plan)
    stages, drafts = read_stages(top, gates)
    stage_ids = [stage.id for stage in stages]
    declared.check_locks(stage_ids, complaints)
    outcomes, moves = read_outcomes(top, gates, stage_ids), read_moves(top, declared, stage_ids)
    opens, moments = read_opens(top, declared)
    silences = read_silences(top)
    way = way_of(top, moves, outcomes, stages)
    written = [*moves.drafts, *read_opening(top, gates), *read_owning(top, gates), *drafts, *outcomes.drafts]
    # Without a stage the rules of the way would be about nothing.
    drafts = [*topology(way), *written] if stages else written
    drafts = changed(drafts, laid, partial(gates.reread, complaints=complaints), complaints)
    compiled = compile_drafts(drafts, declared, complaints, (*dues.values(), *moments.values()))
    course = Course(tuple(stages), way, outcomes, compiled.items(plan, dues, drafts), compiled.opens(opens, moments))
    variant_for, publishing = read_for(laid, declared, complaints), read_publishing(top, declared)
    escalations = read_escalations(top, declared, stage_ids)
    examined = Examined(complaints, None, declared, compiled.rules, top.node, silences)
    if complaints.found or header[0] is None:
        return examined
    process = _process((header[0], *header[1:]), declared, course, compiled)
    beside = {"extends": laid.extends, "variant_for": variant_for, "publishing": publishing, "escalations": escalations}
    return replace(examined, process=process.model_copy(update=beside))


@dataclass(frozen=True, slots=True)
class Course:
    """What a file says beside its declarations and rules: the way, and what is to be done on it."""

    stages: tuple[Stage, ...]
    way: Way
    outcomes: Outcomes
    items: tuple[Item, ...]
    opens: tuple[Opens, ...]


def _process(header: tuple[str, str, str], declared: Declared, course: Course, compiled: Compiled) -> Process:
    name, title, text = header
    way, outcomes = course.way, course.outcomes
    return Process(
        name=name, digest=digest_of(text), title=title, currency=declared.currency, value=declared.value,
        rates=declared.rates, calendar=declared.calendar, limits=declared.limits, split_limits=declared.split_limits,
        roles=declared.roles, contact_roles=declared.contact_roles, activities=declared.activities,
        documents=declared.documents, items=course.items, fields=declared.fields,
        stages=compiled.stages(course.stages), moves=way.moves, won_from=outcomes.won_from,
        lost_from=outcomes.lost_from, lost_reasons=outcomes.reasons, backdate=declared.backdate,
        backdate_by=declared.backdate_by, observed_by=declared.observed_by,
        corrections_by=declared.corrections_by,
        rules=tuple(each.rule for each in compiled.rules), opens=course.opens, semantics=SEMANTICS,
    )  # fmt: skip
