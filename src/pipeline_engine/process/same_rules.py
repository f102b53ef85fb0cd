"""Whether a rule of one version is the same rule in another, so that what was approved or waived of it goes on."""

from pipeline_engine.process.model import Process, Rule

# What is said beside; `check` and `when` are what `text` and `when_text` mean, with limits, rates and working hours.
_SAID = {"says", "fix", "own_words", "text", "when_text", "reads", "answer_within"}
_LAW = tuple(name for name in Rule.model_fields if name not in _SAID)
_ENDS = ("won", "lost", "reopen")


def taken_over(rule_id: str, target: str, before: Process, after: Process) -> bool:
    """
    Whether an approval or a waiver of a rule, for a target, serves the other version too.

    It does where the rule asks the very same there: same gate, same condition with the same limits and rates, same
    role. What its author says beside (`says`, `fix`) does not matter.
    """
    one, other = _rule(rule_id, before), _rule(rule_id, after)
    if one is None or other is None or target not in (*after.stage_ids, *_ENDS):
        return False
    return _law(one, before) == _law(other, after)


def _rule(rule_id: str, process: Process) -> Rule | None:
    return process.rule(rule_id) if rule_id in process.rule_ids else None


def _law(rule: Rule, process: Process) -> tuple[object, ...]:
    """What makes a rule what it is, with what it takes from the process beside its own condition."""
    # A skip or a way back is about the stages in between; a day is one of a zone.
    way = process.stage_ids if rule.kind == "topology" else ()
    zone = process.calendar.zone if "today" in rule.reads else ""
    return (*(getattr(rule, name) for name in _LAW), way, zone, process.currency)
