"""How deals stood at any version: searches over columns must say what a plain fold says."""

import json
from base64 import urlsafe_b64decode
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from pipeline_engine import deal as e
from pipeline_engine.envelope import Recorded
from pipeline_engine.facts import FOREVER, NOWHEN, Clock, Instants, Items, Probes, Values
from pipeline_engine.values import Money, Personal, microseconds
from tests.facts.given import Log, day, euro, opened, personal
from tests.facts.histories import FIELDS, histories

pytestmark = pytest.mark.slow

CLOCKS: tuple[Clock, ...] = ("version", "known_at")


def open_identity(sealed: str, stream: str, version: int, name: str) -> str | None:
    """Opens what the identity provider closed."""
    return urlsafe_b64decode(json.loads(sealed)["text"]).decode()


def everywhere(log: Log, instants: Instants) -> tuple[Probes, list[tuple[str, int, int]]]:
    """Probes at every version of every deal and one past the end, each at a few times."""
    ids = instants.facts.deal_ids.to_pylist()
    asked = [
        (ids.index(deal), deal, version, at)
        for deal in ids
        for version in range(1, 2 + sum(r.stream == f"deal:{deal}" for r in log.recorded))
        for at in (int(NOWHEN), microseconds(day(-1)), microseconds(day(3)), microseconds(day(9)))
    ]
    columns = (np.array([row[i] for row in asked], np.int64) for i in (0, 2, 3))
    return Probes.of(*columns), [row[1:] for row in asked]


def counting(log: Log, probe: tuple[str, int, int], clock: Clock) -> list[Recorded]:
    """The plain rule: which events of the deal count for the probe, in stream order."""
    deal, version, at = probe
    return [r for r in log.recorded if r.stream == f"deal:{deal}" and _counts(r, version, at, clock)]


def _counts(recorded: Recorded, version: int, at: int, clock: Clock) -> bool:
    known = recorded.envelope.source_recorded_at or recorded.envelope.at
    if clock == "version" or recorded.envelope.via != "import" or known is None or at == NOWHEN:
        return recorded.version < version
    return microseconds(known) <= at


def folded_fields(events: list[Recorded]) -> dict[str, Any]:
    """Fields and owner after these events, by hand."""
    fields: dict[str, Any] = {}
    for recorded in events:
        match recorded.event:
            case e.DealOpened(fields=given, owner=owner):
                fields |= given
                if owner is not None:
                    fields["@owner"] = owner
            case e.FieldsChanged(set=given, cleared=cleared):
                fields = {k: v for k, v in fields.items() if k not in cleared} | given
            case e.OwnerAssigned(owner=owner) | e.HandoffAccepted(owner=owner):
                fields["@owner"] = owner
    return fields


def value_of(values: Values, row: int) -> Any:
    """One value as Python says it."""
    if values.missing[row]:
        return None
    value = values.values[row].item()
    if values.kind == "money":
        return Money(value, values.currencies[values.currency[row]])
    return values.vocabulary[value] if values.kind in ("text", "many") else value


def items_of(items: Items, row: int) -> tuple[str, ...] | None:
    """One list as Python says it."""
    start, size = items.offsets[row], items.sizes[row]
    found = tuple(items.vocabulary[code] for code in items.codes[start : start + size])
    return None if items.missing[row] else found


@given(histories())
def test_the_last_value_before_a_version_is_what_a_fold_says(log: Log) -> None:
    """Every field, at every version, by both clocks."""
    instants = Instants(log.facts(), open_identity)
    probes, asked = everywhere(log, instants)
    for clock in CLOCKS:
        expected = [folded_fields(counting(log, probe, clock)) for probe in asked]
        for field in (*FIELDS, "@owner", "never set"):
            values = instants.value_before(field, probes, clock)
            items = instants.items_before(field, probes, clock)
            for row, fields in enumerate(expected):
                want = fields.get(field)
                found = items_of(items, row) if isinstance(want, tuple) else value_of(values, row)
                assert found == (want.value if isinstance(want, Personal) else want)


