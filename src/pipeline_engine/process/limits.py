"""The named numbers of a process: one for all, or one for each value of a choice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pipeline_engine import notation
from pipeline_engine.errors import quoted
from pipeline_engine.notation import Complaints, Place, Section, Table, Text, entries, scalar
from pipeline_engine.process.model import Field, SplitLimit

BY, ELSE = "by", "else"


@dataclass(slots=True)
class Limits:
    """The limits that were read, and where each stands."""

    plain: dict[str, Decimal] = field(default_factory=dict)
    split: dict[str, SplitLimit] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)


def read_limits(top: Section, fields: Mapping[str, Field]) -> Limits:
    """The limits of a file; `fields` are those that one may be split by."""
    node, limits = top.node_of("limits"), Limits()
    for key, value in entries(node, top.complaints, "`limits`") if node is not None else ():
        name = scalar(key, notation.field_name, top.complaints, "limit")
        if name is None:
            continue
        limits.places[name] = key.place
        if isinstance(value, Table):
            split = _split(name, value, fields, top.complaints)
            if split is not None:
                limits.split[name] = split
        elif (number := scalar(value, notation.decimal, top.complaints, key.value)) is not None:
            limits.plain[name] = number
    return limits


def _split(name: str, node: Table, fields: Mapping[str, Field], complaints: Complaints) -> SplitLimit | None:
    read = {key.value: (key, value) for key, value in entries(node, complaints, f"limit `{name}`")}
    if BY not in read:
        complaints.add(node, f"limit `{name}` does not say by which field it differs", "`{by: region, EMEA: 50000, …}`")
        return None
    chosen = read.pop(BY)[1]
    word = scalar(chosen, notation.field_name, complaints, BY)
    choice = fields.get(word or "")
    if word is None or not isinstance(chosen, Text):
        return None
    if choice is None or choice.kind != "choice" or choice.many:
        choices = [each.name for each in fields.values() if each.kind == "choice" and not each.many]
        complaints.unknown(chosen, "choice field of one value", word, choices)
        return None
    return _numbers(name, (node, read), choice, complaints)


def _numbers(
    name: str, written: tuple[Table, dict[str, tuple[Text, notation.Node]]], choice: Field, complaints: Complaints
) -> SplitLimit | None:
    node, read = written
    before = len(complaints.found)
    numbers: dict[str, Decimal] = {}
    for value, (key, number) in read.items():
        if value not in (*choice.of, ELSE):
            complaints.unknown(key, f"choice of `{choice.name}`", value, (*choice.of, ELSE))
        elif (exact := scalar(number, notation.decimal, complaints, value)) is not None:
            numbers[value] = exact
    otherwise = numbers.pop(ELSE, None)
    left_out = [value for value in choice.of if value not in read]
    if left_out and ELSE not in read and len(complaints.found) == before:
        complaints.add(node, f"limit `{name}` says nothing for {quoted(left_out)}", "a number for each, or `else: …`")
    if not numbers and len(complaints.found) == before:
        complaints.add(node, f"limit `{name}` names no choice of `{choice.name}`", quoted(choice.of))
    if not numbers:
        return None
    return SplitLimit(by=choice.name, of=numbers, otherwise=otherwise if left_out or ELSE in choice.of else None)
