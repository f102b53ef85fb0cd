"""From the CSV rows of one deal, one row a change, to canonical rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline_engine.exchange.mapping import Action
from pipeline_engine.exchange.ordering import in_order
from pipeline_engine.exchange.row import Moment, Row, Unreadable
from pipeline_engine.exchange.rows import KINDS, Cells, Keys, short

Line = tuple[int, Mapping[str, str]]


class EventRows:
    """Reads the changes of one deal after the other. `ignored` counts rows that the mapping leaves out."""

    def __init__(self, cells: Cells) -> None:
        self._cells, self._mapping = cells, cells.mapping
        self.unreadable: list[tuple[int, Unreadable]] = []
        self.ignored = 0

    def rows(self, deal_id: str, lines: Sequence[Line]) -> list[Row]:
        """The canonical rows of one deal, in the order they are told; what cannot be read is put to
        `unreadable`.
        """
        timed = [found for line in lines if (found := self._timed(*line))]
        keys, told = Keys(), list[Row]()
        for when, row_id, (number, record) in in_order(timed, self._mapping.order, self._mapping.ties):
            try:
                key = short(row_id) if row_id else keys.key(when, self._said(record))
                told += self._rows(deal_id, when, key, (number, record))
            except Unreadable as bad:
                self.unreadable.append((number, bad))
        return told

    def _timed(self, number: int, record: Mapping[str, str]) -> tuple[Moment, str, Line] | None:
        column = self._mapping.row_id
        try:
            when = self._cells.moment(self._mapping.at, record)
            row_id = self._cells.text(column, record)
            if column and not row_id:
                raise Unreadable(column.name, "", "no row id")
        except Unreadable as bad:
            self.unreadable.append((number, bad))
            return None
        return when, row_id, (number, record)

    def _said(self, record: Mapping[str, str]) -> str:
        named = (self._mapping.stage, self._mapping.outcome, self._mapping.activity)
        return "|".join(text for lookup in named if lookup and (text := record.get(lookup.column.name, "").strip()))

    def _rows(self, deal_id: str, when: Moment, key: str, line: Line) -> list[Row]:
        cells, mapping = self._cells, self._mapping
        number, record = line
        actions = self._actions(record)
        if actions is None:
            self.ignored += 1
            return []
        said = Row(
            kind="field",
            deal_id=deal_id,
            key=key,
            when=when,
            line=number,
            recorded_at=cells.moment(mapping.recorded, record).at,
            actor=cells.person(mapping.actor, record),
            values={**cells.constants, **cells.values(record, deal_id)},
            owner=cells.person(mapping.owner, record),
            title=cells.text(mapping.title, record) or None,
        )
        rows = [self._changed(said, action, record) for action in actions]
        # What the row says beside its changes is said once.
        bare = [replace(row, values={}, owner=None, title=None) for row in rows[1:]]
        return [rows[0], *bare] if rows else [said]

    def _actions(self, record: Mapping[str, str]) -> list[Action] | None:
        """What the row comes to; None where it is left out."""
        named = (self._mapping.stage, self._mapping.outcome, self._mapping.activity)
        found = [action for lookup in named if lookup and (action := self._cells.action(lookup, record))]
        kept = [action for action in found if action.kind != "ignore"]
        return None if found and not kept else kept

    def _changed(self, said: Row, action: Action, record: Mapping[str, str]) -> Row:
        if action.kind == "won":
            return replace(said, kind="status", new="won", amount=self._cells.amount(record))
        if action.kind == "lost":
            return replace(said, kind="status", new="lost", reason=self._cells.reason(action, record))
        return replace(said, kind=KINDS[action.kind], new=action.name)
