"""A tree as plain values, typed as an editor types them: by the core schema of YAML 1.2."""

import re
from typing import Any

from pipeline_engine.notation.tree import Items, Node, Text

_INTEGER = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_LONGEST_INTEGER = 4_000


def plain_of(node: Node) -> Any:
    """Texts, numbers, true, false and None, in lists and tables; of a key that is there twice the last counts."""
    if isinstance(node, Text):
        return node.value if node.style else _scalar(node)
    if isinstance(node, Items):
        return [plain_of(each) for each in node.items]
    return {key.value: plain_of(value) for key, value in node.entries}


def _scalar(node: Text) -> Any:
    if node.empty:
        return None
    text = node.value
    if _INTEGER.fullmatch(text) and len(text) < _LONGEST_INTEGER:
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else _WORDS.get(text, text)
