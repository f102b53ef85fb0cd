"""Audits as tables that people like to read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline_engine.audit import Answer, Approval, Bypass, CannotSay, Correction, Ended, Refusal, Tally, Waiver
from pipeline_engine.cli import words
from pipeline_engine.cli.output import Column, say, table

MOST_NAMES = 8
_LISTS = ("activities", "approvals", "contacts", "documents", "items")


def show(what: str, found: Answer[Any]) -> None:
    """The rows, oldest of the page at the bottom; then how many there are, by what, by rule and by person."""
    columns, row_of, total = _KINDS[what]
    if found.rows:
        table(columns, [row_of(row) for row in found.rows])
    say(total(found))
    _counts("rule", found.by_rule)
    _counts("person", found.by_person)
    if found.next is not None:
        say(f"the latest {words.plural(len(found.rows), 'row')} of {found.found:,}; `--before {found.next}` goes on")
    say(f"log position {found.position:,}")


def _counts(of: str, tallies: Sequence[Tally]) -> None:
    if not tallies:
        return
    heads = list(dict.fromkeys(word for tally in tallies for word in tally.counts))
    rows = [(tally.name, *(f"{tally.counts.get(head, 0):,}" for head in heads)) for tally in tallies[:MOST_NAMES]]
    table([(of, "left"), *((head, "right") for head in heads)], rows, indent=2)
    if len(tallies) > MOST_NAMES:
        say(f"  and {len(tallies) - MOST_NAMES:,} more; `--json` names them all")


def _told(totals: Mapping[str, int], said: Mapping[str, str] | None = None) -> str:
    told = [f"{count:,} {(said or {}).get(word, word)}" for word, count in totals.items()]
    return f": {', '.join(told)}" if told else ""


def _way(start: str | None, end: str | None) -> str:
    return f"{start} → {end}" if start else f"→ {end}" if end else words.NOTHING


def _bypass(row: Bypass) -> tuple[str, ...]:
    return (
        words.moment(row.at), row.deal, f"{row.kind} {_way(row.from_stage, row.to_stage)}", _basis(row), row.by,
        row.reason or words.NOTHING, _would(row),
    )  # fmt: skip


def _basis(row: Bypass) -> str:
    """By what right; of another system which one, and its own name for it."""
    return f"{row.basis}: {row.source} {row.key}" if row.source else row.basis


def _would(row: Bypass) -> str:
    if row.would == "refused":
        return f"refused: {', '.join(row.refused_by)}"
    if row.would == "unknown":
        return f"cannot say: {', '.join(map(_cannot_say, row.cannot_say))}"
    return "passed" if row.would == "passed" else "no gate is asked"


def _cannot_say(each: CannotSay) -> str:
    if each.rule is None:
        return f"its {' and '.join(each.missing)} is not here" if each.missing == ("process",) else "no such stage"
    missing = ", ".join(_missing(path) for path in each.missing)
    return f"{each.rule} ({missing})" if missing else each.rule


def _missing(path: str) -> str:
    if path.startswith("deal."):
        return f"{path.removeprefix('deal.').replace('_', ' ')} not recorded"
    if path in _LISTS:
        return f"no import brought {path}"
    who, _, what = path.partition(".")
    if who in ("owner", "actor"):
        return f"no {who}" if what == "id" else f"nobody noted the {who}'s {what.replace('_', ' ')}"
    return "no date" if path in ("now", "today", "stage.entered_at", "opened_at") else f"{path} not known"


_SAID = {
    "passed": "would have passed", "refused": "would have been refused", "unknown": "cannot be said",
    "not asked": "judged by no gate",
}  # fmt: skip


def _bypasses(found: Answer[Bypass]) -> str:
    return f"{words.plural(found.found, 'event')} past the gate{_told(found.totals, _SAID)}"


def _ended(ended: Ended | None) -> str:
    if ended is None:
        return words.NOTHING
    return ended.how if ended.version is None else f"{ended.how} (event {ended.version})"


def _who(row: Approval | Waiver) -> str:
    return f"{row.by} for {row.on_behalf_of}" if row.on_behalf_of else row.by


def _happened(row: Approval | Waiver) -> str:
    return f"{row.event}: {row.why}" if row.why else row.event


def _waiver(row: Waiver) -> tuple[str, ...]:
    return (
        words.moment(row.at), row.deal, row.rule, row.target, _happened(row), _who(row), row.role or words.NOTHING,
        row.reason or words.NOTHING, _ended(row.ended),
    )  # fmt: skip


def _approval(row: Approval) -> tuple[str, ...]:
    waited = words.days(row.waited_days) if row.waited_days is not None else words.NOTHING
    return (
        words.moment(row.at), row.deal, row.rule, row.target, _happened(row), _who(row), row.role or words.NOTHING,
        waited, row.reason or words.NOTHING, _ended(row.ended),
    )  # fmt: skip


def _refusal(row: Refusal) -> tuple[str, ...]:
    later = words.moment(row.later) if row.later else words.NOTHING
    why = ", ".join(row.rules) or row.why or words.NOTHING
    tried = f"{row.tried} {_way(row.from_stage, row.target) if row.deal else row.target}"
    return (words.moment(row.at), row.deal or words.NOTHING, tried, row.by, why, later)


def _correction(row: Correction) -> tuple[str, ...]:
    what = row.kind if row.corrects is None else f"{row.kind} of event {row.corrects}"
    return (
        words.moment(row.at), row.deal, f"{row.event}: {row.why}" if row.why else row.event, what, _really(row),
        row.by, row.reason or words.NOTHING,
    )  # fmt: skip


def _really(row: Correction) -> str:
    if row.into is not None:
        return f"it is {row.into}"
    if row.kind == "time":
        return words.moment(row.really_at)
    told = [f"{name} {words.value(value) if value is not None else 'erased'}" for name, value in row.set.items()]
    return ", ".join([*told, *(f"no {name}" for name in row.cleared)]) or words.NOTHING


_Kind = tuple[Sequence[Column], Callable[[Any], tuple[str, ...]], Callable[[Answer[Any]], str]]
_AT: Sequence[Column] = (("at", "left"), ("deal", "left"))
_GRANT: Sequence[Column] = (
    *_AT, ("rule", "left"), ("for", "left"), ("what", "left"), ("by", "left"), ("as", "left"),
)  # fmt: skip


def _total(one: str) -> Callable[[Answer[Any]], str]:
    return lambda found: f"{words.plural(found.found, one)}{_told(found.totals)}"


def _waivers(found: Answer[Waiver]) -> str:
    given = found.totals.get("given", 0)
    return f"{words.plural(given, 'waiver')}, and {words.plural(found.found - given, 'try', 'tries')} refused"


_KINDS: dict[str, _Kind] = {
    "bypasses": (
        (
            *_AT, ("what", "left"), ("basis", "left"), ("by", "left"), ("reason", "text"),
            ("the gate would have said", "text"),
        ),
        _bypass, _bypasses,
    ),
    "waivers": ((*_GRANT, ("reason", "text"), ("ended", "left")), _waiver, _waivers),
    "approvals": ((*_GRANT, ("waited", "right"), ("reason", "text"), ("ended", "left")), _approval, _total("event")),
    "refusals": (
        (*_AT, ("tried", "left"), ("by", "left"), ("why", "text"), ("got there", "left")), _refusal, _total("refusal"),
    ),
    "corrections": (
        (*_AT, ("event", "left"), ("what", "left"), ("really", "text"), ("by", "left"), ("reason", "text")),
        _correction, _total("correction"),
    ),
}  # fmt: skip
