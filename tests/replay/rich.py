"""A process that uses the whole vocabulary, and candidates that use it in other ways."""

from functools import cache

from pipeline_engine.process import Judge, load_process

_HEAD = """
process: rich
currency: EUR
rates: {USD: 0.92}
calendar: {zone: Europe/Berlin, week: "mon-wed 08:00-22:00, thu 08:00-12:00, sat 10:00-11:30, sun 09:00-20:00"}
limits: {big: 1000, few: 2}
roles: [rep, manager, vp]
contacts: {roles: [champion, buyer]}
activities: [call, meeting]
documents: [nda, order]
plan: [{id: kick}]
backdate: {max: 30d}
deal:
  amount:   {type: money}
  count:    {type: int, default: 1}
  score:    {type: number}
  discount: {type: percent, default: 0}
  closes:   {type: date}
  hour:     {type: time}
  hot:      {type: bool}
  region:   {type: choice, of: [EMEA, NA]}
  tags:     {type: choice, of: [a, b, c], many: true}
  who:      {type: person}
  email:    {type: text, personal: deal}
  nick:     {type: text, personal: who}
  paper:    {type: document}
  words:    {type: text}
stages:
"""

RICH = (
    _HEAD
    + """
  - id: one
    enter:
      - {id: words, check: "!(deal.words.matches('^no')) || deal.hot"}
      - {id: seats, check: deal.count >= 0, severity: warn}
  - id: two
    enter:
      - {id: reachable, check: "deal.email.contains('@')", waivable_by: manager}
      - {require: [amount, tags]}
      - {id: tagged, check: "'a' in deal.tags || deal.tags.size() >= limits.few", waivable_by: [manager, vp]}
      - {activities: {meeting: 1}, waivable_by: rep}
      - {id: papers, documents: [nda], severity: warn}
      - {id: by-me, check: "items.exists(i, i.id == 'kick' && i.by == actor.id)", severity: warn}
  - id: three
    enter:
      - {id: ahead, check: deal.closes >= today && deal.closes < today + days(60), severity: warn}
      - {id: champion, contacts: {champion: 1}, waivable_by: manager}
      - {id: big, approval: manager, when: deal.amount >= limits.big, void_if_changed: [amount, discount]}
      - {id: mine, approval: owner.manager, when: deal.hot, waivable_by: vp}
      - {stay_at_least: 1h}
      - {stay_at_least: 0.2bd, severity: warn}
      - {stay_at_most: 3bh, severity: warn}
      - {id: at-work, check: "!stage.paused", severity: warn}
  - id: four
    enter:
      - {checklist: [legal], severity: warn}
      - {id: team, check: owner.team == actor.team, when: "'rep' in actor.roles", waivable_by: vp}
      - {id: long-talks, check: "activities.filter(a, a.kind == 'meeting' && a.minutes >= 30).size() >= 1"}
moves: {forward: next, skip: {waivable_by: manager}, back: {reason: required}, open_in: [one, two]}
outcomes:
  won:
    from: [three, four]
    enter:
      - {id: sign, approval: vp, when: deal.amount >= 500}
      - {id: paper, check: deal.paper == 'contract', waivable_by: vp}
  lost: {reasons: [price, gone]}
  reopen: {reason: required, waivable_by: vp}
"""
)

