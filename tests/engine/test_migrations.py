"""Open deals go on under another version of their process: thought through, done once, and back again."""

from datetime import timedelta
from typing import Any

import pytest

from pipeline_engine.engine import Migrated
from pipeline_engine.engine.migrating import TOGETHER
from pipeline_engine.errors import BadValue, CommandIdReused, UnknownProcess, UnknownStage
from tests.engine.shop import MONDAY, PROCESS, Shop

STRICTER = PROCESS.replace(
    "  - id: contract\n    enter:\n", "  - id: contract\n    enter:\n      - {activities: {call: 2}}\n"
)
RENAMED = PROCESS.replace("  - id: offer\n", "  - id: quote\n")
OTHER_LIMIT = PROCESS.replace(">= 1000", ">= 500")


def with_version(shop: Shop, text: str, by: str = "ops") -> Shop:
    """The shop with another version in force."""
    shop.engine.publish_text(text, "shop.yaml", "a change", by=by)
    return shop


def migrate(shop: Shop, to: str = "2", mapping: dict[str, str] | None = None, **more: Any) -> Migrated:
    """The open deals go on under a version."""
    return shop.engine.migrate("shop", to, mapping, **{"why": "one process for all", "by": "ops", **more})


def test_a_deal_keeps_its_version_until_it_is_migrated(shop: Shop) -> None:
    """Publishing changes no open deal; the next move is judged by the version the deal was opened under."""
    with_version(shop.deal_in("offer"), STRICTER)
    assert shop.ask("move", to="contract").accepted
    assert shop.engine.deal("D").process_version == 1


def test_a_migrated_deal_is_judged_by_the_new_version(shop: Shop) -> None:
    """What was let through before may be refused now, with the reason of the new version."""
    with_version(shop.deal_in("offer"), STRICTER)
    done = migrate(shop)
    assert (done.done, done.kept, done.mapped, done.stranded) == (True, 1, 0, 0)
    refused = shop.ask("move", to="contract")
    assert shop.verdicts(refused)["contract:activities:call:2"] == "fail"
    assert not refused.accepted


def test_a_stage_of_another_name_is_named_by_the_mapping(shop: Shop) -> None:
    """The deal goes on there, and waits there since the migration."""
    with_version(shop.deal_in("offer"), RENAMED)
    shop.clock.on(3)
    assert migrate(shop, mapping={"offer": "quote"}).mapped == 1
    deal = shop.engine.deal("D")
    assert (deal.stage, deal.entered_at) == ("quote", MONDAY + timedelta(days=3))


def test_a_stay_goes_on_where_the_stage_keeps_its_name(shop: Shop) -> None:
    """The deal has waited since it came into the stage, not since the migration."""
    with_version(shop.deal_in("offer"), STRICTER)
    shop.clock.on(3)
    migrate(shop)
    assert shop.engine.deal("D").entered_at == MONDAY


def test_where_deals_would_be_stranded_nothing_is_done(shop: Shop) -> None:
    """Not even for the others: somebody has to say first where they go, or that they stay."""
    with_version(shop.deal_in("offer").deal_in("lead", "E"), RENAMED)
    done = migrate(shop)
    assert (done.done, done.stranded) == (False, 1)
    assert [shop.engine.deal(deal).process_version for deal in "DE"] == [1, 1]
    assert "MigrationStarted" not in events(shop)


def test_stranded_deals_stay_where_that_is_allowed(shop: Shop) -> None:
    """They keep their version, and go on under it."""
    with_version(shop.deal_in("offer").deal_in("lead", "E"), RENAMED)
    done = migrate(shop, allow_stranded=True)
    assert (done.done, done.kept, done.stranded) == (True, 1, 1)
    assert [shop.engine.deal(deal).process_version for deal in "DE"] == [1, 2]
    assert shop.ask("move", to="contract").accepted


def events(shop: Shop) -> list[str]:
    """What happened to the process, by name."""
    return [type(recorded.event).__name__ for recorded in shop.engine._store.events("process:shop")]


def test_asked_twice_a_deal_is_migrated_once(shop: Shop) -> None:
    """The second time there is nothing to do, and nothing is recorded."""
    with_version(shop.deal_in("offer"), STRICTER)
    for _ in range(2):
        assert migrate(shop).done
    assert shop.names().count("DealMigrated") == 1
    assert events(shop).count("MigrationStarted") == events(shop).count("MigrationFinished") == 1


