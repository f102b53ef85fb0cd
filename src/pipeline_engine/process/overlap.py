"""Variants in force are told apart by their deals: no deal fits two of them."""

from collections.abc import Iterable

from pipeline_engine.errors import BadProcess, VariantsOverlap, quoted
from pipeline_engine.notation import Place, Written, read_tree
from pipeline_engine.process.fitting import both_fit
from pipeline_engine.process.laying import table_of
from pipeline_engine.process.model import Process


def check_apart(process: Process, others: Iterable[Process], text: str, file: str) -> None:
    """
    See that a variant about to be published is for no deal that another one is for.

    Args:
        others: The variants in force of the same base; an earlier version of the same variant does not count.
        text, file: What it was loaded from, for the place.

    Raises:
        VariantsOverlap: One of the others is for the same deals; with an example.
    """
    for other in others:
        example = both_fit(process, other) if other.name != process.name else None
        if example is not None:
            deal = ", ".join(f"{name} {value}" for name, value in example.items())
            found = f"`{process.name}` and `{other.label}`, which is in force, are both for a deal with {deal}"
            place = _place_of("for", text, file)
            expected = "`for` without a value in common, or one field more in both"
            raise VariantsOverlap(file, place.line, place.column, found, expected)


def check_no_base(process: Process, variants: Iterable[Process], text: str, file: str) -> None:
    """See that a process that becomes a variant is not the base of others; raises BadProcess."""
    names = [variant.label for variant in variants]
    if names:
        place = _place_of("extends", text, file)
        found = f"`{process.name}` becomes a variant, and is itself the base of {quoted(names)}"
        raise BadProcess(file, place.line, place.column, found, "another name for the variant")


def _place_of(key: str, text: str, file: str) -> Place:
    return table_of(read_tree(Written(text, file, BadProcess)))[key].place
