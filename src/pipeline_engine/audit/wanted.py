"""What an auditor asks for: which events, of whom, from when to when, and how many at a time."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.errors import BadValue, UnknownDeal, UnknownProcess, UnknownRule
from pipeline_engine.facts import NOWHEN, Facts, Words, ints
from pipeline_engine.values import microseconds

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    Which events are asked for; None asks for no particular one. Totals count all of them, rows come a page at a time.

    Args:
        rule: Its id, in whichever version.
        by: Who did it, or tried.
        owner: Who owned the deal then.
        since, until: By the time it happened; what has no time is left out where one of them is given.
        limit: How many rows at most, the latest recorded first.
        before: Only rows recorded before this log position: the `next` of the page before.
    """

    rule: str | None = None
    by: str | None = None
    deal: str | None = None
    owner: str | None = None
    process: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    before: int | None = None

    def checked(self, facts: Facts) -> "Wanted":
        """The same, if there is such a deal, process and rule; a slip is an error and no empty list."""
        if not 1 <= self.limit <= MOST:
            raise BadValue("limit", self.limit, f"1 to {MOST:,}")
        if self.process is not None and self.process not in {name for name, _ in facts.processes}:
            raise UnknownProcess(self.process, sorted({name for name, _ in facts.processes}))
        if self.deal is not None and not pc.any(pc.equal(facts.deal_ids, self.deal)).as_py():
            raise UnknownDeal(self.deal)
        rules = [rule.id for process in facts.processes.values() for rule in process.rules]
        if self.rule is not None and self.rule not in rules:
            raise UnknownRule(self.rule, tuple(dict.fromkeys(rules)))
        return self

    def among(self, table: pa.Table) -> Mask:
        """Rows of a table (deal_id, actor, owner, process, at) that are asked for, whatever their rule."""
        mask = np.ones(table.num_rows, np.bool_)
        for column, value in (
            ("deal_id", self.deal), ("actor", self.by), ("owner", self.owner), ("process", self.process),
        ):  # fmt: skip
            if value is not None:
                mask &= Words.of(table[column]).is_any(value)
        at = ints(table["at"])
        if self.since is not None:
            mask &= (at != NOWHEN) & (at >= microseconds(self.since))
        if self.until is not None:
            mask &= (at != NOWHEN) & (at <= microseconds(self.until))
        return mask

    def within(self, at: datetime | None) -> bool:
        """Whether something happened in the time that is asked for; what has no time did where none is."""
        if at is None:
            return self.since is None and self.until is None
        return (self.since is None or at >= self.since) and (self.until is None or at <= self.until)

    def page(self, rows: Ints, position: Ints) -> tuple[Ints, int | None]:
        """The rows of one page, the latest recorded first, and where the next page begins; None at the end."""
        newest = rows[np.argsort(-position[rows], kind="stable")]
        left = newest if self.before is None else newest[position[newest] < self.before]
        chosen = left[: self.limit]
        return chosen, int(position[chosen[-1]]) if len(left) > len(chosen) else None


def process_of(facts: Facts, table: pa.Table) -> pa.Array:
    """Per row of a table the process that its deal runs under; null where the deal was never opened."""
    found = pc.index_in(table["deal_id"].combine_chunks(), value_set=facts.deals["deal_id"].combine_chunks())
    return facts.deals["process"].combine_chunks().take(found)