def test_closed_deals_keep_their_version(shop: Shop) -> None:
    """Reopened, such a deal goes on under the version it was closed under, until somebody migrates again."""
    with_version(shop.deal_in("won").deal_in("lost", "E"), STRICTER)
    assert migrate(shop).kept == 0
    assert shop.ask("reopen", "E", reason="they called").accepted
    assert migrate(shop).kept == 1
    assert shop.engine.deal("E").process_version == 2


def test_an_approval_whose_rule_is_unchanged_stays(shop: Shop) -> None:
    """What the manager approved is still asked for in the same words."""
    shop.deal_in("offer", amount="5000")
    assert shop.ask("approve", rule="big", by="boss").accepted
    with_version(shop, f"{PROCESS}title: A shop\n".replace("needs a mail", "a mail address is needed"))
    plan = shop.engine.plan_migration("shop", "2")
    migrate(shop)
    assert plan.ending == ()
    assert shop.ask("move", to="contract").accepted


def test_an_approval_whose_rule_is_another_one_ends(shop: Shop) -> None:
    """The manager approved under another limit; the explanation says what became of it."""
    shop.deal_in("offer", amount="5000")
    assert shop.ask("approve", rule="big", by="boss").accepted
    with_version(shop, OTHER_LIMIT)
    plan = shop.engine.plan_migration("shop", "2")
    assert [(each.kind, each.rule, each.count) for each in plan.ending] == [("approval", "big", 1)]
    migrate(shop)
    refused = shop.ask("move", to="contract")
    assert not refused.accepted
    (said,) = (part.text for judged in refused.unmet for part in judged.because)
    assert said.endswith("but the deal runs under shop@2 since 2026-01-05, where its rule is another one")


def test_a_waiver_whose_rule_is_another_one_ends(shop: Shop) -> None:
    """One that stays serves the move that it was given for."""
    for deal, text, accepted in (("D", STRICTER, True), ("E", PROCESS.replace("'@'", "'@b'"), False)):
        shop.ask("open_deal", deal, process="shop", owner="rep")
        shop.ask("waive", deal, rule="reachable", reason="an old friend", by="boss")
        version = with_version(shop, text).engine.process("shop").version
        migrate(shop, str(version))
        assert shop.ask("move", deal, to="offer").accepted is accepted


def test_what_was_asked_for_of_a_rule_that_is_gone_is_asked_for_no_more(shop: Shop) -> None:
    """Nobody has to answer for a rule that is not there."""
    shop.deal_in("offer", amount="5000")
    shop.ask("request", rule="big")
    with_version(shop, OTHER_LIMIT)
    migrate(shop)
    assert shop.engine.deal("D").requests == ()


def test_a_dry_run_says_whose_next_move_is_newly_refused_and_why(shop: Shop) -> None:
    """By deal with the missing facts, and summed by rule; nothing is written."""
    with_version(shop.deal_in("offer").deal_in("lead", "E"), STRICTER)
    position = shop.engine.facts().position
    plan = shop.engine.plan_migration("shop", "2")
    assert plan.next_moves["newly refused"] == plan.next_moves["as before"] == 1
    (rule,) = plan.rules
    assert (rule.rule, rule.deals, rule.alone) == ("contract:activities:call:2", 1, 1)
    (deal,) = plan.listed(None)
    assert (deal.deal, deal.next_move, deal.becomes) == ("D", "contract", "newly refused")
    assert deal.missing == (("contract:activities:call:2", "0 of 2 calls"),)
    assert shop.engine.facts().position == position


def test_a_dry_run_says_where_deals_go_on(shop: Shop) -> None:
    """Kept, mapped and stranded, by stage and with what they are worth."""
    with_version(shop.deal_in("offer", amount="50").deal_in("lead", "E", "7").deal_in("won", "F"), RENAMED)
    told = [(e.stage, e.to, e.kind, e.deals, e.value) for e in shop.engine.plan_migration("shop", "2").landings]
    assert sorted(told, key=str) == [
        ("lead", "lead", "kept", 1, {"EUR": "7"}),
        ("offer", None, "stranded", 1, {"EUR": "50"}),
    ]
    plan = shop.engine.plan_migration("shop", "2", {"offer": "quote"})
    assert (plan.open_deals, plan.count("kept"), plan.count("mapped"), plan.count("stranded")) == (2, 1, 1, 0)


