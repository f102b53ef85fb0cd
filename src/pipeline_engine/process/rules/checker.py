"""The checker's view of a process: its names and types, and the operators that CEL itself does not have."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product
from typing import Any

from cel_expr_python import cel
from cel_expr_python.ext import ext_strings

from pipeline_engine.process.rules.vocabulary import (
    BUILT_IN,
    RECORDS,
    Kind,
    ListOf,
    RecordOf,
    Type,
    Vocabulary,
)
from pipeline_engine.process.rules.wire import message_pool

PACKAGE = "rule"
MONEY = f"{PACKAGE}.money"

RELATIONS = ("_<_", "_<=_", "_>_", "_>=_", "_==_", "_!=_")

Signature = tuple[str, tuple[Any, ...], Any]


def environment(vocabulary: Vocabulary) -> Any:
    """The checker for this vocabulary; made once per distinct set of names and types."""
    deal = tuple(vocabulary.deal.items())
    limits = tuple((name, vocabulary.is_whole(name)) for name in vocabulary.limit_names)
    return _environment(deal, limits)


@lru_cache(maxsize=64)
def _environment(deal: tuple[tuple[str, Type], ...], limits: tuple[tuple[str, bool], ...]) -> Any:
    messages: dict[str, dict[str, str]] = {"money": {}}
    variables: dict[str, Any] = {}
    for name, fields in RECORDS.items():
        messages[name] = {field: _field_type(kind) for field, kind in fields.items()}
    for path, kind in [*BUILT_IN.items(), *((f"deal.{name}", kind) for name, kind in deal)]:
        group, _, field = path.rpartition(".")
        if group:
            messages.setdefault(group, {})[field] = _field_type(kind)
        else:
            variables[path] = _cel_type(kind)
    messages.setdefault("deal", {})
    # A limit is typed as the literal it stands for: whole or not.
    messages["limits"] = {name: "int" if whole else "double" for name, whole in limits}
    pool = message_pool(messages, PACKAGE)
    groups = set(messages) - set(RECORDS) - {"money"}
    variables |= {group: cel.Type(f"{PACKAGE}.{group}") for group in groups}
    extensions = [cel.CelExtension("rule", _declarations()), ext_strings.ExtStrings()]
    return cel.NewEnv(pool, variables=variables, extensions=extensions)


def _field_type(kind: Type) -> str:
    if isinstance(kind, ListOf):
        return "*" + _field_type(kind.of)
    return kind.name if isinstance(kind, RecordOf) else str(kind)


_PLAIN: Mapping[Kind, Any] = {
    Kind.BOOL: cel.Type.BOOL,
    Kind.INT: cel.Type.INT,
    Kind.DOUBLE: cel.Type.DOUBLE,
    Kind.STRING: cel.Type.STRING,
    Kind.TIMESTAMP: cel.Type.TIMESTAMP,
    Kind.DURATION: cel.Type.DURATION,
}


def _cel_type(kind: Type) -> Any:
    if isinstance(kind, ListOf):
        return cel.Type.List(_cel_type(kind.of))
    if isinstance(kind, RecordOf):
        return cel.Type(f"{PACKAGE}.{kind.name}")
    return cel.Type(MONEY) if kind is Kind.MONEY else _PLAIN[kind]


def _declarations() -> list[Any]:
    by_name: dict[str, list[Any]] = {}
    for number, (name, parameters, returns) in enumerate(_signatures()):
        overload = cel.Overload(id=f"rule_{number}", return_type=returns, parameters=list(parameters))
        by_name.setdefault(name, []).append(overload)
    return [cel.FunctionDecl(name, overloads) for name, overloads in by_name.items()]


def _signatures() -> Iterator[Signature]:
    """
    What a rule may say beyond CEL, as (function, parameters, result).

    Money beside a number, and a whole number beside a decimal, are let through here for the sake of literals;
    `literals_beside.py` refuses them where the number is no literal.
    """
    bool_, int_, double = cel.Type.BOOL, cel.Type.INT, cel.Type.DOUBLE
    money, text = cel.Type(MONEY), cel.Type.STRING
    numbers = (int_, double)
    beside_money = [(money, number) for number in numbers] + [(number, money) for number in numbers]
    mixed = [(double, int_), (int_, double)]
    yield from (("known", (kind,), bool_) for kind in (*_PLAIN.values(), money, cel.Type.List(text)))
    yield from (("known", (_cel_type(ListOf(RecordOf(name))),), bool_) for name in RECORDS)
    yield from (("days", (int_,), cel.Type.DURATION), ("date", (text,), cel.Type.TIMESTAMP))
    yield from (("in_currency", (money, text), money), ("-_", (money,), money))
    moment = cel.Type.TIMESTAMP
    yield from ((name, (moment, moment), double) for name in ("working_days", "working_hours"))
    yield from ((name, (money, money), bool_) for name in RELATIONS[:4])
    yield from ((name, pair, bool_) for name, pair in product(RELATIONS, beside_money + mixed))
    yield from ((name, (money, money), money) for name in ("_+_", "_-_"))
    yield from ((name, pair, money) for name, pair in product(("_+_", "_-_"), beside_money))
    yield from (("_*_", pair, money) for pair in beside_money)
    yield from (("_/_", (money, number), money) for number in numbers)
    yield ("_/_", (money, money), double)
    yield from ((name, pair, double) for name, pair in product(("_+_", "_-_", "_*_", "_/_"), mixed))
    yield from (("_?_:_", (bool_, *pair), money) for pair in beside_money)
    yield from (("_?_:_", (bool_, *pair), double) for pair in mixed)
    yield from (("@in", (money, cel.Type.List(number)), bool_) for number in numbers)
    yield ("@in", (double, cel.Type.List(int_)), bool_)
