"""The JSON Schema of a file of cases, made from the meanings of its keys as that of a process file is."""

from functools import cache
from typing import Any

from pipeline_engine.process import Meanings, process_meanings, read_meanings, schema_of


@cache
def cases_meanings() -> Meanings:
    """What each key of a file of cases is for, by table."""
    return read_meanings("pipeline_engine.casebook", "keys.yaml")


def cases_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a file of cases."""
    shapes: Meanings = process_meanings()["shapes"]
    return schema_of(cases_meanings(), "cases", "Cases for a process of pipeline_engine", shapes)
