"""Erasing over HTTP, and what the bus could not handle."""

from time import monotonic, sleep

from pipeline_engine.service.bus import Channels, Message, connect
from tests.engine.shop import Shop
from tests.service.api.conftest import Desk, problem
from tests.service.in_process import living


def test_two_people_erase_somebody(desk: Desk, deal: str) -> None:
    """Proposed by one, confirmed by another: then it reads as erased, and the list says so."""
    desk.ask(f"/deals/{deal}/notes", text="she said no", by="rep")
    subject = f"deal:{deal}"
    held = desk.get("/erasures/held", subject=subject).json()
    assert [(each["subject"], each["erased"]) for each in held] == [(subject, 0)]
    proposed = desk.ask("/erasures", subject=subject, reason="she asked", by="dpo")
    assert problem(proposed) == (409, "refused")
    assert proposed.json()["refused"] == "no-role"
    desk.shop.people("people: [{id: dpo, roles: [privacy]}, {id: dpo-2, roles: [privacy]}]")
    key = {"Idempotency-Key": f"erase-{deal}"}
    first = desk.ask("/erasures", key, subject=subject, reason="she asked", by="dpo").json()
    assert (first["erased"], first["proposed_by"], first["refused"]) == (False, "dpo", None)
    assert desk.ask("/erasures", key, subject=subject, reason="she asked", by="dpo").json()["new"] is False
    alone = desk.ask("/erasures/confirm", subject=subject, by="dpo")
    assert (problem(alone), alone.json()["refused"]) == ((409, "refused"), "four-eyes")
    assert desk.get("/erasures", subject=subject).json()["proposed"][0]["reason"] == "she asked"
    assert desk.ask("/erasures/confirm", subject=subject, by="dpo-2").json()["erased"] is True
    assert "she said no" not in desk.get(f"/deals/{deal}/timeline").text
    assert desk.get("/erasures", subject=subject).json() == {
        "proposed": [],
        "erased": [
            {
                "subject": subject, "by": "dpo-2", "proposed_by": "dpo",
                "at": desk.get("/erasures", subject=subject).json()["erased"][0]["at"],
                "position": desk.get("/erasures", subject=subject).json()["erased"][0]["position"],
            }
        ],
    }  # fmt: skip


def test_what_is_proposed_can_be_taken_back(desk: Desk, deal: str) -> None:
    """And what nobody proposes can be neither confirmed nor taken back."""
    desk.shop.people("people: [{id: dpo, roles: [privacy]}, {id: dpo-2, roles: [privacy]}]")
    subject = f"deal:{deal}"
    assert problem(desk.ask("/erasures/confirm", subject=subject, by="dpo")) == (409, "no-erasure")
    desk.ask("/erasures", subject=subject, reason="she asked", by="dpo")
    assert desk.ask("/erasures/withdraw", subject=subject, by="dpo").json()["proposed_by"] is None
    assert problem(desk.ask("/erasures/withdraw", subject=subject, by="dpo")) == (409, "no-erasure")
    assert problem(desk.ask("/erasures", subject="nobody", reason="so", by="dpo")) == (422, "bad-value")
    assert problem(desk.ask("/erasures", subject="deal:nobody", reason="so", by="dpo")) == (422, "unknown-deal")


def test_dead_letters_are_shown() -> None:
    """With the reason; the message itself is in them, since somebody has to mend it."""
    shop, channels = Shop.opened(), Channels()
    with living(shop.engine.app(bus="memory://letters", timers=False, jobs=False)) as client:
        assert client.get("/v1/bus/dead").json() == {"bus": None, "dead": []}
        connect("memory://letters").publish(channels.commands, Message(channels.command("fly"), "m-1", b"no event"))
        until = monotonic() + 20
        while not (dead := client.get("/v1/bus/dead").json()["dead"]):
            assert monotonic() < until
            sleep(0.05)
        assert (dead[0]["body"], dead[0]["bytes"], dead[0]["subject"]) == ("no event", 8, channels.command("fly"))
        assert dead[0]["reason"]
        assert client.get("/v1/bus/description").json()["asyncapi"].startswith("3.")
    shop.engine.close()


def test_a_process_on_no_bus_has_no_letters() -> None:
    """It says so, and not that there are none."""
    shop = Shop.opened()
    with living(shop.engine.app(bus="", timers=False, jobs=False)) as client:
        assert problem(client.get("/v1/bus/dead")) == (422, "bad-value")
    shop.engine.close()
