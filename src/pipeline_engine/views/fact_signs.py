"""The signs of an unhealthy deal that are read from its fields and contacts rather than from its clock."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.process import Process, Rule
from pipeline_engine.views.columns import DAY, UNKNOWN, Flags, Integers, codes, flags, integers, places
from pipeline_engine.views.population import Population
from pipeline_engine.views.signs import Sign, by_version_and_stage, not_judged

_CLOSE_NAMES = ("close_date", "expected_close_date", "expected_close")


def close_field(process: Process) -> str | None:
    """
    The date field that says when a deal should close.

    `close_date` by name, else the first date with `close` in its name.
    """
    dates = [name for name, field in process.fields.items() if field.kind == "date"]
    named = [name for name in _CLOSE_NAMES if name in dates] or [name for name in dates if "close" in name]
    return named[0] if named else None


def close_date_past(crowd: Population) -> Sign:
    """Open, though its close date has passed (the whole UTC day has to be over)."""
    name, explanation = "close_date_past", "still open though its close date has passed"
    field = close_field(crowd.process)
    if field is None:
        return not_judged(crowd, name, explanation, "the process has no close date")
    dates = _SetValues(crowd, field)
    late = np.where(dates.latest == UNKNOWN, 0, crowd.as_of // DAY - dates.latest)
    return Sign(
        name,
        explanation,
        crowd.deals.live & (late > 0),
        late * 1.0,
        lambda row: f"{field} was {late[row]} d ago",
    )


def close_date_pushed(crowd: Population) -> Sign:
    """Its close date was put off at least once: how often, and how far in all."""
    name, explanation = ("close_date_pushed", "its close date was put off; farthest first")
    field = close_field(crowd.process)
    if field is None:
        return not_judged(crowd, name, explanation, "the process has no close date")
    dates = _SetValues(crowd, field)
    times, days = dates.pushes, dates.pushed
    shows = crowd.deals.live & (times > 0)
    return Sign(name, explanation, shows, days * 1.0, lambda row: f"put off {times[row]} times, {days[row]} d in all")


class _SetValues:
    """
    A date field over its life.

    Its latest value in days since 1970 (UNKNOWN: not set), and how it was put off.
    """

    def __init__(self, crowd: Population, field: str) -> None:
        changes = crowd.facts.changes.filter(pc.equal(crowd.facts.changes["field"], field))
        deal = places(changes["deal_id"], crowd.deals.ids)
        inside = deal >= 0
        deal = deal[inside]
        is_set = codes(changes, "state", ("set",)) == 0
        value = np.where(is_set, integers(changes, "integer"), UNKNOWN)[inside]
        count = len(crowd.deals)
        self.latest = np.full(count, UNKNOWN, dtype=np.int64)
        # Rows of a deal are in its own order, so the last assignment is the latest value.
        self.latest[deal] = value
        known = value != UNKNOWN
        deal, value = deal[known], value[known]
        later = np.diff(value, prepend=0)
        put_off = (np.diff(deal, prepend=-1) == 0) & (later > 0)
        self.pushes = np.bincount(deal[put_off], minlength=count)
        self.pushed = np.bincount(deal[put_off], weights=later[put_off], minlength=count).astype(np.int64)


def missing_facts(crowd: Population) -> Sign:
    """A fact the gate to the next stage will ask for is not recorded (`require` rules that always apply)."""
    deals = crowd.deals
    lacking: dict[str, Flags] = {}
    recorded: dict[str, Flags] = {}
    for version, stage, here in by_version_and_stage(crowd, deals.live):
        for field in next_gate_fields(crowd.versions[version], crowd.stages[stage]):
            if field not in recorded:
                recorded[field] = _is_set(crowd, field)
            lacking[field] = lacking.get(field, np.zeros_like(here)) | (here & ~recorded[field])
    missing = np.zeros(len(deals), dtype=np.int64) + sum(one.astype(np.int64) for one in lacking.values())
    explanation = "a fact the gate to the next stage asks for is not recorded"
    return Sign(
        "missing_facts", explanation, missing > 0, missing * 1.0,
        lambda row: f"not recorded: {', '.join(field for field, rows in lacking.items() if rows[row])}",
    )  # fmt: skip


def next_gate_fields(process: Process, stage: str) -> tuple[str, ...]:
    """
    The fields that the gate after `stage` requires of every deal.

    The next stage's, or those of winning after the last one.
    """
    order = [one.id for one in process.stages]
    if stage not in order:
        return ()
    at = order.index(stage) + 1
    target = order[at] if at < len(order) else "won"
    asked = [rule for rule in process.rules if rule.asked_at == target and _always_requires(rule)]
    fields = [path.removeprefix("deal.") for rule in asked for path in rule.reads if path.startswith("deal.")]
    return tuple(
        name for name in dict.fromkeys(fields) if name in process.fields and process.fields[name].default is None
    )


def _always_requires(rule: Rule) -> bool:
    return rule.kind == "require" and rule.severity == "block" and rule.when_text is None


def _is_set(crowd: Population, field: str) -> Flags:
    changes = crowd.facts.changes.filter(pc.equal(crowd.facts.changes["field"], field))
    deal = places(changes["deal_id"], crowd.deals.ids)
    inside = deal >= 0
    state = np.zeros(len(crowd.deals), dtype=np.bool_)
    state[deal[inside]] = (codes(changes, "state", ("set",)) == 0)[inside]
    return state


def single_threaded(crowd: Population) -> Sign:
    """
    At most one person on the customer's side is known.

    Judged only where the process names contact roles.
    """
    name, explanation = ("single_threaded", "at most one person on the customer's side is known")
    if not crowd.process.contact_roles:
        return not_judged(crowd, name, explanation, "the process names no contact roles")
    people = _contacts(crowd)
    shows = crowd.deals.live & (people <= 1)
    return Sign(name, explanation, shows, -people * 1.0, lambda row: f"{people[row]} contacts")


def _contacts(crowd: Population) -> Integers:
    """How many different people are linked to each deal; the same person in two roles is one."""
    table = crowd.facts.contacts.append_column("linked_now", pa.array(flags(crowd.facts.contacts, "linked")))
    # The last link or unlink of a person in a role counts: rows in their order, hence one thread.
    people_and_roles = table.group_by(["deal_id", "contact", "role"], use_threads=False)
    grouped = people_and_roles.aggregate([("linked_now", "last")])
    linked = grouped.filter(grouped["linked_now_last"])
    people = linked.group_by(["deal_id"]).aggregate([("contact", "count_distinct")])
    count = np.zeros(len(crowd.deals), dtype=np.int64)
    deal = places(people["deal_id"], crowd.deals.ids)
    count[deal[deal >= 0]] = integers(people, "contact_count_distinct")[deal >= 0]
    return count
