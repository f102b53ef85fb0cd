"""How deals end: won and lost, from where and for which reasons, and reopened."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline_engine import notation
from pipeline_engine.notation import Complaints, Node, Section, Table, Text
from pipeline_engine.process.declared import roles_of
from pipeline_engine.process.drafts import Draft
from pipeline_engine.process.entries import by_draft
from pipeline_engine.process.model import LostReason, Stage
from pipeline_engine.process.stages import Gates, ReadMoves, inner_section, stage_names
from pipeline_engine.process.topology import Way

OUTCOME_KEYS = {
    "won": ("by", "from", "enter"),
    "lost": ("by", "from", "reasons", "enter"),
    "reopen": ("by", "enter", "reason", "waivable_by"),
}


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How deals end, and the rules asked then."""

    won_from: tuple[str, ...] = ()
    lost_from: tuple[str, ...] = ()
    reasons: tuple[LostReason, ...] = ()
    drafts: list[Draft] = field(default_factory=list)
    reopen_needs_reason: bool = True
    reopen_waivable_by: tuple[str, ...] = ()


def read_outcomes(top: Section, gates: Gates, stages: list[str]) -> Outcomes:
    """How deals end: won from the last stage and lost from any, unless the file says otherwise."""
    node = top.node_of("outcomes")
    if node is None:
        return Outcomes()
    complaints = top.complaints
    section = Section(node, ("won", "lost", "reopen"), complaints, "`outcomes`")
    won, lost, reopen = (inner_section(section, key, OUTCOME_KEYS[key]) for key in ("won", "lost", "reopen"))
    ends = {"won": won, "lost": lost, "reopen": reopen}
    return Outcomes(
        won_from=(stage_names(won, "from", stages) if won else ()) or tuple(stages[-1:]),
        lost_from=(stage_names(lost, "from", stages) if lost else ()) or tuple(stages),
        reasons=_reasons(lost) if lost else (),
        drafts=[draft for gate, inner in ends.items() if inner for draft in _of_outcome(inner, gate, gates)],
        reopen_needs_reason=not reopen or reopen.word("reason", ("required", "optional"), "required") == "required",
        reopen_waivable_by=roles_of(reopen, "waivable_by", gates.declared.roles) if reopen else (),
    )


_DONE = {"won": "win a deal", "lost": "lose a deal", "reopen": "reopen a deal"}


def _of_outcome(section: Section, gate: str, gates: Gates) -> list[Draft]:
    return [*by_draft(section, gate, gates.declared, _DONE[gate]), *gates.drafts(section, "enter", gate)]


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


def way_of(top: Section, moves: ReadMoves, outcomes: Outcomes, stages: Sequence[Stage]) -> Way:
    """The way, with the places to name where a rule of it does not compile."""
    return Way(
        moves=moves.moves,
        skip_waivable_by=moves.skip_waivable_by,
        won_from=outcomes.won_from,
        lost_from=outcomes.lost_from,
        reopen_needs_reason=outcomes.reopen_needs_reason,
        reopen_waivable_by=outcomes.reopen_waivable_by,
        moves_place=(top.node_of("moves") or top.node).place,
        outcomes_place=(top.node_of("outcomes") or top.node).place,
        applies={stage.id: stage.applies_text for stage in stages if stage.applies_text},
    )
