"""What a migration would do to the open deals: where each goes on, and whose next move would be refused that was not.

Pure, in one columnar pass: the same gate on the deals as they stand, by the version each runs under, and as they would
stand afterwards, by the new one. The next move is asked for by the deal's owner.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from pipeline_engine.facts import NOWHEN, Facts, Instants, Open, Words, exact_sums, ints
from pipeline_engine.process import COUNTS, FAIL, LETTERS, UNKNOWN, Frame, Judge, Process
from pipeline_engine.replay.asking import Standings, askers_of, probes_of
from pipeline_engine.replay.census import Census
from pipeline_engine.replay.fitting import meant_for
from pipeline_engine.replay.migrating import STRANDED, Landings, afterwards, landings, open_deals
from pipeline_engine.replay.migration_plan import (
    Becomes,
    DealPlan,
    EndingGrants,
    Landing,
    LimitLoad,
    MigrationPlan,
    RuleLoad,
)
from pipeline_engine.replay.verdicts import Matrix, judged
from pipeline_engine.values import Money

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Said = Callable[[str | None, Process], str]
BECOMES: tuple[Becomes, ...] = ("as before", "newly refused", "newly allowed", "refused as before", "not compared")


@dataclass(frozen=True)
class MigrationQuestion:
    """
    A migration that is thought about.

    Args:
        process: Whose open deals are meant.
        target: The version they are to run under.
        mapping: Which stage stands for which; one that is not in it keeps its name.
        variants: Where both are of one family, the variants in force of it: only deals for which the target is meant
            go there. None: every open deal.
        said: What the people register says of an owner (None: of a deal without one), as JSON, for rules of a process.
        now: The moment, in µs.
    """

    process: str
    target: Process
    mapping: Mapping[str, str]
    said: Said
    now: int
    variants: Sequence[Process] | None = None
    open_sealed: Open | None = None


@dataclass(frozen=True)
class Landed:
    """Where open deals go on; `there` run under the target already, for `not_meant` another variant is meant."""

    landings: Landings
    open_deals: int
    there: int
    not_meant: int

    @property
    def goes(self) -> Mask:
        """The deals that go on."""
        return np.asarray(self.landings.place != STRANDED, dtype=np.bool_)


def landed(facts: Facts, question: MigrationQuestion) -> Landed:
    """Where the open deals go on; how the gate judges them is not asked."""
    target = question.target
    rows, versions = open_deals(facts, question.process)
    there = (question.process == target.name) & (versions == target.version)
    meant = np.ones(len(rows), np.bool_)
    if question.variants is not None:
        probes = probes_of(facts, rows, question.now)
        meant = meant_for(target, question.variants, Instants(facts, question.open_sealed), probes)
    mine = np.flatnonzero(~there & meant)
    found = landings(facts, question.process, rows[mine], versions[mine], (target, question.mapping))
    return Landed(found, len(rows), int(there.sum()), int((~there & ~meant).sum()))


def plan_migration(facts: Facts, question: MigrationQuestion) -> MigrationPlan:
    """What a migration would do, deal by deal."""
    return _Weighed(facts, question).plan()


def foreseen(facts: Facts, question: MigrationQuestion) -> dict[str, tuple[str, str]]:
    """By deal that goes on, where its next move goes and the letters of its verdicts under the new version."""
    return _Weighed(facts, question).letters()


@dataclass(frozen=True)
class _Judged:
    """The next move of some deals: where to (place), each rule's verdict, and whether the gate says no."""

    judge: Judge
    place: Ints
    verdicts: Matrix
    frame: Frame
    stands: Standings

    @property
    def over(self) -> Mask:
        """Rules × deals: the limits that a deal's owner stands over with it."""
        rules = self.judge.process.rules
        limits = np.array([r.severity == "block" and not {*COUNTS}.isdisjoint(r.reads) for r in rules], np.bool_)
        if not limits.any():
            return np.zeros(self.verdicts.shape, np.bool_)
        owned = judged(self.stands.owned(self.judge), self.judge)
        return np.asarray((owned == FAIL) & limits[:, None], dtype=np.bool_)

    @property
    def known(self) -> Mask:
        """Deals whose stage the process has."""
        return np.asarray(self.place >= 0, dtype=np.bool_)

    @property
    def unmet(self) -> Mask:
        """Rules × deals: what stands in the way."""
        blocking = np.array([rule.severity == "block" for rule in self.judge.process.rules], np.bool_)
        return np.asarray(((self.verdicts == FAIL) | (self.verdicts == UNKNOWN)) & blocking[:, None], dtype=np.bool_)

    @property
    def refused(self) -> Mask:
        """Deals whose next move is refused."""
        return np.asarray(self.unmet.any(axis=0), dtype=np.bool_)

    def target(self, row: int) -> str:
        """Where a deal is asked to go."""
        return (*self.judge.stages, "won")[int(self.place[row])]


