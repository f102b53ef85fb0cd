"""Each command at its best and at its refusal."""

from pathlib import Path

import pytest

from tests.terminal.conftest import B2B, PEOPLE, STRICT, Terminal

KEYS = {"rule", "verdict", "says", "fix", "facts"}


def test_a_clean_process_lints_clean(typed: Terminal) -> None:
    """Lint of a shipped process finds nothing and leaves with 0."""
    assert typed("process", "lint", B2B).code == 0
    assert typed("process", "lint", B2B, "--json").json["findings"] == []


def test_lint_tells_every_error_with_its_place(typed: Terminal, tmp_path: Path) -> None:
    """Two mistakes are two findings, each with line and column, and the exit code says so."""
    bad = tmp_path / "bad.yaml"
    good = B2B.read_text()
    wrong = good.replace("deal.email.contains", "deal.emial.contains")
    bad.write_text(wrong.replace("service_level: 5d", "service_level: 5 days"))
    said = typed("process", "lint", bad, "--json")
    assert (said.code, said.json["errors"]) == (1, 2)
    assert all(finding["line"] and finding["column"] for finding in said.json["findings"])


def test_publishing_twice_changes_nothing(store: Terminal) -> None:
    """The text in force again is no new version."""
    again = store("process", "publish", B2B, "--by", "ops-1", "--json").json
    assert (again["version"], again["new"]) == (1, False)
    assert store("process", "publish", STRICT, "--by", "ops-1", "--json").json["version"] == 2


def test_processes_are_listed_and_shown(store: Terminal) -> None:
    """A published process can be read back, as rules and as it was written."""
    assert store("process", "list", "--json").json[0]["process"] == "b2b-saas"
    assert "big-deal" in store("process", "show", "b2b-saas").out
    assert store("process", "show", "b2b-saas@1", "--source").out.rstrip() == B2B.read_text().rstrip()


def test_the_team_is_applied_and_listed(store: Terminal) -> None:
    """Applying the same file again changes nobody."""
    assert store("team", "apply", PEOPLE, "--by", "ops-1", "--json").json["changed"] == {}
    assert any("manager" in person["roles"] for person in store("team", "list", "--json").json)


def test_a_refused_move_says_why_and_how(deal: Terminal) -> None:
    """Exit code 1, the rule with its verdict, what it saw, and what to type."""
    said = deal("deal", "move", "D-1", "--to", "qualified", "--by", "rep-03")
    assert said.code == 1
    assert "REFUSED" in said.out
    assert "? reachable" in said.out
    document = deal("deal", "move", "D-1", "--to", "qualified", "--by", "rep-03", "--json").json
    assert not document["accepted"]
    assert document["repeated"]
    assert document["verdicts"][1].keys() >= KEYS


def test_an_accepted_move_leaves_with_nothing_to_complain(deal: Terminal) -> None:
    """Once the fact is there, the move is made."""
    assert deal("deal", "set", "D-1", "email=a@example.org", "--by", "rep-03").code == 0
    said = deal("deal", "move", "D-1", "--to", "qualified", "--by", "rep-03")
    assert (said.code, "ACCEPTED" in said.out) == (0, True)
    assert deal("deal", "show", "D-1", "--json").json["stage"] == "qualified"


def test_the_way_to_a_win_with_approval_and_waiver(deal: Terminal) -> None:
    """A whole life on the command line: facts, approval by a manager, a waiver, a win."""
    rep, manager = ("--by", "rep-03"), ("--by", "manager-1")
    deal("deal", "set", "D-1", "email=a@example.org", "close_date=2099-01-31", *rep)
    assert deal("deal", "move", "D-1", "--to", "qualified", *rep).code == 0
    assert deal("deal", "log", "D-1", "meeting", "--minutes", "30", *rep).code == 0
    assert deal("deal", "move", "D-1", "--to", "proposal", *rep).code == 1
    assert deal("deal", "waive", "D-1", "two-meetings", "--reason", "met at a fair", *rep).code == 1
    assert deal("deal", "waive", "D-1", "two-meetings", "--reason", "met at a fair", *manager).code == 0
    assert deal("deal", "move", "D-1", "--to", "proposal", *rep).code == 0
    assert deal("deal", "contact", "D-1", "the buyer", "--role", "economic_buyer", *rep).code == 0
    assert deal("deal", "request", "D-1", "big-deal", *rep).code == 0
    assert deal("deal", "approve", "D-1", "big-deal", *rep).code == 1
    assert deal("deal", "approve", "D-1", "big-deal", *manager).code == 0
    assert deal("deal", "move", "D-1", "--to", "negotiation", *rep).code == 0
    assert deal("deal", "win", "D-1", *rep).code == 0
    assert deal("deal", "list", "--status", "won", "--json").json[0]["value"] == {"amount": "62000", "currency": "EUR"}
    assert "~ two-meetings" in deal("deal", "timeline", "D-1").out


