"""A process of shorthands: stages that only some deals have, what is asked on leaving, bands, recency, the plan."""

from pipeline_engine.process import Judge, load_process
from tests.replay.rich import RICH

HEAD = RICH[: RICH.index("stages:")] + "stages:"
PLAN = "plan: [{id: kick, due: deal.closes - days(3)}, {id: legal, due: opened_at + days(9)}]"
LIMITS = "limits: {big: {by: region, EMEA: 100, else: 2000}, few: 2}"
PARTS = (
    HEAD.replace("plan: [{id: kick}]", PLAN).replace("limits: {big: 1000, few: 2}", LIMITS)
    + """
  - id: one
    leave: [{id: leaves-one, check: deal.count > 0}, {activities: {call: {at_most: 2, since: opened}}}]
  - id: two
    applies: deal.hot
    enter:
      - {documents: {nda: {within: 2d}}}
      - {documents: {order: {within: 1bd}}}
      - {activities: {meeting: {at_least: 1, within: 5bh, with: champion}}}
      - {id: a-any, activities: {any: {at_least: 2, since: stage_entered, with: any}}}
      - {plan: on_time}
    leave:
      - {stay_at_least: 2bh}
      - {id: passed, check: "move.passed.size() == 0"}
  - id: three
    applies: deal.amount >= limits.big
    by: [manager, owner.manager]
    enter:
      - {plan: [kick]}
      - {id: band, approval: {by: deal.discount, bands: [{up_to: 10%}, {up_to: 20%, from: vp}, {from: [manager, vp]}]}}
      - {id: gone, check: "'two' in move.passed"}
    leave:
      - {id: tags-left, check: "deal.tags.exists_one(t, t == 'a')"}
      - {activities: {meeting: {at_least: 2, at_most: 4, within: 3bd}}}
  - id: four
    applies: deal.region == 'EMEA' || deal.score > 1.0
    enter:
      - {id: worked, check: "working_days(opened_at, now) < 3.0"}
      - {id: worked2, check: "working_hours(stage.entered_at, deal.closes) > 1.0"}
      - {id: usd, check: "in_currency(deal.amount, 'USD') > 10"}
      - {id: times, check: "deal.hour >= duration('9h') || deal.closes - today > days(3)"}
moves: {skip: {waivable_by: manager}, open_in: [one, two, three, four], by: [rep, owner]}
opening: {by: [rep], enter: [{id: early-open, check: "move.steps <= 2 || deal.hot"}]}
outcomes:
  won: {from: [four], enter: [{id: w, check: "move.passed.size() < 2 && stage.id != 'two'"}], by: [owner, vp]}
  lost:
    reasons: [price, gone]
    from: [one, two, three]
    enter: [{id: l, check: "move.reason == 'price' || activities.size() > 1"}]
  reopen: {reason: optional, enter: [{id: r, check: "move.reason.contains('a') || !known(stage.entered_at)"}]}
"""
)
JUDGE = Judge(load_process(PARTS, "parts.yaml"))
