"""Which variant a deal is for: by the fields that the variant's `for` names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline_engine.errors import BadValue, quoted
from pipeline_engine.process.field_values import read_value
from pipeline_engine.process.model import Process
from pipeline_engine.values import Value

CHOSEN_BY = ("choice", "bool", "person")


def as_chosen(value: Value | None) -> str | None:
    """A value as `for` lists it; None where it is of a kind that chooses no variant."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None


def misfits(process: Process, fields: Mapping[str, Value]) -> tuple[str, ...]:
    """The fields by which a deal is none that the variant is for; a value that is missing fits nothing."""
    return tuple(
        name for name, values in process.variant_for.items() if as_chosen(fields.get(name)) not in values
    )  # fmt: skip


def fits(process: Process, fields: Mapping[str, Value]) -> bool:
    """Whether a deal with these fields is one that the variant is for; every deal is one for a process of its own."""
    return not misfits(process, fields)


def chosen(named: Process, family: Sequence[Process], raw: Mapping[str, Any]) -> Process:
    """
    What a deal is opened under: the variant that fits its first values, else the process that was named.

    Args:
        named: The process in force that was asked for.
        family: The variants of it that are in force.
        raw: The first values, as they were given; only those that choose a variant are read.

    Raises:
        BadValue: A value cannot be read, or a variant was asked for that is not for such a deal.
    """
    fields = _first_values(named, (named, *family), raw)
    for name in misfits(named, fields):
        expected = f"{quoted(named.variant_for[name])}, which `{named.name}` is for"
        base = named.extends.process if named.extends else named.name
        shown = as_chosen(fields.get(name))
        raise BadValue(
            name, "nothing" if shown is None else shown, f"{expected}; under `{base}` the fitting one is found"
        )
    return next((variant for variant in family if fits(variant, fields)), named)


def _first_values(named: Process, family: Iterable[Process], raw: Mapping[str, Any]) -> dict[str, Value]:
    choosing = dict.fromkeys(name for process in family for name in process.variant_for if name in named.fields)
    values: dict[str, Value] = {}
    for name in choosing:
        field = named.fields[name]
        given = raw.get(name) if raw.get(name) not in (None, "") else field.default
        if given is not None:
            values[name] = read_value(field, given, named.currency)
    return values


def both_fit(one: Process, other: Process) -> Mapping[str, str] | None:
    """The fields of a deal that two variants would both be for; None where there is none."""
    if one.extends is None or other.extends is None or one.extends.process != other.extends.process:
        return None
    example: dict[str, str] = {}
    for name in dict.fromkeys((*one.variant_for, *other.variant_for)):
        mine, theirs = one.variant_for.get(name), other.variant_for.get(name)
        shared = [value for value in mine or theirs or () if value in (theirs or mine or ())]
        if not shared:
            return None
        example[name] = shared[0]
    return example


@dataclass(frozen=True, slots=True)
class VariantStanding:
    """
    What a deal runs under, and what it would be opened under by its fields today.

    `runs_under` and `meant` are labels, `process@version`; `base` is the name of the process they are of. `for_` is
    which deals the variant is for that it runs under, empty for the base; `by` the deal's values of every field that
    a variant is chosen by, those not recorded left out. A deal keeps what it was opened under until it is migrated.
    """

    runs_under: str
    base: str
    for_: Mapping[str, tuple[str, ...]]
    fits: bool
    meant: str
    astray: bool
    by: Mapping[str, str]
    named: tuple[str, ...]


def standing(
    process: Process, family: Sequence[Process], base: Process, fields: Mapping[str, Value]
) -> VariantStanding:
    """
    Where a deal stands among the variants of its process.

    Args:
        process: What it runs under.
        family: The variants in force of the same base.
        base: The base in force.
    """
    meant = next((variant for variant in family if fits(variant, fields)), base)
    named = tuple(dict.fromkeys(name for variant in (process, *family) for name in variant.variant_for))
    by = {name: said for name in named if (said := as_chosen(fields.get(name))) is not None}
    fitting = fits(process, fields)
    # A newer version of what it runs under is meant for the same deals, unless the deal fits the old one no more.
    astray = meant.name != process.name or not fitting
    runs_under = process.label
    return VariantStanding(
        runs_under, base.name, process.variant_for, fitting, meant.label if astray else runs_under, astray, by, named
    )
