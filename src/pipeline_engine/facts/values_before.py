"""The values of one field in columns, as a rule reads them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic_core import from_json

from pipeline_engine.facts.arrays import Ints, Mask, Words, ints, picked

Open = Callable[[str, str, int, str], str | None]
"""Opens the sealed JSON of a personal value, given stream, version and field; None where its key is gone."""


@dataclass(frozen=True)
class Values:
    """
    One value a probe.

    Attributes:
        kind: text, int, number, bool, money, instant, date, time, many, document, personal (still sealed);
            empty where the field was never set.
        values: int64 (int, money, instant, date, time), bool, float64 (number), or int64 codes into
            `vocabulary` (the rest). What stands where a value is missing does not matter.
        missing: True where nothing is set, or it was cleared or erased.
        vocabulary: The texts behind codes, each once; JSON for many and document.
        currency, currencies: Codes and ISO 4217 codes, for money.
        row: Row in `Instants.changes` that last touched the field, -1 without: the way to its version.
        erased: True where it is missing because its key is gone.
    """

    kind: str
    values: npt.NDArray[Any]
    missing: Mask
    vocabulary: tuple[str, ...]
    currency: Ints
    currencies: tuple[str, ...]
    row: Ints
    erased: Mask


@dataclass(frozen=True)
class Items:
    """
    A list of text a probe: codes `codes[offsets[i]] … codes[offsets[i] + sizes[i] - 1]` into `vocabulary`.
    """

    offsets: Ints
    sizes: Ints
    codes: Ints
    vocabulary: tuple[str, ...]
    missing: Mask


class FieldValues:
    """
    Every value one field ever had. A field with values of several kinds (its declaration changed) keeps those
    of the commonest and counts the rest as missing; whole and other numbers mix as numbers.
    """

    def __init__(self, changes: pa.Table, rows: Ints, open_sealed: Open | None) -> None:
        self._rows = rows
        mine = changes.take(pa.array(rows))
        kinds = Words.of(mine["kind"])
        self.kind = _main_kind(kinds)
        self._missing = ~kinds.is_any(*(("int", "number") if self.kind == "number" else (self.kind,)))
        self._erased = np.zeros(len(rows), np.bool_)
        self._currency = Words.of(mine["currency"])
        self.vocabulary: tuple[str, ...] = ()
        self._values = self._read(mine, open_sealed)

    def at(self, row: Ints) -> Values:
        """The values at rows of `changes`, -1 for none; all rows must be this field's."""
        place = np.where(row >= 0, np.searchsorted(self._rows, row), -1)
        missing = (row < 0) | _flag_at(self._missing, place)
        return Values(
            kind=self.kind,
            values=_values_at(self._values, place),
            missing=missing,
            vocabulary=self.vocabulary,
            currency=np.maximum(picked(self._currency.codes, place, np.int64(-1)), 0),
            currencies=self._currency.vocabulary,
            row=row,
            erased=_flag_at(self._erased, place),
        )

    def items(self, row: Ints) -> Items:
        """The lists behind a field of many choices."""
        values = self.at(row)
        lists = [from_json(text) if self.kind == "many" else [text] for text in values.vocabulary]
        words = {word: code for code, word in enumerate(dict.fromkeys(word for each in lists for word in each))}
        sizes = np.array([len(each) for each in lists], np.int64)
        offsets = np.cumsum(sizes) - sizes
        place = np.where(values.missing, -1, values.values)
        codes = np.array([words[word] for each in lists for word in each], np.int64)
        zero = np.int64(0)
        return Items(picked(offsets, place, zero), picked(sizes, place, zero), codes, tuple(words), values.missing)

    def _read(self, mine: pa.Table, open_sealed: Open | None) -> npt.NDArray[Any]:
        if self.kind == "number":
            whole, real = ints(mine["integer"]), mine["real"].combine_chunks()
            decimal = np.asarray(real.fill_null(0.0))
            return np.asarray(np.where(np.asarray(pc.is_valid(real)), decimal, whole.astype(np.float64)))
        if self.kind == "bool":
            return np.asarray(ints(mine["integer"]) == 1)
        if self.kind in ("int", "money", "instant", "date", "time"):
            return ints(mine["integer"], np.int64(0))
        text = self._opened(mine, open_sealed) if self.kind == "personal" and open_sealed else mine["text"]
        words = Words.of(text)
        self.vocabulary = words.vocabulary
        return np.maximum(words.codes, 0)

    def _opened(self, mine: pa.Table, open_sealed: Open) -> pa.Array:
        self.kind = "text"
        # A corrected value is sealed where the correction stands.
        said = pc.coalesce(mine["corrected_by"], mine["version"])
        columns = (mine["text"].to_pylist(), mine["deal_id"].to_pylist(), said.to_pylist(), mine["field"].to_pylist())
        opened = [
            None if text is None or missing else open_sealed(text, f"deal:{deal}", version, field)
            for text, deal, version, field, missing in zip(*columns, self._missing, strict=True)
        ]
        gone = np.array([text is None for text in opened], np.bool_)
        self._erased = gone & ~self._missing
        self._missing = self._missing | gone
        return pa.array(opened, pa.string())


def _main_kind(kinds: Words) -> str:
    counts = np.bincount(kinds.codes[kinds.codes >= 0], minlength=len(kinds.vocabulary)).tolist()
    by_kind = {kind: count for kind, count in zip(kinds.vocabulary, counts, strict=True) if count}
    if {"int", "number"} <= by_kind.keys():
        by_kind["number"] += by_kind.pop("int")
    return max(sorted(by_kind), key=lambda kind: by_kind[kind], default="")


def _flag_at(mask: Mask, place: Ints) -> Mask:
    return np.asarray(picked(mask.astype(np.int64), place, np.int64(0)) == 1, dtype=np.bool_)


def _values_at(values: npt.NDArray[Any], place: Ints) -> npt.NDArray[Any]:
    """The values at places; at -1 whichever, since nothing is there."""
    return values[np.maximum(place, 0)] if len(values) else np.zeros(len(place), values.dtype)
