"""Escalations that nothing ever leads to."""

from collections.abc import Iterator

from pipeline_engine.process.findings import Finding
from pipeline_engine.process.lint.subject import Subject
from pipeline_engine.process.model import Escalation, Process

_LACKS = {
    "service_level": "has a `service_level`",
    "stalled": "says when a deal is stalled (`stalled_after`)",
    "approval_waits": "asks for an approval",
}


def calling(subject: Subject) -> Iterator[Finding]:
    """Escalations that call nobody, since what they wait for cannot be."""
    for each in subject.process.escalations:
        if not any(_leads(subject.process, each, stage) for stage in each.stages or subject.process.stage_ids):
            where = f"in {' and '.join(f'`{stage}`' for stage in each.stages)} " if each.stages else ""
            nothing = "no rule" if each.when == "approval_waits" else "no stage"
            message = f"escalation `{each.id}` calls nobody: {where}{nothing} {_LACKS[each.when]}"
            yield subject.found("escalation-never", message, subject.place("escalations", each.id), each.id)


def _leads(process: Process, escalation: Escalation, stage_id: str) -> bool:
    stage = process.stage(stage_id)
    if escalation.when == "service_level":
        return stage.service_level is not None
    if escalation.when == "stalled":
        return stage.stalled_after is not None
    # An approval may be asked for in any stage, whatever gate it is for.
    return any(rule.approval for rule in process.rules)
