"""Papers, ticks, locked fields and follow-ups from the command line."""

from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.conftest import Type

PAPERS = """\
process: papers
currency: EUR
roles: [rep, manager]
documents: [nda]
plan: [{id: kickoff, side: us}]
deal: {amount: {type: money, locked_from: lead, unless: manager}, note: {type: text, locked_from: lead}}
stages:
  - {id: lead}
  - {id: offer, enter: [{documents: [nda]}, {checklist: [legal-ok]}, {id: sign, approval: [manager, rep]}]}
outcomes: {won: {from: [lead]}, lost: {reasons: [price]}}
opens: [{process: next, carry: [amount]}, {process: gone}]
"""
NEXT = """\
process: next
currency: EUR
roles: [rep, manager]
deal: {amount: {type: money}}
opening: {by: [manager]}
stages: [{id: lead}]
outcomes: {won: {from: [lead]}, lost: {reasons: [price]}}
"""


@pytest.fixture
def desk(office: Type, folder: Path) -> Type:
    """The office with a process that asks for papers, and a deal P-1 of rep-1 under it."""
    for name, text in (("papers", PAPERS), ("next", NEXT)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        assert office(f"process publish {name}.yaml --by ops-1").code == 0
    (folder / "nda.pdf").write_bytes(b"signed" * 100_000)
    assert office("deal open P-1 --process papers --owner rep-1 --set amount=5 --by rep-1").code == 0
    return office


def test_a_file_is_attached_by_its_sha256(desk: Type) -> None:
    """The same content again, as a file or as digits, is nothing to do; the deal shows it."""
    digest = sha256(b"signed" * 100_000).hexdigest()
    assert desk("deal attach P-1 nda nda.pdf --by rep-1").code == 0
    assert "nothing to do" in desk(f"deal attach P-1 nda --sha256 {digest} --by rep-1").out
    (document,) = desk("deal show P-1 --json").json["documents"]
    assert (document["name"], document["sha256"], document["by"]) == ("nda", digest, "rep-1")
    assert f"document nda: sha256 {digest[:12]}" in desk("deal show P-1").out
    assert "DocumentAttached: nda" in desk("deal timeline P-1").out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nda", "--sha256"), ("nda nda.pdf --sha256 ab", "--sha256"), ("nda missing.pdf", "missing.pdf"),
        ("nda --sha256 ab", "64 hexadecimal"), ("nad nda.pdf", "`nda`"),
    ],
)  # fmt: skip
def test_what_cannot_be_attached_is_one_line_and_nothing_recorded(desk: Type, text: str, said: str) -> None:
    """Neither a file nor digits, both, a file that is not there, no digest, no such kind."""
    wrong = desk(f"deal attach P-1 {text} --by rep-1")
    assert wrong.code == 2
    assert said in wrong.said_in_one_line()
    assert desk("deal show P-1 --json").json["documents"] == []


def test_an_item_is_ticked_and_unticked(desk: Type) -> None:
    """The move that asked for it says what to type; an item nobody knows is an error."""
    assert "deal tick P-1 legal-ok" in desk("deal move P-1 --to offer --by rep-1").out
    assert desk("deal tick P-1 legal-ok --by rep-1").code == 0
    assert [each["id"] for each in desk("deal show P-1 --json").json["items"]] == ["legal-ok"]
    assert "ticked legal-ok" in desk("deal show P-1").out
    assert desk("deal tick P-1 legal-ok --undo --by rep-1 --json").json["events"][0]["event"] == "ItemUnticked"
    assert desk("deal show P-1 --json").json["items"] == []
    unknown = desk("deal tick P-1 legal --by rep-1")
    assert unknown.code == 2
    assert "`legal-ok`" in unknown.said_in_one_line()


def test_an_approval_out_of_order_names_what_comes_first(desk: Type) -> None:
    """Exit code 1, and the rule to approve before it."""
    rules = [each["id"] for each in desk("process show papers --json").json["rules"] if each["approval"]]
    refused = desk(f"deal approve P-1 {rules[1]} --by rep-1")
    # Four eyes come first: the owner never approves.
    assert "four eyes" in refused.out
    refused = desk(f"deal approve P-1 {rules[1]} --by rep-2")
    assert refused.code == 1
    assert f"may not approve {rules[1]} yet: {rules[0]} must be approved before it" in refused.out


def test_a_locked_field_says_who_may_change_it(desk: Type) -> None:
    """Exit code 1 and one event that names the fields; who holds the role may."""
    refused = desk("deal set P-1 amount=6 note=x --by rep-1")
    assert refused.code == 1
    assert "amount is locked from lead on: only manager may change it" in refused.out
    assert "note is locked from lead on: nobody may change it" in refused.out
    assert "ChangeRefused: amount, note locked in lead" in desk("deal timeline P-1").out
    told = desk("deal set P-1 amount=6 --by rep-1 --json")
    assert (told.code, told.json["accepted"], told.json["events"][0]["event"]) == (1, False, "ChangeRefused")
    assert desk("deal set P-1 amount=6 --by manager-1").code == 0


def test_what_a_win_leads_to_is_listed_and_opened(desk: Type) -> None:
    """The win says it; a refused one leaves with 1 and stays in the list; a manager opens it."""
    won = desk("deal win P-1 --by rep-1")
    assert "leads to P-1-next under next" in won.out
    assert "leads to P-1-next" in desk("deal show P-1").out
    listed = desk("deal follow-ups --json").json
    assert [(each["won"], each["deal"]) for each in listed] == [("P-1", "P-1-gone"), ("P-1", "P-1-next")]
    assert "P-1-next" in desk("deal follow-ups").out
    assert desk("deal follow-ups --due-by 2020-01-01 --json").json == []
    refused = desk("deal follow-ups --open --by rep-1")
    assert refused.code == 1
    assert "NOT OPENED  P-1-next" in refused.out
    assert "no process `gone`" in refused.out
    opened = desk("deal follow-ups --open --by manager-1 --json")
    assert opened.code == 1
    assert {each["deal"]: each["opened"] for each in opened.json} == {"P-1-gone": False, "P-1-next": True}
    assert desk("deal show P-1-next --json").json["process"] == "next"


def test_opening_takes_no_moment(desk: Type) -> None:
    """What is opened is what is due now; and somebody must ask."""
    assert desk("deal follow-ups --open --due-by 2030-01-01 --by ops-1").code == 2
    assert desk("deal follow-ups --open").code == 2
