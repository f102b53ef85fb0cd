"""Which column of a sales export is what: guessed from names and cells, doubts written down. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipeline_engine.errors import BadHistory
from pipeline_engine.exchange.funnel_order import rank
from pipeline_engine.exchange.plain import slug, words
from pipeline_engine.exchange.profile import Profile, Seen

_STAGE = ("stage", "phase", "stufe", "etappe", "step", "status", "state")
_DEAL = ("opportunity", "opp", "deal", "case", "chance", "vorgang", "geschaeft", "angebot", "auftrag", "lead")
_ID = ("id", "nr", "no", "number", "nummer", "key", "ref")
_OWNER = (
    "owner",
    "agent",
    "rep",
    "salesperson",
    "verkaeufer",
    "vertriebler",
    "besitzer",
    "zustaendig",
    "betreuer",
    "assigned",
)
_TITLE = ("name", "title", "titel", "subject", "bezeichnung", "betreff")
_AMOUNT = ("amount", "betrag", "umsatz", "volumen", "value", "wert", "revenue", "summe", "preis", "price")
_OPENED = (
    "opened",
    "created",
    "create",
    "open",
    "start",
    "angelegt",
    "erstellt",
    "eroeffnet",
    "erfasst",
    "added",
    "engage",
)
_CLOSED = ("closed", "close", "closing", "won", "end", "abschluss", "geschlossen", "abgeschlossen", "ende")
_AT = (
    "changed",
    "change",
    "created",
    "timestamp",
    "time",
    "at",
    "date",
    "datum",
    "zeit",
    "geaendert",
    "modified",
)
_REASON = ("reason", "grund", "verlustgrund", "motiv")
_WON = ("won", "gewonnen", "gagne", "ganado", "vinto", "auftrag")
_LOST = (
    "lost",
    "verloren",
    "perdu",
    "perdido",
    "cancel",
    "cancelled",
    "canceled",
    "declined",
    "rejected",
    "storniert",
    "abgelehnt",
)


@dataclass(slots=True)
class Guess:
    """Which column is what; None where none looks like it. `doubts` are (how unsure, what), higher is less
    sure.
    """

    shape: Literal["deals", "events"]
    id: Seen
    stage: Seen
    row_id: Seen | None = None
    at: Seen | None = None
    title: Seen | None = None
    owner: Seen | None = None
    actor: Seen | None = None
    opened: Seen | None = None
    closed: Seen | None = None
    amount: Seen | None = None
    currency: Seen | None = None
    reason: Seen | None = None
    entered: dict[str, Seen] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)
    won: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    others: list[Seen] = field(default_factory=list)
    left_out: list[Seen] = field(default_factory=list)


def guess(profile: Profile) -> Guess:
    """What the columns of a file are; raises BadHistory where no column looks like a deal's id or its stage."""
    columns = profile.columns
    stage = _best(columns, _STAGE, lambda c: 1 <= len(c.cells) <= 40 and not c.decimals and not c.dates and not c.flags)
    if stage is None:
        names = ", ".join(f"`{column.name[:30]}`" for column in columns[:20])
        raise BadHistory(
            str(profile.path),
            1,
            None,
            f"no column looks like a stage: {names}",
            "one named like `stage` or `status`",
        )
    deal_id = _deal_id(profile, stage)
    found = Guess("deals" if deal_id.unique else "events", deal_id, stage)
    used = [deal_id, stage]
    _times(found, columns, used)
    _people_and_money(found, columns, used)
    _stages(found, profile)
    for column in columns:
        if column not in used:
            (found.left_out if _no_field(column) else found.others).append(column)
    return found


def _deal_id(profile: Profile, stage: Seen) -> Seen:
    ids = [
        c for c in profile.columns if c is not stage and not c.empty and set(words(c.name)) & {*_ID, "id"} | _ends(c)
    ]
    deals = [c for c in ids if set(words(c.name)) & set(_DEAL)]
    unique = [c for c in ids if c.unique]
    chosen = next(iter(deals), None) or next(iter(unique), None) or next((c for c in profile.columns if c.unique), None)
    if chosen is None:
        raise BadHistory(
            str(profile.path), 1, None, "no column looks like the id of a deal", "one named like `deal_id`"
        )
    return chosen


