"""Variants in words: which deals one is for, and whether a deal still runs under the one that is meant for it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline_engine.errors import quoted

if TYPE_CHECKING:
    from pipeline_engine.process import Process, VariantStanding


def of_process(process: "Process") -> str:
    """`a variant of b2b-saas@3, for region EMEA or UK`; empty for a process of its own."""
    if process.extends is None:
        return ""
    extends = process.extends
    return f"a variant of {extends.process}@{extends.version}, for {_deals(process.variant_for)}"


def _deals(wanted: Mapping[str, Sequence[str]]) -> str:
    return " and ".join(f"{_name(name)} {_either(values)}" for name, values in wanted.items())


def _either(values: Sequence[str]) -> str:
    return quoted(tuple(values)).replace("`", "")


def _name(field: str) -> str:
    return field.replace("_", " ")


def of_deal(found: "VariantStanding | None") -> str:
    """One line on the variant that a deal runs under; empty where there is nothing to say."""
    if found is None or (not found.astray and not found.for_):
        return ""
    if not found.astray:
        return f"{found.runs_under} is the variant of {found.base} for {_deals(found.for_)}"
    whose = _deals(found.for_) if found.for_ else "deals that no variant is for"
    now = ", ".join(f"{_name(name)} is {found.by.get(name, 'not recorded')}" for name in found.named)
    runs = found.runs_under.partition("@")[0]
    kept = f"the deal keeps its own until `process migrate {runs} --to {found.meant}`"
    return f"{found.runs_under} is for {whose}; {now} now, for which {found.meant} is meant; {kept}"
