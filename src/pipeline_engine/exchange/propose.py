"""From a CSV export nobody described yet to a mapping and a rule-free process to begin with; nothing is
imported.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline_engine.errors import BadMapping
from pipeline_engine.exchange.doubts import doubts_of
from pipeline_engine.exchange.guess import Guess, guess
from pipeline_engine.exchange.mapping import check_mapping
from pipeline_engine.exchange.mapping_file import read_mapping
from pipeline_engine.exchange.plain import slug, words
from pipeline_engine.exchange.profile import Profile, Seen, profile_of
from pipeline_engine.process import load_process

MAPPING, PROCESS = "mapping.yaml", "process.yaml"
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_ /()-]*[A-Za-z0-9_)]|[A-Za-z]")
_WORDS = frozenset({"won", "lost", "ignore", "null", "Null", "NULL"})
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """The two files that were written, and the (at most three) things the proposal is least sure of, worst
    first.
    """

    mapping: Path
    process: Path
    unsure: tuple[str, ...]
    shape: str
    stages: tuple[str, ...]


def propose(path: Path, folder: Path) -> Proposal:
    """
    Write `mapping.yaml` and `process.yaml` for a CSV file into a folder; both load, fit each other and fit
    the file.

    Raises:
        BadHistory: The file is no CSV, or no column looks like a stage or a deal's id.
        BadMapping: One of the two files is there already, or the folder cannot be written.
    """
    targets = folder / MAPPING, folder / PROCESS
    for target in targets:
        if target.exists():
            raise BadMapping(str(target), None, None, "it is there already", "another folder; nothing is overwritten")
    profile = profile_of(path)
    found = guess(profile)
    name = slug(path.stem, "-")[:40].strip("-")
    unsure = tuple(doubts_of(found)[:3])
    fields = _fields(found)
    mapping = "\n".join(_mapping(name, profile, found, fields, unsure)) + "\n"
    process = "\n".join(_process(name, path, found, fields)) + "\n"
    check_mapping(read_mapping(mapping, str(targets[0])), load_process(process, str(targets[1])))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for target, text in zip(targets, (mapping, process), strict=True):
            with target.open("x", encoding="utf-8") as out:
                out.write(text)
    except OSError as error:
        raise BadMapping(
            str(folder), None, None, f"cannot be written: {error.strerror}", "a folder to write into"
        ) from None
    return Proposal(*targets, unsure, found.shape, tuple(found.stages.values()))


def _fields(found: Guess) -> dict[str, Seen]:
    fields: dict[str, Seen] = {"amount": found.amount} if found.amount else {}
    for column in found.others:
        fields[slug(" ".join(words(column.name)), "_", fields)] = column
    return fields


def _mapping(
    name: str, profile: Profile, found: Guess, fields: dict[str, Seen], unsure: tuple[str, ...]
) -> Iterator[str]:
    yield f"# Proposed for {quote(profile.path.name)}. Least sure of:"
    yield from (f"#   - {printable(text)}" for text in unsure)
    yield from ("format: csv", f"rows: {found.shape}", f"source: {name}", f"process: {name}")
    yield from _form(profile)
    yield f"id: {quote(found.id.name)}"
    yield from _people(found)
    yield from _times(found)
    yield from _stage(found)
    if found.amount:
        yield f"close_value: {_numbered(found.amount)}"
    if found.currency:
        yield f"currency: {quote(found.currency.name)}"
    yield "reopens: true" if found.shape == "events" else "reopens: false"
    if fields:
        yield "fields:"
        yield from (f"  {field}: {_field(field, column, profile, found)}" for field, column in fields.items())
    if found.left_out:
        yield f"# Left out: {', '.join(quote(column.name) for column in found.left_out)}"


def _form(profile: Profile) -> Iterator[str]:
    if profile.encoding != "utf-8":
        yield f"encoding: {profile.encoding}"
    if profile.delimiter != ",":
        yield "delimiter: tab" if profile.delimiter == "\t" else f'delimiter: "{profile.delimiter}"'


def _times(found: Guess) -> Iterator[str]:
    for key, column in (("at", found.at), ("opened", found.opened), ("closed", found.closed)):
        if column:
            yield f"{key}: {_dated(column)}"
    if found.entered:
        yield "entered:"
        yield from (f"  {stage}: {_dated(column)}" for stage, column in found.entered.items())


def _people(found: Guess) -> Iterator[str]:
    if found.row_id:
        yield f"row_id: {quote(found.row_id.name)}"
        yield "ties: row_id"
    if found.title:
        yield f"title: {quote(found.title.name)}"
    for key, column in (("owner", found.owner), ("actor", found.actor)):
        if column:
            yield (
                f"{key}: {{column: {quote(column.name)}, as: id}}" if column.spaced else f"{key}: {quote(column.name)}"
            )


def _stage(found: Guess) -> Iterator[str]:
    yield "stage:"
    yield f"  column: {quote(found.stage.name)}"
    yield "  values:"
    for text, stage in found.stages.items():
        if text in found.stage.cells:
            yield f"    {quote(text)}: {stage}"
    for text in found.won:
        yield f"    {quote(text)}: won"
    for text in found.lost:
        yield f"    {quote(text)}: {'lost' if found.reason else '{lost: not-recorded}'}"
    if found.reason:
        yield "lost_reason:"
        yield f"  column: {quote(found.reason.name)}"
        yield "  values:"
        yield from (f"    {quote(text)}: {reason}" for text, reason in _reasons(found).items())


def _reasons(found: Guess) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for text in found.reason.cells if found.reason else ():
        reasons[text] = slug(text, "-", reasons.values())
    return reasons


def _field(field: str, column: Seen, profile: Profile, found: Guess) -> str:
    known = (
        ", known: closing"
        if field == "amount" and found.shape == "deals" and _only_closed(column, profile, found)
        else ""
    )
    kind = _kind(field, column)
    if kind == "date":
        return _dated(column)
    if kind in ("money", "number"):
        return _numbered(column, known)
    return quote(column.name)


def _only_closed(amount: Seen, profile: Profile, found: Guess) -> bool:
    """Whether open deals have no amount: then it is known from the outcome on."""
    return not any(row[amount.name].strip() for row in profile.rows if row[found.stage.name].strip() in found.stages)


def _dated(column: Seen) -> str:
    zone = ", zone: UTC" if column.timed else ""
    return f"{{column: {quote(column.name)}, date: {json.dumps(column.dates[0])}{zone}}}"


def _numbered(column: Seen, known: str = "") -> str:
    return f'{{column: {quote(column.name)}, decimal: "{_decimal(column)}"{known}}}'


def _decimal(column: Seen) -> str:
    comma = "," in column.decimals and any(re.search(r",\d{1,2}$", cell) for cell in column.cells)
    return "," if comma else column.decimals[0] if column.decimals else "."


def _kind(field: str, column: Seen) -> str:
    if field == "amount":
        return "money"
    if column.dates:
        return "date"
    if column.flags:
        return "bool"
    return "number" if column.decimals else "text"


def _process(name: str, path: Path, found: Guess, fields: dict[str, Seen]) -> Iterator[str]:
    yield f"# Proposed for {quote(path.name)}: its stages and columns, and no rules yet."
    yield f"process: {name}"
    yield f"currency: {_currency(found)}"
    if fields:
        yield "deal:"
        for field, column in fields.items():
            personal = ", personal: deal" if column.mails else ""
            yield f"  {field}: {{type: {_kind(field, column)}{personal}}}"
    yield "stages:"
    for text, stage in found.stages.items():
        title = f", title: {quote(text)}" if text != stage else ""
        yield f"  - {{id: {stage}{title}}}"
    yield "moves:"
    yield "  forward: any"
    yield "outcomes:"
    yield f"  won: {{from: [{', '.join(found.stages.values())}]}}"
    yield f"  lost: {{reasons: [{', '.join([*_reasons(found).values()] or ['not-recorded'])}]}}"


def _currency(found: Guess) -> str:
    if found.currency and found.currency.cells:
        return found.currency.cells.most_common(1)[0][0]
    cells = found.amount.cells if found.amount else ()
    signs = [code for cell in cells for sign, code in _SIGNS.items() if sign in cell]
    return signs[0] if signs else "EUR"


def printable(text: str) -> str:
    """The text on one line."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def quote(text: str) -> str:
    """The text as a YAML scalar, in quotes where it needs them."""
    return (
        text if _PLAIN.fullmatch(text) and text not in _WORDS else json.dumps(text, ensure_ascii=not text.isprintable())
    )
