"""Judging one move by twenty rules, against two state-machine libraries with the same twenty guards written in Python.

The peers' guards are hand-written functions over the same deal, and their machine moves in memory; ours reads the rules
from YAML, reads the deal as rules see it, and gives twenty verdicts that can be explained. Beside it: what loading and
checking a process of 12 stages and 100 rules costs, once per publication.
"""

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import median
from time import perf_counter
from types import MappingProxyType
from typing import Any

from statemachine import State, StateMachine
from transitions import Machine

from pipeline_engine.deal import Context, Deal, Standing
from pipeline_engine.deal.gate import judge_attempt
from pipeline_engine.deal.reading import Attempt
from pipeline_engine.deal.state import Activity, Contact
from pipeline_engine.process import Judge, lint, load_process
from pipeline_engine.values import Money, Personal

ROUNDS, MOVES = 15, 200
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
FIELDS = tuple(f"number_{n}" for n in range(8))

PROCESS = f"""
process: bench
currency: EUR
roles: [rep, manager]
contacts: {{roles: [champion, buyer]}}
activities: [call, meeting]
deal:
  amount: {{type: money}}
  close_date: {{type: date}}
  email: {{type: text}}
  region: {{type: choice, of: [EMEA, NA]}}
{"".join(f"  {name}: {{type: number}}" + chr(10) for name in FIELDS)}
stages:
  - id: one
  - id: two
    enter:
      - {{require: [amount, close_date, region]}}
      - {{id: reachable, check: "deal.email.contains('@')"}}
      - {{activities: {{meeting: 2, call: 1}}}}
      - {{contacts: {{champion: 1}}}}
      - {{id: above, check: deal.amount >= 1000}}
      - {{id: below, check: deal.amount < 1000000}}
      - {{id: ahead, check: deal.close_date >= today}}
      - {{stay_at_least: 1d}}
{"".join(f"      - {{id: check-{name}, check: 'deal.{name} > 0.0'}}" + chr(10) for name in FIELDS)}
outcomes: {{won: {{}}, lost: {{reasons: [price]}}}}
"""


def deal() -> Deal:
    """A deal that every rule lets through."""
    fields: dict[str, Any] = {
        "amount": Money.of("12000", "EUR"), "close_date": date(2026, 3, 1), "email": "a@example.org", "region": "EMEA",
    }  # fmt: skip
    fields |= dict.fromkeys(FIELDS, 1.0)
    done = tuple(Activity(kind, NOW - timedelta(days=2), "rep") for kind in ("call", "meeting", "meeting"))
    who = (Contact(Personal("deal:D-1", "kim@customer.example"), "champion", NOW),)
    return Deal(
        id="D-1", status="open", process="bench", process_version=1, stage="one", owner="rep",
        fields=MappingProxyType(fields), opened_at=NOW - timedelta(days=9), entered_at=NOW - timedelta(days=5),
        activities=done, contacts=who,
    )  # fmt: skip


def engine_judges(judge: Judge, it: Deal) -> float:
    """Seconds for one judgement, over MOVES of them."""
    context = Context(clock=NOW, actor=Standing("rep", ("rep",)), owner=Standing("rep", ("rep",)))
    begin = perf_counter()
    for _ in range(MOVES):
        judgement = judge_attempt(it, Attempt("move", "one", "two", NOW, "rep"), judge, context)
        assert not judgement.refused
    return (perf_counter() - begin) / MOVES


