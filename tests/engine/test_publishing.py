"""How a process changes: who may publish, four eyes, retired; by what the version in force says."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from pipeline_engine.errors import BadMoment, BadValue, ProcessIsRetired, UnknownProcess
from tests.engine.shop import PROCESS, Shop

GOVERNED = f"{PROCESS}publishing: {{by: [manager]}}\n"
TWO_PEOPLE = f"{PROCESS}publishing: {{by: [manager], four_eyes: true}}\n"
CHANGED = TWO_PEOPLE.replace("amount >= 1000", "amount >= 500")


def governed(shop: Shop, text: str = GOVERNED) -> Shop:
    """The shop with a version in force that says who may change it."""
    shop.engine.publish_text(text, "shop.yaml", by="ops")
    return shop


def events(shop: Shop, name: str = "shop") -> list[str]:
    """What happened to a process, by name."""
    return [type(recorded.event).__name__ for recorded in shop.engine._store.events(f"process:{name}")]


def test_a_process_that_says_nothing_is_changed_by_everybody(shop: Shop) -> None:
    """Without the key `publishing` the next version needs no role and no reason."""
    published = shop.engine.publish_text(GOVERNED, "shop.yaml", by="rep")
    assert (published.new, published.refused, published.process.version) == (True, None, 2)


def test_who_holds_no_role_that_may_is_refused_and_it_is_recorded(shop: Shop) -> None:
    """An auditor will ask who tried."""
    tried = governed(shop).engine.publish_text(CHANGED, "shop.yaml", "a lower limit", by="rep")
    assert (tried.new, tried.refused, tried.process.version) == (False, "no-role", 2)
    assert events(shop) == ["ProcessPublished", "ProcessPublished", "PublicationRefused"]


def test_a_change_needs_a_reason(shop: Shop) -> None:
    """Where the version in force governs, blanks are no reason, and nothing is recorded."""
    for why in (None, "", "  "):
        with pytest.raises(BadValue, match="--why"):
            governed(shop).engine.publish_text(CHANGED, "shop.yaml", why, by="boss")
    assert "PublicationRefused" not in events(shop)


def test_who_may_publishes_with_a_reason(shop: Shop) -> None:
    """Author and reason stay with the version."""
    published = governed(shop).engine.publish_text(CHANGED, "shop.yaml", "a lower limit", by="boss")
    assert (published.new, published.process.version) == (True, 3)
    (process,) = shop.engine.processes()
    assert (process.in_force.author, process.in_force.why) == ("boss", "a lower limit")


def test_the_version_in_force_governs_not_the_one_that_comes(shop: Shop) -> None:
    """Nobody gives themselves the right by writing it into the file."""
    own = CHANGED.replace("by: [manager]", "by: [rep]")
    assert governed(shop).engine.publish_text(own, "shop.yaml", "mine", by="rep").refused == "no-role"


def test_with_four_eyes_the_first_only_proposes(shop: Shop) -> None:
    """The version in force stays until a second person agrees."""
    proposed = governed(shop, TWO_PEOPLE).engine.publish_text(CHANGED, "shop.yaml", "a lower limit", by="boss")
    assert (proposed.new, proposed.process.version) == (False, 2)
    assert proposed.proposed is not None
    assert (proposed.proposed.by, proposed.proposed.why) == ("boss", "a lower limit")
    assert events(shop)[-1] == "ProcessProposed"


def test_a_second_person_puts_it_in_force(shop: Shop) -> None:
    """Who proposed it and who agreed both stand with the version."""
    governed(shop, TWO_PEOPLE).engine.publish_text(CHANGED, "shop.yaml", "a lower limit", by="boss")
    published = shop.engine.confirm("shop", by="vp")
    assert (published.new, published.process.version, published.refused) == (True, 3, None)
    (process,) = shop.engine.processes()
    version = process.in_force
    assert (version.author, version.proposed_by, version.why) == ("vp", "boss", "a lower limit")
    assert process.proposed is None


@pytest.mark.parametrize(("who", "why"), [("boss", "four-eyes"), ("rep", "no-role")])
def test_who_may_not_agree_is_refused_and_it_is_recorded(shop: Shop, who: str, why: str) -> None:
    """Not the one who proposed it, and nobody without the role."""
    governed(shop, TWO_PEOPLE).engine.publish_text(CHANGED, "shop.yaml", "a lower limit", by="boss")
    tried = shop.engine.confirm("shop", by=who)
    assert (tried.new, tried.refused, events(shop)[-1]) == (False, why, "PublicationRefused")


def test_four_eyes_bind_in_a_store_without_people_too() -> None:
    """Roles bind nobody there; that two people agree does not need a register."""
    shop = governed(Shop.opened(people=None), TWO_PEOPLE)
    shop.engine.publish_text(CHANGED, "shop.yaml", "a lower limit", by="anna")
    assert shop.engine.confirm("shop", by="anna").refused == "four-eyes"
    assert shop.engine.confirm("shop", by="ben").new


def test_what_is_agreed_to_is_what_was_read(shop: Shop) -> None:
    """With the digest of what somebody read, another proposal in its place is not put in force."""
    governed(shop, TWO_PEOPLE).engine.publish_text(CHANGED, "shop.yaml", "a lower limit", by="boss")
    read = shop.engine.processes()[0].proposed
    assert read is not None
    shop.engine.withdraw_proposal("shop", by="boss")
    shop.engine.publish_text(CHANGED.replace("500", "5"), "shop.yaml", "lower still", by="boss")
    with pytest.raises(BadValue, match="--digest"):
        shop.engine.confirm("shop", read.digest, by="vp")


def test_one_change_is_proposed_at_a_time(shop: Shop) -> None:
    """The same again is nothing; another one waits until the first is confirmed or withdrawn."""
    governed(shop, TWO_PEOPLE).engine.publish_text(CHANGED, "shop.yaml", "a lower limit", by="boss")
    assert shop.engine.publish_text(CHANGED, "shop.yaml", "again", by="vp").proposed is not None
    with pytest.raises(BadValue, match="`process confirm shop` or `process withdraw shop` first: what boss proposed"):
        shop.engine.publish_text(CHANGED.replace("500", "5"), "shop.yaml", "lower still", by="vp")
    assert events(shop).count("ProcessProposed") == 1


def test_a_proposal_is_withdrawn_by_who_made_it_or_who_may(shop: Shop) -> None:
    """Somebody without the role may not, and it is recorded."""
    governed(shop, TWO_PEOPLE).engine.publish_text(CHANGED, "shop.yaml", "a lower limit", by="boss")
    assert shop.engine.withdraw_proposal("shop", by="rep").refused == "no-role"
    assert shop.engine.withdraw_proposal("shop", "not now", by="vp").refused is None
    assert shop.engine.processes()[0].proposed is None
    with pytest.raises(BadValue, match="of `shop` none does"):
        shop.engine.confirm("shop", by="vp")


def test_asked_twice_it_is_recorded_once(shop: Shop) -> None:
    """The same command id answers as before, and the second person's too."""
    governed(shop, TWO_PEOPLE)
    for _ in range(2):
        asked = shop.engine.publish_text(CHANGED, "shop.yaml", "a lower limit", by="boss", command_id="c1")
        assert asked.proposed is not None
    for _ in range(2):
        assert shop.engine.confirm("shop", by="vp", command_id="c2").process.version == 3
    assert events(shop)[2:] == ["ProcessProposed", "ProcessPublished"]


