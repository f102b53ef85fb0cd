"""What there is to draw of a process: its gates with their rules in a few words, and which way deals may go."""

from dataclasses import dataclass

from pipeline_engine.process.model import OWNERS_MANAGER, Process, Rule, Stage

_BACK = {"reason": "back, with a reason", "free": "back", "never": ""}
_CLEAR = {
    "require", "activities", "contacts", "documents", "checklist", "plan", "stay", "approval", "by", "limit", "skill",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One rule of a gate: its short name, what it asks, where it applies, and who must approve."""

    rule: str
    label: str
    text: str
    when: str
    approval: str
    severity: str


@dataclass(frozen=True, slots=True)
class Gate:
    """What is asked at one point of the way: `title` says where that is."""

    title: str
    lines: tuple[Line, ...]

    @property
    def approved(self) -> bool:
        """Whether somebody has to approve there."""
        return any(line.approval for line in self.lines)


def gate(process: Process, asked_at: str, title: str, applies: str | None = None) -> Gate:
    """The rules asked at one gate, those of the way itself apart; `applies` goes without saying."""
    rules = [rule for rule in process.rules if rule.asked_at == asked_at and rule.kind != "topology"]
    return Gate(title, tuple(_line(rule, applies) for rule in rules))


def entering(process: Process, stage: Stage) -> Gate:
    """The gate of a stage."""
    return gate(process, stage.id, "to enter", stage.applies_text)


def leaving(process: Process, stage: Stage) -> Gate:
    """What is asked on moving on from a stage."""
    return gate(process, f"leave:{stage.id}", "to move on", stage.applies_text)


def _line(rule: Rule, applies: str | None) -> Line:
    whose = "the owner's manager" if rule.approval == OWNERS_MANAGER else rule.approval or ""
    when = rule.when_text or ""
    return Line(
        rule=rule.id,
        label=rule.says if rule.kind == "by" else _label(rule),
        text="" if rule.kind in _CLEAR else _one_line(rule.text),
        when="" if when == applies else _one_line(when),
        approval=f"approval: {whose}" if whose else "",
        severity=rule.severity,
    )


def _label(rule: Rule) -> str:
    """`require amount` for `proposal:require:amount`; an id of the author's own stays as it is."""
    prefix = f"{rule.asked_at}:"
    if not rule.id.startswith(prefix):
        return rule.id
    # Who approves is said beside it.
    own = rule.id.removeprefix(prefix).removeprefix(f"approval:{rule.approval}").removeprefix(":")
    return own.replace(":", " ").replace("_", " ")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def back_of(process: Process) -> str:
    """What is said of the way back; empty where there is none."""
    return _BACK[process.moves.back]


def skips_of(process: Process) -> str:
    """What is said of passing over stages; empty where nobody may."""
    if process.moves.forward == "any":
        return "forward to any later stage"
    forward = next((rule for rule in process.rules if rule.id == "moves:forward"), None)
    roles = " or ".join(forward.waivable_by) if forward else ""
    return f"a stage may be skipped where a {roles} waives it" if roles else ""


def reopening_of(process: Process) -> str:
    """What is said of opening a closed deal again."""
    asks = any(rule.id == "reopen:reason" for rule in process.rules)
    return "opened again in the stage it stood in" + (", with a reason" if asks else "")


def passed_by(process: Process) -> list[tuple[int, int]]:
    """From which stage to which a deal goes that does not have the stages between, by their places."""
    some = [stage.applies is not None for stage in process.stages]
    return [
        (start, end)
        for start in range(len(some))
        for end in range(start + 2, len(some))
        if all(some[start + 1 : end]) and not (some[start] or some[end])
    ]


def name_of(stage: Stage) -> str:
    """What people call a stage."""
    return stage.title or stage.id


def described(process: Process) -> str:
    """The picture in words, for whoever cannot see it."""
    stages = ", then ".join(
        f"{name_of(stage)}{' (only some deals)' if stage.applies is not None else ''}" for stage in process.stages
    )
    won, lost = (", ".join(each) for each in (process.won_from, process.lost_from))
    return f"Deals go through {stages}. They are won from {won} and lost from {lost}."
