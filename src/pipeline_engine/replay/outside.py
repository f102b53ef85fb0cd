"""What a verdict read outside its deal, back from where the verdict keeps it.

Only what the rules of the day asked for was kept: a candidate that asks for more finds it missing, which the
backtest reports as not knowable.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic_core import from_json

from pipeline_engine.facts import Words
from pipeline_engine.process import Column, Kind, Records

# What a verdict keeps of who people were; how many deals they had can be told from the stays as well.
OUTSIDE = (
    "actor.roles", "actor.team", "actor.skills",
    "owner.roles", "owner.team", "owner.manager", "owner.skills",
)  # fmt: skip


def from_context(contexts: Words, path: str) -> Column | Records:
    """A column of one path over the stored contexts (JSON text, few of them distinct)."""
    values = [_value(from_json(text), path) for text in contexts.vocabulary]
    return _lists(contexts, values) if path.endswith((".roles", ".skills")) else _texts(contexts, values)


def number_kept(contexts: Words, path: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """A whole number that verdicts kept, and where they did."""
    values = [_value(from_json(text), path) for text in contexts.vocabulary]
    numbers = np.array([value or 0 for value in values] + [0], np.int64)
    kept = np.array([value is not None for value in values] + [False], np.bool_)
    return numbers[contexts.codes], kept[contexts.codes]


def _value(context: Mapping[str, Any], path: str) -> Any:
    return context.get(path, {}).get("value")


def _texts(contexts: Words, values: list[Any]) -> Column:
    texts = tuple(dict.fromkeys(value for value in values if value is not None))
    table = np.array([texts.index(value) if value is not None else -1 for value in values] + [-1], np.int64)
    codes = table[contexts.codes]
    return Column(Kind.STRING, np.maximum(codes, 0), codes < 0, texts)


def _lists(contexts: Words, values: list[Any]) -> Records:
    texts = tuple(dict.fromkeys(text for value in values for text in value or ()))
    sizes = np.array([len(value or ()) for value in values] + [0], np.int64)
    codes = np.array([texts.index(text) for value in values for text in value or ()], np.int64)
    offsets = np.cumsum(sizes) - sizes
    missing = np.array([value is None for value in values] + [True], np.bool_)
    children = {"": Column(Kind.STRING, codes, None, texts)}
    at = contexts.codes
    return Records(offsets[at], sizes[at], children, missing[at])
