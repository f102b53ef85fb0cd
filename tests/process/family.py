"""A small base, a variant of it, and ways to change both: what the tests of variants begin with."""

from pipeline_engine.process import Base, Process, digest_of, load_process

BASE = """\
process: sales
currency: EUR
title: Selling
limits: {manager_from: 50000, floor: 10}
roles: [rep, manager]
contacts: {roles: [champion]}
activities: [meeting]
documents: [nda]
calendar: {zone: Europe/Berlin, week: mon-fri 09:00-18:00, holidays: [2026-01-01]}
deal:
  amount: {type: money, says: what they asked for}
  region: {type: choice, of: [EMEA, NA, APAC]}
  strategic: {type: bool}
  specialist: {type: person}
  products: {type: choice, of: [crm, erp], many: true}
plan: [{id: kickoff, side: us, title: Kick-off}]
stages:
  - id: lead
    service_level: 5d
  - id: proposal
    service_level: 14d
    enter:
      - require: [amount, region]
      - {id: two-meetings, activities: {meeting: 2}}
      - {id: floor, check: deal.amount >= limits.floor}
  - id: signing
    enter:
      - {id: in-order, approval: [rep, manager]}
moves: {open_in: [lead], by: [rep]}
outcomes:
  won: {enter: [{id: known, require: [strategic]}]}
  lost: {reasons: [price, {id: duplicate, counted: false}]}
lint: [{code: unused-limit, at: manager_from, because: the finance team reads it}]
"""
VARIANT = """\
process: sales-emea
extends: sales@3
for: {region: [EMEA]}
"""


def bases(name: str, version: int | None) -> Base | None:
    """The base as version 3, the newest; a variant of it is there too."""
    texts = {"sales": BASE, "sales-na": VARIANT.replace("sales-emea", "sales-na")}
    if name not in texts or version not in (None, 3):
        return None
    return Base(name, 3, digest_of(texts[name]), texts[name], f"{name}@3", 3)


def variant(more: str, text: str = VARIANT) -> Process:
    """The variant with more lines."""
    return load_process(text + more, "v.yaml", bases)


def base() -> Process:
    """The base by itself."""
    return load_process(BASE, "sales.yaml")
