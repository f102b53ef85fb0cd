"""Whom a process calls when something takes too long: the key `escalations` of a file."""

from pipeline_engine import notation
from pipeline_engine.notation import Section, Text
from pipeline_engine.process import scalars
from pipeline_engine.process.declared import Declared, roles_of
from pipeline_engine.process.model import OWNERS_MANAGER, Escalation, Span

ESCALATION_KEYS = ("id", "when", "stages", "after", "to", "says")
AWAITS = ("service_level", "stalled", "approval_waits")
TO_OWNER = "owner"


def read_escalations(top: Section, declared: Declared, stage_ids: list[str]) -> tuple[Escalation, ...]:
    """The escalations in the order of the file."""
    read: dict[str, Escalation] = {}
    for node in top.list_of("escalations", "escalations"):
        section = Section(node, ESCALATION_KEYS, top.complaints, "an escalation")
        section.need("id", "when", "to")
        name = section.read("id", notation.name)
        to, after = _to(section, declared), _after(section, declared)
        made = {"when": section.word("when", AWAITS, AWAITS[0]), "stages": _stages(section, stage_ids), "after": after}
        if name is None or to is None:
            continue
        if name in read:
            top.complaints.add(node, f"escalation `{name}` is there twice", "each escalation once")
        if made["when"] == "approval_waits" and section.node_of("after") is None:
            expected = "`after: 1bd`, how long an approval may wait"
            top.complaints.add(node, f"escalation `{name}` has no `after`", expected)
        read[name] = Escalation.model_validate({"id": name, "to": to, "says": section.prose("says"), **made})
    return tuple(read.values())


def _to(section: Section, declared: Declared) -> str | None:
    node = section.node_of("to")
    if node is not None and not isinstance(node, Text):
        section.complaints.add(node, "`to` is no text", "`owner`, `owner.manager` or a role")
        return None
    found = roles_of(section, "to", declared.roles, TO_OWNER, OWNERS_MANAGER)
    return found[0] if found else None


def _stages(section: Section, stage_ids: list[str]) -> tuple[str, ...]:
    named = section.names("stages")
    for each in named:
        if each.value not in stage_ids:
            section.complaints.unknown(each, "stage", each.value, stage_ids)
    return tuple(each.value for each in named)


def _after(section: Section, declared: Declared) -> Span | None:
    node, span = section.node_of("after"), section.read("after", scalars.lasting)
    if span is None or node is None or span.unit not in ("bd", "bh") or declared.calendar.hours:
        return span
    expected = "`calendar: {week: mon-fri 09:00-18:00}` in the file, or time by the clock like `36h`"
    section.complaints.add(node, "`after` is working time without working hours", expected)
    return None
