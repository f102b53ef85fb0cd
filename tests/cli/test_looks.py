"""Looking at deals, processes and people from the command line."""

from pathlib import Path

import pytest

from tests.cli.conftest import Type
from tests.cli.given import CONFIG, PEOPLE, PROCESS


def test_a_list_names_every_deal_with_its_stage(office: Type) -> None:
    """People get a table, scripts a list."""
    assert "D-1" in office("deal list").out
    listed = office("deal list --stage lead --owner rep-1 --status open --process b2b --json").json
    assert [(deal["id"], deal["stage"]) for deal in listed] == [("D-1", "lead")]
    assert office("deal list --stage proposal --json").json == []


@pytest.mark.parametrize(
    ("text", "word"), [("--status odd", "won"), ("--stage leed", "`lead`"), ("--process b2c", "`b2b`")]
)
def test_a_list_of_what_nobody_knows_is_an_error(office: Type, text: str, word: str) -> None:
    """A slip of the pen is not answered with an empty list."""
    slip = office(f"deal list {text}")
    assert slip.code == 2
    assert word in slip.said_in_one_line()


def test_a_deal_is_shown_as_it_stands(office: Type) -> None:
    """Its stage, owner and fields, money with its currency."""
    office("deal set D-1 amount=62000 --by rep-1")
    shown = office("deal show D-1")
    assert shown.code == 0
    assert "62,000 EUR" in shown.out
    document = office("deal show D-1 --json").json
    assert (document["id"], document["stage"], document["status"]) == ("D-1", "lead", "open")


def test_next_says_what_stands_in_the_way_of_each_way_on(office: Type) -> None:
    """Nothing is written by asking; the answer is that of the gate, with what would meet each rule."""
    before = office("rebuild --json").json["position"]
    asked = office("deal next D-1")
    assert asked.code == 0
    assert "proposal" in asked.out
    assert "deal log D-1 meeting" in asked.out
    ways = office("deal next D-1 --json").json["ways"]
    assert [way["target"] for way in ways] == ["proposal", "lost"]
    assert ways[0]["allowed"] is False
    assert office("rebuild --json").json["position"] == before


def test_a_timeline_tells_every_event_in_order(office: Type) -> None:
    """One line an event for people; scripts get the versions in order."""
    office("deal set D-1 amount=62000 --by rep-1")
    office("deal move D-1 --to proposal --by rep-1")
    told = office("deal timeline D-1").out
    assert "62,000 EUR" in told
    assert "two-meetings" in told
    events = office("deal timeline D-1 --json").json
    assert [event["version"] for event in events] == [1, 2, 3]
    assert [event["event"] for event in events] == ["DealOpened", "FieldsChanged", "MoveRefused"]


def test_a_deal_that_is_not_there_is_an_error(office: Type) -> None:
    """Every look at it leaves with 2 and one line that names it."""
    for command in ("show", "next", "timeline"):
        missing = office(f"deal {command} D-9")
        assert missing.code == 2
        assert "D-9" in missing.said_in_one_line()


def test_a_process_is_checked_published_listed_and_shown(run: Type, line: Type) -> None:
    """The digest in force again changes nothing; the published text is kept as it was written."""
    file = CONFIG / "processes" / "b2b-saas.yaml"
    assert "lint clean" in run("process", "lint", file).out
    published = run("process", "publish", file, "--why", "first", "--by", "ops-1", "--json").json
    assert (published["process"], published["version"], published["new"]) == ("b2b-saas", 1, True)
    assert run("process", "publish", file, "--by", "ops-1", "--json").json["new"] is False
    assert [each["version"] for each in line("process list --json").json] == [1]
    assert "b2b-saas@1" in line("process list").out
    assert "big-deal" in line("process show b2b-saas@1").out
    assert line("process show b2b-saas --source").out.strip() == file.read_text(encoding="utf-8").strip()
    assert line("process show b2b-saas --json").json["name"] == "b2b-saas"


def test_lint_finds_every_mistake_and_leaves_with_one(line: Type, folder: Path) -> None:
    """Errors are findings with their place; scripts get the same; nothing is published."""
    text = (folder / "b2b.yaml").read_text(encoding="utf-8")
    (folder / "broken.yaml").write_text(text.replace("deal.amount >= 50000", "deal.amuont >= 50000"), encoding="utf-8")
    found = line("process lint broken.yaml")
    assert found.code == 1
    assert "broken.yaml:" in found.out
    assert "amount" in found.out
    document = line("process lint broken.yaml --json").json
    assert document["errors"] == 1
    assert document["findings"][0]["line"] > 1
    assert not (folder / "sales.db").exists()


DEAD_END = """\
process: p
currency: EUR
stages: [{id: lead}, {id: offer}, {id: asleep}]
outcomes: {won: {from: [offer]}}
"""


