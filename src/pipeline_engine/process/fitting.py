"""Which variant a deal is for: by the fields that the variant's `for` names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline_engine.process.model import Process
from pipeline_engine.values import Value


def fits(process: Process, fields: Mapping[str, Value]) -> bool:
    """Whether a deal with these fields is one that the variant is for; a value that is missing fits nothing."""
    return all(_said(fields.get(name)) in values for name, values in process.variant_for.items())


def _said(value: Value | None) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None


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

    `meant` is the process that is for such deals now; where it is another than `runs_under`, the deal's fields have
    changed since, or a variant came later. A deal keeps what it was opened under until it is migrated.
    """

    runs_under: str
    meant: str
    by: Mapping[str, Value]

    @property
    def astray(self) -> bool:
        """Whether another process is meant for such a deal now."""
        return self.runs_under != self.meant


def standing(process: Process, family: Iterable[Process], fields: Mapping[str, Value]) -> VariantStanding:
    """
    Where a deal stands among the variants of its process.

    Args:
        process: What it runs under.
        family: The variants in force of the same base.
    """
    base = process.extends.process if process.extends else process.name
    variants = list(family)
    meant = next((variant.name for variant in variants if fits(variant, fields)), base)
    named = dict.fromkeys(name for variant in (process, *variants) for name in variant.variant_for)
    return VariantStanding(process.name, meant, {name: fields[name] for name in named if name in fields})
