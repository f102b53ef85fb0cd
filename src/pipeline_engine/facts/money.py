"""What a deal is worth at any of its versions: the latest money of its process's value field."""

import numpy as np
import pyarrow as pa

from pipeline_engine.facts.arrays import VERSIONS, Ints, Mask, Words, ints, last_within, picked
from pipeline_engine.facts.path import Lookup, Processes, Steps
from pipeline_engine.facts.selection import Selection

NONE = np.int64(-1)


def value_fields(steps: Steps, processes: Processes) -> Words:
    """Per step the value field of its process; none where the process names none or is not published."""
    names = sorted({process.value for process in processes.values() if process.value is not None})
    codes = np.full(len(steps.deal), NONE, np.int64)
    for (name, version), process in processes.items():
        if process.value is not None:
            mine = (steps.process.codes == steps.process.code(name)) & (steps.process_version == version)
            codes[mine] = names.index(process.value)
    return Words(codes, names)


class Worth:
    """The deal's value at steps and at the end, by the value field of the version that it stood under."""

    def __init__(
        self, selection: Selection, steps: Steps, processes: Processes, changes: pa.Table, event: Ints
    ) -> None:
        self.fields = value_fields(steps, processes)
        self._changes = changes
        named = Words.of(changes["field"])
        self._lookups = [Lookup(selection, changes, event, named.is_any(name)) for name in self.fields.vocabulary]
        laws = np.flatnonzero(steps.law == np.arange(len(steps.law)))
        self._laws, self._keys = laws, selection.keys(steps.event[laws])
        self._first = np.full(len(selection.deal_ids), NONE, np.int64)
        self._first[steps.deal[laws[::-1]]] = laws[::-1]

    def at(self, bounds: Ints) -> tuple[Ints, Words]:
        """
        Units and currency at or before each (deal, version); NOWHEN units where none was set, or not as
        money.
        """
        law = picked(self._laws, last_within(self._keys, bounds + 1), NONE)
        field = picked(self.fields.codes, np.where(law >= 0, law, picked(self._first, bounds >> VERSIONS, NONE)), NONE)
        row = np.full(len(bounds), NONE, np.int64)
        for code, lookup in enumerate(self._lookups):
            mine = np.flatnonzero(field == code)
            row[mine] = lookup.rows(bounds[mine])
        return money_rows(self._changes, row)


def same_word(left: Words, right: Words) -> Mask:
    """Rows at which two columns of words say the same, and say something."""
    translated = np.array([right.code(word) for word in left.vocabulary] + [-3], np.int64)
    return np.asarray((translated[left.codes] == right.codes) & (right.codes >= 0), dtype=np.bool_)


def proposed_money(
    selection: Selection, steps: Steps, fields: Words, proposed: pa.Table, event: Ints
) -> tuple[Ints, Words]:
    """Per step, what a refused opening proposed as the deal's value."""
    step_of = np.full(len(selection.deal), NONE, np.int64)
    step_of[steps.event] = np.arange(len(steps.event))
    own = step_of[event]
    wanted = np.flatnonzero(same_word(Words.of(proposed["field"]), fields.take(own)))
    row = np.full(len(steps.deal), NONE, np.int64)
    row[own[wanted]] = wanted
    return money_rows(proposed, row)


def money_rows(changes: pa.Table, row: Ints) -> tuple[Ints, Words]:
    """Units and currency of rows of changes; neither where the row is -1 or holds no money."""
    row = np.where(picked(Words.of(changes["kind"]).is_any("money").astype(np.int64), row, np.int64(0)) == 1, row, -1)
    return picked(ints(changes["integer"]), row), Words.of(changes["currency"]).take(row)
