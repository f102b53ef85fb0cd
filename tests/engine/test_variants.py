"""Variants from publishing to the deal: what may be published, which one a deal is opened under, what it keeps."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from pipeline_engine.engine import Engine
from pipeline_engine.errors import BadProcess, BadValue, VariantsOverlap
from pipeline_engine.process import Extends, digest_of
from tests.engine.shop import PROCESS, Shop

FIELDS = "  region: {type: choice, of: [EMEA, NA, APAC]}\n  desk: {type: person}\n"
BASE = PROCESS.replace("  amount: {type: money}\n", "  amount: {type: money}\n" + FIELDS)


def written(name: str, wanted: str, more: str = "", version: int = 2) -> str:
    """A variant of the shop's process."""
    return f"process: {name}\nextends: shop@{version}\nfor: {wanted}\n{more}"


EMEA = written("shop-emea", "{region: [EMEA]}", "stages: [{id: offer, enter: [{id: worth, check: deal.amount > 5}]}]\n")
NA = written("shop-na", "{region: [NA]}")


def publish(shop: Shop, text: str) -> None:
    """Publish from text."""
    shop.engine.publish_text(text, "v.yaml", by="ops")


@pytest.fixture
def family(shop: Shop) -> Shop:
    """The shop with regions in version 2, and a variant each for two of them."""
    for text in (BASE, EMEA, NA):
        publish(shop, text)
    return shop


def opened(shop: Shop, process: str = "shop", deal: str = "D", **fields: str) -> str:
    """What a deal is opened under."""
    assert shop.ask("open_deal", deal, process=process, owner="rep", fields=fields).accepted
    found = shop.engine.deal(deal)
    return f"{found.process}@{found.process_version}"


def test_a_deal_is_opened_under_the_variant_that_is_for_it(family: Shop) -> None:
    """The base is asked for; what is recorded is the variant with its version."""
    assert opened(family, region="EMEA", deal="D-1") == "shop-emea@1"
    assert opened(family, region="NA", deal="D-2") == "shop-na@1"
    assert opened(family, region="APAC", deal="D-3") == "shop@2"
    assert opened(family, deal="D-4") == "shop@2"


def test_the_variant_s_rules_judge_the_deal(family: Shop) -> None:
    """The base's rules, and the variant's own beside them."""
    opened(family, region="EMEA", amount="5", mail="a@b")
    said = family.ask("move", "D", to="offer")
    assert {each.rule: each.verdict for each in said.verdicts} == {
        "moves:forward": "pass", "reachable": "pass", "worth": "fail",
    }  # fmt: skip
    assert not said.accepted


def test_what_was_published_says_what_it_extends(family: Shop) -> None:
    """By name, version and digest; it comes back from its event alone."""
    (published,) = (each for each in family.engine.processes() if each.name == "shop")
    process = family.engine.process("shop-emea")
    assert process.extends == Extends(process="shop", version=2, digest=published.versions[1].digest)
    assert process.variant_for == {"region": ("EMEA",)}


def test_a_variant_can_be_named_where_the_deal_is_one_it_is_for(family: Shop) -> None:
    """Otherwise it is an error that names the field, and nothing is recorded."""
    assert opened(family, "shop-na", region="NA") == "shop-na@1"
    before = family.engine._store.position()
    for fields in ({"region": "EMEA"}, {}):
        with pytest.raises(BadValue, match="expected `NA`, which `shop-na` is for"):
            opened(family, "shop-na", "E", **fields)
    assert family.engine._store.position() == before


def test_a_value_that_cannot_be_read_is_an_error_before_a_variant_is_chosen(family: Shop) -> None:
    """A slip does not open the deal under the base."""
    with pytest.raises(BadValue, match="did you mean `EMEA`"):
        opened(family, region="emea")


def test_an_opening_asked_again_is_recorded_once_whatever_was_published_since(family: Shop) -> None:
    """The command is what was asked for, not what was chosen."""
    what: dict[str, Any] = {"process": "shop", "owner": "rep", "fields": {"region": "APAC"}, "command_id": "c-1"}
    assert family.ask("open_deal", **what).accepted
    publish(family, written("shop-apac", "{region: [APAC]}"))
    again = family.ask("open_deal", **what)
    assert (again.accepted, again.repeated, family.engine.deal("D").process) == (True, True, "shop")