def test_lint_fails_over_a_warning_and_not_over_what_is_silenced(line: Type, folder: Path) -> None:
    """A check that found something leaves with 1; what the file gives a reason for is counted and does not count."""
    (folder / "p.yaml").write_text(DEAD_END, encoding="utf-8")
    found = line("process lint p.yaml")
    assert found.code == 1
    assert "p.yaml:3:35: warning: a deal in stage `asleep` is on no way to be won" in found.out
    assert "[dead-end-stage]\np.yaml: 1 warning\ndocs/reference/lint.md says" in found.out
    silence = "lint: [{code: dead-end-stage, at: asleep, because: deals rest here}]\n"
    (folder / "p.yaml").write_text(DEAD_END + silence, encoding="utf-8")
    silenced = line("process lint p.yaml")
    assert (silenced.code, silenced.out) == (0, "p.yaml: lint clean, 1 silenced\n")
    document = line("process lint p.yaml --json").json
    assert (document["warnings"], document["silenced"]) == (0, 1)
    assert document["findings"][0]["silenced"] == "deals rest here"
    assert document["findings"][0]["page"] == "docs/reference/lint.md#dead-end-stage"


def test_lint_makes_no_store(line: Type, folder: Path) -> None:
    """Looking for history leaves nothing behind."""
    assert line("process lint b2b.yaml").code == 0
    assert not (folder / "sales.db").exists()


def test_lint_looks_at_the_past_of_the_store_unless_told_not_to(year: Type) -> None:
    """A rule that a year of deals met each time is a note, and how many attempts say so stands beside it."""
    file = CONFIG / "processes" / "b2b-saas.yaml"
    found = year(f"process lint {file}")
    assert found.code == 0
    assert "was asked 31 times and met each time [never-fired]" in found.out
    assert "judged attempts in the store say" in found.out
    assert year(f"process lint {file} --json").json["attempts"] > 100
    assert year(f"process lint {file} --no-history").out == f"{file}: lint clean\n"


def test_people_are_applied_and_listed(line: Type) -> None:
    """Applying twice changes nothing; a list shows roles and managers."""
    assert line("team apply people.yaml --by ops-1 --json").json["people"] == 3
    assert line("team apply people.yaml --by ops-1 --json").json["changed"] == {}
    assert "manager-1" in line("team list").out
    listed = {person["id"]: person for person in line("team list --json").json}
    assert listed["rep-1"]["manager"] == "manager-1"


def test_a_people_file_that_is_none_is_refused(line: Type, folder: Path) -> None:
    """With its place, and nobody is changed."""
    (folder / "nobody.yaml").write_text("people:\n  - {id: rep-1, roles: rep, boss: x}\n", encoding="utf-8")
    refused = line("team apply nobody.yaml --by ops-1")
    assert refused.code == 2
    assert "nobody.yaml:2" in refused.said_in_one_line()
    assert line("team list --json").json == []


def test_a_refused_opening_advises_no_waiver(line: Type, folder: Path) -> None:
    """Nobody can waive anything of a deal that is not there; what is missing is added to the command."""
    strict = PROCESS.replace(
        "  - {id: lead, service_level: 5d}",
        "  - {id: lead, enter: [{require: [close_date], waivable_by: manager}]}",
    )
    (folder / "b2b.yaml").write_text(strict, encoding="utf-8")
    for text in ("process publish b2b.yaml --by ops-1", "team apply people.yaml --by ops-1"):
        assert line(text).code == 0
    said = line("deal open D-7 --process b2b --owner rep-1 --by rep-1")
    assert (said.code, "waive" in said.out, "add to the command" in said.out) == (1, False, True)


def test_a_timeline_for_scripts_says_in_whose_stead(office: Type, folder: Path) -> None:
    """The actor is who typed; whose role it was stands beside."""
    loan = "delegations:\n  - {from: manager-1, to: rep-2, role: manager, until: 2099-01-01}\n"
    (folder / "people.yaml").write_text(PEOPLE + loan, encoding="utf-8")
    assert office("team apply people.yaml --by ops-1").code == 0
    assert office("deal approve D-1 big-deal --for manager-1 --by rep-2").code == 0
    told = [(each["actor"], each["on_behalf_of"]) for each in office("deal timeline D-1 --json").json]
    assert (told[-1], told[0][1]) == (("rep-2", "manager-1"), None)


def test_money_has_one_shape_for_scripts(office: Type) -> None:
    """Decimal text and a currency, wherever a deal's worth stands."""
    office("deal set D-1 amount=62000.5 --by rep-1")
    worth = {"amount": "62000.5", "currency": "EUR"}
    assert office("deal show D-1 --json").json["fields"]["amount"] == worth
    (listed,) = [row for row in office("deal list --json").json if row["id"] == "D-1"]
    assert listed["value"] == worth
    office("deal request D-1 big-deal --by rep-1")
    assert [row["value"] for row in office("deal list --awaiting manager-1 --json").json] == [worth]
