"""Columns whose value is settled before the search begins, as facts of its first branch."""

from collections.abc import Mapping
from typing import Any

from pipeline_engine.process.analysis.atoms import currency_of
from pipeline_engine.process.analysis.claims import AtMost
from pipeline_engine.process.analysis.facts import Facts, Group, Listing
from pipeline_engine.process.analysis.spans import Span
from pipeline_engine.process.analysis.terms import TRUE, Sum, column
from pipeline_engine.process.analysis.texts import Claim
from pipeline_engine.process.analysis.world import ALIASES, Beyond
from pipeline_engine.process.rules import RECORDS, Kind, ListOf
from pipeline_engine.process.rules.rows import column_of
from pipeline_engine.values import Money, Personal


def settle(facts: Facts) -> None:
    """Note the columns that are given; raises Beyond for a value that cannot be reasoned about."""
    for path, value in facts.world.given.items():
        kind = facts.world.types.get(path)
        if kind is None:
            raise Beyond(f"no rule can read `{path}`")
        if isinstance(kind, ListOf):
            _list(facts, path, value)
        elif isinstance(kind, Kind):
            _value(facts, ALIASES.get(path, path), kind, value)


def _value(facts: Facts, path: str, kind: Kind, value: Any) -> None:
    facts.recorded(path, value is not None)
    if value is None:
        return
    term = column(path, kind)
    if kind is Kind.BOOL:
        facts.boolean(path, bool(value))
    elif kind is Kind.STRING:
        facts.claim_text(term, Claim("_==_", str(value.value if isinstance(value, Personal) else value), True))
    else:
        if isinstance(value, Money):
            _currency(facts, path, value)
        number = column_of(kind, [value]).values.item()
        facts.bound(Sum(((term, 1),)), Span(number, number), kind is not Kind.DOUBLE)


def _currency(facts: Facts, path: str, money: Money) -> None:
    if money.currency != facts.world.process.currency:
        raise Beyond(f"`{path}` is settled in another currency")
    facts.claim_text(currency_of(column(path, Kind.MONEY)), Claim("_==_", money.currency, True))


def _list(facts: Facts, path: str, value: Any) -> None:
    facts.recorded(path, value is not None)
    elements = list(value or ())
    groups = tuple(Group(f"{path}#{place}", 1) for place in range(len(elements)))
    limit = AtMost(path, TRUE, len(elements))
    facts.lists[path] = Listing(groups, (), (limit,), len(groups))
    facts.counts[limit] = len(elements)
    for group, element in zip(groups, elements, strict=True):
        fields: Mapping[str, Any] = element if isinstance(element, Mapping) else {"": element}
        for name, kind in RECORDS.get(path, {"": Kind.STRING}).items():
            _value(facts, f"{group.element}.{name}".rstrip("."), kind, fields.get(name))
