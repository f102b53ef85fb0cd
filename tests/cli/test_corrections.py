"""Corrections and merges from the command line: what is said, what scripts get, and how wrong use is told."""

from pathlib import Path

import pytest

from tests.cli.conftest import Type
from tests.cli.given import PEOPLE, PROCESS

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(office: Type, folder: Path) -> Type:
    """The office under a process in which managers may correct, with two managers and a deal C-1 of rep-1."""
    (folder / "b2b.yaml").write_text(f"{PROCESS}corrections: {{by: [manager]}}\n", encoding="utf-8")
    (folder / "people.yaml").write_text(f"{PEOPLE}  - {{id: manager-2, roles: [manager]}}\n", encoding="utf-8")
    assert office("process publish b2b.yaml --by ops-1").code == 0
    assert office("team apply people.yaml --by ops-1").code == 0
    assert office("deal open C-1 --process b2b --owner rep-1 --set amount=5 --by rep-1").code == 0
    return office


def test_a_correction_is_recorded_and_shown(desk: Type) -> None:
    """The deal shows what really was, the timeline what was said, each with its version."""
    done = desk("deal correct value C-1 1 amount=50 --reason typo --by manager-1")
    assert (done.code, done.out) == (0, "recorded  C-1: CorrectionRecorded\n")
    assert "50 EUR" in desk("deal show C-1").out
    told = desk("deal timeline C-1").out.splitlines()
    assert [row.split()[0] for row in told[:3]] == ["#", "1", "2"]
    assert "CorrectionRecorded: event 1: amount 50 EUR" in told[2]
    assert "nothing to do" in desk("deal correct value C-1 1 amount=50 --reason typo --by manager-1").out


def test_scripts_read_one_document(desk: Type) -> None:
    """The event says what is corrected, in which role and how."""
    desk("deal log C-1 call --by rep-1")
    done = desk("deal correct void C-1 2 --reason slip --by manager-1 --json").json
    (event,) = done["events"]
    assert (done["accepted"], event["event"]) == (True, "CorrectionRecorded")
    assert {key: event["data"][key] for key in ("corrects", "kind", "role")} == {
        "corrects": 2, "kind": "void", "role": "manager",
    }  # fmt: skip
    assert desk("deal show C-1 --json").json["activities"] == []


def test_who_may_not_is_refused_and_told_who_may(desk: Type) -> None:
    """Exit code 1, and the refusal is kept."""
    refused = desk("deal correct void C-1 1 --reason slip --by rep-1")
    assert refused.code == 2, "an opening cannot be void, whoever asks"
    desk("deal log C-1 call --by rep-1")
    refused = desk("deal correct void C-1 2 --reason slip --by rep-1")
    assert (refused.code, refused.out) == (1, "REFUSED  C-1: only manager may correct, and rep-1 holds no such role\n")
    assert "CorrectionRefused: void of event 2, no-role" in desk("deal timeline C-1").out
    under_the_first = desk("deal correct value D-1 1 amount=5 --reason slip --by manager-1")
    assert under_the_first.code == 2, "the opening of D-1 says no amount"


def test_a_process_that_names_nobody_says_what_would_help(office: Type) -> None:
    """The refusal names the key that is missing."""
    office("deal log D-1 call --by rep-1")
    refused = office("deal correct void D-1 2 --reason slip --by manager-1")
    assert refused.code == 1
    assert "process b2b@1 says nobody may correct; `corrections: {by: [ROLE]}` in it names who may" in refused.out


def test_a_closed_deal_takes_two(desk: Type) -> None:
    """What is proposed is told with the command that confirms it."""
    desk("deal lose C-1 --reason price --by rep-1")
    proposed = desk("deal correct void C-1 2 --reason slip --by manager-1").out
    assert "somebody else confirms it with `deal correct confirm C-1 3`" in proposed
    assert desk("deal correct confirm C-1 3 --by manager-1").code == 1
    assert desk("deal correct confirm C-1 3 --by manager-2").code == 0
    assert desk("deal show C-1 --json").json["status"] == "open"


