"""What lint warns about, beside what keeps a file from loading."""

from pathlib import Path

import pytest
from tests.process.files import GOOD, RULE, changed

from pipeline_engine.process import Process, lint, load_process

CONFIG = Path(__file__).resolve().parents[2] / "config"
SHIPPED = sorted([*CONFIG.glob("processes/*.yaml"), *CONFIG.glob("examples/*/process.yaml")])


def _codes(text: str) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.line) for finding in lint(text, "p.yaml") if finding.code != "unused-limit"]


def test_a_limit_that_no_rule_uses_is_pointed_out():
    """It looks as if it did something."""
    (finding,) = lint(GOOD, "p.yaml")
    assert (finding.code, finding.severity, finding.line, finding.column) == (
        "unused-limit",
        "warning",
        3,
        10,
    )


def test_a_currency_that_may_not_exist_is_pointed_out():
    """The list of ISO 4217 changes, so this is no error."""
    assert _codes(changed("currency: EUR", "currency: EUX")) == [("unlisted-currency", 2)]


def test_a_role_is_pointed_out_where_no_roles_are_declared():
    """Where some are, an undeclared one is an error."""
    text = changed("roles: [rep, manager]\n", "", changed(RULE, "approval: manager"))
    assert _codes(text) == [("undeclared-role", 13)]


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (
            "activities.exists(a, a.kind == 'meting')",
            "there is no activity `meting`; did you mean `meeting`?",
        ),
        (
            "contacts.exists(c, 'boss' == c.role)",
            "there is no contact role `boss`; there is `economic_buyer`",
        ),
        ("deal.region == 'EMA'", "there is no choice of `region` `EMA`; did you mean `EMEA`?"),
        ("deal.region in ['NA', 'APAC']", "there is no choice of `region` `APAC`; there is `EMEA` or `NA`"),
        ("'manger' in actor.roles", "there is no role `manger`; did you mean `manager`?"),
        ("stage.id != 'leed'", "there is no stage `leed`; did you mean `lead`?"),
        ("approvals.exists(a, a.rule == 'bigg')", "there is no rule `bigg`; did you mean `big`?"),
    ],
)
def test_a_text_that_nothing_declared_is_pointed_out(check, message):
    """It compiles, and can never be true."""
    text = changed(RULE, f'{{id: big, check: "{check}"}}')
    findings = [finding for finding in lint(text, "p.yaml") if finding.code == "unknown-literal"]
    assert [finding.message for finding in findings] == [f"rule `big`: {message}"]


def test_declared_texts_are_not_pointed_out():
    """No false alarm for what is declared."""
    check = "deal.region == 'NA' && move.to != 'won' && 'rep' in actor.roles && deal.amount > limits.manager_from"
    assert lint(changed(RULE, f'{{id: big, check: "{check}"}}'), "p.yaml") == ()


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_the_processes_shipped_with_the_engine_are_clean(file):
    """Nothing to complain about, nothing doubtful without a reason, and their stored form is whole."""
    text = file.read_text(encoding="utf-8")
    assert [finding for finding in lint(text, file.name) if finding.silenced is None] == []
    process = load_process(text, file.name)
    assert Process.model_validate_json(process.model_dump_json()) == process


def test_the_strict_process_is_the_next_version_of_the_plain_one():
    """It has the same name and asks what the plain one asks, some of it earlier."""
    plain, strict = (load_process((CONFIG / "processes" / name).read_text(), name) for name in
                     ("b2b-saas.yaml", "b2b-saas-strict.yaml"))  # fmt: skip
    assert plain.name == strict.name
    moved = {"negotiation:contacts:economic_buyer:1", "proposal:contacts:economic_buyer:1"}
    assert set(plain.rule_ids) ^ set(strict.rule_ids) == moved
    assert (str(plain.limits["manager_from"]), str(strict.limits["manager_from"])) == ("50000", "25000")
    assert len([rule for rule in plain.rules if rule.kind != "topology"]) == 9
