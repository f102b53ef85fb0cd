"""What CSV rows and XES traces share on their way to canonical rows: reading cells by their column, values by
their field.
"""

from collections.abc import Mapping
from hashlib import sha256

from pipeline_engine.errors import BadMapping, BadValue, nearest, quoted
from pipeline_engine.exchange.cells import read_decimal, read_moment
from pipeline_engine.exchange.mapping import Action, Column, HistoryMapping, Lookup
from pipeline_engine.exchange.row import UNDATED, Kind, Moment, Unreadable
from pipeline_engine.process import Field, Process, read_value
from pipeline_engine.values import Money, Personal, Value

LONGEST_ID = 150
LONGEST_KEY = 80
# How an action becomes a row; what is ignored becomes none.
KINDS: Mapping[str, Kind] = {
    "opened": "opened",
    "stage": "stage",
    "won": "status",
    "lost": "status",
    "activity": "activity",
    "noted": "noted",
}
_NUMBERS = ("money", "number", "percent", "int")


class Cells:
    """Reads the cells of one record as the mapping and the process say; every method raises Unreadable.

    `constants` are the values that every deal of the import has; BadMapping where a field cannot hold its
    own.
    """

    def __init__(self, mapping: HistoryMapping, process: Process) -> None:
        self.mapping, self.process = mapping, process
        self._fields = [(process.fields[name], column) for name, column in mapping.fields.items()]
        self._read_before: dict[tuple[str, str], Value | None] = {}
        self.constants = {name: _constant(mapping, process, name) for name in mapping.constants}

    def deal_id(self, cells: Mapping[str, str]) -> str:
        """The deal's id here, with the mapping's prefix."""
        column = self.mapping.id
        text = cells.get(column.name, "").strip()
        deal_id = self.mapping.id_prefix + column.values.get(text, text)
        if not text or len(deal_id) > LONGEST_ID or not deal_id.isprintable():
            raise Unreadable(column.name, text, f"a deal id has 1 to {LONGEST_ID} printable characters")
        return deal_id

    def text(self, column: Column | None, cells: Mapping[str, str]) -> str:
        """The cell as text, replaced and made an id as its column says; empty where there is none."""
        if column is None:
            return ""
        text = cells.get(column.name, "")
        text = column.values.get(text, text).strip()
        return "-".join(text.lower().split()) if column.as_id else text

    def person(self, column: Column | None, cells: Mapping[str, str]) -> str | None:
        """The id of a person; None where the cell is empty."""
        text = self.text(column, cells)
        if text and (len(text) > 100 or not text.isprintable() or any(sign.isspace() for sign in text)):
            raise Unreadable(
                column.name if column else "", text, "no id of a person: spaces; the mapping can say `as: id`"
            )
        return text or None

    def moment(self, column: Column | None, cells: Mapping[str, str]) -> Moment:
        """When a column says; undated where there is no such column or the cell is empty."""
        if column is None:
            return UNDATED
        text = cells.get(column.name, "")
        return read_moment(column.name, column.values.get(text, text), column.dates, column.zone)

    def action(self, lookup: Lookup, cells: Mapping[str, str]) -> Action | None:
        """What a cell comes to; None where it is empty. A cell that is a stage of the process needs no
        mapping.
        """
        text = cells.get(lookup.column.name, "")
        found = lookup.actions.get(text) or lookup.actions.get(text.strip())
        if found or not text.strip():
            return found
        stages = tuple(stage.id for stage in self.process.stages)
        if lookup is self.mapping.stage and text.strip() in stages:
            return Action("stage", text.strip())
        if lookup is self.mapping.activity and text.strip() in self.process.activities:
            return Action("activity", text.strip())
        near = nearest(text, tuple(lookup.actions))
        raise Unreadable(
            lookup.column.name,
            text,
            "the mapping does not say what this is" + (f"; near {quoted(near)}" if near else ""),
        )

    def reason(self, action: Action, cells: Mapping[str, str]) -> str | None:
        """The reason of a loss: the cell of its column, else what the action says, else none."""
        column = self.mapping.lost_reason
        text = self.text(column, cells) or action.name
        known = tuple(reason.id for reason in self.process.lost_reasons)
        if text and text not in known:
            raise Unreadable(
                column.name if column else "", text, f"no reason for losing in process `{self.process.name}`"
            )
        return text or None

    def amount(self, cells: Mapping[str, str]) -> Money | None:
        """What a won deal came to; None where the cell is empty: unknown is not zero."""
        column = self.mapping.close_value
        if column is None or not cells.get(column.name, "").strip():
            return None
        money = self.value(Field(name=column.name, kind="money"), column, cells)
        return money if isinstance(money, Money) else None

    def values(self, cells: Mapping[str, str], deal_id: str, known: str | None = None) -> dict[str, Value | None]:
        """The values of the mapped fields, None for an empty cell; only those of one `known` where it is
        given.
        """
        raw = {
            field.name: self.value(field, column, cells)
            for field, column in self._fields
            if known is None or column.known == known
        }
        return {name: _sealed(self.process.fields[name], value, raw, deal_id) for name, value in raw.items()}

    def field_value(self, name: str, cells: Mapping[str, str], deal_id: str) -> Value | None:
        """The value of one mapped field, sealed under whom it is about."""
        field, column = self.process.fields[name], self.mapping.fields[name]
        subject = self.mapping.fields.get(field.personal or "")
        given = {field.personal or "": self.text(subject, cells) or None}
        return _sealed(field, self.value(field, column, cells), given, deal_id)

    def value(self, field: Field, column: Column, cells: Mapping[str, str]) -> Value | None:
        """One typed value; None where the cell is empty."""
        text = self.text(column, cells)
        if not text:
            return None
        currency = self.text(self.mapping.currency, cells) or self.process.currency
        key = (f"{field.name}\n{field.kind}\n{currency}", text)
        if key not in self._read_before:
            if len(self._read_before) > 50_000:
                self._read_before.clear()
            self._read_before[key] = _typed(field, column, text, currency)
        return self._read_before[key]