def test_a_deal_whose_field_changes_keeps_its_variant_and_is_flagged(family: Shop) -> None:
    """It says what it runs under, that it fits no more, and which one is meant now."""
    opened(family, region="EMEA")
    fitting = family.engine.variant("D")
    assert fitting is not None
    assert (fitting.runs_under, fitting.fits, fitting.astray, fitting.meant) == (
        "shop-emea@1",
        True,
        False,
        "shop-emea@1",
    )
    family.ask("set", "D", {"region": "NA"})
    assert family.engine.deal("D").process == "shop-emea"
    strayed = family.engine.variant("D")
    assert strayed is not None
    assert (strayed.runs_under, strayed.fits, strayed.astray, strayed.meant) == (
        "shop-emea@1",
        False,
        True,
        "shop-na@1",
    )
    assert (strayed.for_, strayed.by) == ({"region": ("EMEA",)}, {"region": "NA"})


def test_a_deal_of_the_base_is_flagged_when_a_variant_is_meant_for_it(family: Shop) -> None:
    """Because its field was recorded later, or the variant came later."""
    opened(family)
    family.ask("set", "D", {"region": "NA"})
    found = family.engine.variant("D")
    assert found is not None
    assert (found.fits, found.astray, found.meant, dict(found.for_)) == (True, True, "shop-na@1", {})


def test_a_process_without_variants_has_nothing_to_say(shop: Shop) -> None:
    """There is no such question about its deals."""
    shop.deal_in("lead")
    assert shop.engine.variant("D") is None


def test_a_base_published_anew_changes_no_variant(family: Shop) -> None:
    """The variant stays what it was made from; deals of other regions get the new base."""
    before = family.engine.process("shop-emea")
    publish(family, BASE.replace("id: big, approval: manager", "id: big, approval: vp"))
    assert family.engine.process("shop-emea") == before
    assert opened(family, region="EMEA", amount="10", mail="a@b", deal="D-1") == "shop-emea@1"
    assert opened(family, region="APAC", deal="D-2") == "shop@3"
    assert family.engine.process("shop-emea").rule("big").approval == "manager"
    assert family.engine.process("shop").rule("big").approval == "vp"


def test_a_variant_of_another_version_of_the_base_still_stands_beside_the_others(family: Shop) -> None:
    """New deals are shared out between variants of all versions of one base, so these may not overlap either."""
    publish(family, BASE.replace("id: big, approval: manager", "id: big, approval: vp"))
    with pytest.raises(VariantsOverlap, match="both for a deal with region EMEA"):
        publish(family, written("shop-west", "{region: [EMEA, APAC]}", version=3))
    publish(family, written("shop-west", "{region: [APAC]}", version=3))
    assert opened(family, region="APAC") == "shop-west@1"


def test_two_variants_that_fit_one_deal_are_not_both_published(family: Shop) -> None:
    """The second one is refused at the place of its `for`, with a deal that fits both; nothing is recorded."""
    before = family.engine._store.position()
    with pytest.raises(VariantsOverlap) as refused:
        publish(family, written("shop-all", "{region: [APAC, NA]}"))
    assert str(refused.value) == (
        "v.yaml:3:6: `shop-all` and `shop-na@1`, which is in force, are both for a deal with region NA; "
        "expected `for` without a value in common, or one field more in both"
    )
    assert family.engine._store.position() == before


def test_a_variant_published_anew_replaces_itself(family: Shop) -> None:
    """With more values, unless another one has them; what it gives up is free for another."""
    publish(family, written("shop-emea", "{region: [EMEA, APAC]}"))
    assert opened(family, region="APAC") == "shop-emea@2"
    publish(family, written("shop-emea", "{region: [APAC]}"))
    publish(family, written("shop-north", "{region: [EMEA]}"))
    assert opened(family, region="EMEA", deal="E") == "shop-north@1"
    with pytest.raises(VariantsOverlap):
        publish(family, written("shop-emea", "{region: [APAC, EMEA]}"))


