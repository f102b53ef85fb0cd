"""From one CSV row a deal, today's state with some dates, to the canonical rows it stands for."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline_engine.exchange.mapping import Action
from pipeline_engine.exchange.row import UNDATED, Kind, Moment, Row, Unreadable
from pipeline_engine.exchange.rows import Cells, short

IGNORED = "rows that the mapping ignores"


def deal_rows(cells: Cells, record: Mapping[str, str], line: int | None) -> list[Row]:
    """
    The rows of one deal: opening, the stages it is known to have entered, where it stands, and its outcome.

    Their keys hold no time, since each can be there only once: a date that another export changes is a
    conflict, not a second entry. Values known only since the export become one undated row. Empty where the
    mapping ignores the row.

    Raises:
        Unreadable: A cell cannot be read.
    """
    return _DealRow(cells, record, line).rows()


class _DealRow:
    def __init__(self, cells: Cells, record: Mapping[str, str], line: int | None) -> None:
        self._cells, self._record, self._line = cells, record, line
        self._mapping = cells.mapping
        self._deal_id = cells.deal_id(record)

    def rows(self) -> list[Row]:
        mapping, cells, record = self._mapping, self._cells, self._record
        now = cells.action(mapping.stage, record) if mapping.stage else None
        outcome = cells.action(mapping.outcome, record) if mapping.outcome else None
        if now and now.kind == "ignore":
            return []
        if now and now.kind in ("won", "lost"):
            now, outcome = None, now
        entered = self._entered()
        standing = [self._standing(now)] if now and (not entered or entered[-1].new != now.name) else []
        closing = [self._outcome(outcome)] if outcome and outcome.kind in ("won", "lost") else []
        opening = self._opening(entered or standing, bool(closing))
        if opening and standing and not entered and standing[0].new == opening[0].new and not standing[0].when.at:
            standing = []
        told = [*opening, *entered, *standing]
        first = self._first(told[0])
        return [first, self._export(), *told[1:], *closing]

    def _row(self, kind: Kind, new: str, when: Moment, key: str, **more: Any) -> Row:
        return Row(deal_id=self._deal_id, kind=kind, new=new, when=when, key=key, line=self._line, **more)

    def _entered(self) -> list[Row]:
        dated = [(name.name, self._cells.moment(column, self._record)) for name, column in self._mapping.entered]
        known = sorted(((when.at, number, stage, when) for number, (stage, when) in enumerate(dated) if when.at))
        return [self._row("stage", stage, when, short(stage)) for _, _, stage, when in known]

    def _standing(self, now: Action) -> Row:
        when = self._cells.moment(self._mapping.stage_since, self._record)
        dated = f"|{when.at.replace(tzinfo=None).isoformat()}" if when.at else ""
        return self._row("stage", now.name, when, short(now.name + dated))

    def _opening(self, known: list[Row], closed: bool) -> list[Row]:
        opened = self._cells.moment(self._mapping.opened, self._record)
        if known and not opened.at and not self._mapping.opens_in:
            return []
        if not known and not closed and not opened.at:
            column = self._mapping.stage.column.name if self._mapping.stage else self._mapping.id.name
            raise Unreadable(column, "", "nothing says where this deal stands")
        stage = self._mapping.first_stage(self._cells.process)
        return [self._row("opened", stage, opened, "opened", provenance="inferred")]

    def _outcome(self, outcome: Action) -> Row:
        when = self._cells.moment(self._mapping.closed, self._record)
        values = self._cells.values(self._record, self._deal_id, "closing")
        if outcome.kind == "won":
            return self._row("status", "won", when, "won", amount=self._cells.amount(self._record), values=values)
        reason = self._cells.reason(outcome, self._record)
        return self._row("status", "lost", when, "lost", reason=reason, values=values)

    def _first(self, row: Row) -> Row:
        cells, mapping = self._cells, self._mapping
        return replace(
            row,
            values={**cells.constants, **cells.values(self._record, self._deal_id, "opening")},
            owner=cells.person(mapping.owner, self._record),
            title=cells.text(mapping.title, self._record) or None,
            actor=cells.person(mapping.actor, self._record),
        )

    def _export(self) -> Row:
        values = self._cells.values(self._record, self._deal_id, "export")
        recorded = self._cells.moment(self._mapping.recorded, self._record).at
        return self._row("field", "", UNDATED, "export", values=values, recorded_at=recorded)