def test_two_deals_are_merged(desk: Type) -> None:
    """The merged one is in no list of open deals."""
    assert desk("deal merge C-1 --into D-1 --reason twice --by manager-1").code == 0
    assert [row["id"] for row in desk("deal list --status open --json").json] == ["D-1"]
    assert "was merged into `D-1`; ask there" in desk("deal note C-1 hello --by rep-1").said_in_one_line()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("correct void C-1 99 --reason x", "deal `C-1` has no event 99; its events are 1 to 1"),
        ("correct void C-1 1 --reason x", "a deal that was opened was opened"),
        ("correct void C-1 one --reason x", "VERSION"),
        ("correct void C-1 1", "--reason"),
        ("correct void nowhere 1 --reason x", "there is no deal `nowhere`"),
        ("correct value C-1 1 amount --reason x", "FIELD=VALUE"),
        ("correct value C-1 1 amount=much --reason x", "`amount` cannot be `much`"),
        ("correct value C-1 1 close_date=2026-01-31 --reason x", "event 1 of deal `C-1` has no field `close_date`"),
        ("correct time C-1 1 --really-at yesterday --reason x", "--really-at"),
        ("correct time C-1 1 --reason x", "--really-at"),
        ("correct time C-1 1 --really-at 2099-01-01T00:00:00Z --reason x", "is in the future"),
        ("correct confirm C-1 1", "event 1 of deal `C-1` is DealOpened, no proposal"),
        ("merge C-1 --into C-1 --reason x", "not merged into itself"),
        ("merge C-1 --into nowhere --reason x", "there is no deal `nowhere`"),
        ("merge C-1 --into D-1", "--reason"),
    ],
)
def test_wrong_use_is_told_in_one_line(desk: Type, text: str, said: str) -> None:
    """Exit code 2, and nothing is recorded."""
    asked = desk(f"deal {text} --by manager-1")
    assert (asked.code, asked.out) == (2, "")
    assert said in asked.said_in_one_line()
    assert len(desk("deal timeline C-1 --json").json) == 1


def test_who_may_not_say_that_it_was_earlier_is_told_the_other_way(desk: Type) -> None:
    """What is recorded too late to be backdated is recorded now, and its time corrected by who may."""
    late = "--at 2026-01-05T09:00:00Z"
    said = desk(f"deal log C-1 call --by rep-1 {late}").said_in_one_line()
    assert "allows 0 d (`backdate:`)" in said
    assert said.endswith("; record it as of now, and then correct its time, by manager: `deal correct time`")
    under_the_first = desk(f"deal log D-1 call --by rep-1 {late}").said_in_one_line()
    assert under_the_first.endswith("`corrections: {by: [ROLE]}` in the process names who may then correct its time")


def test_when_somebody_approved_is_corrected_by_nobody(desk: Type) -> None:
    """So nobody is sent that way."""
    said = desk("deal approve C-1 big-deal --by manager-1 --at 2026-01-05T09:00:00Z").said_in_one_line()
    assert said.endswith("(`backdate:`)")


def row_of(said: str, version: int) -> str:
    """The row of a timeline that tells one event."""
    (found,) = [line for line in said.splitlines() if line.split()[:1] == [str(version)]]
    return found


def test_a_timeline_marks_what_was_not_so(desk: Type) -> None:
    """What did not happen, what was otherwise and what was at another time are seen where they stand."""
    desk("deal log C-1 call --by rep-1")
    desk("deal log C-1 meeting --by rep-1")
    desk("deal correct value C-1 1 amount=50 --reason typo --by manager-1")
    desk("deal correct void C-1 2 --reason slip --by manager-1")
    assert desk("deal correct time C-1 1 --really-at 2026-01-05 --reason diary --by manager-1").code == 0
    told = desk("deal timeline C-1").out
    assert "[was really otherwise, says event 4; was really at 5 Jan 2026 00:00, says event 6]" in row_of(told, 1)
    assert "[did not happen, says event 5]" in row_of(told, 2)
    assert "[" not in row_of(told, 3)
    marked = desk("deal timeline C-1 --json").json
    assert [(each["happened"], each["corrected_by"]) for each in marked[:3]] == [
        (True, [4, 6]),
        (False, [5]),
        (True, []),
    ]
    shown = desk("deal show C-1").out
    assert "1 event corrected and 1 event that did not happen: `deal timeline C-1` marks them" in shown
    assert "corrected" not in desk("deal show D-1").out


def test_a_proposal_that_waits_is_seen(desk: Type) -> None:
    """Until somebody has confirmed it, the deal and its timeline say that it waits, and for what."""
    desk("deal lose C-1 --reason price --by rep-1")
    desk("deal correct void C-1 2 --reason slip --by manager-1")
    assert "[waits for somebody else to confirm it]" in row_of(desk("deal timeline C-1").out, 3)
    shown = desk("deal show C-1").out
    assert "waiting to be confirmed: void of event 2, proposed by manager-1" in shown
    assert "→ somebody else confirms it with `deal correct confirm C-1 3`" in shown
    desk("deal correct confirm C-1 3 --by manager-2")
    told = desk("deal timeline C-1").out
    assert "[did not happen, says event 4]" in row_of(told, 2)
    assert "[confirmed by event 4]" in row_of(told, 3)
    assert "waiting to be confirmed" not in desk("deal show C-1").out
