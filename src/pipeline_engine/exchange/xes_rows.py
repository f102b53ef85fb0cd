"""From one XES trace to canonical rows: its attributes are the deal's first values, its events what happened."""

from collections.abc import Mapping
from dataclasses import replace

from pipeline_engine.errors import nearest, quoted
from pipeline_engine.exchange.drafts import OPENERS
from pipeline_engine.exchange.mapping import Action, Column
from pipeline_engine.exchange.ordering import in_order
from pipeline_engine.exchange.row import Moment, Row, Unreadable
from pipeline_engine.exchange.rows import KINDS, Cells, Keys
from pipeline_engine.exchange.xes import Trace
from pipeline_engine.values import Value

LIFECYCLE = "lifecycle:transition"
Found = tuple[Moment, str, tuple[int, Mapping[str, str], str, Action]]


class TraceRows:
    """Reads one trace after the other. `unreadable` fills with what cannot be read; `ignored` counts what is
    left out.
    """

    def __init__(self, cells: Cells) -> None:
        self._cells, self._mapping = cells, cells.mapping
        self._actions = self._mapping.activity.actions if self._mapping.activity else {}
        self._activity = self._mapping.activity.column.name if self._mapping.activity else "concept:name"
        self._at = self._mapping.at or Column("time:timestamp", dates=("iso",))
        self.unreadable: list[tuple[int, Unreadable]] = []
        self.ignored = 0

    def rows(self, deal_id: str, trace: Trace) -> list[Row]:
        """The canonical rows of one trace, in the order they are told; the first that can open the deal has
        its values.
        """
        found = [one for line, event in trace.events if (one := self._found(line, event))]
        keys, told = Keys(), list[Row]()
        for when, said, (line, event, _, action) in in_order(found, self._mapping.order, "file"):
            try:
                told.append(self._row(deal_id, when, keys.key(when, said), (line, event, said, action)))
            except Unreadable as bad:
                self.unreadable.append((line, bad))
        return self._with_first_values(told, deal_id, trace)

    def _found(self, line: int, event: Mapping[str, str]) -> Found | None:
        name, lifecycle = event.get(self._activity, ""), event.get(LIFECYCLE, "")
        said = f"{name}+{lifecycle}" if lifecycle else name
        action = self._actions.get(said) or self._actions.get(name)
        if action is None:
            near = nearest(said, tuple(self._actions))
            hint = f"; near {quoted(near)}" if near else ""
            bad = Unreadable(self._activity, said, f"the mapping does not say what this activity is{hint}")
            self.unreadable.append((line, bad))
            return None
        if action.kind == "ignore":
            self.ignored += 1
            return None
        try:
            return self._cells.moment(self._at, event), said, (line, event, said, action)
        except Unreadable as bad:
            self.unreadable.append((line, bad))
            return None

    def _row(self, deal_id: str, when: Moment, key: str, found: tuple[int, Mapping[str, str], str, Action]) -> Row:
        line, event, _, action = found
        outcome = action.kind in ("won", "lost")
        return Row(
            deal_id=deal_id,
            kind=KINDS[action.kind],
            key=key,
            when=when,
            new=action.kind if outcome else action.name,
            line=line,
            actor=self._cells.person(self._mapping.actor, event),
            reason=self._cells.reason(action, event) if action.kind == "lost" else None,
        )

    def _with_first_values(self, rows: list[Row], deal_id: str, trace: Trace) -> list[Row]:
        first = next((n for n, row in enumerate(rows) if row.kind in OPENERS), None)
        if first is None:
            return rows
        values: dict[str, Value | None] = dict(self._cells.constants)
        for name in self._mapping.fields:
            values[name] = self._value(name, deal_id, trace)
        rows[first] = replace(rows[first], values=values, owner=self._person(trace), title=self._title(trace))
        return rows

    def _value(self, name: str, deal_id: str, trace: Trace) -> Value | None:
        # A value that cannot be read is rejected alone: the trace's events stand on their own.
        try:
            return self._cells.field_value(name, trace.attributes, deal_id)
        except Unreadable as bad:
            self.unreadable.append((trace.line, bad))
            return None

    def _person(self, trace: Trace) -> str | None:
        try:
            return self._cells.person(self._mapping.owner, trace.attributes)
        except Unreadable as bad:
            self.unreadable.append((trace.line, bad))
            return None

    def _title(self, trace: Trace) -> str | None:
        return self._cells.text(self._mapping.title, trace.attributes) or None
