"""What the tests of the command line type: a process, its people, a little history, and what came of a command."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "config"

PROCESS = """\
process: b2b
currency: EUR
roles: [rep, manager]
contacts: {roles: [champion]}
activities: [call, meeting]
deal:
  amount: {type: money}
  close_date: {type: date}
  email: {type: text, personal: deal}
stages:
  - {id: lead, service_level: 5d}
  - id: proposal
    service_level: 14d
    enter:
      - require: [amount]
      - {id: two-meetings, activities: {meeting: 2}, waivable_by: manager, says: a proposal comes after two meetings}
  - id: negotiation
    service_level: 10d
    enter:
      - {id: big-deal, approval: manager, when: deal.amount >= 50000, says: a deal of this size needs a manager}
outcomes:
  won: {from: [negotiation]}
  lost: {reasons: [price, no-decision]}
  reopen: {reason: required}
"""

PEOPLE = """\
people:
  - {id: manager-1, roles: [manager], team: emea}
  - {id: rep-1, roles: [rep], team: emea, manager: manager-1}
  - {id: rep-2, roles: [rep], team: emea, manager: manager-1}
"""

CRM_PROCESS = """\
process: crm
currency: EUR
deal: {amount: {type: money}}
stages: [{id: lead}, {id: offer}, {id: contract}]
outcomes: {won: {from: [contract]}, lost: {reasons: [price]}}
"""

CRM_MAPPING = """\
format: csv
rows: events
source: crm
process: crm
id: deal
at: {column: at, date: iso, zone: UTC}
actor: who
stage: {column: stage, values: {Won: won, Lost: {lost: price}}}
close_value: amount
fields: {amount: amount}
"""

CRM_ROWS = """\
deal,at,who,stage,amount
A,2026-01-05T09:00:00,anna,lead,
A,2026-01-09T09:00:00,anna,offer,1200
A,2026-02-02T09:00:00,anna,contract,1200
A,2026-02-20T09:00:00,anna,Won,1200
B,2026-01-07T09:00:00,ben,lead,
B,2026-01-12T09:00:00,ben,offer,800
B,not-a-date,ben,contract,800
B,2026-03-01T09:00:00,ben,Lost,
C,2026-02-11T09:00:00,anna,lead,
C,2026-02-15T09:00:00,anna,offer,5000
"""

XES_PROCESS = """\
process: loans
currency: EUR
activities: [call]
stages: [{id: submitted}, {id: offered}]
outcomes: {won: {from: [submitted, offered]}, lost: {reasons: [declined]}}
"""

XES_MAPPING = """\
format: xes
source: loans
process: loans
activities:
  Submit: {open: submitted}
  Offer: {stage: offered}
  Call: {activity: call}
  Approve: won
  Decline: {lost: declined}
"""

_XES_EVENT = """<event><string key="concept:name" value="{name}"/><date key="time:timestamp" value="{at}"/></event>"""


def xes(*traces: tuple[str, tuple[str, ...]]) -> str:
    """An event log of traces, each a deal with its activities, a day apart."""
    told = []
    for case, names in traces:
        events = [
            _XES_EVENT.format(name=name, at=f"2026-01-{day:02}T09:00:00.000+00:00") for day, name in enumerate(names, 1)
        ]
        told.append(f"<trace><string key='concept:name' value='{case}'/>{''.join(events)}</trace>")
    return f"<?xml version='1.0' encoding='UTF-8'?><log xes.version='1.0'>{''.join(told)}</log>"


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code and what it said on each stream."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output; anything beside it is an error."""
        return json.loads(self.out)

    def said_in_one_line(self) -> str:
        """The line of an error: one, nothing else on standard error, and no traceback anywhere."""
        lines = self.err.splitlines()
        assert "Traceback" not in self.out + self.err
        assert len(lines) == 1, self.err
        assert lines[0].startswith("error: "), lines[0]
        return lines[0]