STRICT = (
    _HEAD.replace("big: 1000, few: 2", "big: 100, few: 1")
    + """
  - id: one
    enter:
      - {id: owned, check: "owner.id != '' && (actor.id == owner.id || 'manager' in actor.roles)"}
      - {id: words, check: "size(deal.words) < 5 || deal.region == 'EMEA'"}
  - id: two
    enter:
      - {id: reachable, check: "deal.email.endsWith('example') && deal.nick.lowerAscii().startsWith('a')"}
      - {id: early, check: deal.hour < duration('12h') && now.getHours() >= 6, waivable_by: manager}
      - {id: tagged, check: "deal.tags.exists(t, t == 'b') && deal.tags.all(t, t != 'c')", waivable_by: manager}
      - {id: fresh, check: "activities.exists(a, a.at > stage.entered_at && a.by == actor.id)"}
  - id: three
    enter:
      - {id: ahead, check: deal.closes >= today && now - opened_at < days(20)}
      - {id: week, check: today.getDayOfWeek() != 0 && today.getDayOfMonth() < 28}
      - {id: champion, check: "contacts.exists(c, c.role == 'champion' && c.id.startsWith('a') && c.at <= now)"}
      - {id: nobody, check: "contacts.all(c, c.role != 'buyer' || c.id != deal.nick)", waivable_by: vp}
      - {id: big, approval: vp, when: deal.amount * 2 >= limits.big, void_if_changed: [amount]}
      - {id: signed, check: "approvals.filter(a, a.live && a.by != owner.id && a.at <= now).size() >= 1"}
      - {stay_at_least: 3d}
      - {stay_at_most: 4bd, severity: hint}
      - {stay_at_least: 8bh, severity: hint}
      - {id: waits, check: "stage.paused || stage.counted_from > stage.entered_at", severity: hint}
  - id: four
    enter:
      - {id: deep, check: deal.discount + deal.score <= 20.5, severity: warn}
      - {id: signed-paper, check: "documents.exists(d, d.sha256.startsWith('0a') && d.at <= now)", severity: warn}
      - {id: not-out, check: "documents.all(d, d.by != 'out' || d.name == 'order')", severity: warn}
      - {id: ticked-since, check: "items.filter(i, i.at > stage.entered_at).size() >= 1", severity: warn}
      - {checklist: [legal], severity: hint}
      - {id: chief, check: "owner.manager == actor.id || 'rep' in owner.roles"}
      - {id: talked, check: "activities.all(a, a.with != 'nobody' || a.minutes > 10) && activities.size() > 1"}
moves: {forward: any, back: never, open_in: [one]}
outcomes:
  won:
    from: [four]
    enter:
      - {id: paper, check: "deal.paper in ['contract', 'order'] && known(deal.who)"}
      - {id: rich, check: deal.amount - deal.amount / 2 >= limits.big}
      - {id: no-documents, check: documents.size() == 0, severity: hint}
  lost:
    reasons: [price, gone, other]
    enter: [{id: told, check: "move.reason != 'gone' || deal.count % 2 == 1"}]
  reopen: {reason: optional, enter: [{id: soon, check: "size(move.reason) > 2 && now - stage.entered_at < days(9)"}]}
"""
)

LOOSE = (
    _HEAD.replace("Europe/Berlin", "America/New_York")
    + """
  - id: one
    enter: [{id: topped, check: move.to == 'one' || stage.id == 'one' && move.from != 'four'}]
  - id: two
    enter:
      - {id: unlike, check: "deal.region == 'NA' ? deal.score > 0.0 : deal.amount != deal.amount", severity: hint}
      - {id: reachable, check: has(deal.email), waivable_by: rep}
  - id: extra
    enter:
      - {id: done, check: "items.size() == 1 && documents.size() > 1", severity: hint}
      - {id: extra, check: "move.steps < 3 && 'manager' in actor.roles", severity: warn}
  - id: three
    enter: [{id: in-dollars, check: "in_currency(deal.amount, 'USD') > limits.big || today > date('2026-03-29')"}]
  - id: four
moves: {forward: any, back: {reason: optional}, open_in: [one, two, four]}
outcomes: {won: {from: [two, extra, three, four]}, lost: {}}
"""
)

OTHER = (
    _HEAD
    + """
  - id: two
    enter: [{id: reachable, check: "deal.email.contains('@')"}]
  - id: five
outcomes: {won: {from: [two]}, lost: {}}
"""
)

CANDIDATES = {"rich": RICH, "strict": STRICT, "loose": LOOSE, "other": OTHER}


@cache
def judge_of(name: str) -> Judge:
    """One of the candidates, ready to judge."""
    return Judge(load_process(CANDIDATES[name], f"{name}.yaml"))