GUARDS: tuple[Callable[[Deal], bool], ...] = (
    lambda d: "amount" in d.fields,
    lambda d: "close_date" in d.fields,
    lambda d: "region" in d.fields,
    lambda d: "@" in d.fields["email"],  # type: ignore[operator]  # an e-mail is text
    lambda d: sum(a.kind == "meeting" for a in d.activities) >= 2,
    lambda d: sum(a.kind == "call" for a in d.activities) >= 1,
    lambda d: sum(c.role == "champion" for c in d.contacts) >= 1,
    lambda d: d.fields["amount"].units >= 10_000_000,  # type: ignore[union-attr]  # an amount is money
    lambda d: d.fields["amount"].units < 10_000_000_000,  # type: ignore[union-attr]  # an amount is money
    lambda d: d.fields["close_date"] >= NOW.date(),  # type: ignore[operator]  # a close date is a date
    lambda d: NOW - d.entered_at >= timedelta(days=1),  # type: ignore[operator]  # it was entered
    *((lambda d, name=name: float(d.fields[name]) > 0.0) for name in FIELDS),
)


def _asked_of_event(guard: Callable[[Deal], bool]) -> Callable[..., bool]:
    return lambda event: guard(event.kwargs["deal"])


def transitions_moves(it: Deal) -> float:
    """Seconds for one guarded move of a `transitions` machine; made once, sent back by hand each time."""
    machine: Any = Machine(states=["one", "two"], initial="one", auto_transitions=False, send_event=True)
    guards = [_asked_of_event(guard) for guard in (*GUARDS, GUARDS[0])]
    machine.add_transition("go", "one", "two", conditions=guards)
    begin = perf_counter()
    for _ in range(MOVES):
        assert machine.go(deal=it)
        machine.state = "one"
    return (perf_counter() - begin) / MOVES


class Guarded(StateMachine):
    """The same move with the same guards in python-statemachine."""

    one, two = State(initial=True), State()
    go = one.to(two, cond=[f"guard_{n}" for n in range(20)])
    back = two.to(one)

    def __init__(self, it: Deal) -> None:
        self.it = it
        super().__init__()


for number, guard in enumerate((*GUARDS, GUARDS[0])):
    setattr(Guarded, f"guard_{number}", lambda self, guard=guard: guard(self.it))


def statemachine_moves(it: Deal) -> float:
    """Seconds for one guarded move of a python-statemachine; the way back is not counted."""
    machine, spent = Guarded(it), 0.0
    for _ in range(MOVES):
        begin = perf_counter()
        machine.go()
        spent += perf_counter() - begin
        machine.back()
    return spent / MOVES


def large_process() -> str:
    """A process of 12 stages and about 100 rules, every kind of entry among them."""
    stages = []
    for n in range(12):
        fields = "\n".join(f"      - {{id: r-{n}-{f}, check: 'deal.{name} > {n}.0'}}" for f, name in enumerate(FIELDS))
        stages.append(f"  - id: stage-{n}\n    enter:\n{fields}\n")
    head, _, tail = PROCESS.partition("stages:\n")
    return f"{head}stages:\n{''.join(stages)}outcomes:{tail.partition('outcomes:')[2]}"


def main() -> None:
    """Print each and the ratios of their medians."""
    logging.disable(logging.CRITICAL)
    judge, it = Judge(load_process(PROCESS, "bench.yaml")), deal()
    asked = len(judge.asked("move", "one", "two"))
    runs = [(engine_judges(judge, it), transitions_moves(it), statemachine_moves(it)) for _ in range(ROUNDS)]
    ours, theirs, others = (median(run[place] for run in runs) for place in range(3))
    print(f"judging one move, {asked} rules: engine {ours * 1e6:,.0f} µs (wanted: at most 1,000)")
    print(f"  transitions {theirs * 1e6:,.0f} µs, python-statemachine {others * 1e6:,.0f} µs, guards in Python")
    print(f"  ratio {theirs / ours:.2f} of transitions, {others / ours:.2f} of python-statemachine")
    text = large_process()
    begin = perf_counter()
    process = load_process(text, "large.yaml")
    loaded = perf_counter()
    lint(text, "large.yaml")
    checked = perf_counter()
    print(f"a process of {len(process.stages)} stages and {len(process.rules)} rules: load {loaded - begin:.2f} s, "
          f"lint (which loads it again) {checked - loaded:.2f} s (wanted: both in 1 s)")  # fmt: skip
