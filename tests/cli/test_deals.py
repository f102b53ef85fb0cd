"""Deals from the command line: what is asked, what is answered, with which exit code."""

import pytest

from tests.cli.conftest import Type

MOVE_KEYS = {"deal", "accepted", "verdicts", "events", "position", "repeated"}


def test_a_refused_move_leaves_with_one_and_says_what_to_type(office: Type) -> None:
    """A refusal names the deal, each rule that stood in the way, and the next command with the deal's id in it."""
    refused = office("deal move D-1 --to proposal --by rep-1")
    assert refused.code == 1
    assert refused.out.startswith("REFUSED")
    assert "stays in lead" in refused.out
    assert "✗" in refused.out
    assert "?" in refused.out
    assert "a proposal comes after two meetings" in refused.out
    assert "deal set D-1 amount=" in refused.out
    assert "deal log D-1 meeting" in refused.out
    assert "{deal}" not in refused.out


def test_what_the_refusal_asked_for_makes_the_move_pass(office: Type) -> None:
    """Typing what a refusal says leads to ACCEPTED and exit code 0."""
    assert office("deal move D-1 --to proposal --by rep-1").code == 1
    assert office("deal set D-1 amount=12000 --by rep-1").code == 0
    for _ in range(2):
        assert office("deal log D-1 meeting --by rep-1 --minutes 30").code == 0
    accepted = office("deal move D-1 --to proposal --by rep-1")
    assert accepted.code == 0
    assert accepted.out.startswith("ACCEPTED")
    assert "12,000 EUR" in accepted.out


def test_a_move_as_json_has_the_keys_scripts_rely_on(office: Type) -> None:
    """The contract of `deal move --json`, for a refusal as for a pass."""
    document = office("deal move D-1 --to proposal --by rep-1 --json").json
    assert set(document) >= MOVE_KEYS
    assert document["accepted"] is False
    assert document["deal"] == "D-1"
    assert all(set(each) >= {"rule", "verdict", "says", "fix", "facts"} for each in document["verdicts"])
    verdicts = {each["rule"]: each["verdict"] for each in document["verdicts"]}
    assert verdicts["two-meetings"] == "fail"
    assert verdicts["proposal:require:amount"] == "unknown"


def test_asked_twice_with_one_id_it_is_recorded_once(office: Type) -> None:
    """The same command id gives the first answer again and says so."""
    first = office("deal set D-1 amount=5 --by rep-1 --command-id once --json").json
    again = office("deal set D-1 amount=5 --by rep-1 --command-id once --json").json
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert first["position"] == again["position"]


def test_a_deal_is_won_reopened_and_lost(office: Type) -> None:
    """The whole way through, each step with its exit code, each outcome as JSON with the contract's keys."""
    for text in (
        "deal set D-1 amount=12000 close_date=2027-01-31 email=a@example.org",
        "deal log D-1 meeting --with somebody", "deal log D-1 meeting",
        "deal move D-1 --to proposal", "deal move D-1 --to negotiation",
    ):  # fmt: skip
        assert office(f"{text} --by rep-1").code == 0, text
    won = office("deal win D-1 --by rep-1 --json").json
    assert set(won) >= MOVE_KEYS
    assert won["accepted"] is True
    assert office("deal reopen D-1 --by rep-1").code == 1
    assert office("deal reopen D-1 --reason again --by rep-1").code == 0
    lost = office("deal lose D-1 --reason price --competitor other --note dear --by rep-1 --json")
    assert lost.code == 0
    assert set(lost.json) >= MOVE_KEYS


def test_going_back_needs_a_reason(office: Type) -> None:
    """Without one the gate refuses, with one it lets the deal go back."""
    for text in (
        "deal set D-1 amount=1", "deal log D-1 meeting", "deal log D-1 meeting", "deal move D-1 --to proposal",
    ):  # fmt: skip
        office(f"{text} --by rep-1")
    assert office("deal move D-1 --to lead --by rep-1").code == 1
    assert office("deal move D-1 --to lead --reason scope --by rep-1").code == 0


