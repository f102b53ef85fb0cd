"""What a proposal is not sure of, worst first. Pure."""

from collections.abc import Iterator

from pipeline_engine.exchange.funnel_order import ranked
from pipeline_engine.exchange.guess import Guess
from pipeline_engine.exchange.profile import Seen

Doubt = tuple[int, str]


def doubts_of(found: Guess) -> list[str]:
    """The doubts in words, the greatest first; there are always at least three."""
    weighed = [*_stages(found), *_money(found), *_times(found), *_shape(found)]
    return [text for _, text in sorted(weighed, key=lambda doubt: -doubt[0])]


def _stages(found: Guess) -> Iterator[Doubt]:
    known = all(ranked(name) for name in found.stages)
    yield 30 if known else 80, f"the order of the stages: {' → '.join(found.stages.values())}"
    won = ", ".join(f"`{name}`" for name in found.won) or "none"
    lost = ", ".join(f"`{name}`" for name in found.lost) or "none"
    yield 20 if found.won and found.lost else 95, f"the outcomes: won is {won}, lost is {lost}"
    if found.lost and not found.reason:
        yield 40, "why deals were lost: no column says it, so the reason is `not-recorded`"


def _money(found: Guess) -> Iterator[Doubt]:
    amount = found.amount
    if amount is None:
        yield 70, "the value of a deal: no column looks like an amount"
        return
    if found.currency is None:
        yield 60, f"the currency of `{amount.name}`: no column says it"
    if len(amount.decimals) > 1 and any(sign in cell for cell in amount.cells for sign in ".,"):
        yield 85, f"the decimals of `{amount.name}`: `.` and `,` would both fit"


def _times(found: Guess) -> Iterator[Doubt]:
    begun = [column for column in (found.at, found.opened, *found.entered.values()) if column]
    for column in (*begun, found.closed):
        if column:
            yield from _dates(column)
    if not begun:
        yield 75, "when deals began: no column looks like it"


def _dates(column: Seen) -> Iterator[Doubt]:
    if len(column.dates) > 1:
        yield 90, f"the dates in `{column.name}`: {column.dates[0]} and {column.dates[1]} would both fit"
    elif column.timed and column.dates[0] != "iso":
        yield 55, f"the zone of `{column.name}`: the file does not say it, so UTC"


def _shape(found: Guess) -> Iterator[Doubt]:
    row = "change" if found.shape == "events" else "deal"
    yield 10, f"that `{found.id.name}` is the id of a deal, and the file has one row a {row}"
