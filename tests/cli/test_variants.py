"""Variants from the command line: checked against a file or the store, published, and shown where a deal strays."""

from pathlib import Path

import pytest

from tests.cli.conftest import Type
from tests.cli.given import PROCESS

BASE = PROCESS.replace(
    "  amount: {type: money}\n", "  amount: {type: money}\n  region: {type: choice, of: [EMEA, NA]}\n"
)
EMEA = "process: b2b-emea\nextends: b2b@2\nfor: {region: [EMEA]}\nremove: [two-meetings]\n"
NA = "process: b2b-na\nextends: b2b@2\nfor: {region: [NA]}\n"


@pytest.fixture
def family(office: Type, folder: Path) -> Type:
    """The office with regions in version 2, and a variant for each of two."""
    for name, text in (("b2b.yaml", BASE), ("emea.yaml", EMEA), ("na.yaml", NA)):
        (folder / name).write_text(text, encoding="utf-8")
        assert office(f"process publish {name} --by ops-1").code == 0
    return office


def test_lint_takes_a_file_beside_it_where_no_store_has_the_base(line: Type, folder: Path) -> None:
    """It says so, and makes no store."""
    (folder / "b2b.yaml").write_text(BASE, encoding="utf-8")
    (folder / "emea.yaml").write_text(EMEA, encoding="utf-8")
    found = line("process lint emea.yaml")
    assert found.code == 1
    assert found.out.splitlines()[0] == (
        "emea.yaml:2:10: warning: `b2b@2` is not published; what is checked here is made from b2b.yaml "
        "[base-not-published]"
    )
    assert not (folder / "sales.db").exists()


def test_lint_of_a_variant_without_any_base_says_what_was_looked_for(line: Type, folder: Path) -> None:
    """And what to do next."""
    (folder / "emea.yaml").write_text(EMEA.replace("b2b@2", "b3b@2"), encoding="utf-8")
    found = line("process lint emea.yaml")
    assert found.code == 1
    assert found.out.splitlines()[0] == (
        "emea.yaml:2:10: error: there is no process `b3b@2` to extend; expected one that is published "
        "(`process publish FILE` does it), or to look at only, a file beside this one whose `process` is "
        "`b3b` [cannot-load]"
    )


@pytest.mark.parametrize("more", ["", " --no-history", " --json"])
def test_lint_takes_the_base_from_the_store(family: Type, more: str) -> None:
    """With and without its history."""
    found = family(f"process lint emea.yaml{more}")
    assert found.code == 0
    assert "base-not-published" not in found.out


def test_lint_says_when_the_base_has_moved_on(family: Type, folder: Path) -> None:
    """The variant is made from an older version than the one in force."""
    (folder / "b2b.yaml").write_text(BASE.replace("50000", "60000"), encoding="utf-8")
    family("process publish b2b.yaml --by ops-1")
    found = family("process lint emea.yaml --json")
    assert [(each["code"], each["line"], each["message"]) for each in found.json["findings"]][:1] == [
        ("base-moved-on", 2, "`b2b@3` is in force; this variant is made from `b2b@2` and stays so")
    ]
    assert found.code == 1


def test_a_variant_that_overlaps_is_not_published(family: Type, folder: Path) -> None:
    """One line with the place, both names and a deal that fits both."""
    (folder / "all.yaml").write_text(NA.replace("b2b-na", "b2b-all").replace("[NA]", "[NA, EMEA]"), encoding="utf-8")
    refused = family("process publish all.yaml --by ops-1")
    assert refused.code == 2
    assert refused.said_in_one_line() == (
        "error: all.yaml:3:6: `b2b-all` and `b2b-emea@1`, which is in force, are both for a deal with region EMEA; "
        "expected `for` without a value in common, or one field more in both"
    )
    assert family("process publish all.yaml --by ops-1 --json").json["error"]["type"] == "VariantsOverlap"


def test_a_variant_is_shown_with_its_base(family: Type) -> None:
    """Which version it is made from, and which deals it is for."""
    assert family("process show b2b-emea").out.splitlines()[1] == "  a variant of b2b@2, for region EMEA"
    assert "variant" not in family("process show b2b").out
    document = family("process show b2b-emea --json").json
    assert (document["extends"]["process"], document["extends"]["version"]) == ("b2b", 2)
    assert document["variant_for"] == {"region": ["EMEA"]}


def test_a_deal_that_has_strayed_says_so(family: Type) -> None:
    """In `deal show`, in `deal next` and for scripts; a closed deal does not."""
    assert family("deal open D-2 --process b2b --set region=EMEA --owner rep-1 --by rep-1").code == 0
    assert "  b2b-emea@1 is the variant of b2b for region EMEA\n" in family("deal show D-2").out
    assert "variant" not in family("deal next D-2").out
    family("deal set D-2 region=NA --by rep-1")
    line = (
        "  b2b-emea@1 is for region EMEA; region is NA now, for which b2b-na@1 is meant; "
        "the deal keeps its own until `process migrate b2b-emea --to b2b-na@1`\n"
    )
    assert line in family("deal show D-2").out
    assert line in family("deal next D-2").out
    expected = {
        "runs_under": "b2b-emea@1", "base": "b2b", "fits": False, "meant": "b2b-na@1", "astray": True,
        "for": {"region": ["EMEA"]}, "by": {"region": "NA"},
    }  # fmt: skip
    assert family("deal show D-2 --json").json["variant"] == expected
    assert family("deal next D-2 --json").json["variant"] == expected
    family("deal lose D-2 --reason price --by rep-1")
    assert "is meant" not in family("deal show D-2").out + family("deal next D-2").out


def test_a_deal_of_the_base_says_which_variant_is_meant_for_it_now(family: Type) -> None:
    """A field that is not recorded fits no variant."""
    assert family("deal open D-2 --process b2b --owner rep-1 --by rep-1").code == 0
    assert "is meant" not in family("deal show D-2").out
    family("deal set D-2 region=NA --by rep-1")
    assert "  b2b@2 is for deals that no variant is for; region is NA now, for which b2b-na@1 is meant" in (
        family("deal show D-2").out
    )


def test_a_process_without_variants_says_nothing_of_them(office: Type) -> None:
    """Scripts find a null."""
    assert office("deal show D-1 --json").json["variant"] is None
    assert "variant" not in office("deal show D-1").out


def test_a_variant_named_outright_takes_only_its_deals(family: Type) -> None:
    """One line that says which value is needed."""
    refused = family("deal open D-2 --process b2b-na --set region=EMEA --owner rep-1 --by rep-1")
    assert refused.code == 2
    assert refused.said_in_one_line() == (
        "error: `region` cannot be `EMEA`; expected `NA`, which `b2b-na` is for; under `b2b` the fitting one is found"
    )


def test_a_variant_s_file_can_be_compared_and_tried_on_the_past(family: Type) -> None:
    """With its base from the store."""
    assert "proposal: B is looser" in family("process diff b2b@2 emea.yaml").out
    family("deal open D-2 --process b2b --set region=EMEA --owner rep-1 --by rep-1")
    assert family("backtest emea.yaml --json").json["attempts"] == 1


def test_views_know_a_variant_as_a_process_of_its_own(family: Type) -> None:
    """Each with its own stages; the base's view holds the base's deals alone."""
    family("deal open D-2 --process b2b --set region=EMEA --owner rep-1 --by rep-1")
    assert family("view health --process b2b --json").json["open"] == 1
    assert family("view health --process b2b-emea --json").json["open"] == 1
    assert [each["id"] for each in family("deal list --process b2b-emea --json").json] == ["D-2"]
