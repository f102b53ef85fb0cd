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
