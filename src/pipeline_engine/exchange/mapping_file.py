"""Reading a mapping file: YAML into a HistoryMapping, with the place of whatever does not fit."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline_engine.errors import BadMapping
from pipeline_engine.exchange.mapping import Column, HistoryMapping, Known, Lookup, Name
from pipeline_engine.exchange.mapping_columns import Columns
from pipeline_engine.notation import Node, Place, Written, read_text, read_tree

ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "latin-1", "iso-8859-15")
_COMMON = (
    "format",
    "source",
    "process",
    "id",
    "id_prefix",
    "fields",
    "constants",
    "opens_in",
    "reopens",
    "order",
    "ties",
    "title",
    "owner",
    "actor",
)
_CSV = (
    "rows",
    "encoding",
    "delimiter",
    "row_id",
    "at",
    "recorded",
    "opened",
    "closed",
    "stage_since",
    "entered",
    "stage",
    "outcome",
    "activity",
    "lost_reason",
    "close_value",
    "currency",
)
_TEXTS = ("row_id", "actor", "lost_reason", "close_value", "currency")
_DATES = ("at", "recorded", "opened", "closed", "stage_since")
_XES = ("at", "activity", "activities")


def load_mapping(path: Path) -> HistoryMapping:
    """The mapping in a file; raises BadMapping with line and column, also where the file cannot be read."""
    return read_mapping(read_text(path, BadMapping), str(path))


def read_mapping(text: str, file: str) -> HistoryMapping:
    """The mapping in a text; `file` is for messages. Raises BadMapping."""
    tree = read_tree(Written(text, file, BadMapping, "a mapping: `format`, `source`, `process`, `id`, …"))
    return _Reading(file).mapping(tree)


class _Reading(Columns):
    """The walk over one mapping file; knows its name for messages."""

    def mapping(self, tree: Node) -> HistoryMapping:
        keys = self.table(tree, "a mapping: `format`, `source`, `process`, `id`, …")
        form = self.one_of(keys, "format", ("csv", "xes"), None, tree.place)
        self.only(tree, (*_COMMON, *(_CSV if form == "csv" else _XES)), f"a mapping for {form}")
        for needed in ("source", "process"):
            if needed not in keys:
                self.bad(tree.place, f"`{needed}` is missing", f"`{needed}: NAME`")
        name, _, version = self.text(keys["process"]).partition("@")
        if version and not (version.isdecimal() and version.isascii()):
            self.bad(keys["process"].place, f"`{version}` is no version", "`name` or `name@3`")
        shared: dict[str, Any] = {
            "file": self._file,
            "source": self._source(keys["source"]),
            "process": name,
            "version": int(version) if version else None,
            "id_prefix": self.text(keys["id_prefix"]) if "id_prefix" in keys else "",
            "order": self.one_of(keys, "order", ("time", "file"), "time", tree.place),
            "ties": self.one_of(keys, "ties", ("file", "row_id"), "file", tree.place),
            "reopens": self.one_of(keys, "reopens", ("true", "false"), "false", tree.place) == "true",
            "opens_in": self.name(keys["opens_in"]) if "opens_in" in keys else None,
            "fields": self._fields(keys.get("fields"), "opening" if form == "xes" else "export"),
            "constants": dict(self._names(keys.get("constants"))),
        }
        for key in ("title", "owner"):
            shared[key] = self.column(keys[key]) if key in keys else None
        return self._csv(keys, tree, shared) if form == "csv" else self._xes(keys, tree, shared)

    def _csv(self, keys: Mapping[str, Node], tree: Node, shared: dict[str, Any]) -> HistoryMapping:
        shape = self.one_of(keys, "rows", ("deals", "events"), None, tree.place)
        self._fits_shape(shape, keys, tree)
        columns = {key: self.column(keys[key]) if key in keys else None for key in (*_TEXTS, *_DATES)}
        for key in _DATES:
            self._dated(key, columns[key])
        if shared["ties"] == "row_id" and columns["row_id"] is None:
            self.bad(keys["ties"].place, "ties by `row_id`, and there is none", "`row_id: COLUMN`")
        return HistoryMapping(
            shape=shape,
            id=self.column(keys["id"]),
            **{**columns, **shared},
            encoding=self.one_of(keys, "encoding", ENCODINGS, "utf-8", tree.place),
            delimiter=self._delimiter(keys.get("delimiter")),
            entered=tuple(self._entered(keys.get("entered"))),
            stage=self.lookup(keys.get("stage"), "stage"),
            outcome=self.lookup(keys.get("outcome"), "outcome"),
            activity=self.lookup(keys.get("activity"), "activity"),
        )

    def _dated(self, key: str, column: Column | None) -> None:
        if column and not column.dates:
            form = f"`{{column: {column.name}, date: iso, zone: UTC}}`"
            self.bad(column.place, f"`{key}` has no date format", form)

    def _fits_shape(self, shape: str, keys: Mapping[str, Node], tree: Node) -> None:
        for needed in ("id", "at") if shape == "events" else ("id",):
            if needed not in keys:
                self.bad(tree.place, f"`{needed}` is missing", f"the column that holds it: `{needed}: COLUMN`")
        if not {"stage", "outcome", "entered"} & keys.keys():
            self.bad(tree.place, "no column says where a deal stands", "`stage:`, `outcome:` or `entered:`")
        wrong = ("opened", "closed", "stage_since", "entered") if shape == "events" else ("at", "row_id", "activity")
        for key in wrong:
            if key in keys:
                self.bad(
                    keys[key].place,
                    f"`{key}` has no meaning with `rows: {shape}`",
                    "another key, or no such line",
                )

    def _xes(self, keys: Mapping[str, Node], tree: Node, shared: dict[str, Any]) -> HistoryMapping:
        if "activities" not in keys:
            self.bad(tree.place, "`activities` is missing", "`activities: {NAME: {stage: ID}, …}`")
        for key in ("ties", "order"):
            if key in keys and shared[key] == "row_id":
                self.bad(keys[key].place, "XES events have no row id", "`ties: file`")
        activity = self.column(keys["activity"]) if "activity" in keys else Column("concept:name")
        at = self.column(keys["at"]) if "at" in keys else Column("time:timestamp")
        return HistoryMapping(
            shape="log",
            **shared,
            id=self.column(keys["id"]) if "id" in keys else Column("concept:name"),
            at=Column(at.name, at.place, at.dates or ("iso",), at.zone),
            actor=self.column(keys["actor"]) if "actor" in keys else Column("org:resource"),
            activity=Lookup(activity, self.actions(keys["activities"], "stage")),
        )

    def _fields(self, node: Node | None, known: Known) -> dict[str, Column]:
        return {name.value: self.column(value, known) for name, value in self.entries(node)}

    def _entered(self, node: Node | None) -> Iterator[tuple[Name, Column]]:
        for name, value in self.entries(node):
            column = self.column(value)
            self._dated(name.value, column)
            yield Name(name.value, name.place), column

    def _names(self, node: Node | None) -> Iterator[tuple[str, Name]]:
        for name, value in self.entries(node):
            yield name.value, self.name(value)

    def _delimiter(self, node: Node | None) -> str:
        sign = {"tab": "\t"}.get(self.text(node), self.text(node)) if node else ","
        if len(sign) != 1 or sign in '"\n\r' or not sign.isascii():
            self.bad(
                node.place if node else Place(1, 1),
                f"`{sign}` cannot stand between cells",
                "`,`, `;`, `|` or `tab`",
            )
        return sign

    def _source(self, node: Node) -> str:
        name = self.text(node)
        if not name.isprintable() or len(name) > 60 or any(sign.isspace() for sign in name):
            self.bad(node.place, f"`{name[:80]}` is no name of a source", "at most 60 characters without spaces")
        return name
