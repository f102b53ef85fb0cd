"""What the store adds to lint: how the rules judged under every version that has them, and who could approve."""

from pathlib import Path

from pipeline_engine.engine import rule_use
from pipeline_engine.process import Used, load_process
from tests.engine.shop import PROCESS, Shop


def _use(shop: Shop, text: str) -> dict[str, Used]:
    found = rule_use(load_process(text, "shop.yaml"), shop.engine.facts())
    return {rule: used for rule, used in found.rules.items() if used.asked}


def test_the_past_of_a_rule_is_counted_under_every_version_that_has_it(shop):
    """A version that changed another rule goes on counting; one that changed this rule does not."""
    shop.ask("open_deal", process="shop", owner="rep")
    shop.ask("move", to="offer")
    assert _use(shop, PROCESS)["reachable"] == Used(unknown=1)
    other = PROCESS.replace("deal.amount >= 1000", "deal.amount >= 2000")
    shop.engine.publish_text(other, "shop.yaml", by="ops")
    assert _use(shop, other)["reachable"] == Used(unknown=1)
    assert "reachable" not in _use(shop, other.replace("contains('@')", "contains('.')"))


def test_a_process_that_nobody_used_has_no_past(shop):
    """Another name is another process."""
    assert _use(shop, PROCESS.replace("process: shop", "process: stall")) == {}


def test_lint_knows_who_could_approve(shop, tmp_path: Path):
    """The only holder of a role who owns deals himself is pointed out; nothing is written by looking."""
    file = tmp_path / "shop.yaml"
    file.write_text(PROCESS.replace("approval: manager", "approval: vp"), encoding="utf-8")
    position = shop.engine.facts().position
    assert [each.code for each in shop.engine.lint(file).findings] == []
    shop.ask("open_deal", process="shop", owner="vp")
    linted = shop.engine.lint(file)
    assert [(each.code, each.about) for each in linted.findings] == [("approval-only-owner", ("big", "vp"))]
    assert linted.people == 4
    assert shop.engine.facts().position > position


def test_a_file_that_does_not_load_has_its_errors_and_no_past(shop, tmp_path: Path):
    """There are no rules to look up."""
    file = tmp_path / "shop.yaml"
    file.write_text(PROCESS.replace("currency: EUR", "currency: euro"), encoding="utf-8")
    linted = shop.engine.lint(file)
    assert ([each.code for each in linted.findings], linted.attempts) == (["cannot-load"], 0)
