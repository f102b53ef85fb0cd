"""What a witness looks like where the rules leave it open: an ordinary deal, with names that tell what they are."""

from collections.abc import Iterator

from pipeline_engine.process.analysis.spans import Number
from pipeline_engine.process.analysis.world import BASE, World
from pipeline_engine.process.rules import STAY_BEGINS, Kind
from pipeline_engine.process.rules.literals import DAY, SECOND

_HOUR = 3600 * SECOND
_AGO = {
    "opened_at": 30,
    **dict.fromkeys(STAY_BEGINS, 10),
    "activities": 5,
    "contacts": 20,
    "documents": 4,
    "items": 3,
    "approvals": 1,
}
_TEXTS = {
    "owner.id": "rep-03", "actor.id": "rep-03", "owner.manager": "manager-1", "owner.team": "team-1",
    "actor.team": "team-1", "move.reason": "agreed with the customer", "with": "kim@customer.example",
    "contacts.id": "kim@customer.example", "activities.by": "rep-03", "approvals.by": "manager-1",
    "items.by": "rep-03", "documents.by": "rep-03", "documents.name": "contract", "items.id": "item-1",
}  # fmt: skip
_NUMBERS: dict[Kind, int] = {Kind.MONEY: 10_000 * 10_000, Kind.INT: 1, Kind.DOUBLE: 10, Kind.DURATION: 9 * _HOUR}
_POOL = ("rep-03", "rep-04", "rep-05", "manager-1", "manager-2", "kim@customer.example", "lee@customer.example")
TODAY = BASE - 12 * _HOUR


def plain_path(path: str) -> str:
    """The path of a column without the number of its element: `activities.kind`."""
    start, marked, rest = path.partition("#")
    return f"{start}.{rest.partition('.')[2]}" if marked else path


def number(path: str, kind: Kind, world: World) -> Number:
    """The number that a column would have in an ordinary deal."""
    if kind is not Kind.TIMESTAMP:
        return 30 if path.endswith(".minutes") else _NUMBERS.get(kind, 1)
    if path in ("now", "today"):
        return BASE if path == "now" else TODAY
    if world.step(path) == DAY:
        return TODAY + 30 * DAY
    return BASE - DAY * _AGO.get(path, _AGO.get(path.partition("#")[0], 10))


def text(path: str, world: World) -> str:
    """The text that a column would have in an ordinary deal."""
    plain = plain_path(path)
    field = world.field(path)
    if plain == "move.reason" and world.given.get("move.to") == "lost" and world.process.lost_reasons:
        return world.process.lost_reasons[0].id
    if field is not None and field.kind == "person":
        return "rep-04"
    if "mail" in plain:
        return "kim@customer.example"
    return (
        _TEXTS.get(plain)
        or _TEXTS.get(plain.rpartition(".")[2])
        or plain.rpartition(".")[2].replace("_", " ")
        or "text"
    )


def pool(literals: tuple[str, ...]) -> tuple[str, ...]:
    """Texts to try where the likely one does not fit."""
    changed = [made for text in literals for made in (text.lower(), text.upper())]
    return tuple(dict.fromkeys((*_POOL, *literals, *changed)))


def spread(kind: Kind) -> Iterator[Number]:
    """Numbers to try where a condition is not taken apart, the ordinary first."""
    if kind in (Kind.TIMESTAMP, Kind.DURATION):
        for steps in (0, 1, 2, 3, 4, 5, 7, 10, 14, 30, 60, 90, 180, 365, 400, 800):
            for sign in (-1, 1):
                yield (BASE if kind is Kind.TIMESTAMP else 0) + sign * steps * DAY
        yield from (_HOUR * hour for hour in (1, 6, 8, 9, 12, 17, 18, 23) if kind is Kind.DURATION)
        return
    unit = 10_000 if kind is Kind.MONEY else 1
    yield from (0, unit, -unit)
    for power in range(7):
        for digit in (1, 2, 5):
            yield unit * digit * 10**power
            yield -unit * digit * 10**power