def test_a_retired_process_opens_no_deals(shop: Shop) -> None:
    """Those that are open go on."""
    shop.deal_in("lead").engine.retire("shop", "nobody buys it", by="ops")
    with pytest.raises(ProcessIsRetired, match="nobody buys it"):
        shop.ask("open_deal", "E", process="shop", owner="rep")
    assert shop.ask("move", to="offer").accepted
    assert shop.engine.processes()[0].retired is not None


def test_retiring_twice_is_retiring_once(shop: Shop) -> None:
    """The first reason stays."""
    for why in ("nobody buys it", "again"):
        shop.engine.retire("shop", why, by="ops")
    assert events(shop) == ["ProcessPublished", "ProcessRetired"]


def test_publishing_again_puts_a_retired_process_back(shop: Shop) -> None:
    """The same text is another version then, the same as the one before."""
    shop.engine.retire("shop", "nobody buys it", by="ops")
    back = shop.engine.publish_text(PROCESS, "shop.yaml", by="ops")
    assert (back.new, back.process.version, back.same_as) == (True, 2, 1)
    assert shop.ask("open_deal", "E", process="shop", owner="rep").accepted


def test_who_may_not_change_a_process_may_not_retire_it(shop: Shop) -> None:
    """And a reason is needed whoever asks."""
    assert governed(shop).engine.retire("shop", "mine", by="rep").refused == "no-role"
    with pytest.raises(BadValue, match="--why"):
        shop.engine.retire("shop", " ", by="boss")
    with pytest.raises(UnknownProcess):
        shop.engine.retire("shpo", "gone", by="boss")


