"""The way of a process: its stages, and how deals are opened and move between them."""

from dataclasses import dataclass, field, replace

from pipeline_engine import notation
from pipeline_engine.notation import Complaints, Items, Node, Section, Table, Text
from pipeline_engine.process import scalars
from pipeline_engine.process.declared import Declared, roles_of
from pipeline_engine.process.drafts import Condition, Draft
from pipeline_engine.process.entries import by_draft, drafts_of
from pipeline_engine.process.model import Item, Moves, Stage, Stalled
from pipeline_engine.process.owners import OWN, OWNED

STAGE_KEYS = (
    "id", "title", "win_probability", "service_level", "stalled_after", "guidance", "applies", "by", "enter", "leave",
)  # fmt: skip
MOVES_KEYS = ("by", "forward", "skip", "back", "open_in")
OPENING_KEYS = ("by", "enter")
OWNING_KEYS = ("enter",)
CLOCKS = ("last_activity", "stage_entered", "last_change")
_MOST_STAGES = 100
# These words name gates and targets beside the stages.
_TAKEN = ("won", "lost", "open", "reopen", "moves", "own")


@dataclass(frozen=True, slots=True)
class Gates:
    """What every gate of a file is read with."""

    declared: Declared
    plan: tuple[Item, ...] = ()

    def drafts(self, section: Section, key: str, gate: str) -> list[Draft]:
        """The rules of the entries listed under a key."""
        listed = section.list_of(key, "entries")
        return [draft for node in listed for draft in self.reread(node, gate, section.complaints)]

    def reread(self, node: Node, gate: str, complaints: Complaints) -> list[Draft]:
        """The rules of one entry."""
        return drafts_of(node, gate, self.declared, self.plan, complaints)


def read_stages(top: Section, gates: Gates) -> tuple[list[Stage], list[Draft]]:
    """The stages in the order of the way, and the rules asked on entering and leaving them."""
    stages: list[Stage] = []
    drafts: list[Draft] = []
    for node in top.list_of("stages", "stages")[:_MOST_STAGES]:
        section = Section(node, STAGE_KEYS, top.complaints, "a stage")
        section.need("id")
        stage = _stage(section, [each.id for each in stages])
        if stage is not None:
            stages.append(stage)
            drafts += _of_stage(section, stage, gates)
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
        applies_text=applies.value if (applies := _applies(section)) else None,
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


def _applies(section: Section) -> Text | None:
    node = section.node_of("applies")
    if node is not None and not isinstance(node, Text):
        section.complaints.add(node, "`applies` is no text", "a condition such as `deal.amount >= 100000`")
    return node if isinstance(node, Text) else None


def _of_stage(section: Section, stage: Stage, gates: Gates) -> list[Draft]:
    by = by_draft(section, stage.id, gates.declared, f"move a deal into {stage.id}")
    leave = gates.drafts(section, "leave", f"leave:{stage.id}")
    drafts = [*by, *gates.drafts(section, "enter", stage.id), *leave]
    condition = section.node_of("applies")
    if not isinstance(condition, Text):
        return drafts
    gate = f"applies:{stage.id}"
    shown = " ".join(condition.value.split())
    has_it = Draft(
        id=f"{stage.id}:applies", gate=gate, kind="topology", text=condition.value, source=condition,
        place=condition.place, says=f"this deal passes {stage.id} by: `{shown}` does not hold",
        fix="move it to the stage after",
    )  # fmt: skip
    # What a deal that passes the stage by is not asked.
    own = Condition(condition.value, condition)
    return [has_it, *(replace(draft, conditions=(own, *draft.conditions)) for draft in drafts)]


def read_opening(top: Section, gates: Gates) -> list[Draft]:
    """The rules asked when a deal is opened, beside those of the stages up to the one it opens in."""
    section = inner_section(top, "opening", OPENING_KEYS)
    if section is None:
        return []
    return [*by_draft(section, "open", gates.declared, "open a deal"), *gates.drafts(section, "enter", "open")]


def read_owning(top: Section, gates: Gates) -> list[Draft]:
    """The rules of who may own a deal, asked wherever it gets an owner; a deal without one is not asked."""
    section = inner_section(top, "owning", OWNING_KEYS)
    if section is None:
        return []
    drafts = gates.drafts(section, "enter", OWN)
    for draft in drafts:
        if draft.kind == "approval":
            section.complaints.add(draft.place, "`approval` in `owning`", "it at a stage: openings are asked too")
    return [replace(draft, conditions=(Condition(OWNED), *draft.conditions)) for draft in drafts]


@dataclass(frozen=True, slots=True)
class ReadMoves:
    """How deals move, who may waive a skip, and the rule of who may move them."""

    moves: Moves
    skip_waivable_by: tuple[str, ...] = ()
    drafts: list[Draft] = field(default_factory=list)


def read_moves(top: Section, declared: Declared, stages: list[str]) -> ReadMoves:
    """How deals move."""
    node = top.node_of("moves")
    first = tuple(stages[:1])
    if node is None:
        return ReadMoves(Moves(open_in=first))
    section = Section(node, MOVES_KEYS, top.complaints, "`moves`")
    forward = section.word("forward", ("next", "any"), "next")
    if forward == "any" and (skip := section.node_of("skip")):
        top.complaints.add(
            skip, "`skip` beside `forward: any`", "one of them; where any step is allowed, nothing is skipped"
        )
    open_in = stage_names(section, "open_in", stages) or first
    moves = Moves.model_validate({"forward": forward, "back": _back(section), "open_in": open_in})
    by = by_draft(section, "moves", declared, "move a deal")
    return ReadMoves(moves, _waivers(section, "skip", declared), by)


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


def stage_names(section: Section, key: str, stages: list[str]) -> tuple[str, ...]:
    """The stages named under a key."""
    named, node = section.names(key), section.node_of(key)
    if isinstance(node, Items) and not node.items:
        section.complaints.add(node, f"`{key}` names no stage", "at least one, or the key left out")
    for each in named:
        if stages and each.value not in stages:
            section.complaints.unknown(each, "stage", each.value, stages)
    return tuple(each.value for each in named)


def inner_section(section: Section, key: str, keys: tuple[str, ...]) -> Section | None:
    """The table under a key, None where it is not there."""
    node = section.node_of(key)
    return None if node is None else Section(node, keys, section.complaints, f"`{key}`")
