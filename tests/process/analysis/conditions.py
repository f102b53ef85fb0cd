"""Random conditions over a small process, and every kind of row it can have, to hold the witness search against."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import numpy as np

from pipeline_engine.errors import RuleError
from pipeline_engine.process import Frame, Process, Program, compile_rule, load_process, vocabulary_of
from pipeline_engine.process.analysis import Demand, Wanted
from pipeline_engine.values import Money

SMALL = """\
process: small
currency: EUR
roles: [rep, manager]
contacts: {roles: [champion, buyer]}
activities: [call, meeting]
deal:
  amount: {type: money}
  budget: {type: money}
  seats:  {type: int}
  score:  {type: number}
  flag:   {type: bool}
  region: {type: choice, of: [EMEA, NA]}
  name:   {type: text}
  code:   {type: text}
  close:  {type: date}
  tags:   {type: choice, of: [x, y], many: true}
stages: [{id: lead}, {id: offer}]
outcomes: {}
"""
PROCESS: Process = load_process(SMALL, "small.yaml")
VOCABULARY = vocabulary_of(PROCESS)
WITH_RATES: Process = load_process(SMALL.replace("currency: EUR", "currency: EUR\nrates: {USD: 0.92}"), "small.yaml")
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TODAY = date(2026, 3, 2)
_DAY = timedelta(days=1)


def row(draw: Random) -> dict[str, Any]:
    """One deal as it may well be, any field of it missing."""
    pick = draw.choice
    entered = NOW - pick([0, 1, 2, 3]) * _DAY
    contact_ids = ["kim", "lee"]
    made: dict[str, Any] = {
        "now": NOW,
        "today": TODAY,
        "stage.entered_at": entered,
        "opened_at": entered - pick([0, 1]) * _DAY,
        "deal.amount": pick([None, *_amounts(draw)]),
        "deal.budget": pick([None, *_amounts(draw)]),
        "deal.seats": pick([None, 0, 1, 2, 3]),
        "deal.score": pick([None, 0.0, 0.5, 1.0, 2.0]),
        "deal.flag": pick([None, True, False]),
        "deal.region": pick([None, "EMEA", "NA"]),
        "deal.name": pick([None, "a", "ab", "b", "bab"]),
        "deal.code": pick([None, "a", "ab", "b"]),
        "deal.close": pick([None, *(TODAY + days * _DAY for days in (-2, -1, 0, 1, 2))]),
        "deal.tags": pick([None, (), ("x",), ("y",), ("x", "y")]),
        "actor.id": "rep-03",
        "actor.roles": pick([(), ("rep",), ("manager",), ("rep", "manager")]),
        "activities": [_activity(draw, contact_ids) for _ in range(draw.randrange(4))],
        "contacts": [
            {"role": pick(["champion", "buyer"]), "id": pick(contact_ids), "at": None} for _ in range(draw.randrange(3))
        ],
        "approvals": [],
        "documents": [],
        "move.to": "offer",
    }
    return made


def _amounts(draw: Random) -> list[Money]:
    return [
        Money.of(draw.choice(["0", "1", "1.5", "2", "3", "1.0869", "1.087"]), draw.choice(["EUR", "EUR", "USD", "GBP"]))
    ]


def _activity(draw: Random, ids: list[str]) -> dict[str, Any]:
    return {
        "kind": draw.choice(["call", "meeting"]),
        "at": NOW - draw.choice([0, 1, 2, 3]) * _DAY,
        "with": draw.choice([None, *ids]),
        "minutes": draw.choice([None, 10, 30]),
        "by": None,
    }


class Conditions:
    """Random conditions, small enough that random rows meet most of what they tell apart."""

    def __init__(self, seed: int, process: Process = PROCESS) -> None:
        self.draw, self._vocabulary = Random(seed), vocabulary_of(process)

    def demands(self) -> list[Demand]:
        """Two or three conditions and what is wanted of them."""
        wanted: list[Wanted] = ["true", "true", "not true", "false", "unknown"]
        return [Demand(self._compiled(), self.draw.choice(wanted)) for _ in range(self.draw.randrange(1, 4))]

    def _compiled(self) -> Any:
        while True:
            try:
                return compile_rule(self.condition(self.draw.randrange(3)), self._vocabulary)
            except RuleError:
                continue

    def condition(self, depth: int) -> str:
        """A condition of so many levels."""
        draw = self.draw
        if depth == 0:
            return draw.choice(self._atoms)(self)
        left, right = self.condition(depth - 1), self.condition(depth - 1)
        form = draw.choice(["({} && {})", "({} || {})", "!({})", "({} ? {} : {})", "({} == {})"])
        return form.format(*[left, right, self.condition(0)][: form.count("{}")])

    def _relation(self) -> str:
        return self.draw.choice(["<", "<=", ">", ">=", "==", "!="])

    def _money(self) -> str:
        left = self.draw.choice(["deal.amount", "deal.budget"])
        right = self.draw.choice(["1", "1.5", "2", "deal.budget", "deal.budget + 1", "deal.amount - deal.budget", "0"])
        times = self.draw.choice(["", "", "", " * 2", " * 0.5"])
        return f"{left}{times} {self._relation()} {right}"

    def _number(self) -> str:
        choices = [
            f"deal.seats {self._relation()} {self.draw.randrange(4)}",
            f"deal.score {self._relation()} {self.draw.choice(['0.5', '1.0', '1.5'])}",
            f"deal.seats + 1 {self._relation()} deal.seats * 2",
            f"deal.seats % 2 == {self.draw.randrange(2)}",
            f"deal.seats in [{self.draw.randrange(3)}, {self.draw.randrange(4)}]",
            f"1 / deal.seats {self._relation()} 1",
            f"deal.score * 2.0 {self._relation()} 1.0",
            f"deal.score / deal.score {self._relation()} 1.0",
            f"(deal.region == 'EMEA' ? deal.seats : 2) {self._relation()} 1",
        ]
        return self.draw.choice(choices)

    def _text(self) -> str:
        literal = self.draw.choice(["'a'", "'ab'", "'b'"])
        choices = [
            f"deal.region {self.draw.choice(['==', '!='])} {self.draw.choice(['EMEA', 'NA']).join([chr(39)] * 2)}",
            f"deal.name {self._relation()} {literal}",
            f"deal.name.{self.draw.choice(['contains', 'startsWith', 'endsWith', 'matches'])}({literal})",
            f"deal.name {self.draw.choice(['==', '!='])} deal.code",
            f"deal.name in ['a', {literal}]",
            f"deal.name.size() {self._relation()} 2",
            f"deal.name + deal.code {self.draw.choice(['==', '!='])} 'ab'",
            f"{self.draw.choice(['x', 'y']).join([chr(39)] * 2)} in deal.tags",
            f"deal.tags.size() {self._relation()} {self.draw.randrange(3)}",
            "deal.region in deal.tags",
        ]
        return self.draw.choice(choices)

    def _flag(self) -> str:
        names = ["amount", "seats", "score", "flag", "region", "name", "close", "tags"]
        name = self.draw.choice(names)
        return self.draw.choice(
            ["deal.flag", "!deal.flag", f"known(deal.{name})", f"has(deal.{name})", "deal.flag == true"]
        )

    def _time(self) -> str:
        hours = self.draw.choice([0, 12, 24, 36, 48])
        choices = [
            f"now - stage.entered_at {self._relation()} duration('{hours}h')",
            f"deal.close {self._relation()} today",
            f"deal.close - days({self.draw.randrange(3)}) {self._relation()} now",
            f"deal.close {self._relation()} date('2026-03-0{self.draw.randrange(1, 5)}')",
            f"stage.entered_at {self._relation()} opened_at",
            f"deal.close - today {self._relation()} stage.entered_at - opened_at",
            f"deal.close.getDayOfWeek() {self._relation()} 1",
        ]
        return self.draw.choice(choices)

    def _element(self) -> str:
        day = self.draw.randrange(4)
        choices = [
            "a.kind == 'meeting'", "a.kind == 'call'", "a.kind != 'call'", f"a.at >= now - days({day})",
            f"a.at > stage.entered_at - days({day})", "a.with == 'kim'", "has(a.with)", "a.minutes > 20",
            "contacts.exists(c, c.id == a.with)", "contacts.exists(c, c.role == 'buyer' && c.id == a.with)",
            "a.at <= opened_at", "a.minutes > 5 && a.kind == 'call'",
        ]  # fmt: skip
        chosen = self.draw.choice(choices)
        return chosen if self.draw.random() < 0.6 else f"{chosen} && {self.draw.choice(choices)}"

    def _list(self) -> str:
        body = self._element()
        over = self.draw.choice(["activities", "activities", f"activities.filter(a, {self._element()})"])
        choices = [
            f"activities.filter(a, {body}).size() {self._relation()} {self.draw.randrange(4)}",
            f"{over}.filter(a, {body}).size() >= {self.draw.randrange(4)}",
            f"{over}.{self.draw.choice(['exists', 'all', 'exists_one'])}(a, {body})",
            f"activities.size() {self._relation()} {self.draw.randrange(4)}",
            f"contacts.{self.draw.choice(['exists', 'all', 'exists_one'])}(c, c.role == 'buyer')",
            f"contacts.size() {self._relation()} {self.draw.randrange(3)}",
            "actor.roles.exists(r, r in ['manager', 'legal'])",
            f"activities.map(a, a.kind).exists(k, k == '{self.draw.choice(['call', 'meeting'])}')",
        ]
        return self.draw.choice(choices)

    _atoms: list[Callable[["Conditions"], str]] = [
        _money,
        _number,
        _text,
        _flag,
        _time,
        _list,
        _list,
    ]  # lists have most rules


class Rows:
    """Many rows, judged at once."""

    def __init__(self, seed: int, count: int) -> None:
        draw = Random(seed)
        self.rows = [row(draw) for _ in range(count)]
        self.frame = Frame.from_rows(VOCABULARY, self.rows)

    def fitting(self, demands: list[Demand]) -> int | None:
        """The place of a row that fits every demand; None where none of them does."""
        fits = fitting(demands, self.frame)
        return int(np.argmax(fits)) if fits.any() else None


_WANTED = {"false": [True, False, False], "true": [False, True, False], "unknown": [False, False, True]}
_WANTED["not true"] = [True, False, True]


def fitting(demands: list[Demand], frame: Frame) -> Any:
    """Which rows of a frame fit every demand."""
    fits = np.ones(frame.size, np.bool_)
    for each in demands:
        fits &= np.array(_WANTED[each.wanted])[Program(each.node).verdicts(frame)]
    return fits
