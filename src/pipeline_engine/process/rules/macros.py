"""Which macro a checked loop was written as: the checker keeps only what `exists(…)` expands to."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class MacroShape:
    """A macro as written; two bodies are the filter and the value of a three-argument `map`."""

    name: str
    variable: str
    bodies: tuple[Any, ...]


def macro_shape(loop: Any) -> MacroShape | None:
    """The macro behind a loop; None where the loop has none of the known shapes."""
    start, step = loop.start, loop.step.call
    if start.HasField("list"):
        return _collecting(loop.variable, step)
    if not start.HasField("const"):
        return None
    if start.const.HasField("int") and step.function == "_?_:_":
        return MacroShape("exists_one", loop.variable, (step.args[0],))
    name = {"_||_": "exists", "_&&_": "all"}.get(step.function)
    return MacroShape(name, loop.variable, (step.args[1],)) if name else None


def _collecting(variable: str, step: Any) -> MacroShape | None:
    if step.function == "_+_":
        return MacroShape("map", variable, (_collected(step),))
    if step.function != "_?_:_":
        return None
    item = _collected(step.args[1].call)
    if item.HasField("ident") and item.ident.name == variable:
        return MacroShape("filter", variable, (step.args[0],))
    return MacroShape("map", variable, (step.args[0], item))


def _collected(plus: Any) -> Any:
    return plus.args[1].list.elements[0]
