"""What whoever approved or waived had before them, what has changed since, and whether it still serves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline_engine.deal.approval_story import story_of
from pipeline_engine.deal.effective import fold
from pipeline_engine.deal.events import ApprovalGranted, DealMigrated, HandoffAccepted, OwnerAssigned, RuleWaived
from pipeline_engine.deal.looked_at import value_of
from pipeline_engine.deal.state import Deal, Grant
from pipeline_engine.envelope import Recorded
from pipeline_engine.process import Judge, day, spaced
from pipeline_engine.values import Value

_ASSIGNS = (OwnerAssigned, HandoffAccepted)


@dataclass(frozen=True, slots=True)
class Seen:
    """
    An approval or a waiver of a deal.

    Args:
        waiver: Whether it waives; otherwise it approves.
        in_stead_of: Whose role was acted in, where it was lent.
        fields: What it rests on, as the deal stood when it was looked at; None is not recorded.
        changed: What is otherwise now: field → value now. The owner is `owner.id`.
        ended: Why it does not serve any more, in words; empty while it does.
    """

    rule: str
    target: str
    waiver: bool
    role: str
    by: str
    in_stead_of: str | None
    at: datetime | None
    version: int
    seen_version: int
    expires_at: datetime | None
    fields: Mapping[str, Value | None]
    changed: Mapping[str, Value | None]
    ended: str

    @property
    def serves(self) -> bool:
        """Whether the gate would count it now."""
        return not self.ended


def seen(events: Sequence[Recorded], judge: Judge, now: datetime) -> tuple[Seen, ...]:
    """Every approval and waiver among a deal's events, as it stands at a moment, the oldest first."""
    deal = fold(events)
    if deal is None:
        return ()
    granted = {each.version: each for each in events if isinstance(each.event, (ApprovalGranted, RuleWaived))}
    grants = sorted((*deal.approvals, *deal.waivers), key=lambda grant: grant.version)
    return tuple(_seen(grant, granted[grant.version], (events, deal), (judge, now)) for grant in grants)


def _seen(
    grant: Grant, recorded: Recorded, history: tuple[Sequence[Recorded], Deal], by: tuple[Judge, datetime]
) -> Seen:
    (events, deal), (judge, now) = history, by
    seen_version = getattr(recorded.event, "seen_version", recorded.version - 1)
    then = fold([each for each in events if each.version <= seen_version]) or Deal(id=deal.id)
    names = _rests_on(grant, judge)
    fields = {name: value_of(then, name) for name in names}
    current = {name: value_of(deal, name) for name in names}
    changed = {name: value for name, value in current.items() if value != fields[name]}
    waiver = isinstance(recorded.event, RuleWaived)
    ended = _why_waiver_ended(grant, events, changed, now) if waiver else _why_ended(grant, events, now)
    return Seen(
        grant.rule, grant.target, waiver, grant.role, grant.by, grant.in_stead_of, grant.at, grant.version,
        seen_version, grant.expires_at, fields, changed, ended,
    )  # fmt: skip


def _rests_on(grant: Grant, judge: Judge) -> tuple[str, ...]:
    """The fields that end it, and those that its rule reads."""
    rule = judge.rule(grant.rule)
    read = [path.removeprefix("deal.") for path in (rule.reads if rule else ()) if path.startswith("deal.")]
    return tuple(dict.fromkeys((*grant.lapses_on, *read)))


def _why_ended(grant: Grant, events: Sequence[Recorded], now: datetime) -> str:
    given = story_of(grant.rule, events).given
    told = next((each.why_not(now) for each in given if each.version == grant.version), "")
    return told if told or grant.live(now) else "it no longer stands"


def _why_waiver_ended(
    grant: Grant, events: Sequence[Recorded], changed: Mapping[str, Value | None], now: datetime
) -> str:
    if grant.live(now):
        return ""
    if grant.standing and grant.expires_at is not None:
        return f"it held until {day(grant.expires_at)}"
    migrations = (each.event for each in events if isinstance(each.event, DealMigrated))
    if any(grant.version in event.ended for event in migrations):
        return "the deal was migrated, and its rule is another one there"
    owners = [each.event.owner for each in events if isinstance(each.event, _ASSIGNS) and each.version > grant.version]
    if own := next((who for who in owners if who in (grant.by, grant.in_stead_of)), None):
        return f"{own} owns the deal"
    lapsed = [spaced(name) for name in changed if name in grant.lapses_on]
    return f"{' and '.join(lapsed)} changed since" if lapsed else "it was used, or what it rests on changed"