def test_a_role_taken_away_meanwhile_does_not_serve(shop: Shop) -> None:
    """Who may is looked up when it is decided."""
    governed(shop)
    shop.people("people: [{id: boss, roles: [rep]}]")
    assert shop.engine.publish_text(CHANGED, "shop.yaml", "a lower limit", by="boss").refused == "no-role"


VARIANT = "process: shop-emea\nextends: shop@2\nfor: {region: [EMEA]}\n"


def variants(shop: Shop, text: str = TWO_PEOPLE) -> Shop:
    """The shop whose base says who may change it, and has a field to tell variants by."""
    return governed(shop, text.replace("deal:\n", "deal:\n  region: {type: choice, of: [EMEA, NA]}\n", 1))


def test_the_first_version_of_a_variant_is_governed_by_its_base(shop: Shop) -> None:
    """Else whoever may not change a process would take its deals away by a variant without its rules."""
    tried = variants(shop).engine.publish_text(VARIANT, "emea.yaml", "EMEA sells otherwise", by="rep")
    assert (tried.new, tried.refused, tried.process.version) == (False, "no-role", 0)
    assert events(shop, "shop-emea") == ["PublicationRefused"]
    assert [each.name for each in shop.engine.processes()] == ["shop"]
    with pytest.raises(UnknownProcess):
        shop.engine.process("shop-emea")
    with pytest.raises(BadValue, match="--why"):
        shop.engine.publish_text(VARIANT, "emea.yaml", by="boss")


def test_with_four_eyes_a_variant_is_proposed_before_it_takes_a_deal(shop: Shop) -> None:
    """Proposed it is no variant yet; confirmed by a second person it is."""
    proposed = variants(shop).engine.publish_text(VARIANT, "emea.yaml", "EMEA sells otherwise", by="boss")
    assert proposed.proposed is not None
    assert (proposed.new, proposed.process.version) == (False, 0)
    shop.engine.open_deal("D-1", process="shop", owner="rep", by="rep", fields={"region": "EMEA"})
    assert shop.engine.deal("D-1").process == "shop"
    assert shop.engine.confirm("shop-emea", by="boss").refused == "four-eyes"
    with pytest.raises(UnknownProcess):
        shop.engine.open_deal("D-2", process="shop-emea", owner="rep", by="rep")
    with pytest.raises(UnknownProcess):
        shop.engine.retire("shop-emea", "of no use", by="boss")
    published = shop.engine.confirm("shop-emea", by="vp")
    assert (published.new, published.process.label) == (True, "shop-emea@1")
    shop.engine.open_deal("D-3", process="shop", owner="rep", by="rep", fields={"region": "EMEA"})
    assert shop.engine.deal("D-3").process == "shop-emea"


