"""Looking over HTTP: deals a page at a time, what the gate would say, what happened, and what was written before."""

import pytest

from tests.service.api.conftest import Desk, problem


@pytest.fixture(scope="module")
def many(desk: Desk) -> Desk:
    """Seven deals of rep-2, their ids in no order."""
    for number in (10, 2, 1, 3, 20, 11, 7):
        made = desk.shop.ask("open_deal", f"M-{number}", process="shop", owner="rep-2", fields={"mail": "a@b"})
        assert made.accepted
    desk.shop.ask("move", "M-3", to="offer")
    return desk


def pages(desk, **wanted):
    """The ids of every page, and how many pages."""
    found, cursor, count = [], None, 0
    while count == 0 or cursor:
        answer = desk.get("/deals", cursor=cursor, **wanted) if cursor else desk.get("/deals", **wanted)
        assert answer.status_code == 200, answer.text
        found += [each["id"] for each in answer.json()["deals"]]
        cursor, count = answer.json()["next"], count + 1
    return found, count


def test_every_deal_is_on_one_page(many):
    """Pages by id, each deal once, whatever the size of a page."""
    wanted = sorted(f"M-{number}" for number in (10, 2, 1, 3, 20, 11, 7))

    assert pages(many, owner="rep-2", limit=3) == (wanted, 3)
    assert pages(many, owner="rep-2", limit=7) == (wanted, 1)
    assert pages(many, owner="rep-2") == (wanted, 1)
    assert pages(many, owner="rep-2", stage="offer", status="open", process="shop") == (["M-3"], 1)


def test_a_page_has_at_most_a_hundred(many):
    """Asked for more, a page is as long as one may be, and says that there is more."""
    for number in range(101):
        many.shop.ask("open_deal", f"H-{number:03}", process="shop", owner="boss")

    answer = many.get("/deals", owner="boss", limit=1000).json()

    assert (len(answer["deals"]), answer["next"] is not None) == (100, True)


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        ({"stage": "ofer"}, "unknown-stage"), ({"process": "shopp"}, "unknown-process"),
        ({"owner": "rep-9"}, "unknown-person"),
        ({"cursor": "/"}, "bad-value"), ({"status": "gone"}, "bad-request"), ({"limit": 0}, "bad-request"),
    ],
)  # fmt: skip
def test_a_slip_is_told_and_no_empty_list(many, wanted, kind):
    """A name that nothing has is a mistake in the request, with what is near."""
    assert problem(many.get("/deals", **wanted)) == (422, kind)


def test_what_was_written_is_read(desk: Desk, deal: str):
    """A read that is given a write's position has seen it, or says that the log has not come so far."""
    position = desk.ask(f"/deals/{deal}/notes", text="they called").json()["position"]

    for path in (f"/deals/{deal}", f"/deals/{deal}/timeline", "/deals", "/views/health", "/people"):
        assert desk.get(path, min_position=position).status_code == 200, path
    ahead = desk.get(f"/deals/{deal}", min_position=position + 1_000_000)

    assert problem(ahead) == (409, "position-ahead")
    assert ahead.headers["retry-after"] == "1"


def test_what_the_gate_would_say_is_told_and_not_recorded(desk: Desk, deal: str):
    """Every way from here, or one of them, with its verdicts; nothing is written."""
    before = desk.shop.engine.position()

    ways = {each["target"]: each["allowed"] for each in desk.get(f"/deals/{deal}/next").json()["ways"]}
    one = desk.get(f"/deals/{deal}/preflight", to="contract").json()

    # A loss needs a reason, which nobody has given yet.
    assert ways == {"offer": True, "lost": False}
    assert (one["allowed"], one["gate"]) == (False, "move")
    assert desk.shop.engine.position() == before


def test_everything_that_happened_is_told(desk: Desk, deal: str):
    """The timeline has every event, refused ones too, oldest first."""
    desk.ask(f"/deals/{deal}/moves", to="contract")

    told = desk.get(f"/deals/{deal}/timeline").json()

    assert [(each["version"], each["event"], each["happened"]) for each in told] == [
        (1, "DealOpened", True), (2, "MoveRefused", True),
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["", "/next", "/timeline", "/approvals", "/preflight?to=offer"])
def test_a_deal_that_is_not_there_is_not_found(desk: Desk, path):
    """404 with the type that says so."""
    assert problem(desk.client.get(f"/v1/deals/nobody{path}")) == (404, "unknown-deal")


def test_every_problem_is_listed(desk: Desk):
    """Each type once, with its status; every type that any answer of these tests had is among them."""
    told = desk.get("/problems").json()["kinds"]

    types = [each["type"] for each in told]
    assert len(types) == len(set(types)) >= 45
    assert {400, 403, 404, 405, 409, 412, 413, 415, 422, 500, 503} <= {each["status"] for each in told}
