"""Who approves or waives and may not: told in a sentence, and kept where an auditor asks."""

from pathlib import Path

import pytest

from tests.cli.conftest import Type
from tests.cli.given import PEOPLE

MORE = """\
  - {id: manager-2, roles: [manager], team: emea}
  - {id: deputy-1, roles: [], team: emea}
delegations:
  - {from: manager-1, to: deputy-1, role: manager, until: 2026-02-01}
"""
TRIES = [
    ("their own deal", "--by manager-1", "four-eyes", "asked for it, owns the deal, or had it"),
    ("an expired delegation", "--by deputy-1", "delegation-ended", "the role was lent to deputy-1, and is no longer"),
    ("an expired one by name", "--for manager-1 --by deputy-1", "delegation-ended", "is no longer"),
    ("a foreign delegation", "--for manager-2 --by deputy-1", "no-delegation", "lends deputy-1 the role"),
    ("no role at all", "--by rep-1", "no-role", "rep-1 does not hold the role: it takes manager"),
]
WAIVE = "deal waive D-1 two-meetings --to proposal"


@pytest.fixture
def owned(office: Type, folder: Path) -> Type:
    """The deal belongs to a manager, whose loan to a deputy is over."""
    (folder / "people.yaml").write_text(PEOPLE + MORE, encoding="utf-8")
    assert office("team apply people.yaml --by ops-1").code == 0
    assert office("deal assign D-1 --to manager-1 --by rep-1").code == 0
    return office


@pytest.mark.parametrize(("who", "why", "says"), [each[1:] for each in TRIES], ids=[each[0] for each in TRIES])
@pytest.mark.parametrize(
    ("command", "listed"),
    [("deal approve D-1 big-deal", "approvals"), (f"{WAIVE} --reason known", "waivers")],
    ids=["approving", "waiving"],
)
def test_who_may_not_is_told_why_and_an_auditor_finds_it(
    owned: Type, command: str, listed: str, who: str, why: str, says: str
) -> None:
    """It is refused, with the reason in words, and kept with the rule, the person and the reason."""
    said = owned(f"{command} {who}")
    assert (said.code, says in said.out) == (1, True), said.out
    (kept,) = owned(f"audit {listed} --deal D-1 --json").json["rows"]
    assert (kept["event"], kept["why"], kept["by"]) == ("refused", why, who.split()[-1])


@pytest.mark.parametrize("reason", ["", "  \t"])
def test_a_waiver_without_a_reason_is_wrong_use(owned: Type, run: Type, reason: str) -> None:
    """Blanks are no reason: one line says what is missing, and nothing is recorded; with a reason it goes through."""
    said = run(*WAIVE.split(), "--reason", reason, "--by", "manager-2")
    assert (said.code, "a reason for the waiver" in said.said_in_one_line()) == (2, True)
    assert owned("audit waivers --deal D-1 --json").json["rows"] == []
    assert owned(f"{WAIVE} --by manager-2").code == 2
    assert owned(f"{WAIVE} --reason known --by manager-2").code == 0
    assert [each["event"] for each in owned("audit waivers --deal D-1 --json").json["rows"]] == ["given"]
