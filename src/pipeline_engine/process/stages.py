"""The way of a process: its stages, how deals move between them, and how they end."""

from dataclasses import dataclass, field

from pipeline_engine import notation
from pipeline_engine.notation import Complaints, Items, Node, Section, Table, Text
from pipeline_engine.process import scalars
from pipeline_engine.process.declared import Declared, roles_of
from pipeline_engine.process.entries import Draft, drafts_of
from pipeline_engine.process.model import LostReason, Moves, Stage, Stalled
from pipeline_engine.process.topology import Way

STAGE_KEYS = ("id", "title", "win_probability", "service_level", "stalled_after", "guidance", "enter")
CLOCKS = ("last_activity", "stage_entered", "last_change")
_MOST_STAGES = 100
# These words name gates and targets beside the stages.
_TAKEN = ("won", "lost", "open", "reopen")


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How deals end, and the rules asked then."""

    won_from: tuple[str, ...] = ()
    lost_from: tuple[str, ...] = ()
    reasons: tuple[LostReason, ...] = ()
    drafts: list[Draft] = field(default_factory=list)
    reopen_needs_reason: bool = True
    reopen_waivable_by: tuple[str, ...] = ()


def read_stages(top: Section, declared: Declared) -> tuple[list[Stage], list[Draft]]:
    """The stages in the order of the way, and the rules asked on entering them."""
    stages: list[Stage] = []
    drafts: list[Draft] = []
    for node in top.list_of("stages", "stages")[:_MOST_STAGES]:
        section = Section(node, STAGE_KEYS, top.complaints, "a stage")
        section.need("id")
        stage = _stage(section, [each.id for each in stages])
        if stage is not None:
            stages.append(stage)
            drafts += _enter(section, stage.id, declared)
    listed = top.node_of("stages")
    if isinstance(listed, Items) and not 1 <= len(listed.items) <= _MOST_STAGES:
        found = f"{len(listed.items)} stages" if listed.items else "`stages` is an empty list"
        top.complaints.add(listed, found, f"at least one stage, at most {_MOST_STAGES}")
    return stages, drafts


def _stage(section: Section, before: list[str]) -> Stage | None:
    stage_id = section.read("id", _stage_id)
    if stage_id is None:
        return None
    if stage_id in before:
        section.complaints.add(
            section.node_of("id") or section.node, f"stage `{stage_id}` is there twice", "each stage once"
        )
        return None
    return Stage(
        id=stage_id,
        title=section.prose("title"),
        win_probability=section.read("win_probability", notation.probability),
        service_level=section.read("service_level", scalars.lasting),
        stalled_after=_stalled(section),
        guidance=section.prose("guidance"),
    )


def _stage_id(text: str) -> str:
    if text in _TAKEN:
        raise notation.Unfit("another word; this one names an outcome or a gate")
    return notation.name(text)


def _stalled(section: Section) -> Stalled | None:
    node = section.node_of("stalled_after")
    if node is None:
        return None
    if isinstance(node, Text):
        section.complaints.add(node, f"`stalled_after` is `{node.value}`", "`{days: 14, since: last_activity}`")
        return None
    inner = Section(node, ("days", "since"), section.complaints, "`stalled_after`")
    inner.need("days")
    days = inner.read("days", scalars.days)
    since = inner.word("since", CLOCKS, CLOCKS[0])
    return None if days is None else Stalled.model_validate({"days": days, "since": since})


def _enter(section: Section, gate: str, declared: Declared) -> list[Draft]:
    entries = section.list_of("enter", "entries")
    return [draft for entry in entries for draft in drafts_of(entry, gate, declared, section.complaints)]


def read_moves(top: Section, declared: Declared, stages: list[str]) -> tuple[Moves, tuple[str, ...]]:
    """How deals move, and who may waive a skip."""
    node = top.node_of("moves")
    first = tuple(stages[:1])
    if node is None:
        return Moves(open_in=first), ()
    section = Section(node, ("forward", "skip", "back", "open_in"), top.complaints, "`moves`")
    forward = section.word("forward", ("next", "any"), "next")
    if forward == "any" and (skip := section.node_of("skip")):
        top.complaints.add(
            skip, "`skip` beside `forward: any`", "one of them; where any step is allowed, nothing is skipped"
        )
    open_in = _stage_names(section, "open_in", stages) or first
    moves = Moves.model_validate({"forward": forward, "back": _back(section), "open_in": open_in})
    return moves, _waivers(section, "skip", declared)


def _back(section: Section) -> str:
    node = section.node_of("back")
    if node is None:
        return "reason"
    if isinstance(node, Table):
        inner = Section(node, ("reason",), section.complaints, "`back`")
        return "free" if inner.word("reason", ("required", "optional"), "required") == "optional" else "reason"
    if not isinstance(node, Text) or node.value != "never":
        section.complaints.add(
            node, "`back` is none of its forms", "`never`, `{reason: required}` or `{reason: optional}`"
        )
    return "never"


def _waivers(section: Section, key: str, declared: Declared) -> tuple[str, ...]:
    node = section.node_of(key)
    if node is None:
        return ()
    inner = Section(node, ("waivable_by",), section.complaints, f"`{key}`")
    return roles_of(inner, "waivable_by", declared.roles)


def _stage_names(section: Section, key: str, stages: list[str]) -> tuple[str, ...]:
    named = section.names(key)
    for each in named:
        if stages and each.value not in stages:
            section.complaints.unknown(each, "stage", each.value, stages)
    return tuple(each.value for each in named)


def read_outcomes(top: Section, declared: Declared, stages: list[str]) -> Outcomes:
    """How deals end: won from the last stage and lost from any, unless the file says otherwise."""
    node = top.node_of("outcomes")
    if node is None:
        return Outcomes()
    complaints = top.complaints
    section = Section(node, ("won", "lost", "reopen"), complaints, "`outcomes`")
    won = _outcome(section, "won", ("from", "enter"))
    lost = _outcome(section, "lost", ("from", "reasons", "enter"))
    reopen = _outcome(section, "reopen", ("enter", "reason", "waivable_by"))
    gates = {"won": won, "lost": lost, "reopen": reopen}
    return Outcomes(
        won_from=(_stage_names(won, "from", stages) if won else ()) or tuple(stages[-1:]),
        lost_from=(_stage_names(lost, "from", stages) if lost else ()) or tuple(stages),
        reasons=_reasons(lost) if lost else (),
        drafts=[draft for gate, inner in gates.items() if inner for draft in _enter(inner, gate, declared)],
        reopen_needs_reason=not reopen or reopen.word("reason", ("required", "optional"), "required") == "required",
        reopen_waivable_by=roles_of(reopen, "waivable_by", declared.roles) if reopen else (),
    )


def _outcome(section: Section, key: str, keys: tuple[str, ...]) -> Section | None:
    node = section.node_of(key)
    return None if node is None else Section(node, keys, section.complaints, f"`{key}`")


def _reasons(lost: Section) -> tuple[LostReason, ...]:
    reasons: dict[str, LostReason] = {}
    for node in lost.list_of("reasons", "reasons"):
        read = _reason(node, lost.complaints)
        if read is not None and read.id in reasons:
            lost.complaints.add(node, f"reason `{read.id}` is there twice", "each reason once")
        elif read is not None:
            reasons[read.id] = read
    return tuple(reasons.values())


def _reason(node: Node, complaints: Complaints) -> LostReason | None:
    if isinstance(node, Text):
        node = Table(((Text("id", node.place, "", "", node.start), node),), node.place)
    section = Section(node, ("id", "counted"), complaints, "a reason")
    section.need("id")
    reason = section.read("id", notation.name)
    counted = section.word("counted", ("true", "false"), "true") == "true"
    return None if reason is None else LostReason(id=reason, counted=counted)


def way_of(top: Section, moves: tuple[Moves, tuple[str, ...]], outcomes: Outcomes) -> Way:
    """The way, with the places to name where a rule of it does not compile."""
    return Way(
        moves=moves[0],
        skip_waivable_by=moves[1],
        won_from=outcomes.won_from,
        lost_from=outcomes.lost_from,
        reopen_needs_reason=outcomes.reopen_needs_reason,
        reopen_waivable_by=outcomes.reopen_waivable_by,
        moves_place=(top.node_of("moves") or top.node).place,
        outcomes_place=(top.node_of("outcomes") or top.node).place,
    )
