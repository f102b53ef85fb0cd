"""A judgement on a terminal: what was asked, how each rule answered, what it saw, and what to type next."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pipeline_engine.cli import words
from pipeline_engine.cli.output import prose, say
from pipeline_engine.deal import Deal, Judged
from pipeline_engine.values import value_to_json

MARKS = {"pass": "✓", "fail": "✗", "unknown": "?", "waived": "~", "not asked": "·"}
_QUIET = ("stage.id", "move.from", "move.to", "move.steps", "actor.id")
_LISTS = ("approvals",)


def judged_json(judged: Judged) -> dict[str, Any]:
    """One rule's answer for scripts; facts in their stored forms, null where not recorded."""
    return {
        "rule": judged.rule, "verdict": judged.verdict, "severity": judged.severity, "says": judged.says,
        "fix": judged.fix, "facts": [{"path": path, "value": plain(found)} for path, found in judged.facts],
        "approval": judged.approval, "waivable_by": list(judged.waivable_by),
    }  # fmt: skip


def plain(found: Any) -> Any:
    """A value for JSON."""
    if isinstance(found, dict):
        return {name: plain(part) for name, part in found.items()}
    if isinstance(found, (list, tuple)):
        return [plain(part) for part in found]
    if isinstance(found, timedelta):
        return found.total_seconds()
    return None if found is None else value_to_json(found)


def show(deal_id: str, judged: Sequence[Judged], target: str, indent: int = 2, waivers: int | None = None) -> None:
    """The rules that were asked, those that stand in the way first, each with what it saw and what would meet it.

    `waivers` is how many were given before, where somebody counted.
    """
    order = {"fail": 0, "unknown": 1, "waived": 2, "pass": 3, "not asked": 4}
    asked = [each for each in judged if each.verdict != "not asked" and not _dull(each)]
    widest = max((len(each.rule) for each in asked), default=0)
    for each in sorted(asked, key=lambda each: order[each.verdict]):
        say(f"{' ' * indent}{_mark(each)} {each.rule:<{widest}}  {_told(each)}".rstrip(), under=indent + widest + 4)
        if each.verdict in ("fail", "unknown") and (help_ := fix(deal_id, each, target)):
            say(f"{' ' * (indent + 2)}{'':<{widest}}  → {help_}", under=indent + widest + 6)
    way = way_round(judged, waivers)
    if way:
        prose(way, indent, 3)


def _mark(judged: Judged) -> str:
    unmet = judged.verdict in ("fail", "unknown")
    return "!" if unmet and judged.severity != "block" else MARKS[judged.verdict]


def _dull(judged: Judged) -> bool:
    """A rule of the way itself that passes tells nobody anything."""
    return judged.verdict == "pass" and judged.rule.partition(":")[0] in ("moves", "open", "won", "lost", "reopen")


def _told(judged: Judged) -> str:
    """Why it does not pass: what is missing, or what was found; what it saw, where it passes."""
    missing = [_name(path) for path, found in judged.facts if found is None]
    if judged.verdict == "unknown" and missing:
        # What the author says is about a rule that fails; of what nobody recorded only that can be said.
        return f"{', '.join(missing)} not recorded"
    looked = seen(judged)
    if judged.verdict in ("fail", "unknown") and judged.says:
        return f"{judged.says} ({looked})" if looked and looked not in judged.says else judged.says
    return looked


def seen(judged: Judged) -> str:
    """What the rule looked at, in words; of approvals there is nothing to say while none stands."""
    shown = [(path, found) for path, found in judged.facts if path not in _QUIET and (found or path not in _LISTS)]
    return ", ".join(f"{_name(path)} {words.value(found)}" for path, found in shown)


def _name(path: str) -> str:
    return path.removeprefix("deal.").replace("_", " ").replace("stage.", "").replace("move.", "")


def fix(deal_id: str, judged: Judged, target: str) -> str:
    """What would meet the rule: the command to type where there is one."""
    if judged.approval is not None:
        return f"deal request {deal_id} {judged.rule} --to {target}"
    return judged.fix.replace("{deal}", deal_id)


def way_round(judged: Sequence[Judged], waivers: int | None = None) -> str:
    """Who may waive what stands in the way; empty where nothing does, or where nobody may waive any of it."""
    unmet = [each for each in judged if each.unmet]
    roles = " or ".join(f"a {role}'s" for role in sorted({role for each in unmet for role in each.waivable_by}))
    if not roles:
        return ""
    given = f" ({waivers:,} so far)" if waivers is not None else ""
    if all(each.waivable_by for each in unmet):
        return f"the only way round: {roles} waiver, with a reason{given}"
    fixed = ", ".join(each.rule for each in unmet if not each.waivable_by)
    return f"no way round {fixed}; the rest: {roles} waiver, with a reason{given}"


def headline(word: str, deal: Deal, value: str, what: str) -> None:
    """`REFUSED  D-0417, 62,000 EUR, stays in proposal`."""
    worth = f", {value}" if value != words.NOTHING else ""
    say(f"{word}  {deal.id}{worth}, {what}", style="bold red" if "REFUSED" in word else "bold green")
