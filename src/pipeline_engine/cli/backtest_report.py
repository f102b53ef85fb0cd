"""A backtest in ten lines to read aloud: trust, one row a rule, plain words, what cannot be known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline_engine.cli import words
from pipeline_engine.cli.output import prose, say, table
from pipeline_engine.process import Process
from pipeline_engine.replay import AtStake, Backtest, RuleEffect
from pipeline_engine.views import Amounts

SHOWN = 6
ENOUGH = 20  # moves stopped, below which a sentence would say more than the numbers
MOST = 0.75


@dataclass(frozen=True)
class Beside:
    """What is known beside the report: the limits that differ, the bottleneck, the rules whose approvals wait there."""

    limits: str = ""
    bottleneck: str = ""
    feeds: frozenset[str] = frozenset()


NOTHING_BESIDE = Beside()


def beside(candidate: Process, before: Process | None, bottleneck: str = "") -> Beside:
    """What a candidate changes in its named numbers, and which of its approvals are waited for in the bottleneck."""
    was = before.limits if before else {}
    differing = [
        f"{name} {number:,f} (was {was[name]:,f})"
        for name, number in candidate.limits.items()
        if name in was and was[name] != number
    ]
    ahead = dict(zip(candidate.stage_ids, (*candidate.stage_ids[1:], "won"), strict=True)).get(bottleneck)
    feeds = frozenset(rule.id for rule in candidate.rules if rule.approval and rule.asked_at == ahead)
    return Beside(", ".join(differing), bottleneck, feeds)


def show(report: Backtest, seconds: float, known: Beside = NOTHING_BESIDE) -> None:
    """The whole report."""
    say(f"had {report.candidate} been in force   ({report.attempts:,} attempts replayed in {seconds:.2f} s)")
    say(f"   against {report.baseline}")
    body(report, known)
    counts = report.counts
    told = [
        (counts["same"], "the same"), (counts["newly_refused"], "newly refused"),
        (counts["newly_needs_approval"], "newly needing an approval"), (counts["newly_warned"], "newly warned"),
        (counts["newly_allowed"], "newly allowed"), (counts["other_reason"], "refused for another reason"),
        (counts["not_knowable"], "not knowable"),
    ]  # fmt: skip
    say(f"  {report.attempts:,} attempts: " + " · ".join(f"{count:,} {what}" for count, what in told if count))
    _examples(report)


def body(report: Backtest, known: Beside = NOTHING_BESIDE) -> None:
    """Trust, the rules that differ, plain words, what cannot be known: as the demo shows it too."""
    say(f"   Trust: {trust(report)}")
    changed = [rule for rule in report.rules if _matters(rule) and not _is_way(rule)]
    rows = [row for rule in changed[:SHOWN] for row in _rows(rule, report)]
    table([("", "left"), ("", "left"), ("", "text")], rows, indent=3)
    if known.limits:
        say(f"   limits that differ: {known.limits}")
    for rule in report.rules:
        if rule.status != "as before" and not _matters(rule) and not _is_way(rule):
            say(f"   + {rule.rule}: stopped nothing")
    off = [f"{rule.stopped:,} by {rule.rule}" for rule in report.rules if rule.stopped and _is_way(rule)]
    if off:
        prose(f"moves that leave the way the stages stand in: {', '.join(off)}", 3, 3)
    prose(f"In plain words: {plain_words(changed, report, known)}", 3, 3)
    prose(f"Cannot know: {'; '.join(_unknowable(report))}.", 3, 3)


def _unknowable(report: Backtest) -> list[str]:
    return ["whether reps would have adapted", *report.cannot_know[1:3], "held-until is the first later event (simple)"]


def trust(report: Backtest) -> str:
    """What the control says, in one sentence."""
    found = report.fidelity
    if not found.replayable:
        return "no verdict was recorded, so there is nothing to control."
    if found.holds:
        return f"all {found.replayable:,} recorded verdicts reproduced; facts read as they were known at each move."
    return f"BROKEN: only {found.reproduced:,} of {found.replayable:,} recorded verdicts reproduced."


def _is_way(rule: RuleEffect) -> bool:
    """Whether it is a rule of the way itself: where deals open, how far they move, where they are won and lost from."""
    return rule.rule.partition(":")[0] in ("moves", "open") or rule.rule in ("won:from", "lost:from", "reopen:reason")


def _matters(rule: RuleEffect) -> bool:
    return bool(rule.stopped or rule.approvals)


def _rows(rule: RuleEffect, report: Backtest) -> list[tuple[str, str, str]]:
    sign = {"new": "+", "changed": "±", "as before": " "}[rule.status]
    name = f"{sign} {rule.rule}"
    if rule.approvals:
        return _approval_rows(rule, name, report)
    stopped = f"stopped {rule.stopped:,} of {rule.evaluated + rule.unknown:,};"
    pace = f", half within {words.days(rule.days_median)}" if rule.days_median is not None else ""
    rows = [(name, stopped, f"{rule.complied:,} complied later{pace}")]
    if rule.never:
        rows.append(("", "", f"{rule.never:,} never, {_won(rule.at_stake)}"))
    return rows


def _approval_rows(rule: RuleEffect, name: str, report: Backtest) -> list[tuple[str, str, str]]:
    week = f", {rule.approvals_a_week:.1f} a week" if rule.approvals_a_week else ""
    wait = next((w for w in report.waits if w.role == rule.approval), None)
    each = f", {words.days(wait.median_days)} each as recorded" if wait and wait.median_days is not None else ""
    rows = [(name, words.plural(rule.approvals, "more approval"), f"{week.lstrip(', ')}{each}".lstrip(", "))]
    if report.slips.deals:
        rows.append(
            ("", "", f"{report.slips.deals:,} won deals, {_sum(report.slips.worth)}, would have slipped a quarter")
        )
    return rows


def _won(stakes: Mapping[str, AtStake]) -> str:
    won = stakes.get("won", AtStake())
    if not won.deals:
        return "none of them won"
    if not won.worth.units:
        return f"{won.deals:,} of them won, at a value nobody noted then"
    unknown = f", unknown for {won.unknown:,}" if won.unknown else ""
    return f"{won.deals:,} of them won: {_sum(won.worth)} at stake{unknown}"


def _sum(worth: Amounts) -> str:
    return words.amounts(worth.to_json()) if worth.units else "value not known"


def plain_words(rules: Sequence[RuleEffect], report: Backtest, known: Beside = NOTHING_BESIDE) -> str:
    """One sentence a rule that differs, from its numbers alone."""
    if not rules:
        return "on this history the candidate changes nothing."
    return " ".join(_sentence(rule, report, known) for rule in rules[:3])


def _sentence(rule: RuleEffect, report: Backtest, known: Beside) -> str:
    name = f"“{rule.says}”" if rule.says else rule.rule
    if rule.approvals:
        pending = next((w.pending for w in report.waits if w.role == rule.approval), 0)
        queue = f" ({pending:,} wait today)" if pending else ""
        feeds = f"; they wait in {known.bottleneck}, already your bottleneck" if rule.rule in known.feeds else ""
        return f"{name} sends {words.plural(rule.approvals, 'more move')} to a {rule.approval}{queue}{feeds}."
    if rule.stopped < ENOUGH:
        return f"{name} stops {words.plural(rule.stopped, 'move')}: not enough to say."
    share = rule.complied / rule.stopped
    won = rule.at_stake.get("won", AtStake()).deals
    later = f"{rule.complied:,} of the {rule.stopped:,} moves it stops met it later"
    if share >= MOST and not won:
        return f"{name} costs little: {later}."
    among = f", {won:,} of them won all the same" if won else ""
    return f"{name}: {later}, {rule.never:,} never did{among}."


def _examples(report: Backtest) -> None:
    rows = [
        (example.change.replace("_", " "), example.deal, f"→ {example.to}", words.money(example.value), example.became,
         ", ".join(example.rules[:2]))
        for example in report.examples[:8]
    ]  # fmt: skip
    if rows:
        say("  for instance, worst value first:")
        table([("", "left"), ("", "left"), ("", "left"), ("", "right"), ("", "left"), ("", "left")], rows, indent=4)