def test_publishing_a_variant_again_changes_nothing(family: Shop) -> None:
    """The digest in force is the digest in force."""
    before = family.engine._store.rows(0, 1000)
    assert not family.engine.publish_text(EMEA, "v.yaml", by="ops").new
    assert family.engine._store.rows(0, 1000) == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (written("shop-x", "{region: [APAC]}", version=9), "there is no process `shop@9` to extend"),
        (written("shop-x", "{region: [APAC]}").replace("shop@2", "shoop@2"), "there is no process `shoop@2` to extend"),
        (written("shop-x", "{region: [APAC]}").replace("@2", ""), "expected the version it is made from: `shop@2`"),
        (written("shop-x", "{region: [APAC]}").replace("shop@2", "shop-na@1"), "`shop-na@1` is itself a variant"),
        (written("shop-x", "{region: [APAC]}", version=1), "there is no field of shop@1 `region`"),
        (written("shop", "{region: [APAC]}"), "a variant has the name of its base"),
    ],
)
def test_a_variant_is_published_only_over_a_published_version(family: Shop, text: str, message: str) -> None:
    """What was looked for is said, and nothing is recorded."""
    before = family.engine._store.position()
    with pytest.raises(BadProcess, match=r"^v.yaml:") as refused:
        publish(family, text)
    assert message in str(refused.value)
    assert family.engine._store.position() == before


def test_a_base_does_not_become_a_variant_of_another_process(family: Shop) -> None:
    """Its own variants would be variants of a variant."""
    publish(family, BASE.replace("process: shop", "process: mall"))
    text = written("shop", "{region: [NA]}").replace("shop@2", "mall@1")
    with pytest.raises(BadProcess, match="is itself the base of `shop-emea@1` or `shop-na@1`"):
        publish(family, text)


def test_a_file_beside_it_is_a_base_to_look_at_and_not_to_publish(shop: Shop, tmp_path: Path) -> None:
    """The one whose stem is the name comes before others of that name; a published version before all files."""
    (tmp_path / "a-shop.yaml").write_text(BASE.replace("gone", "wrong"))
    (tmp_path / "shop.yaml").write_text(BASE)
    (tmp_path / "broken.yaml").write_bytes(b"process: shop\xff\n")
    file = tmp_path / "emea.yaml"
    file.write_text(EMEA)
    process = shop.engine.load(file)
    assert process.extends == Extends(process="shop", version=0, digest=digest_of(BASE))
    assert [reason.id for reason in process.lost_reasons] == ["price", "gone"]
    assert "base-not-published" in {each.code for each in shop.engine.lint(file).findings}
    with pytest.raises(BadProcess, match="there is no process `shop@2` to extend"):
        shop.engine.publish(file, by="ops")
    publish(shop, BASE)
    assert "base-not-published" not in {each.code for each in shop.engine.lint(file).findings}
    assert shop.engine.publish(file, by="ops").new


@pytest.fixture(params=["memory", "sqlite"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Engine]]:
    """Engines on one store: as many as there are threads on a file, one for all in memory."""
    url = "memory://" if request.param == "memory" else f"sqlite:///{tmp_path}/shop.db"
    first = Shop.opened(url).engine
    first.publish_text(BASE, "b.yaml", by="ops")
    engines = (
        [first] * 4 if request.param == "memory" else [first, *(Engine.open(url, clock_name="test") for _ in range(3))]
    )
    yield engines
    for engine in dict.fromkeys(engines):
        engine.close()


def test_variants_published_at_the_same_time_do_not_overlap(stores: list[Engine]) -> None:
    """Of four that are for the same deals one is published, whoever comes first; turn after turn, for other deals."""
    for turn in range(10):
        barrier = Barrier(len(stores))

        def work(number: int, turn: int = turn, barrier: Barrier = barrier) -> str:
            text = written(f"shop-{turn}-{number}", f"{{desk: [desk-{turn}]}}")
            barrier.wait()
            try:
                stores[number].publish_text(text, "v.yaml", by="ops")
            except VariantsOverlap:
                return "refused"
            return "published"

        with ThreadPoolExecutor(len(stores)) as pool:
            assert sorted(pool.map(work, range(len(stores)))) == ["published", "refused", "refused", "refused"]
    assert len([each for each in stores[0].processes() if each.in_force.process.extends]) == 10
