"""Random process files from the whole grammar, for tests that want any process rather than a good example.

What is drawn always loads: names are declared, entries of one gate ask different things.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

ROLES = ["rep", "manager", "legal", "vp"]
STAGES = ["lead", "offer", "legal", "closing", "signing"]
FIELDS: dict[str, Any] = {
    "amount": {"type": "money"},
    "seats": {"type": "int"},
    "discount": {"type": "percent"},
    "region": {"type": "choice", "of": ["EMEA", "NA", "APAC"]},
    "close_date": {"type": "date"},
    "email": {"type": "text", "personal": "deal"},
}
PLAN = [
    {"id": "security", "side": "customer", "due": "deal.close_date - days(30)"},
    {"id": "kickoff", "title": "Kick off", "due": "opened_at + days(20)"},
    {"id": "paper"},
]
CONDITIONS = st.sampled_from([
    "deal.amount >= limits.big", "deal.amount > limits.vp_from", "deal.region == 'EMEA'", "known(deal.close_date)",
    "deal.discount > 10.0", "!(deal.seats < 5)", "activities.exists(a, a.kind == 'call')", "deal.close_date > today",
    "owner.team == 'emea'", "deal.email.contains('@') || deal.seats > 3", "actor.roles.exists(r, r == 'manager')",
    "move.reason != 'price'", "working_days(opened_at, now) <= 30.0", "items.exists(i, i.id == 'kickoff')",
])  # fmt: skip
SPAN = st.sampled_from(["1h", "1d", "2w", "2bd", "8bh", "0.5d"])
COUNT = st.integers(1, 3)
WHO = st.lists(st.sampled_from([*ROLES, "owner", "owner.manager"]), min_size=1, max_size=2, unique=True)
APPROVERS = st.lists(st.sampled_from([*ROLES, "owner.manager"]), min_size=1, max_size=2, unique=True)
ROLE_LIST = st.lists(st.sampled_from(ROLES), min_size=1, max_size=2, unique=True)


def some(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A table with any of these keys."""
    return st.fixed_dictionaries({}, optional=optional)


COUNTED = COUNT | some(
    at_least=COUNT, at_most=COUNT, within=SPAN, since=st.sampled_from(["opened", "stage_entered"]),
    **{"with": st.sampled_from(["buyer", "any"])},
)  # fmt: skip
BAND = st.sampled_from([
    {
        "by": "deal.discount",
        "bands": [{"up_to": "10%"}, {"up_to": "20%", "from": "manager"}, {"from": ["legal", "vp"]}],
    },
    {"by": "deal.amount", "bands": [{"up_to": "limits.big"}, {"from": ["vp", "legal"], "any_order": True}]},
    {"by": "deal.seats", "bands": [{"up_to": 3, "from": "manager"}, {"from": "owner.manager"}]},
])  # fmt: skip
ASKS: dict[str, st.SearchStrategy[Any]] = {
    "check": CONDITIONS,
    "require": st.lists(st.sampled_from(list(FIELDS)), min_size=1, max_size=2, unique=True),
    "activities": st.dictionaries(st.sampled_from(["call", "meeting", "any"]), COUNTED, min_size=1, max_size=2),
    "contacts": st.dictionaries(st.sampled_from(["buyer", "champion", "any"]), COUNT, min_size=1, max_size=2),
    "documents": st.sampled_from([
        ["nda"], ["nda", "contract"], {"nda": {"within": "30d"}}, {"contract": {"within": "5bd"}},
    ]),
    "checklist": st.sampled_from([["legal-ok"], ["price-ok", {"id": "legal-ok", "title": "Legal is fine"}]]),
    "plan": st.sampled_from(["on_time", ["security"], ["kickoff", "paper"]]),
    "approval": APPROVERS | BAND | st.fixed_dictionaries({"from": APPROVERS, "any_order": st.booleans()}),
    "stay_at_least": SPAN,
    "stay_at_most": SPAN,
}  # fmt: skip
BESIDE = some(
    when=CONDITIONS, says=st.just("it is so"), fix=st.just("do it for {deal}"),
    severity=st.sampled_from(["block", "block", "warn", "hint"]), waivable_by=ROLE_LIST,
)  # fmt: skip


