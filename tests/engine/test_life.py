"""What goes on beside a deal's way, through the engine: handing it over."""

from pipeline_engine.engine import OpenHandoff
from tests.engine.shop import MONDAY, Shop


def test_a_deal_is_handed_over_when_the_other_one_accepts(shop: Shop) -> None:
    """Asked on Monday, accepted on Thursday: the deal is the other one's, and the wait is on record."""
    shop.deal_in("lead").ask("hand_off", "D", "rep-2", "I am on leave")
    assert shop.engine.handed_over("rep-2") == [OpenHandoff("D", "rep", "rep-2", "rep", MONDAY)]
    shop.clock.on(3)
    assert shop.ask("accept", by="rep-2").accepted
    assert (shop.engine.deal("D").owner, shop.engine.handed_over()) == ("rep-2", [])
    (row,) = shop.engine.facts().handoffs.to_pylist()
    assert (row["answered_at"] - row["asked_at"]).days == 3


def test_a_handover_that_was_declined_or_taken_back_waits_for_nobody(shop: Shop) -> None:
    """The owner's manager may ask too; the deal stays whose it was."""
    shop.deal_in("lead").ask("hand_off", "D", "rep-2", by="boss")
    assert shop.ask("decline", "D", "no time", by="rep-2").accepted
    shop.ask("hand_off", "D", "vp")
    assert shop.ask("withdraw").accepted
    assert (shop.engine.deal("D").owner, shop.engine.handed_over()) == ("rep", [])


def test_the_same_answer_with_the_same_id_is_recorded_once(shop: Shop) -> None:
    """Whoever lost the reply asks again with the same command id."""
    shop.deal_in("lead").ask("hand_off", "D", "rep-2", command_id="h-1")
    assert shop.ask("hand_off", "D", "rep-2", command_id="h-1").repeated
    shop.ask("accept", by="rep-2", command_id="h-2")
    assert shop.ask("accept", by="rep-2", command_id="h-2").repeated
    assert shop.names().count("HandoffAccepted") == 1
