"""A process with papers, things to tick, a locked field, approvals in order, and what a win opens."""

from pipeline_engine.process import Judge, load_process
from tests.deal.story import Story

PAPERS = """
process: b2b
currency: EUR
roles: [rep, manager, vp]
documents: [nda, contract]
plan:
  - {id: kickoff, side: us}
deal:
  amount: {type: money, locked_from: proposal, unless: manager}
  discount: {type: percent, locked_from: contract}
  region: {type: choice, of: [EMEA, NA]}
  ends: {type: date}
stages:
  - id: lead
  - id: proposal
    enter:
      - {documents: [nda]}
      - {checklist: [legal-ok]}
  - id: contract
    enter:
      - {id: sign, approval: [manager, vp]}
outcomes:
  won: {from: [lead, contract]}
  lost: {reasons: [price]}
  reopen: {reason: optional}
opens:
  - {process: renewal, when: won, at: deal.ends - days(30), carry: [region, {amount: value}]}
  - {process: survey, when: won}
"""
JUDGE = Judge(load_process(PAPERS, "papers.yaml").model_copy(update={"version": 1}))
SHA, OTHER_SHA = "ab" * 32, "cd" * 32


def begun() -> Story:
    """Nothing has happened yet, under the process with papers."""
    return Story(judge=JUDGE)