@given(histories())
def test_counts_and_lists_before_a_version_are_what_a_fold_says(log: Log) -> None:
    """Activities by kind, at every version, by both clocks; the rows are the same ones."""
    instants = Instants(log.facts())
    probes, asked = everywhere(log, instants)
    versions = instants.facts.activities["version"].to_pylist()
    for clock in CLOCKS:
        for kind in ("call", "meeting", ""):
            counts = instants.count("activities", probes, clock, kind=kind)
            slices = instants.slices("activities", probes, clock, kind=kind)
            for row, probe in enumerate(asked):
                want = [
                    r.version
                    for r in counting(log, probe, clock)
                    if isinstance(r.event, e.ActivityLogged) and kind in (r.event.kind, "")
                ]
                start, size = slices.offsets[row], slices.sizes[row]
                assert counts[row] == len(want) == size
                assert sorted(versions[place] for place in slices.rows[start : start + size]) == want


@given(histories())
def test_what_stands_before_a_version_is_what_the_deal_says(log: Log) -> None:
    """
    Approvals, waivers, contacts and ticks stand exactly as long as in the deal's own fold; so do stage and entry.
    """
    instants = Instants(log.facts(), open_identity)
    probes, asked = everywhere(log, instants)
    standing = {table: _standing(instants, probes, table) for table in ("approvals", "contacts", "items")}
    attached = instants.count("documents", probes)
    items = instants.facts.items
    ticked = dict(zip(zip(instants.facts.deal_ix("items").tolist(), items["version"].to_pylist(), strict=True),
                      items["item"].to_pylist(), strict=True))  # fmt: skip
    stay, deal_row = instants.stay_before(probes), instants.deal_row(probes)
    stays = instants.facts.stays.to_pylist()
    for row, (deal, version, at) in enumerate(asked):
        before = e.fold(counting(log, (deal, version, at), "version"))
        grants = [g.version for g in (*before.approvals, *before.waivers) if g.standing] if before else []
        assert standing["approvals"][row] == sorted(grants)
        assert len(standing["contacts"][row]) == (len(before.contacts) if before else 0)
        assert attached[row] == (len(before.documents) if before else 0)
        of_deal = [ticked[int(probes.deal[row]), each] for each in standing["items"][row]]
        assert of_deal == (list(before.ticked) if before else [])
        if before is None or not before.opened:
            assert stay[row] == -1
        else:
            assert (stays[stay[row]]["stage"], stays[stay[row]]["entered"]) == (
                before.stage,
                before.entered_at,
            )
            assert instants.facts.deals["deal_id"][deal_row[row]].as_py() == deal


def _standing(instants: Instants, probes: Probes, table: str) -> list[list[int]]:
    slices, ends = instants.slices(table, probes), instants.ends(table)
    versions = instants.facts.table(table)["version"].to_pylist()
    return [
        [versions[p] for p in slices.rows[start : start + size] if before <= ends[p]]
        for start, size, before in zip(slices.offsets, slices.sizes, probes.version, strict=True)
    ]


def test_an_attempt_is_probed_with_what_the_gate_had() -> None:
    """A move sees what came before it, an opening its own fields, a refused one what it proposed."""
    refused = e.OpeningRefused(
        process="b2b", version=1, stage="lead", owner=None, fields={"amount": euro(5)}, verdicts=_judged()
    )
    log = Log().deal("D", day(0), refused, refused.model_copy(update={"fields": {}}))
    log.deal("D", day(1), opened(fields={"amount": euro(6)}), e.ActivityLogged(kind="call"))
    log.deal(
        "D",
        day(2),
        e.DealMoved(from_stage="lead", to_stage="qualified"),
        e.FieldsChanged(set={"amount": euro(9)}),
    )
    instants = Instants(log.facts())
    probes = instants.at_attempts()
    amounts = instants.value_before("amount", probes)
    assert [value_of(amounts, row) for row in range(4)] == [euro(5), None, euro(6), euro(6)]
    assert instants.count("activities", probes).tolist() == [0, 0, 0, 1]
    assert instants.stay_before(probes).tolist() == [-1, -1, 0, 0]
    assert [int(v) for v in instants.changes["version"].take(amounts.row[[0, 3]])] == [1, 3]


def _judged() -> e.Verdicts:
    return e.Verdicts(process="b2b", version=1, digest="d1", judged_at=0, codes="f", now=day(0))


def test_a_list_torn_between_import_and_ourselves_is_whole() -> None:
    """
    Our own rows follow imported ones of which only some were known: the list has both, and nothing else.
    """
    log = Log().imported("D", day(0), opened())
    for known in (5, 1):
        log.imported("D", day(0), e.ActivityLogged(kind="call"), noted=day(known))
    log.deal("D", day(3), e.ActivityLogged(kind="call"))
    instants = Instants(log.facts())
    at = np.array([microseconds(day(number)) for number in (2, 6)])
    probes = Probes.of(np.zeros(2, np.int64), np.full(2, 5), at)
    slices = instants.slices("activities", probes, "known_at")
    lists = [slices.rows[s : s + n].tolist() for s, n in zip(slices.offsets, slices.sizes, strict=True)]
    assert lists == [[1, 2], [1, 0, 2]]