def test_an_approval_is_asked_for_given_and_spent(office: Type) -> None:
    """The owner may not approve; the manager may; the move then passes."""
    for text in (
        "deal set D-1 amount=62000", "deal log D-1 meeting", "deal log D-1 meeting", "deal move D-1 --to proposal",
    ):  # fmt: skip
        assert office(f"{text} --by rep-1").code == 0
    refused = office("deal move D-1 --to negotiation --by rep-1")
    assert refused.code == 1
    assert "62,000" in refused.out
    assert "big-deal" in refused.out
    assert office("deal request D-1 big-deal --note large --by rep-1").code == 0
    own = office("deal approve D-1 big-deal --by rep-1")
    assert own.code == 1
    assert "big-deal" in own.out
    assert office("deal approve D-1 big-deal --to negotiation --until 2099-01-01T00:00:00Z --by manager-1").code == 0
    assert office("deal move D-1 --to negotiation --by rep-1").code == 0


def test_an_approval_may_be_rejected(office: Type) -> None:
    """A rejection needs a role as an approval does, and the move stays refused."""
    office("deal set D-1 amount=62000 --by rep-1")
    assert office("deal request D-1 big-deal --to negotiation --by rep-1").code == 0
    assert office("deal reject D-1 big-deal --reason no --to negotiation --by rep-1").code == 1
    assert office("deal reject D-1 big-deal --reason no --to negotiation --by manager-1").code == 0


def test_the_only_way_round_is_a_waiver_by_the_role(office: Type) -> None:
    """A waivable rule may be waived by its role; the move then shows it as waived, not as passed."""
    office("deal set D-1 amount=12000 --by rep-1")
    refused = office("deal move D-1 --to proposal --by rep-1")
    assert "manager" in refused.out
    assert office("deal waive D-1 two-meetings --reason known --by rep-1").code == 1
    assert office("deal waive D-1 two-meetings --reason known --to proposal --by manager-1").code == 0
    moved = office("deal move D-1 --to proposal --by rep-1 --json").json
    assert {each["rule"]: each["verdict"] for each in moved["verdicts"]}["two-meetings"] == "waived"


def test_a_contact_a_note_and_another_owner(office: Type) -> None:
    """The small commands record what they say; what the process does not know is an error."""
    assert office("deal contact D-1 kim --role champion --by rep-1").code == 0
    assert office("deal note D-1 hello --by rep-1").code == 0
    assert office("deal assign D-1 --to rep-2 --why holiday --by manager-1").code == 0
    assert "kind `visit`" in office("deal log D-1 visit --by rep-1").said_in_one_line()
    assert office("deal contact D-1 kim --role uncle --by rep-1").code == 2


def test_setting_what_is_set_changes_nothing(office: Type) -> None:
    """The same value again is no event, and no error."""
    office("deal set D-1 amount=5 --by rep-1")
    again = office("deal set D-1 amount=5 --by rep-1 --json")
    assert again.code == 0
    assert again.json["events"] == []


@pytest.mark.parametrize("text", ["deal set D-1 amount", "deal set D-1 amount=1 amount=2", "deal set D-1 =1"])
def test_a_field_and_its_value_are_written_with_an_equals_sign(office: Type, text: str) -> None:
    """Anything else is one line and exit code 2, and nothing is recorded."""
    before = office("rebuild --json").json["position"]
    wrong = office(f"{text} --by rep-1")
    assert wrong.code == 2
    wrong.said_in_one_line()
    assert office("rebuild --json").json["position"] == before


def test_an_opening_may_be_refused(office: Type) -> None:
    """A deal opens where the process says; anywhere else the gate refuses, and there is no deal."""
    refused = office("deal open D-2 --process b2b --owner rep-1 --stage negotiation --by rep-1 --json")
    assert refused.code == 1
    assert set(refused.json) >= MOVE_KEYS
    assert office("deal show D-2").code == 2


def test_the_actor_may_come_from_the_environment(office: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    """PIPELINE_ENGINE_ACTOR stands in for --by; without both nobody asks, which is an error."""
    assert "--by" in office("deal note D-1 hello").said_in_one_line()
    monkeypatch.setenv("PIPELINE_ENGINE_ACTOR", "rep-1")
    assert office("deal note D-1 hello --json").json["events"][0]["actor"] == "rep-1"


def test_a_command_may_say_when_it_happened(office: Type) -> None:
    """`--at` takes a moment with its zone; a bare date is refused with the right form."""
    bare = office("deal log D-1 call --at 2026-01-31 --by rep-1")
    assert bare.code == 2
    assert "2026-01-31T09:00:00Z" in bare.said_in_one_line()
