"""The small process file that the tests of this room change, and a way to change it."""

from pipeline_engine.process import Process, load_process

GOOD = """\
process: p
currency: EUR
limits: {manager_from: 50000}
roles: [rep, manager]
contacts: {roles: [economic_buyer]}
deal:
  amount: {type: money}
  region: {type: choice, of: [EMEA, NA]}
activities: [meeting]
stages:
  - id: lead
  - id: proposal
    enter:
      - {id: big, check: deal.amount > 5}
outcomes: {won: {}, lost: {reasons: [price]}}
"""
RULE = "{id: big, check: deal.amount > 5}"
SMALLEST = "process: p\ncurrency: EUR\nstages: [{id: lead}, {id: offer}, {id: signing}]\noutcomes: {}\n"


def changed(old: str, new: str, text: str = GOOD) -> str:
    """The good file with one part replaced."""
    assert old in text
    return text.replace(old, new, 1)


def entry(text: str) -> Process:
    """The good process with another entry at the gate of `proposal`."""
    return load_process(changed(RULE, text), "p.yaml")


RICH = """\
process: p
currency: EUR
calendar: {zone: Europe/Berlin, week: mon-fri 09:00-18:00}
limits: {big: 50000, part: 0.5}
roles: [rep, manager, legal]
contacts: {roles: [economic_buyer]}
activities: [call, meeting]
documents: [nda, contract]
plan: [{id: security, side: customer, due: deal.close_date - days(30)}, {id: kickoff}]
deal:
  amount: {type: money}
  seats: {type: int}
  discount: {type: percent}
  region: {type: choice, of: [EMEA, NA]}
  close_date: {type: date}
opening: {by: [rep, manager]}
stages:
  - id: lead
  - id: legal
    applies: deal.amount >= limits.big
    by: [legal, owner]
    enter:
      - {id: big, check: deal.amount > 5}
    leave: [{require: [region]}]
moves: {by: [rep, manager]}
outcomes: {won: {by: [owner]}, lost: {reasons: [price]}}
opens: {process: renewal, at: deal.close_date + days(300), carry: [region]}
"""
