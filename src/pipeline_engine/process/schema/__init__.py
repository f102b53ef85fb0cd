"""The JSON Schema that editors check a file with while it is typed, made from the meanings of its keys.

The meanings stand in keys.yaml; docs/reference/process-file.md is made from the same file. A schema sees the shape of a
file and no more: names, rules and conditions are checked by `process lint`.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from pipeline_engine.notation import Node, Written, plain_of, read_tree

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_REF = "$ref"
Meanings = Mapping[str, Any]


def read_meanings(package: str, name: str) -> Meanings:
    """A file of meanings that lies in a package."""
    text = files(package).joinpath(name).read_text(encoding="utf-8")
    read: Meanings = plain_of(_tree(text, name))
    return read


def _tree(text: str, name: str) -> Node:
    return read_tree(Written(text, name))


@cache
def process_meanings() -> Meanings:
    """What each key of a process file is for, by table."""
    return read_meanings(__name__, "keys.yaml")


def process_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a process file."""
    return schema_of(process_meanings(), "process", "A process of pipeline_engine")


def schema_of(meanings: Meanings, root: str, title: str, shapes: Meanings | None = None) -> dict[str, Any]:
    """
    A JSON Schema from the meanings of keys.

    Args:
        meanings: `tables` with their keys, and `shapes` of values.
        root: Which table the whole file is.
        title: What the file is, for people.
        shapes: Further shapes that the meanings refer to.
    """
    tables = {told["name"]: _table(told) for told in meanings["tables"]}
    known = {**(shapes or {}), **meanings.get("shapes", {})}
    definitions = {name: _resolved(shape) for name, shape in known.items()} | tables
    return {
        "$schema": DIALECT, "title": title, **{k: v for k, v in tables[root].items() if k != "title"},
        "$defs": {name: shape for name, shape in sorted(_used(definitions, root).items()) if name != root},
    }  # fmt: skip


def _used(definitions: Mapping[str, Any], root: str) -> dict[str, Any]:
    """What is referred to from the root on, so that a schema holds nothing for show."""
    found: dict[str, Any] = {}
    waiting = [root]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = definitions[name]
            waiting += [ref.removeprefix("#/$defs/") for ref in _refs(definitions[name])]
    return found


def _refs(shape: Any) -> Iterator[str]:
    if isinstance(shape, Mapping):
        for key, value in shape.items():
            # Of an example nothing is referred to.
            if key == _REF:
                yield value
            elif key != "examples":
                yield from _refs(value)
    elif isinstance(shape, list):
        for each in shape:
            yield from _refs(each)


def _table(told: Meanings) -> dict[str, Any]:
    properties = {key: _property(key, meaning) for key, meaning in told["keys"].items()}
    shape = {"title": _plain(told["title"]), "type": "object", "properties": properties, "additionalProperties": False}
    return {**shape, **_resolved(told.get("extra", {}))}


def _property(key: str, told: Meanings) -> dict[str, Any]:
    shape = told["schema"]
    resolved = {_REF: _definition(shape)} if isinstance(shape, str) else _resolved(shape)
    default = told.get("default", "none")
    needed = "Needed." if default == "needed" else f"Left out: {default}."
    example = list(_behind(plain_of(_tree(str(told["example"]), key)), key))
    described = f"{_plain(told['what'])} Written as: {told['type']}. {needed}"
    return {"title": key, "description": described, **resolved, "examples": example[-1:]}


def _plain(text: str) -> str:
    return _LINK.sub(r"\1", text)


def _behind(value: Any, key: str) -> Iterator[Any]:
    """Whatever stands behind a key, anywhere in a value."""
    if isinstance(value, dict):
        for name, inside in value.items():
            if name == key:
                yield inside
            yield from _behind(inside, key)
    elif isinstance(value, list):
        for each in value:
            yield from _behind(each, key)


def _resolved(shape: Any) -> Any:
    """The shape with its references as JSON Schema writes them."""
    if isinstance(shape, Mapping):
        return {key: _definition(value) if key == _REF else _resolved(value) for key, value in shape.items()}
    return [_resolved(each) for each in shape] if isinstance(shape, list) else shape


def _definition(name: str) -> str:
    return f"#/$defs/{name}"