@st.composite
def entry(draw: st.DrawFn, asks: str, gate: str) -> dict[str, Any]:
    """One entry of that kind; a check has an id of its own, an approval may."""
    made = {asks: draw(ASKS[asks]), **draw(BESIDE)}
    if asks == "check" or (asks == "approval" and draw(st.booleans())):
        made["id"] = f"{asks}-{gate}"
    if asks == "approval" and draw(st.booleans()):
        made["void_if_changed"] = ["amount"]
    return made


@st.composite
def gate(draw: st.DrawFn, name: str) -> list[dict[str, Any]]:
    """The entries of a gate, each of another kind; where a deal begins only what it can have then, most of the time."""
    at_once = name in ("open", STAGES[0]) and draw(st.integers(0, 4)) > 0
    asks = ("check", "require") if at_once else tuple(ASKS)
    kinds = draw(st.lists(st.sampled_from(asks), min_size=1, max_size=3, unique=True))
    return [draw(entry(kind, name)) for kind in kinds]


@st.composite
def stage(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """One stage, with any of its keys."""
    more = draw(some(
        title=st.just("A stage"), win_probability=st.sampled_from(["10%", "0.5"]), service_level=SPAN,
        stalled_after=st.just({"days": 14, "since": "last_change"}), applies=CONDITIONS, by=WHO, enter=gate(name),
        leave=gate(f"leave-{name}"),
    ))  # fmt: skip
    return {"id": name, **more}


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Any]:
    """A whole process file, as a tree that loads."""
    names = STAGES[: draw(st.sampled_from([1, 2, 3, 3, 4, 5]))]
    fields = dict(FIELDS)
    if draw(st.booleans()):
        fields["amount"] = {"type": "money", "locked_from": names[-1], "unless": "vp"}
    tree = {
        "process": "made", "currency": "EUR",
        "calendar": {"zone": "Europe/Berlin", "week": "mon-fri 09:00-18:00", "holidays": ["2026-03-04"]},
        "limits": {"big": 50000, "vp_from": {"by": "region", "EMEA": 100000, "else": 50000.5}},
        "roles": ROLES, "contacts": {"roles": ["buyer", "champion"]}, "activities": ["call", "meeting"],
        "documents": ["nda", "contract"], "plan": PLAN, "deal": fields, "stages": [draw(stage(name)) for name in names],
        "outcomes": draw(_outcomes(names)),
    }  # fmt: skip
    return {**tree, **draw(_around(names))}


def waivable(tree: dict[str, Any]) -> dict[str, Any]:
    """The same file with a manager to waive whatever nobody else may: deals get further in it."""
    for gates in (tree.get("opening", {}), tree.get("owning", {}), *tree["stages"], *tree["outcomes"].values()):
        for each in (*gates.get("enter", ()), *gates.get("leave", ())):
            each.setdefault("waivable_by", ["manager"])
    return tree


def owned(tree: dict[str, Any]) -> dict[str, Any]:
    """The same file with limits and skills of whoever owns a deal, which a manager may waive."""
    limits = [{"owner_deals_at_most": 2}, {"owner_skills": ["enterprise"], "when": "deal.amount >= 50000"}]
    here = [{"owner_deals_at_most": 1}, {"owner_skills": ["coaching"]}]
    last = tree["stages"][-1]
    last["enter"] = [*last.get("enter", ()), *here]
    return waivable({**tree, "owning": {"enter": limits}})


def _outcomes(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    some_stages = st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)
    return some(
        won=some(by=WHO, enter=gate("won"), **{"from": some_stages}),
        lost=some(by=WHO, reasons=st.just(["price", {"id": "twin", "counted": False}]), enter=gate("lost")),
        reopen=some(by=WHO, reason=st.sampled_from(["required", "optional"]), enter=gate("reopen")),
    )


def _around(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    some_stages = st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)
    back = st.sampled_from(["never", {"reason": "required"}, {"reason": "optional"}])
    near = some(by=WHO, skip=st.fixed_dictionaries({"waivable_by": ROLE_LIST}), back=back, open_in=some_stages)
    return some(
        opening=some(by=WHO, enter=gate("open")),
        moves=near | some(by=WHO, forward=st.just("any"), open_in=some_stages),
        backdate=st.just({"max": "3d", "by": ["manager"]}),
        opens=st.just({"process": "renewal", "at": "deal.close_date + days(300)", "carry": ["region"]}),
        title=st.just("Made up"),
    )


def written(tree: Any) -> str:
    """The file of a tree: JSON is YAML."""
    return json.dumps(tree, indent=1)
