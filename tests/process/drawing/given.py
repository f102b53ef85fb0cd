"""Processes worth drawing: one with everything in it, and one whose texts are hostile."""

from pipeline_engine.process import Process, load_process

RICH = """\
process: rich
title: Everything at once
currency: EUR
roles: [rep, manager, vp, legal, deal_desk, cfo]
contacts: {roles: [economic_buyer]}
activities: [call, meeting]
documents: [nda]
deal:
  amount: {type: money}
  discount: {type: percent, default: 0}
  region: {type: choice, of: [EMEA, NA]}
opening: {by: [rep, manager], enter: [{require: [region]}]}
stages:
  - {id: lead, title: First talk, service_level: 5d, win_probability: 10%}
  - id: proposal
    enter:
      - require: [amount]
      - {id: deep, check: deal.discount < 20.0, severity: warn}
    leave: [{id: sure-of-it, check: deal.amount > 1}]
  - id: legal
    applies: deal.amount >= 100000
    by: [legal, owner]
    enter: [{documents: [nda]}]
  - id: negotiation
    enter:
      - approval: {by: deal.discount, bands: [{up_to: 10%}, {up_to: 20%, from: manager}, {from: [deal_desk, cfo]}]}
      - {id: signed-off, approval: owner.manager}
moves: {by: [rep, manager], skip: {waivable_by: manager}}
outcomes:
  won: {from: [negotiation], enter: [{approval: vp, when: deal.amount >= 250000}]}
  lost: {reasons: [price, competitor], enter: [{activities: {call: 1}}]}
  reopen: {enter: [{approval: manager}]}
"""
HOSTILE = """\
process: hostile
title: '</title><script>alert(1)</script> "quoted" & `ticks` %%{init: x}%% ]] end'
currency: EUR
deal: {amount: {type: money}}
stages:
  - {id: end, title: '"] --> evil["x'}
  - id: subgraph
    title: '<img src=x onerror=alert(1)>'
    enter: [{id: graph, check: "deal.amount > 5 || '<b>|' == '}'"}]
outcomes: {}
"""


def rich() -> Process:
    """Stages that only some deals have, leave gates, bands of approvals, who may move."""
    return load_process(RICH, "rich.yaml")


def hostile() -> Process:
    """Titles, ids and rules that would break out of a careless drawing."""
    return load_process(HOSTILE, "hostile.yaml")