def test_a_variant_that_is_taken_back_before_it_was_confirmed_was_never_there(shop: Shop) -> None:
    """Asked again with the same id the answer is the same; and it may be proposed anew."""
    variants(shop).engine.publish_text(VARIANT, "emea.yaml", "EMEA sells otherwise", by="boss")
    for _ in range(2):
        assert shop.engine.withdraw_proposal("shop-emea", by="boss", command_id="w-1").process.version == 0
    assert events(shop, "shop-emea") == ["ProcessProposed", "ProposalWithdrawn"]
    assert [each.name for each in shop.engine.processes()] == ["shop"]
    assert shop.engine.publish_text(VARIANT, "emea.yaml", "once more", by="vp").proposed is not None


def test_the_base_in_force_governs_not_the_one_that_is_extended(shop: Shop) -> None:
    """A variant of an old version that everybody might change is no way round."""
    variants(variants(shop, PROCESS))
    assert shop.engine.publish_text(VARIANT, "emea.yaml", "of the old one", by="rep").refused == "no-role"


DAY = timedelta(days=1)


@pytest.mark.parametrize("verb", ["publish", "confirm", "retire", "migrate"])
def test_a_role_that_is_over_changes_nothing_by_naming_an_earlier_time(shop: Shop, verb: str) -> None:
    """Who may is asked when it is asked for, whenever it is said to have happened."""
    engine = governed(shop, TWO_PEOPLE).engine
    shop.engine.delegate("boss", "rep", "manager", until=shop.clock() + DAY, by="boss")
    while_lent = shop.clock() + DAY / 2
    if verb == "confirm":
        engine.publish_text(CHANGED, "shop.yaml", "a lower limit", by="vp")
    shop.clock.on(10)
    asked: dict[str, Callable[[], Any]] = {
        "publish": lambda: engine.publish_text(CHANGED, "shop.yaml", "a lower limit", by="rep", at=while_lent),
        "confirm": lambda: engine.confirm("shop", by="rep", at=while_lent),
        "retire": lambda: engine.retire("shop", "no more", by="rep", at=while_lent),
        "migrate": lambda: engine.migrate("shop", "1", why="it is better", by="rep", at=while_lent),
    }
    shop.engine.open_deal("D-1", process="shop", owner="rep", by="rep")
    assert asked[verb]().refused == "no-role"


def test_nothing_is_published_at_a_time_that_is_still_to_come(shop: Shop) -> None:
    """A version that is in force tomorrow is published tomorrow."""
    with pytest.raises(BadMoment, match="is in the future"):
        shop.engine.publish_text(GOVERNED, "shop.yaml", by="boss", at=shop.clock() + DAY)


MINE = PROCESS.replace("process: shop", "process: shop-emea").replace(
    "deal:\n", "deal:\n  region: {type: choice, of: [EMEA, NA]}\n", 1
)


def test_what_becomes_a_variant_asks_the_base(shop: Shop) -> None:
    """A process of one's own would else take deals of another one with its second version."""
    variants(shop).engine.publish_text(MINE, "emea.yaml", by="rep")
    tried = shop.engine.publish_text(VARIANT, "emea.yaml", "EMEA is ours", by="rep")
    assert (tried.refused, tried.process.label) == ("no-role", "shop-emea@1")
    assert shop.engine.publish_text(VARIANT, "emea.yaml", "EMEA sells otherwise", by="boss").proposed is not None
    assert shop.engine.confirm("shop-emea", by="boss").refused == "four-eyes"
    assert shop.engine.confirm("shop-emea", by="vp").new


