"""The search for a deal that fits demands: found and tried, shown to be impossible, or not analysed."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any

import numpy as np

from pipeline_engine.process.analysis import arithmetic
from pipeline_engine.process.analysis.branches import Branch
from pipeline_engine.process.analysis.claims import FALSE as IS_FALSE
from pipeline_engine.process.analysis.claims import NOT_TRUE, Verdict
from pipeline_engine.process.analysis.claims import TRUE as IS_TRUE
from pipeline_engine.process.analysis.claims import UNKNOWN as IS_UNKNOWN
from pipeline_engine.process.analysis.demands import Answer, Demand, Impossible, NotAnalysed, Wanted, Witness
from pipeline_engine.process.analysis.elements import ways_to_have
from pipeline_engine.process.analysis.facts import Contradiction, Facts
from pipeline_engine.process.analysis.models import Row, literals_in, rows_of
from pipeline_engine.process.analysis.settled import settle
from pipeline_engine.process.analysis.terms import plain
from pipeline_engine.process.analysis.world import Beyond, World, check_literals
from pipeline_engine.process.model import Process
from pipeline_engine.process.rules import Frame, Kind, Node, Program, to_text, walk
from pipeline_engine.process.vocabulary import vocabulary_of

NOTHING: Mapping[str, Any] = MappingProxyType({})
MOST_STEPS = 1_500
MOST_ROWS = 4_000
MOST_HARD = 25  # branches that z3 is asked about
_VERDICTS: Mapping[Wanted, int] = {
    "true": IS_TRUE, "false": IS_FALSE, "unknown": IS_UNKNOWN, "not true": NOT_TRUE,
}  # fmt: skip
_BATCH = 250


def find(
    demands: Sequence[Demand],
    process: Process,
    given: Mapping[str, Any] = NOTHING,
    *,
    explain: bool = True,
    steps: int = MOST_STEPS,
) -> Answer:
    """
    A deal on which every demand comes to what is wanted.

    Args:
        demands: Conditions over the vocabulary of `process`.
        process: What may be said of a deal: its fields with their choices, stages, kinds and roles.
        given: Column paths whose value is settled: `{"move.to": "won", "stage.id": None}`; None is not recorded.
        explain: Whether an Impossible is to name the fewest demands; else it names all.
        steps: How many cases are told apart before it gives up.
    """
    world = World(process, given)
    found = _searched(demands, world, steps)
    if isinstance(found, Impossible) and explain:
        return Impossible(_fewest(demands, world, steps))
    return found


def _fewest(demands: Sequence[Demand], world: World, steps: int) -> tuple[int, ...]:
    """The places of demands that contradict each other: one after the other is left out where it is not needed."""
    kept = list(range(len(demands)))
    for place in range(len(demands)):
        fewer = [each for each in kept if each != place]
        if isinstance(_searched([demands[each] for each in fewer], world, steps), Impossible):
            kept = fewer
    return tuple(kept)


def _searched(demands: Sequence[Demand], world: World, steps: int) -> Answer:
    try:
        return Search(demands, world, steps).run()
    except Beyond as beyond:
        return NotAnalysed(str(beyond))


class Search:
    """One search: its demands as programs, what stood in the way, and how many steps it took."""

    def __init__(self, demands: Sequence[Demand], world: World, most: int = MOST_STEPS) -> None:
        self.world, self.most = world, most
        self.demands = [(plain(each.node), _VERDICTS[each.wanted]) for each in demands]
        self.literals = literals_in([node for node, _ in self.demands])
        self._vocabulary = vocabulary_of(world.process)
        self._programs = [(Program(each.node), _VERDICTS[each.wanted]) for each in demands]
        self._doubt = _doubt_about([each.node for each in demands])
        self.unclear: list[str] = []
        self.steps, self.rows, self.hard = 0, 0, 0

    def run(self) -> Answer:
        """The answer; raises Beyond where a rule says what is not reasoned about."""
        for node, _ in self.demands:
            check_literals(node)
        facts = Facts(self.world, doubts=self._doubt)
        try:
            settle(facts)
        except Contradiction:
            return Impossible(tuple(range(len(self.demands))))
        claims = [Verdict(node, verdicts) for node, verdicts in reversed(self.demands)]
        row = next(self._explored(Branch(facts, list(claims))), None)
        if row is not None:
            return Witness(row)
        if self.unclear:
            return NotAnalysed(self.unclear[0])
        return Impossible(tuple(range(len(self.demands))))

    def _explored(self, branch: Branch) -> Iterator[Row]:
        """Deals that fit, found in this branch or below it."""
        self.steps += 1
        if self.steps > self.most:
            self.unclear.insert(0, f"more than {self.most:,} cases to tell apart")
            return
        try:
            branch.settle()
            ways = branch.ways() or ways_to_have(branch)
            if ways is None:
                yield from self._tried(branch.facts)
                return
        except Contradiction:
            self.unclear += branch.facts.doubts
            return
        for below in ways:
            yield from self._explored(below)
            if self.steps > self.most:
                return

    def _tried(self, facts: Facts) -> Iterator[Row]:
        """The deals of one branch that were evaluated and seen to fit."""
        self.hard += arithmetic.is_hard(facts)
        rows = rows_of(facts, self.literals, deep=self.hard <= MOST_HARD)
        # The first one nearly always fits; z3 is asked for the second one.
        for size in (1, 1, *[_BATCH] * (MOST_ROWS // _BATCH)):
            batch = list(islice(rows, size))
            self.rows += len(batch)
            yield from self._fitting(batch)
            if not batch or self.rows > MOST_ROWS:
                break
        self.unclear.append(_unsolved(facts))

    def _fitting(self, rows: list[Row]) -> Iterator[Row]:
        if not rows:
            return
        frame = Frame.from_rows(self._vocabulary, rows)
        fits = np.ones(len(rows), np.bool_)
        for program, verdicts in self._programs:
            # The evaluator says 0 false, 1 true, 2 unknown.
            wanted = np.array([verdicts & IS_FALSE, verdicts & IS_TRUE, verdicts & IS_UNKNOWN]) > 0
            fits &= wanted[program.verdicts(frame)]
        yield from (row for row, fit in zip(rows, fits.tolist(), strict=True) if fit)


def _doubt_about(nodes: list[Node]) -> tuple[str, ...]:
    """Why no proof holds for these conditions: they do not convert money in one way."""
    rates = {
        next((step.value for step in walk(node) if step.op == "rates"), None)
        for node in nodes
        if any(step.kind is Kind.MONEY for step in walk(node))
    }
    return ("the plan rates differ",) if len(rates) > 1 else ()


def _unsolved(facts: Facts) -> str:
    """What a branch was about in which no deal was found."""
    hard = [to_text(node) for node in facts.judged if any(arg.op == "call" for arg in node.args)]
    about = f" for `{hard[0]}`" if hard else ""
    if arithmetic.is_hard(facts) and not arithmetic.available():
        return f"no deal was found{about}; arithmetic over several columns needs the extra `analysis`"
    return f"no deal was found{about}, and no proof that there is none"
