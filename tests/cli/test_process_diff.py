"""`process diff`: two processes compared, for people and for scripts."""

from pathlib import Path

from tests.cli.conftest import Type
from tests.cli.given import CONFIG, PROCESS

SHIPPED = CONFIG / "processes" / "b2b-saas.yaml"
STRICT = CONFIG / "processes" / "b2b-saas-strict.yaml"
GATE = {"stage", "verdict", "witness", "counter_witness", "why", "only_in"}
WITNESS = {"fields", "facts", "lets_through", "stopped_by"}


def test_a_difference_is_shown_by_a_deal(run: Type) -> None:
    """Per gate what changes, the deal, the rule that stops it and what it says; exit code 1."""
    told = run("process", "diff", SHIPPED, STRICT)
    assert told.code == 1
    assert "proposal: B is stricter" in told.out
    assert "A lets through, B stops: a deal in proposal with amount 25,000 EUR" in told.out
    assert "big-deal: a deal of this size needs a manager's approval" in told.out
    assert "equal: open, lead, qualified, moves:forward, moves:back, won, lost, reopen" in told.out


def test_a_script_reads_the_verdict_of_each_gate(run: Type) -> None:
    """The contract of `process diff --json`."""
    document = run("process", "diff", SHIPPED, STRICT, "--json").json
    assert not document["equal"]
    assert all(set(gate) == GATE for gate in document["gates"])
    verdicts = {gate["stage"]: gate["verdict"] for gate in document["gates"]}
    assert (verdicts["proposal"], verdicts["negotiation"]) == ("stricter", "incomparable")
    witness = next(gate["witness"] for gate in document["gates"] if gate["stage"] == "negotiation")
    assert set(witness) == WITNESS
    assert witness["fields"] == {"amount": "25000 EUR"}
    assert (witness["lets_through"], witness["stopped_by"]) == ("A", ["big-deal"])


def test_equal_processes_leave_with_zero(office: Type, folder: Path) -> None:
    """A file against what is published from it, by name and by version."""
    (folder / "mine.yaml").write_text(PROCESS, encoding="utf-8")
    assert office("process diff b2b mine.yaml").code == 0
    assert office("process diff b2b@1 b2b.yaml --json").json["equal"]


def test_what_is_not_there_is_said(office: Type) -> None:
    """A file that is missing, a process nobody published, a version that is no number."""
    assert office("process diff b2b none.yaml").code == 2
    assert office("process diff b2b other").code == 2
    assert office("process diff b2b@x b2b").code == 2