def test_a_variant_that_changes_over_asks_its_own_rule_and_that_of_the_new_base(shop: Shop) -> None:
    """Whoever may change the variant takes no deals of a process that they may not change."""
    mall = PROCESS.replace("process: shop", "process: mall")
    mall = mall.replace("deal:\n", "deal:\n  size: {type: choice, of: [big, small]}\n", 1)
    variants(shop, f"{PROCESS}publishing: {{by: [vp]}}\n")
    shop.engine.publish_text(f"{mall}publishing: {{by: [manager]}}\n", "mall.yaml", by="ops")
    of_mall = VARIANT.replace("shop@2", "mall@1").replace("{region: [EMEA]}", "{size: [big]}")
    assert shop.engine.publish_text(of_mall, "emea.yaml", "big ones", by="boss").new
    assert shop.engine.publish_text(VARIANT, "emea.yaml", "EMEA is ours", by="boss").refused == "no-role"
    assert shop.engine.publish_text(VARIANT, "emea.yaml", "EMEA sells otherwise", by="vp").new


@pytest.mark.parametrize("verb", ["publish", "retire", "migrate"])
def test_a_variant_that_does_not_say_is_governed_by_its_base_ever_after(shop: Shop, verb: str) -> None:
    """Made from a version that everybody might change, it is changed by whoever may change the base now."""
    engine = variants(shop, PROCESS).engine
    engine.publish_text(VARIANT, "emea.yaml", by="rep")
    engine.open_deal("D-1", process="shop", owner="rep", by="rep", fields={"region": "EMEA"})
    engine.publish_text(f"{VARIANT}title: EMEA\n", "emea.yaml", by="rep")
    variants(shop)
    changed = f"{VARIANT}remove: [big]\n"
    asked: dict[str, Callable[[str], Any]] = {
        "publish": lambda by: engine.publish_text(changed, "emea.yaml", "no approval", by=by),
        "retire": lambda by: engine.retire("shop-emea", "no more", by=by),
        "migrate": lambda by: engine.migrate("shop-emea", "2", why="it is better", by=by),
    }
    assert asked[verb]("rep").refused == "no-role"
    assert asked[verb]("boss").refused is None


def test_a_variant_that_says_who_changes_it_is_changed_by_them(shop: Shop) -> None:
    """Whoever may change the base has agreed to that with its first version."""
    variants(shop, f"{PROCESS}publishing: {{by: [manager]}}\n")
    shop.engine.publish_text(f"{VARIANT}publishing: {{by: [rep]}}\n", "emea.yaml", "EMEA does it itself", by="boss")
    changed = f"{VARIANT}publishing: {{by: [rep]}}\nremove: [big]\n"
    assert shop.engine.publish_text(changed, "emea.yaml", "no approval", by="boss").refused == "no-role"
    assert shop.engine.publish_text(changed, "emea.yaml", "no approval", by="rep").new


def test_who_proposes_for_somebody_leaves_it_to_a_third_one(shop: Shop) -> None:
    """The person in whose stead it was proposed is no second person, nor is who confirms in the proposer's stead."""
    governed(shop, TWO_PEOPLE)
    shop.people("people: [{id: boss, roles: [manager]}, {id: vp, roles: [manager]}, {id: mgr, roles: [manager]}]")
    shop.engine.publish_text(CHANGED, "shop.yaml", "a lower limit", by="boss", on_behalf_of="vp")
    assert shop.engine.confirm("shop", by="vp").refused == "four-eyes"
    assert shop.engine.confirm("shop", by="mgr", on_behalf_of="boss").refused == "four-eyes"
    assert shop.engine.confirm("shop", by="mgr").new


def test_nobody_agreed_before_there_was_a_proposal(shop: Shop) -> None:
    """A date in the past is for what is noted late; nobody can have agreed to what was not there yet."""
    shop.clock.on(5)
    governed(shop, TWO_PEOPLE).engine.publish_text(CHANGED, "shop.yaml", "a lower limit", by="boss")
    with pytest.raises(BadMoment, match="before it was proposed"):
        shop.engine.confirm("shop", by="vp", at=shop.clock.now - timedelta(seconds=1))
    assert shop.engine.confirm("shop", by="vp", at=shop.clock.now).new
