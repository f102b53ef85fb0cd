"""Attempts that nobody made yet: what the gate would say if every open deal were asked for now, in columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pipeline_engine.facts import Facts, Instants, Open, Probes, Words, ints
from pipeline_engine.process import DEALS_IN_STAGE, FAIL, Judge
from pipeline_engine.replay.census import Census
from pipeline_engine.replay.situations import Situations

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Asked(Situations):
    """Situations whose attempts stand in no table: each column of `attempts` comes along with them.

    `others` are the open deals among which an owner's are counted, of the process of that name.
    """

    others: Census = field(default_factory=lambda: Census({}))
    process: str = ""

    @cached_property
    def stays(self) -> Ints:
        """Row in `stays` of the stay that each deal is in."""
        return self.instants.stay_before(self.probes)

    def counted(self, path: str) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """How many other open deals each owner has now; not known of a deal without an owner."""
        owner, deal = self.words("owner"), self.probes.deal
        if path == DEALS_IN_STAGE:
            outcome = self.words("kind").is_any("win")
            start, target = self.words("from_stage"), self.words("to_stage")
            both = (*start.vocabulary, *target.vocabulary)
            codes = np.where(outcome, start.codes, target.codes + len(start.vocabulary))
            number = self.others.in_stage(owner, self.process, deal, Words(codes, both))
        else:
            number = self.others.in_all(owner, self.process, deal)
        return number, owner.codes >= 0


@dataclass(frozen=True)
class Askers:
    """Who asks for the next move, one a deal, and what the people register says of them, as verdicts keep it (JSON)."""

    actor: Words
    owner: Words
    context: Words

    def take(self, rows: Ints) -> "Askers":
        """Those of these deals."""
        return Askers(self.actor.take(rows), self.owner.take(rows), self.context.take(rows))


@dataclass(frozen=True)
class Standings:
    """
    Open deals at one moment: how much of each one's history counts, the stage it stands in, and who asks.

    Args:
        stage: Words over the stages of the process that is to judge.
        others: All open deals, for what limits an owner's.
        now: The moment, one for all, in µs.
    """

    instants: Instants
    probes: Probes
    stage: Words
    askers: Askers
    others: Census
    now: int
    open_sealed: Open | None

    def take(self, rows: Ints) -> "Standings":
        """Those of these deals."""
        return Standings(
            self.instants, self.probes.take(rows), self.stage.take(rows), self.askers.take(rows), self.others, self.now,
            self.open_sealed,
        )  # fmt: skip

    def asked(self, judge: Judge, place: Ints) -> Asked:
        """Asked to go on to the stage at a place; to be won where there is no such place."""
        kind = np.where(place < len(judge.stages), 0, 1).astype(np.int64)
        return self._as_attempts(judge, Words(kind, ("move", "win")), Words(place, (*judge.stages, "won")))

    def owned(self, judge: Judge) -> Asked:
        """Asked whether their owners may have them where they stand."""
        return self._as_attempts(judge, Words(np.zeros(len(self.stage.codes), np.int64), ("own",)), self.stage)

    def _as_attempts(self, judge: Judge, kind: Words, target: Words) -> Asked:
        count = len(target.codes)
        nothing = Words(np.full(count, -1, np.int64), ())
        columns = {
            "kind": kind, "from_stage": self.stage, "to_stage": target,
            "actor": self.askers.actor, "owner": self.askers.owner, "context": self.askers.context,
            "reason": nothing, "reason opened": nothing, "lost_reason": nothing,
        }  # fmt: skip
        words = {("attempts", name): column for name, column in columns.items()}
        now = np.full(count, self.now, np.int64)
        facts: Facts = self.instants.facts
        rows = np.arange(count)
        return Asked(
            facts, self.instants, rows, self.probes, now, "version", self.open_sealed, words, self.others,
            judge.process.name,
        )  # fmt: skip

    def next_places(self, judge: Judge) -> Ints:
        """
        Per deal the place of the stage that comes next on its way, one beyond the last for winning.

        Stages that a deal does not have are passed by; -1 where the process does not have the stage it stands in.
        """
        table = np.array([judge.stages.index(word) for word in self.stage.vocabulary] + [-2], np.int64)
        place = table[self.stage.codes] + 1
        for ahead, stage in enumerate(judge.stages):
            number = judge.index.get(f"{stage}:applies")
            here = np.flatnonzero(place == ahead)
            if number is not None and len(here):
                said = judge.verdict(number, self.take(here).asked(judge, place[here]).frame(judge))
                place[here[said == FAIL]] += 1
        return place


def probes_of(facts: Facts, rows: Ints, now: int, more: int = 0) -> Probes:
    """Deals by their rows as they stand now; `more` events are thought to come after the last one of each."""
    version = ints(facts.deals["version"])[rows] + 1 + more
    return Probes.of(facts.deal_ix("deals")[rows], version, np.full(len(rows), now, np.int64))


def askers_of(owner: Words, said: Mapping[str | None, str]) -> Askers:
    """
    Every deal asked for by its owner, `somebody` where it has none.

    Args:
        said: By owner, None for no owner, what the people register says, as JSON.
    """
    who: Sequence[str | None] = (*owner.vocabulary, None)
    contexts = tuple(dict.fromkeys(said[each] for each in who))
    of_owner = np.array([contexts.index(said[each]) for each in who], np.int64)
    actor = Words(np.where(owner.codes < 0, len(owner.vocabulary), owner.codes), (*owner.vocabulary, "somebody"))
    return Askers(actor, owner, Words(of_owner[owner.codes], contexts))