def test_losing_needs_a_known_reason_and_reopening_gives_the_stage_back(deal: Terminal) -> None:
    """An unknown reason names the nearest; a lost deal can be reopened."""
    said = deal("deal", "lose", "D-1", "--reason", "prize", "--by", "rep-03")
    assert (said.code, "`price`" in said.err) == (2, True)
    assert deal("deal", "lose", "D-1", "--reason", "price", "--by", "rep-03").code == 0
    assert deal("deal", "reopen", "D-1", "--by", "rep-03").code == 1
    assert deal("deal", "reopen", "D-1", "--reason", "they called", "--by", "rep-03", "--json").json["accepted"]


@pytest.mark.parametrize(
    "line",
    [
        ("assign", "D-1", "--to", "rep-04"),
        ("note", "D-1", "spoke to them"),
        ("log", "D-1", "call"),
        ("contact", "D-1", "someone", "--role", "champion"),
        ("set", "D-1", "region=EMEA"),
    ],
)
def test_what_is_recorded_is_said(deal: Terminal, line: tuple[str, ...]) -> None:
    """Facts need no gate; each says the event it became."""
    said = deal("deal", *line, "--by", "rep-03")
    assert (said.code, said.out.startswith("recorded")) == (0, True)


def test_rejecting_an_approval(deal: Terminal) -> None:
    """A manager may say no; the owner may not."""
    line = ("deal", "reject", "D-1", "big-deal", "--reason", "too early")
    assert deal(*line, "--by", "rep-03").code == 1
    assert deal(*line, "--by", "manager-1").code == 0


def test_next_tells_every_way_on_without_writing(deal: Terminal) -> None:
    """Each way on, each unmet rule; the log stands where it stood."""
    before = deal("rebuild", "--json").json["position"]
    ways = deal("deal", "next", "D-1", "--json").json["ways"]
    assert [(way["target"], way["allowed"]) for way in ways] == [("qualified", False)]
    assert deal("rebuild", "--json").json["position"] == before


def test_the_views_answer(deal: Terminal) -> None:
    """Health, bottlenecks and funnel, for people and for scripts."""
    health = deal("view", "health", "--json").json
    assert health["open_value"] == {"EUR": "62000"}
    assert {"as_of", "open", "won_value", "stages", "flags"} <= health.keys()
    assert {"as_of", "won", "lost", "open", "stages"} <= deal("view", "funnel", "--json").json.keys()
    stages = deal("view", "bottlenecks", "--as-of", "now", "--json").json["stages"]
    assert {"stage", "arrivals", "departures", "in_stage_mean", "median_days", "p90_days"} <= stages[0].keys()
    for view in ("health", "funnel", "bottlenecks"):
        assert deal("view", view, "--as-of", "now").code == 0


def test_a_backtest_reports_and_keeps_budgets(deal: Terminal) -> None:
    """The report has its trust line; a budget that is exceeded leaves with 1."""
    deal("deal", "move", "D-1", "--to", "qualified", "--by", "rep-03")
    report = deal("backtest", STRICT, "--json")
    assert report.code == 0
    assert report.json["fidelity"]["reproduced"] == report.json["fidelity"]["replayable"] == 2
    assert "Trust: all 2" in deal("backtest", STRICT).out
    assert deal("backtest", STRICT, "--fail-if", "attempts>1").code == 1


def test_rebuild_gives_one_digest_and_doctor_finds_what_is_open(deal: Terminal, typed: Terminal) -> None:
    """Two rebuilds agree; a store with people is well."""
    assert deal("rebuild", "--json").json["digest"] == deal("rebuild", "--json").json["digest"]
    assert deal("doctor", "--json").json["ok"]


def test_a_store_without_people_says_that_it_runs_open(typed: Terminal) -> None:
    """Doctor says that roles bind nobody, and leaves with 1."""
    typed("process", "publish", B2B, "--by", "ops-1")
    said = typed("doctor")
    assert (said.code, "no people" in said.out) == (1, True)


def test_history_is_proposed_and_imported(typed: Terminal, tmp_path: Path) -> None:
    """A mapping is proposed, looked over, and then brings the rows in; again it adds nothing."""
    export = tmp_path / "export.csv"
    rows = [
        f"O-{n},{stage},2026-01-{n + 1:02},{n * 100}" for n, stage in enumerate(["Lead", "Offer", "Won", "Lost"] * 5)
    ]
    export.write_text("\n".join(["id,stage,created,amount", *rows]) + "\n")
    proposal = typed("import", "csv", export, "--propose", tmp_path / "mine", "--json").json
    assert len(proposal["unsure"]) == 3
    assert not (tmp_path / "sales.db").exists()
    assert typed("process", "publish", proposal["process"], "--by", "ops-1").code == 0
    line = ("import", "csv", export, "--mapping", proposal["mapping"], "--json")
    first = typed(*line).json
    assert {"rows", "deals", "events", "rejected", "conflicts", "fidelity"} <= first.keys()
    assert (first["rows"], first["deals"]) == (20, 20)
    assert typed(*line).json["events"] == 0
