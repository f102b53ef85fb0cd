"""Random histories that could have been: for the laws that hold over all of them."""

from datetime import datetime

from hypothesis import strategies as st

from pipeline_engine import deal as e
from pipeline_engine.envelope import Event
from pipeline_engine.values import Value
from tests.facts.given import PROCESS, STAGES, Log, day, euro, judged, opened, personal

days = st.integers(0, 6)
stages = st.sampled_from(STAGES)
names = st.sampled_from(("x", "y"))
fields: st.SearchStrategy[dict[str, Value]] = st.fixed_dictionaries(
    {},
    optional={
        "amount": st.integers(-3, 3).map(euro),
        "n": st.integers(-3, 3),
        "x": st.floats(-1, 1),
        "region": st.sampled_from(("EMEA", "NA")),
        "tags": st.lists(st.sampled_from("abc"), max_size=3).map(tuple),
        "mail": names.map(personal),
        "ok": st.booleans(),
    },
)
FIELDS = ("amount", "n", "x", "region", "tags", "mail", "ok")
changes = st.builds(lambda given: e.FieldsChanged(set=given), fields)
clearings = st.lists(st.sampled_from(FIELDS), unique=True, min_size=1).map(
    lambda cleared: e.FieldsChanged(cleared=tuple(cleared))
)
targets = st.sampled_from((*STAGES, "won", "lost", "reopen"))
grants = st.builds(
    lambda target, lapses, waived: (
        e.RuleWaived(rule="r", target=target, role="vp", reason=personal("x"), seen_version=1, lapses_on=lapses)
        if waived
        else e.ApprovalGranted(rule="r", target=target, role="vp", seen_version=1, lapses_on=lapses)
    ),
    targets,
    st.lists(st.sampled_from(FIELDS), unique=True, max_size=2).map(tuple),
    st.booleans(),
)
facts_of_deals: st.SearchStrategy[Event] = st.one_of(
    changes,
    changes,
    clearings,
    grants,
    st.builds(e.OwnerAssigned, owner=names),
    st.builds(e.HandoffRequested, to=names),
    st.builds(e.HandoffAccepted, owner=names),
    st.builds(e.ActivityLogged, kind=st.sampled_from(("call", "meeting"))),
    st.builds(e.ContactLinked, contact=names.map(personal), role=names),
    st.builds(e.ContactUnlinked, contact=names.map(personal), role=names),
    st.builds(e.DocumentAttached, name=names, sha256=st.sampled_from(("ab" * 32, "cd" * 32))),
    st.builds(e.ItemTicked, item=names),
    st.builds(e.ItemUnticked, item=names),
    st.sampled_from(
        (
            e.DealPaused(),
            e.DealPaused(until=day(3)),
            e.DealPaused(until=day(5)),
            e.DealResumed(),
            e.HandoffDeclined(),
            e.HandoffWithdrawn(),
            e.DealRemovedAtSource(),
            e.SourceStageNoted(stage="lead"),
            e.ApprovalRequested(rule="r", target="won", role="vp"),
            e.MoveRefused(attempt="win", from_stage="lead", verdicts=judged("f")),
            e.ChangeRefused(fields=("amount",), stage="lead", why="locked"),
            e.FollowUpPlanned(process="b2b", deal_id="Z"),
            e.FollowUpOpened(deal_id="Z"),
        )
    ),
)


@st.composite
def histories(draw: st.DrawFn) -> Log:
    """A log of up to three deals, own and imported events mixed, some undated, times out of order."""
    log = Log().publish(PROCESS.model_copy(update={"version": 2, "digest": "d2"}))
    standing: dict[str, e.Deal | None] = {}
    for _ in range(draw(st.integers(0, 20))):
        deal = draw(st.sampled_from(("A", "B", "C")))
        at = draw(st.one_of(st.none(), days.map(day), days.map(day)))
        event = next_event(draw, standing.get(deal))
        if draw(st.booleans()):
            noted: datetime | None = draw(st.one_of(st.none(), days.map(day)))
            log.imported(deal, at, event, noted=noted)
        else:
            log.deal(deal, at, event, on_behalf_of=draw(st.one_of(st.none(), names)))
        standing[deal] = e.evolve(standing.get(deal), log.recorded[-1])
    return log


def next_event(draw: st.DrawFn, deal: e.Deal | None) -> Event:
    """What may happen to a deal as it stands."""
    if deal is None or not deal.opened:
        return _opening(draw)
    if deal.merged_into is not None or draw(st.integers(0, 2)):
        return draw(facts_of_deals)
    if deal.status != "open":
        return e.DealReopened(to_stage=draw(stages))
    return draw(
        st.one_of(
            stages.map(lambda stage: e.DealMoved(from_stage=deal.stage, to_stage=stage)),
            st.one_of(st.none(), st.integers(0, 3).map(euro)).map(
                lambda amount: e.DealWon(from_stage=deal.stage, amount=amount)
            ),
            names.map(lambda reason: e.DealLost(from_stage=deal.stage, reason=reason)),
            st.just(e.DealMerged(into="Z")),
            _migrations(deal),
        )
    )


def _migrations(deal: e.Deal) -> st.SearchStrategy[Event]:
    """The deal goes on under a second version, in whatever stage, without some of what was given."""
    given = [grant.version for grant in (*deal.approvals, *deal.waivers)]
    ended = st.lists(st.sampled_from(given), unique=True).map(tuple) if given else st.just(())
    return st.builds(
        lambda stage, ended: e.DealMigrated(
            process="b2b", version=2, from_version=1, from_stage=deal.stage, to_stage=stage, ended=ended
        ),
        st.one_of(st.just(deal.stage), stages),
        ended,
    )


def _opening(draw: st.DrawFn) -> Event:
    given, stage = draw(fields), draw(stages)
    owner = draw(st.one_of(st.none(), names))
    if draw(st.integers(0, 3)):
        return opened(stage, fields=given, owner=owner)
    verdicts = judged("f")
    return e.OpeningRefused(process="b2b", version=1, stage=stage, owner=owner, fields=given, verdicts=verdicts)