def test_back_again_by_publishing_the_older_text(shop: Shop) -> None:
    """The older definition is a new version, and the deals go on under it as before."""
    with_version(shop.deal_in("offer"), STRICTER)
    migrate(shop)
    back = with_version(shop, PROCESS).engine.process("shop")
    assert (back.version, shop.engine.processes()[0].in_force.same_as) == (3, 1)
    assert migrate(shop, "3").kept == 1
    assert shop.ask("move", to="contract").accepted


@pytest.mark.parametrize(
    ("to", "mapping", "error"),
    [
        ("7", {}, UnknownProcess), ("other@1", {}, UnknownProcess), ("shop", {}, BadValue), ("two", {}, BadValue),
        ("@2", {}, BadValue), ("2", {"ofer": "offer"}, UnknownStage), ("2", {"offer": "ofer"}, UnknownStage),
    ],
)  # fmt: skip
def test_what_is_not_there_is_named(shop: Shop, to: str, mapping: dict[str, str], error: type[Exception]) -> None:
    """A version that is not published, a stage that no version has: nothing is done."""
    with_version(shop.deal_in("offer"), STRICTER)
    with pytest.raises(error):
        migrate(shop, to, mapping)
    with pytest.raises(error):
        shop.engine.plan_migration("shop", to, mapping)
    assert shop.engine.deal("D").process_version == 1


def test_a_migration_needs_a_reason(shop: Shop) -> None:
    """It stands with who began it."""
    with_version(shop.deal_in("offer"), STRICTER)
    with pytest.raises(BadValue, match="--why"):
        migrate(shop, why=" ")


def test_who_may_not_change_the_process_may_not_migrate_its_deals(shop: Shop) -> None:
    """It is recorded that somebody tried, and no deal is touched."""
    text = f"{STRICTER}publishing: {{by: [manager]}}\n"
    with_version(shop.deal_in("offer"), text)
    done = migrate(shop, by="rep")
    assert (done.done, done.refused) == (False, "no-role")
    assert events(shop)[-1] == "PublicationRefused"
    assert shop.engine.deal("D").process_version == 1
    assert migrate(shop, by="boss").kept == 1


def test_deals_may_go_on_under_another_process(shop: Shop) -> None:
    """As where one process takes the place of another, which is retired."""
    shop.deal_in("offer").engine.publish_text(
        PROCESS.replace("process: shop", "process: store"), "store.yaml", by="ops"
    )
    assert migrate(shop, "store@1").kept == 1
    deal = shop.engine.deal("D")
    assert (deal.process, deal.process_version) == ("store", 1)
    assert shop.ask("move", to="contract").accepted


def test_no_deal_goes_on_under_a_process_that_is_retired(shop: Shop) -> None:
    """It would be the one place that still brings deals there."""
    shop.deal_in("offer").engine.publish_text(
        PROCESS.replace("process: shop", "process: store"), "store.yaml", by="ops"
    )
    shop.engine.retire("store", "nobody buys there", by="ops")
    with pytest.raises(BadValue, match="retired"):
        migrate(shop, "store@1")


REGION = PROCESS.replace("deal:\n", "deal:\n  region: {type: choice, of: [EMEA, NA]}\n").replace("shop", "base")
VARIANT = "process: emea\nextends: base@1\nfor: {region: [EMEA]}\n"


def test_a_deal_that_strayed_goes_to_the_variant_that_fits(shop: Shop) -> None:
    """Only such deals: those for which the base is meant stay where they are."""
    shop.engine.publish_text(REGION, "base.yaml", by="ops")
    shop.engine.publish_text(VARIANT, "emea.yaml", by="ops")
    for deal in "DE":
        shop.ask("open_deal", deal, process="base", owner="rep", fields={"region": "NA"})
    shop.ask("set", "D", {"region": "EMEA"})
    plan = shop.engine.plan_migration("base", "emea@1")
    assert (plan.count("kept"), plan.not_meant) == (1, 1)
    assert shop.engine.migrate("base", "emea@1", why="it is theirs", by="ops").kept == 1
    assert [shop.engine.deal(deal).process for deal in "DE"] == ["emea", "base"]
    shop.ask("set", "D", {"region": "NA"})
    assert shop.engine.migrate("emea", "base@1", why="not theirs", by="ops").kept == 1
    assert shop.engine.deal("D").process == "base"


