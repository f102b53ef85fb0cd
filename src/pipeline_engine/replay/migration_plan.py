"""The answer of a dry run: what a manager reads and signs before open deals go on under another version."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline_engine.values import Money

Becomes = Literal["as before", "newly refused", "newly allowed", "refused as before", "not compared"]


@dataclass(frozen=True, slots=True)
class Landing:
    """Deals of one version and stage, and where they go on: `to` is None where they are stranded.

    `value` is what they are worth, by currency, as decimal text.
    """

    version: str
    stage: str
    to: str | None
    kind: str  # kept, mapped or stranded
    deals: int
    value: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RuleLoad:
    """A rule that newly refuses the next move of `deals`; `unknown` lack a fact, `alone` nothing else refuses."""

    rule: str
    says: str
    deals: int
    unknown: int
    alone: int


@dataclass(frozen=True, slots=True)
class EndingGrants:
    """How many approvals or waivers of a rule end, since it is another rule in the new version."""

    kind: str
    rule: str
    count: int


@dataclass(frozen=True, slots=True)
class LimitLoad:
    """A limit of the new version that owners stand over once their deals are there: how many such deals each has."""

    rule: str
    says: str
    owners: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DealPlan:
    """One deal: where it goes on, and what its next move would lack that it does not need now (rule id, what)."""

    deal: str
    owner: str | None
    version: str
    stage: str
    to: str | None
    kind: str
    value: Money | None
    next_move: str | None = None
    becomes: Becomes | None = None
    missing: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class MigrationPlan:
    """
    What a migration would do to the open deals of a process at a log position.

    `there` run under the target already; `not_meant` stay, since another variant is meant for them. A migration asks no
    limit; `limits` says which ones owners stand over afterwards.
    """

    process: str
    target: str
    digest: str
    position: int
    open_deals: int
    there: int
    not_meant: int
    landings: tuple[Landing, ...]
    next_moves: Mapping[Becomes, int]
    rules: tuple[RuleLoad, ...]
    ending: tuple[EndingGrants, ...]
    limits: tuple[LimitLoad, ...]
    listed: Callable[[int | None], Iterator[DealPlan]] = field(repr=False, compare=False)

    def count(self, kind: str) -> int:
        """How many deals are kept, mapped or stranded."""
        return sum(each.deals for each in self.landings if each.kind == kind)

    def to_json(self, limit: int | None = None) -> dict[str, Any]:
        """The whole answer for scripts, with at most so many deals listed."""
        return {
            "process": self.process, "target": self.target, "digest": self.digest, "position": self.position,
            "open_deals": self.open_deals, "there": self.there, "not_meant": self.not_meant,
            **{kind: self.count(kind) for kind in ("kept", "mapped", "stranded")},
            "landings": [_landing(each) for each in self.landings],
            "next_moves": {name.replace(" ", "_"): count for name, count in self.next_moves.items()},
            "rules": [
                {"rule": r.rule, "says": r.says, "deals": r.deals, "unknown": r.unknown, "alone": r.alone}
                for r in self.rules
            ],
            "ending": [{"kind": each.kind, "rule": each.rule, "count": each.count} for each in self.ending],
            "limits": [{"rule": each.rule, "says": each.says, "owners": dict(each.owners)} for each in self.limits],
            "deals": [_deal(each) for each in self.listed(limit)],
        }  # fmt: skip


def _landing(each: Landing) -> dict[str, Any]:
    return {
        "version": each.version, "stage": each.stage, "to": each.to, "kind": each.kind, "deals": each.deals,
        "value": dict(each.value),
    }  # fmt: skip


def _deal(each: DealPlan) -> dict[str, Any]:
    value = {"amount": each.value.plain(), "currency": each.value.currency} if each.value else None
    return {
        "deal": each.deal, "owner": each.owner, "version": each.version, "stage": each.stage, "to": each.to,
        "kind": each.kind, "value": value, "next_move": each.next_move, "becomes": each.becomes,
        "missing": [{"rule": rule, "what": what} for rule, what in each.missing],
    }  # fmt: skip
