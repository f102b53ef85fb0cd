"""Views as tables that people like to read."""

from collections.abc import Sequence
from typing import Any

from pipeline_engine.cli import words
from pipeline_engine.cli.output import WIDEST, say, table, terminal_columns
from pipeline_engine.views import Bottlenecks, Funnel, Health, Share

BAR, SHORT_BAR = 24, 16


def health(found: Health) -> None:
    """The pipeline, its stages, and the deals that need a look."""
    worth = words.amounts(found.open_value.to_json())
    say(
        f"{found.process}@{found.version} on {words.day(found.as_of)}    "
        f"open {words.plural(found.open, 'deal')} · {worth}"
    )
    stages(found)
    decided(found)
    for name, flag in found.flags.items():
        if flag.not_judged:
            continue
        if flag.count:
            first = ", ".join(deal.deal for deal in flag.deals[:4])
            say(f"  {flag.count:>6,}  {name.replace('_', ' ')}: {first}{' …' if flag.count > 4 else ''}")
    _notes(found.notes, found.position)


def stages(found: Health) -> None:
    """A row a stage; the mark stands at the stage with most deals past their service level."""
    worst = max((stage.over_service_level for stage in found.stages), default=0)
    rows = [
        (
            stage.stage, f"{stage.open:,}", words.amounts(stage.value.to_json()), words.days(stage.median.days),
            _level(stage.service_level), f"{stage.over_service_level:,}", f"{stage.stalled:,}",
            "◄" if worst and stage.over_service_level == worst else "",
        )
        for stage in found.stages
    ]  # fmt: skip
    columns = [("stage", "left"), *((name, "right") for name in ("open", "value", "median stay", "service level"))]
    table([*columns, ("past it", "right"), ("stalled", "right"), ("", "left")], rows, indent=3)


def _level(text: str | None) -> str:
    if text is None:
        return words.NOTHING
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    return f"{number} {text[len(number) :]}"


def decided(found: Health) -> None:
    """Won of decided, with how sure that is."""
    apart = f", {found.lost_not_counted:,} lost for a reason that does not count" if found.lost_not_counted else ""
    worth = words.amounts(found.won_value.to_json())
    say(f"   won {found.win_rate.hits:,} of {found.win_rate.of:,} decided: {sure(found.win_rate)}{apart} · won {worth}")


def sure(share: Share) -> str:
    """`29 % (26 to 32)`, or that nothing can be said."""
    if share.share is None or share.low is None or share.high is None:
        return "not enough to say"
    return f"{words.percent(share.share)} ({share.low * 100:.0f} to {share.high * 100:.0f})"


def bottlenecks(found: Bottlenecks) -> None:
    """The stages by rank, and what the deals in the first one wait for."""
    window = f"{words.day(found.since)} to {words.day(found.until)}"
    say(f"{found.process}@{found.version}, {window}")
    rows = [
        (
            f"{stage.rank}", stage.stage, f"{stage.flow.arrivals:,}", f"{stage.flow.departures:,}",
            f"{stage.flow.in_stage_mean:,.1f}", words.days(stage.median.days), words.days(stage.p90.days),
            words.percent(stage.share_of_delay), _level(stage.service_level), _mean(stage.beyond_mean),
        )
        for stage in found.stages
    ]  # fmt: skip
    right = ("came in", "left", "there on average", "half left after", "9 of 10 after", "share of delay")
    level = (("service level", "right"), ("past it on average", "right"))
    table([("", "right"), ("stage", "left"), *((n, "right") for n in right), *level], rows, indent=2)
    if found.stages:
        say(f"  {found.stages[0].stage} first: {found.stages[0].why}")
        say(f"  {waiting(found.stages[0])}")
    _notes(found.notes, found.position)


def _mean(deals: float | None) -> str:
    return words.NOTHING if deals is None else f"{deals:,.1f}"


def waiting(stage: Any) -> str:
    """What the deals that are in a stage now wait for."""
    now = stage.waits.now
    parts = [
        (now.get("approval_pending", 0), "waiting for an approval"), (now.get("with_customer", 0), "with the customer"),
        (now.get("paused", 0), "paused"), (now.get("unexplained", 0), "nobody can say"),
    ]  # fmt: skip
    told = " · ".join(f"{count:,} {what}" for count, what in parts if count)
    return told or "no deal is there now"


def funnel(found: Funnel) -> None:
    """A row a stage, with a bar."""
    say(f"{found.process}@{found.version} on {words.day(found.as_of)}    {words.plural(found.deals, 'deal')}")
    most = max((stage.reached for stage in found.stages), default=0) or 1
    longest = SHORT_BAR if (terminal_columns() or WIDEST) < WIDEST else BAR
    rows = [
        (
            stage.stage, f"{stage.reached:,}", "█" * round(longest * stage.reached / most), f"{stage.open:,}",
            f"{stage.lost_here:,}", f"{stage.won_here:,}", sure(stage.onward),
        )
        for stage in found.stages
    ]  # fmt: skip
    columns = [("stage", "left"), ("reached", "right"), ("", "left"), ("open", "right"), ("lost here", "right")]
    table([*columns, ("won here", "right"), ("of those known, went on", "left")], rows, indent=2)
    say(f"  won {found.won:,} · lost {found.lost:,} · open {found.open:,}")
    _notes(found.notes, found.position)


def _notes(notes: Sequence[str], position: int) -> None:
    for text in notes:
        say(f"  note: {text}")
    say(f"  (log position {position:,})", style="dim")