def test_a_migration_that_broke_off_is_finished_by_asking_again(shop: Shop) -> None:
    """Counted over all tries, and begun once."""
    for number in range(5):
        shop.deal_in("offer", f"D-{number}")
    with_version(shop, STRICTER)

    def broken(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate(shop, progress=broken)
    shop.deal_in("offer", "E-1")
    assert "MigrationFinished" not in events(shop)
    done = migrate(shop, why="again")
    assert (done.kept, events(shop).count("MigrationStarted"), events(shop)[-1]) == (5, 1, "MigrationFinished")
    assert shop.engine.deal("E-1").process_version == 2


def test_the_register_of_a_process_tells_its_migrations(shop: Shop) -> None:
    """Who began it, why, and how it ended."""
    with_version(shop.deal_in("offer"), STRICTER)
    migrate(shop)
    (migration,) = shop.engine.processes()[0].migrations
    assert (migration.by, migration.begin.why) == ("ops", "one process for all")
    assert migration.finished is not None
    assert migration.finished.kept == 1


def test_asked_again_with_the_same_id_nothing_is_migrated_that_came_later(shop: Shop) -> None:
    """The first answer again: what was opened since goes on only where somebody asks anew, and may."""
    governed = PROCESS + "publishing: {by: [manager]}\n"
    with_version(with_version(shop.deal_in("offer"), governed), governed.replace(">= 1000", ">= 500"), by="boss")
    first = migrate(shop, to="3", by="boss", command_id="m-1")
    shop.engine.publish_text(PROCESS, "shop.yaml", "back", by="boss")
    migrate(shop, to="4", by="boss")
    before = shop.engine._store.position()
    assert migrate(shop, to="3", by="boss", command_id="m-1") == first
    assert (shop.engine.deal("D").process_version, shop.engine._store.position()) == (4, before)


def test_a_refused_migration_stays_refused_when_asked_again(shop: Shop) -> None:
    """Also where who asked has come to a role since; a new id asks anew."""
    with_version(shop.deal_in("offer"), PROCESS + "publishing: {by: [manager]}\n")
    assert migrate(shop, by="rep", command_id="m-1").refused == "no-role"
    assert migrate(shop, by="rep", command_id="m-1").refused == "no-role"
    assert events(shop).count("PublicationRefused") == 1


@pytest.mark.parametrize("deals", [0, 1])
def test_an_id_is_for_one_migration(shop: Shop, deals: int) -> None:
    """Used for another target it is refused as used, whether or not a deal would go."""
    with_version(with_version(shop.deal_in("offer"), STRICTER), OTHER_LIMIT)
    migrate(shop, to="3", command_id="m-1")
    if not deals:
        shop.ask("lose", reason="gone")
    with pytest.raises(CommandIdReused):
        migrate(shop, to="2", command_id="m-1")


def test_what_broke_off_is_gone_on_with_by_who_may_then(shop: Shop) -> None:
    """The id of before opens nothing to somebody whose role is over; who holds it still finishes the migration."""
    for number in range(TOGETHER + 1):
        shop.deal_in("lead", f"D-{number}")
    governed = PROCESS + "publishing: {by: [manager]}\n"
    with_version(with_version(shop, governed), governed.replace(">= 1000", ">= 500"), by="boss")

    def broken(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate(shop, to="3", by="boss", command_id="m-1", progress=broken)
    shop.people("people: [{id: boss, roles: [rep]}, {id: vp, roles: [manager]}]")
    assert migrate(shop, to="3", by="boss", command_id="m-1").refused == "no-role"
    assert events(shop)[-1] == "PublicationRefused"
    assert {shop.engine.deal(f"D-{number}").process_version for number in range(TOGETHER + 1)} == {1, 3}
    assert migrate(shop, to="3", by="vp").kept == TOGETHER + 1
    assert migrate(shop, to="3", by="boss", command_id="m-1").kept == TOGETHER + 1
