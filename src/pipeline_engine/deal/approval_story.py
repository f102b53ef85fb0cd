"""What became of one approval: asked for, given, taken back, used up. Told from the deal's own events, never stored."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pipeline_engine.deal import events as e
from pipeline_engine.deal.effective import touched
from pipeline_engine.envelope import Recorded
from pipeline_engine.process import OWNER, day, spaced


@dataclass(frozen=True, slots=True)
class Given:
    """An approval somebody gave, and in words why it does not stand any more; empty while it does."""

    by: str
    target: str
    at: datetime | None
    lapses_on: tuple[str, ...] = ()
    expires_at: datetime | None = None
    ended: str = ""
    version: int = 0
    in_stead_of: str | None = None

    def why_not(self, now: datetime) -> str:
        """Why it does not count at that moment; empty where it does."""
        over = self.expires_at is not None and self.expires_at <= now
        return self.ended or (f"it held until {day(self.expires_at)}" if over and self.expires_at else "")


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody asked for it and has no answer yet."""

    by: str
    target: str
    at: datetime | None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Denied:
    """Somebody said no, or gave the request back; `said` is which."""

    by: str
    target: str
    at: datetime | None
    said: str = "said no"


@dataclass
class Story:
    """Everything that was done about the approval of one rule, oldest first."""

    rule: str
    given: list[Given] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    denied: list[Denied] = field(default_factory=list)

    def ended(self, of: Callable[[Given], bool], why: str) -> None:
        """Some approvals that stood do not any more."""
        self.given = [replace(g, ended=why) if not g.ended and of(g) else g for g in self.given]


def story_of(rule: str, events: Iterable[Recorded]) -> Story:
    """What became of the approval of a rule, over the events of its deal."""
    story, history = Story(rule), list(events)
    for recorded in history:
        for name in sorted(touched(recorded, history)):
            was = f"{spaced(name)} was corrected, {_when(recorded)}"
            story.ended(lambda g, name=name: name in g.lapses_on, was)  # type: ignore[misc]  # a default binds the name
        tell = _TOLD.get(type(recorded.event))
        if tell is not None:
            tell(story, recorded.event, recorded)
    return story


def on(at: datetime | None) -> str:
    """` on 2026-01-31`; nothing where nobody knows when."""
    return f" on {day(at)}" if at else ""


def _requested(story: Story, event: e.ApprovalRequested, recorded: Recorded) -> None:
    if event.rule == story.rule:
        story.asked.append(Asked(recorded.envelope.actor, event.target, recorded.envelope.at, recorded.version))


def _answered(story: Story, event: Any) -> None:
    story.asked = [each for each in story.asked if each.target != event.target]
    story.denied = [each for each in story.denied if each.target != event.target]


def _granted(story: Story, event: e.ApprovalGranted, recorded: Recorded) -> None:
    if event.rule == story.rule:
        _answered(story, event)
        envelope = recorded.envelope
        ends = (event.lapses_on, event.expires_at, "", recorded.version, envelope.on_behalf_of)
        story.given.append(Given(envelope.actor, event.target, envelope.at, *ends))


def _denied(story: Story, event: e.ApprovalRejected | e.ApprovalReturned, recorded: Recorded) -> None:
    if event.rule == story.rule:
        said = "gave it back" if isinstance(event, e.ApprovalReturned) else "said no"
        _answered(story, event)
        envelope = recorded.envelope
        story.denied.append(Denied(envelope.actor, event.target, envelope.at, said))
        story.ended(lambda g: g.target == event.target, f"{envelope.actor} took it back{on(envelope.at)}")


def _changed(story: Story, event: e.FieldsChanged, recorded: Recorded) -> None:
    for name in (*event.set, *event.cleared):
        what = "is no longer recorded" if name in event.cleared else "has changed since"
        story.ended(lambda g, name=name: name in g.lapses_on, f"{spaced(name)} {what}, {_when(recorded)}")  # type: ignore[misc]  # a default binds the name


def _when(recorded: Recorded) -> str:
    return f"on {day(recorded.envelope.at)}" if recorded.envelope.at else "nobody knows when"


def _assigned(story: Story, event: e.OwnerAssigned | e.HandoffAccepted, recorded: Recorded) -> None:
    since = f" since {day(recorded.envelope.at)}" if recorded.envelope.at else " now"
    story.ended(lambda g: g.by == event.owner, f"{event.owner} owns the deal{since}")
    story.ended(lambda g: g.in_stead_of == event.owner, f"{event.owner}, who lent the role, owns the deal{since}")
    story.ended(lambda g: OWNER in g.lapses_on, f"the deal belongs to {event.owner}{since}")


def _migrated(story: Story, event: e.DealMigrated, recorded: Recorded) -> None:
    since = f" since {day(recorded.envelope.at)}" if recorded.envelope.at else ""
    why = f"the deal runs under {event.process}@{event.version}{since}, where its rule is another one"
    story.ended(lambda g: g.version in event.ended, why)
    story.asked = [each for each in story.asked if each.version not in event.ended]


def _gone(story: Story, event: Any, recorded: Recorded) -> None:
    target = _TARGETS.get(type(event)) or event.to_stage
    verb = _VERBS.get(type(event), f"the move to {target}")
    story.ended(lambda g: g.target == target, f"it was used up by {verb}{on(recorded.envelope.at)}")
    story.asked = [each for each in story.asked if each.target != target]
    story.denied = [each for each in story.denied if each.target != target]


_TARGETS: Mapping[type[Any], str] = {e.DealWon: "won", e.DealLost: "lost", e.DealReopened: "reopen"}
_VERBS: Mapping[type[Any], str] = {
    e.DealWon: "winning the deal", e.DealLost: "losing the deal", e.DealReopened: "reopening the deal",
}  # fmt: skip
_TOLD: Mapping[type[Any], Callable[[Story, Any, Recorded], None]] = {
    e.ApprovalRequested: _requested, e.ApprovalGranted: _granted, e.ApprovalRejected: _denied,
    e.ApprovalReturned: _denied,
    e.FieldsChanged: _changed, e.OwnerAssigned: _assigned, e.DealMoved: _gone, e.DealWon: _gone, e.DealLost: _gone,
    e.DealReopened: _gone, e.HandoffAccepted: _assigned, e.DealMigrated: _migrated,
}  # fmt: skip