def _ends(column: Seen) -> set[str]:
    return {"id"} if column.name.lower().endswith(("id", "nr")) else set()


def _times(found: Guess, columns: Sequence[Seen], used: list[Seen]) -> None:
    dated = [c for c in columns if c.dates and c not in used]
    if found.shape == "events":
        full = [c for c in dated if not c.empty] or dated
        found.at = _best(full, _AT, lambda c: c.timed and not _is(c, _CLOSED)) or _best(
            full, _AT, lambda c: not _is(c, _CLOSED)
        )
        found.at = found.at or next(iter(full), None)
        ids = (c for c in columns if c not in used and c.unique and [*words(c.name)][-1:] == ["id"])
        found.row_id = next(ids, None)
        found.actor = next((c for c in columns if {"by"} & set(words(c.name)) and c not in used and not c.dates), None)
        used += [c for c in (found.at, found.row_id, found.actor) if c]
        return
    found.closed = _best(dated, _CLOSED, lambda c: True)
    found.opened = _best([c for c in dated if c is not found.closed], _OPENED, lambda c: True)
    used += [c for c in (found.closed, found.opened) if c]


def _people_and_money(found: Guess, columns: Sequence[Seen], used: list[Seen]) -> None:
    free = [c for c in columns if c not in used]
    found.owner = _best(free, _OWNER, lambda c: not c.dates and not c.decimals)
    found.amount = _best(free, _AMOUNT, lambda c: bool(c.decimals))
    found.currency = _best(
        free, ("currency", "waehrung", "devise"), lambda c: all(len(v) == 3 and v.isupper() for v in c.cells)
    )
    found.reason = _best(free, _REASON, lambda c: len(c.cells) <= 60 and not c.decimals)
    taken = (found.owner, found.amount, found.currency, found.reason)
    found.title = _best(
        [c for c in free if c not in taken], _TITLE, lambda c: len(c.cells) * 2 > c.filled and not c.decimals
    )
    used += [c for c in (*taken, found.title) if c]


def _stages(found: Guess, profile: Profile) -> None:
    seen = list(found.stage.cells)
    found.won = tuple(name for name in seen if _is_word(name, _WON) and not _is_word(name, _LOST))
    found.lost = tuple(name for name in seen if _is_word(name, _LOST) and name not in found.won)
    open_names = [name for name in seen if name not in found.won and name not in found.lost]
    first = {
        name: number for number, name in enumerate(dict.fromkeys(row[found.stage.name].strip() for row in profile.rows))
    }
    for name in sorted(open_names or ["open"], key=lambda n: (rank(n), first.get(n, 0))):
        found.stages[name] = slug(name, "-", found.stages.values())
    for name, stage_id in found.stages.items():
        for column in (found.opened,):
            if (
                column
                and found.shape == "deals"
                and any(w[:5] == name.lower()[:5] for w in words(column.name) if len(w) > 4)
            ):
                found.entered[stage_id], found.opened = column, None


def _no_field(column: Seen) -> bool:
    key_like = column.unique and len(column.cells) > 20 and not column.decimals and not column.dates
    return column.timed or key_like or not column.cells


def _is(column: Seen, names: Sequence[str]) -> bool:
    return bool(set(words(column.name)) & set(names))


def _is_word(text: str, names: Sequence[str]) -> bool:
    return bool(set(words(text)) & set(names))


def _best(columns: Sequence[Seen], names: Sequence[str], fits: Callable[[Seen], bool]) -> Seen | None:
    """The fitting column whose name has the earliest of the names."""
    ranked = [
        (min(names.index(word) for word in found), number, column)
        for number, column in enumerate(columns)
        if (found := [word for word in words(column.name) if word in names]) and column.cells and fits(column)
    ]
    return min(ranked, key=lambda entry: entry[:2])[2] if ranked else None
