"""What people say with what they do is read where the deal is looked at: reasons and notes."""

import pytest

from tests.cli.conftest import Type


@pytest.fixture
def big(run: Type, office: Type) -> Type:
    """A deal B-1 of rep-1 for which an approval was asked, with a note; then type words."""
    assert office("deal open B-1 --process b2b --owner rep-1 --set amount=60000 --by rep-1").code == 0
    assert run("deal", "request", "B-1", "big-deal", "--note", "they sign on Friday", "--by", "rep-1").code == 0
    return run


def line_of(said: str, word: str) -> str:
    """The one line of an answer that has a word in it."""
    (found,) = [line for line in said.splitlines() if word in line]
    return found


def test_what_an_approver_should_know_is_told(big: Type) -> None:
    """The note of a request stands where the request does."""
    for command in ("show", "approvals", "timeline"):
        assert "they sign on Friday" in big("deal", command, "B-1").out
    assert big("deal", "show", "B-1", "--json").json["requests"][0]["note"] == "they sign on Friday"
    assert big("deal", "approvals", "B-1", "--json").json["requests"][0]["note"] == "they sign on Friday"
    assert "they sign on Friday" in big("audit", "approvals").out


@pytest.mark.parametrize(("command", "verb"), [("reject", "rejected"), ("return", "returned")])
def test_who_gets_a_no_reads_why(big: Type, command: str, verb: str) -> None:
    """A no and a return stand with their reason until somebody asks again; in the list of answers they stay."""
    why = "the discount is too deep for a customer of this size, and nobody has explained it yet"
    assert big("deal", command, "B-1", "big-deal", "--reason", why, "--by", "manager-1").code == 0
    assert line_of(big("deal", "show", "B-1").out, why).startswith(
        f"  {verb} by manager-1 (manager): big-deal for negotiation, "
    )
    assert line_of(big("deal", "approvals", "B-1").out, why).startswith(
        f"✗ big-deal for negotiation: {verb} by manager-1 as manager on "
    )
    (denial,) = big("deal", "approvals", "B-1", "--json").json["denials"]
    assert (denial["said"], denial["reason"], denial["version"]) == (verb, why, 3)
    assert why in big("deal", "timeline", "B-1").out
    assert why in big("audit", "approvals").out
    big("deal", "request", "B-1", "big-deal", "--by", "rep-1")
    assert why not in big("deal", "show", "B-1").out
    assert why in big("deal", "approvals", "B-1").out


def test_the_reason_of_a_waiver_stands_beside_it(big: Type) -> None:
    """Whoever looks at the deal reads why a rule was waived."""
    why = "a customer of many years"
    assert big("deal", "waive", "B-1", "two-meetings", "--reason", why, "--by", "manager-1").code == 0
    for command in ("show", "approvals", "timeline"):
        assert why in big("deal", command, "B-1").out


def test_who_is_asked_to_take_a_deal_over_reads_why(big: Type) -> None:
    """So does whoever reads the deal's story afterwards, and why it was declined."""
    big("deal", "hand-off", "B-1", "--to", "manager-1", "--why", "on leave from Monday on", "--by", "rep-1")
    shown = line_of(big("deal", "show", "B-1").out, "asked to take it over")
    assert shown.endswith(": on leave from Monday on")
    assert big("deal", "show", "B-1", "--json").json["handoff"]["why"] == "on leave from Monday on"
    big("deal", "decline", "B-1", "--reason", "no time this month", "--by", "manager-1")
    told = big("deal", "timeline", "B-1").out
    assert "HandoffRequested: manager-1: on leave from Monday on" in told
    assert "HandoffDeclined: no time this month" in told


def test_a_deal_that_waits_says_for_what(big: Type) -> None:
    """The pause that holds, with its reason."""
    big("deal", "pause", "B-1", "--reason", "their budget comes in May", "--by", "rep-1")
    assert line_of(big("deal", "show", "B-1").out, "paused by rep-1").endswith(": their budget comes in May")
    assert big("deal", "show", "B-1", "--json").json["pause"]["reason"] == "their budget comes in May"


def test_every_word_that_was_given_is_in_the_timeline(big: Type) -> None:
    """A note, why somebody else got the deal, and what is said with a loss and a reopening."""
    given = (
        ("note", "B-1", "they want it in writing"), ("assign", "B-1", "--to", "manager-1", "--why", "it is large"),
        ("lose", "B-1", "--reason", "price", "--note", "the other one was cheaper"),
        ("reopen", "B-1", "--reason", "they called again"),
    )  # fmt: skip
    for words in given:
        assert big("deal", *words, "--by", "rep-1").code == 0
    told = big("deal", "timeline", "B-1").out
    assert "NoteRecorded: they want it in writing" in told
    assert "OwnerAssigned: manager-1: it is large" in told
    assert "DealLost: price: the other one was cheaper" in told
    assert "DealReopened: they called again" in told


def test_a_very_long_word_is_cut_in_the_timeline(big: Type) -> None:
    """A line stays a line; the whole of it is in the JSON."""
    long = "word " * 100
    assert big("deal", "note", "B-1", long, "--by", "rep-1").code == 0
    told = line_of(big("deal", "timeline", "B-1").out, "NoteRecorded")
    assert "word…" in told or "wor…" in told or "word …" in told
    assert len(told) < 300