def _typed(field: Field, column: Column, text: str, currency: str) -> Value:
    if field.kind in _NUMBERS and not field.many:
        text = read_decimal(column.name, text.removesuffix("%") if field.kind == "percent" else text, column.decimal)
    if field.kind == "date" and column.dates:
        at = read_moment(column.name, text, column.dates, column.zone).at
        text = at.date().isoformat() if at else text
    if field.kind == "money" and not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        raise Unreadable(column.name, currency, "no currency: three capitals like `EUR`")
    try:
        return read_value(field, text, currency)
    except BadValue as bad:
        raise Unreadable(column.name, text, f"field `{field.name}` holds {bad.expected}") from None


def _constant(mapping: HistoryMapping, process: Process, name: str) -> Value:
    said = mapping.constants[name]
    try:
        return read_value(process.fields[name], said.name, process.currency)
    except BadValue as bad:
        found = f"field `{name}` cannot be `{said.name[:80]}`"
        raise BadMapping(mapping.file, said.place.line, said.place.column, found, bad.expected) from None


def _sealed(field: Field, value: Value | None, given: Mapping[str, Value | None], deal_id: str) -> Value | None:
    if value is None or field.personal is None:
        return value
    subject = given.get(field.personal)
    return Personal(f"person:{subject}" if isinstance(subject, str) else f"deal:{deal_id}", str(value))


class Keys:
    """Natural keys for rows without an id of their own: the time and what was said, numbered where both come
    again.
    """

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def key(self, when: Moment, said: str) -> str:
        """The key of the next row that says this at this time."""
        at = when.at.replace(tzinfo=None).isoformat() if when.at else "undated"
        key = short(f"{at}|{said}")
        count = self._seen[key] = self._seen.get(key, 0) + 1
        return key if count == 1 else f"{key}#{count}"


def short(key: str) -> str:
    """A key as it is stored: itself where it is short and printable, else its hash."""
    fits = 0 < len(key) <= LONGEST_KEY and key.isprintable()
    return key if fits else sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