class _Weighed:
    """Open deals, where they land, and how the gate of both versions judges their next move."""

    def __init__(self, facts: Facts, question: MigrationQuestion) -> None:
        self._q, self._all = question, landed(facts, question)
        self._landed = self._all.landings
        self._facts, self._before = facts, Instants(facts, question.open_sealed)
        self._thought, self._ends = afterwards(self._before, self._landed, question.now)
        self._owner = Words.of(self._facts.deals["owner"]).take(self._landed.rows)
        self._goes = np.flatnonzero(self._all.goes)
        self._census = Census.of(facts)
        self._after = self._judged_after()
        self._becomes = self._compared()

    def _judged_after(self) -> _Judged:
        landed, deal = self._landed, self._facts.deal_ix("deals")
        stage = landed.landed
        others = self._census.moved(deal[landed.rows[self._goes]], landed.after.name, stage.take(self._goes))
        return self._judged(landed.after, self._goes, stage, (self._thought, others, 1))

    def _judged(self, process: Process, which: Ints, stage: Words, stood: tuple[Instants, Census, int]) -> _Judged:
        """The next moves by a process, with so many events that are thought to come after each deal's last one."""
        (instants, others, more), q = stood, self._q
        judge, owner = Judge(process), self._owner.take(which)
        said = {each: q.said(each, process) for each in (*owner.vocabulary, None)}
        probes = probes_of(self._facts, self._landed.rows[which], q.now, more)
        askers = askers_of(owner, said)
        stands = Standings(instants, probes, stage.take(which), askers, others, q.now, q.open_sealed)
        place = stands.next_places(judge)
        asked = stands.asked(judge, place)
        return _Judged(judge, place, judged(asked, judge), asked.frame(judge), stands)

    def _compared(self) -> Ints:
        """Per deal that goes on, what becomes of its next move: a place in BECOMES."""
        before, known = np.zeros(len(self._landed.rows), np.bool_), np.zeros(len(self._landed.rows), np.bool_)
        for number, process in enumerate(self._landed.versions):
            mine = self._goes[self._landed.before[self._goes] == number]
            told = self._judged(process, mine, self._landed.stage, (self._before, self._census, 0))
            before[mine], known[mine] = told.refused, told.known
        before, known, after = before[self._goes], known[self._goes], self._after.refused
        becomes = np.where(before, np.where(after, 3, 2), np.where(after, 1, 0))
        return np.where(known, becomes, BECOMES.index("not compared")).astype(np.int64)

    def plan(self) -> MigrationPlan:
        """The answer."""
        found, target = self._all, self._landed.after
        return MigrationPlan(
            process=self._q.process, target=target.label, digest=target.digest, position=self._facts.position,
            open_deals=found.open_deals, there=found.there, not_meant=found.not_meant, landings=self._landings(),
            next_moves={word: int((self._becomes == n).sum()) for n, word in enumerate(BECOMES)},
            rules=tuple(self._rules()), ending=tuple(self._ending()),
            limits=tuple(self._over()), listed=self._listed,
        )  # fmt: skip

    def _landings(self) -> tuple[Landing, ...]:
        """By version and stage, in the order of the way."""
        landed, deals = self._landed, self._facts.deals
        value, currency = ints(deals["value"])[landed.rows], Words.of(deals["currency"]).take(landed.rows)
        distinct, of = np.unique(
            np.stack([landed.before, landed.stage.codes, landed.place]), axis=1, return_inverse=True
        )  # fmt: skip
        found = [
            (int(v), landed.stage.vocabulary[s], None if p == STRANDED else landed.after.stage_ids[p], of.ravel() == n)
            for n, (v, s, p) in enumerate(distinct.T.tolist())
        ]
        way = {
            (n, stage): place for n, each in enumerate(landed.versions) for place, stage in enumerate(each.stage_ids)
        }
        found.sort(key=lambda each: (each[0], way.get(each[:2], -1), each[2] or ""))
        return tuple(
            Landing(
                landed.versions[v].label, stage, to, _kind(stage, to), int(mine.sum()), _sums(value, currency, mine)
            )
            for v, stage, to, mine in found
        )

    def _rules(self) -> Iterator[RuleLoad]:
        """The rules that newly refuse, by how many deals, most first."""
        after, newly = self._after, self._becomes == BECOMES.index("newly refused")
        unmet = after.unmet & newly
        for number in np.argsort(-unmet.sum(axis=1), kind="stable").tolist():
            deals = int(unmet[number].sum())
            if deals:
                rule = after.judge.process.rules[number]
                unknown = int((unmet[number] & (after.verdicts[number] == UNKNOWN)).sum())
                alone = int((unmet[number] & (unmet.sum(axis=0) == 1)).sum())
                yield RuleLoad(rule.id, rule.says, deals, unknown, alone)

    def _ending(self) -> Iterator[EndingGrants]:
        table = self._facts.approvals
        gone = table.take(self._ends).to_pylist() if len(self._ends) else []
        counted: dict[tuple[str, str], int] = {}
        for row in gone:
            key = (row["event"], row["rule"])
            counted[key] = counted.get(key, 0) + 1
        for (event, rule), count in sorted(counted.items()):
            yield EndingGrants("approval" if event == "granted" else "waiver", rule, count)

    def _over(self) -> Iterator[LimitLoad]:
        """The limits that owners stand over once their deals are there, by how many deals, most first."""
        over, owner = self._after.over, self._owner.take(self._goes)
        for number in np.argsort(-over.sum(axis=1), kind="stable").tolist():
            codes = owner.codes[over[number] & (owner.codes >= 0)]
            counted = np.bincount(codes, minlength=len(owner.vocabulary))
            owners = {owner.vocabulary[n]: int(counted[n]) for n in np.argsort(-counted, kind="stable") if counted[n]}
            if owners:
                rule = self._after.judge.process.rules[number]
                yield LimitLoad(rule.id, rule.says, owners)

    def _listed(self, limit: int | None) -> Iterator[DealPlan]:
        """Deals to look at: stranded ones, then those newly refused; each the most valuable first."""
        value = ints(self._facts.deals["value"])[self._landed.rows]
        stranded = np.flatnonzero(self._landed.place == STRANDED)
        newly = np.flatnonzero(self._becomes == BECOMES.index("newly refused"))
        worst = stranded[np.lexsort((stranded, -value[stranded].astype(np.float64)))]
        order = np.lexsort((newly, -value[self._goes[newly]].astype(np.float64)))
        listed = [*((int(each), -1) for each in worst), *((int(self._goes[n]), int(n)) for n in newly[order])]
        for row, asked in listed[:limit]:
            yield self._deal(row, asked)

    def _deal(self, row: int, asked: int) -> DealPlan:
        landed, after = self._landed, self._after
        table = self._facts.deals
        told = {name: table[name][int(landed.rows[row])].as_py() for name in ("deal_id", "owner", "value", "currency")}
        worth = Money(told["value"], told["currency"]) if told["value"] is not None and told["currency"] else None
        stage, version = landed.stage.vocabulary[landed.stage.codes[row]], landed.versions[landed.before[row]]
        if asked < 0:
            return DealPlan(told["deal_id"], told["owner"], version.label, stage, None, "stranded", worth)
        unmet = np.flatnonzero(after.unmet[:, asked]).tolist()
        missing = tuple((after.judge.process.rules[n].id, self._missing(n, asked)) for n in unmet)
        to = after.judge.stages[int(landed.place[row])]
        return DealPlan(
            told["deal_id"], told["owner"], version.label, stage, to, _kind(stage, to), worth, after.target(asked),
            BECOMES[self._becomes[asked]], missing,
        )  # fmt: skip

    def _missing(self, number: int, row: int) -> str:
        """What stands in the way of one rule, as the evaluator's trace tells it; else what the rule says."""
        after = self._after
        rule = after.judge.process.rules[number]
        if rule.approval is not None:
            return rule.says
        return "; ".join(part.text for part in after.judge.because(number, after.frame, row)) or rule.says

    def letters(self) -> dict[str, tuple[str, str]]:
        """By deal where its next move goes and how the new version judges it: for whoever wants to compare."""
        ids, after = self._facts.deals["deal_id"].take(self._landed.rows[self._goes]).to_pylist(), self._after
        codes = ["".join(LETTERS[code] for code in column) for column in after.verdicts.T]
        return {deal: (after.target(n), codes[n]) for n, deal in enumerate(ids)}


def _sums(value: Ints, currency: Words, mine: Mask) -> dict[str, str]:
    """What some deals are worth, by currency, as decimal text."""
    known = mine & (value != NOWHEN) & (currency.codes >= 0)
    sums = exact_sums(value[known], currency.codes[known], len(currency.vocabulary))
    return {code: _decimal(units) for units, code in zip(sums, currency.vocabulary, strict=True) if units}


def _decimal(units: int) -> str:
    """10^-4 units as decimal text, however many."""
    text = f"{Decimal(units).scaleb(-4):f}"
    return text.rstrip("0").rstrip(".")


def _kind(stage: str, to: str | None) -> str:
    return "stranded" if to is None else "kept" if stage == to else "mapped"