def test_a_value_whose_key_is_gone_is_missing_and_erased() -> None:
    """Erased is not the same as never said; without an opener the values stay sealed."""
    log = Log().deal("D", day(0), opened(fields={"mail": personal("a@b")})).deal("E", day(0), opened())
    probes = Probes.of(np.array([0, 1]), np.array([2, 2]), np.array([NOWHEN, NOWHEN]))
    gone = Instants(log.facts(), lambda *_: None).value_before("mail", probes)
    assert (gone.missing.tolist(), gone.erased.tolist()) == ([True, True], [True, False])
    sealed = Instants(log.facts()).value_before("mail", probes)
    assert (sealed.kind, sealed.missing.tolist(), sealed.erased.tolist()) == (
        "personal",
        [False, True],
        [False, False],
    )


def test_evidence_after_an_attempt_is_what_came_later() -> None:
    """The moments at which a refused move might have passed: later facts of the same deal, each once."""
    log = Log().deal("D", day(0), opened(fields={"n": 1})).deal("E", day(0), opened())
    log.deal("D", day(1), e.MoveRefused(attempt="win", from_stage="lead", verdicts=_judged()))
    log.deal("D", day(2), e.FieldsChanged(set={"n": 2, "x": 1.5})).deal("D", day(3), e.ActivityLogged(kind="call"))
    instants = Instants(log.facts())
    evidence, attempts = instants.evidence(), instants.at_attempts()
    slices = instants.after(evidence, attempts)
    assert (evidence.version - 1).tolist() == [1, 3, 4, 1]
    assert list(zip(slices.offsets.tolist(), slices.sizes.tolist(), strict=True)) == [(1, 2), (1, 2), (4, 0)]
    assert evidence.at[1:3].tolist() == [microseconds(day(2)), microseconds(day(3))]


def test_papers_and_ticks_are_evidence_too() -> None:
    """A move that waited for a paper, a tick or an untick might have passed at each; a refused change is nothing."""
    log = Log().deal("D", day(0), opened(), e.MoveRefused(attempt="win", from_stage="lead", verdicts=_judged()))
    log.deal("D", day(1), e.DocumentAttached(name="nda", sha256="ab" * 32), e.ItemTicked(item="x"))
    log.deal("D", day(2), e.ItemUnticked(item="x"), e.ChangeRefused(fields=("n",), stage="lead", why="locked"))
    evidence = Instants(log.facts()).evidence()
    assert (evidence.version - 1).tolist() == [1, 3, 4, 5]
    assert evidence.at.tolist() == [microseconds(day(number)) for number in (0, 1, 1, 2)]


def test_what_never_ends_stands_for_ever() -> None:
    """A grant that nothing touched has no end; a request grants nothing."""
    log = Log().deal("D", day(0), opened(), e.ApprovalRequested(rule="r", target="won", role="vp"))
    log.deal("D", day(1), e.ApprovalGranted(rule="r", target="won", role="vp", seen_version=2))
    assert Instants(log.facts()).ends("approvals").tolist() == [0, FOREVER]


def test_what_was_given_in_somebodys_stead_ends_when_they_own_the_deal():
    """The columns hold to four eyes as the fold does: of the lender as of who gave it, and of nobody else."""
    given = e.ApprovalGranted(rule="big", target="proposal", role="manager", seen_version=1)
    waived = e.RuleWaived(rule="r", target="won", role="manager", reason=personal("x"), seen_version=1)
    log = Log().deal("A", day(0), opened())
    log.deal("A", day(1), given, actor="mgr-2", on_behalf_of="mgr-1").deal("A", day(1), waived, actor="mgr-1")
    log.deal("A", day(2), given, actor="mgr-3").deal("A", day(3), e.OwnerAssigned(owner="mgr-1"))
    log.deal("A", day(4), given, actor="mgr-2", on_behalf_of="rep-1")
    ends = Instants(log.facts()).ends("approvals").tolist()
    assert ends == [5, 5, FOREVER, FOREVER]
    deal = e.fold([each for each in log.recorded if each.stream == "deal:A"])
    assert deal is not None
    assert [grant.version for grant in (*deal.approvals, *deal.waivers) if grant.standing] == [4, 6]
