"""The approval page: who has the link decides as the person it was made for, once, on what they saw."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from lxml import html

from pipeline_engine.errors import BadValue, UnknownDeal, UnknownRule
from pipeline_engine.service import page
from tests.engine.shop import Shop
from tests.service.in_process import living

NASTY = '<script>alert(1)</script> & "quoted"'


@dataclass
class Desk:
    """A shop with a deal whose approval is asked for, and its pages."""

    shop: Shop
    client: httpx.Client

    def link(self, person: str = "boss", **how: Any) -> str:
        """The path of a fresh link."""
        token, _ = self.shop.engine.approval_link("D", "big", person=person, **how)
        return f"/v1/approve/{token}"

    def send(self, path: str, decision: str, reason: str = "", seen: str | None = None) -> httpx.Response:
        """Send the form as the page has it, or as having seen another version."""
        shown = tree_of(self.client.get(path)).xpath("//input[@name='seen']/@value")
        fields = {"decision": decision, "reason": reason, "seen": seen or (shown[0] if shown else "1")}
        return self.client.post(path, data=fields)

    def names(self) -> list[str]:
        """The deal's events."""
        return self.shop.names()


@pytest.fixture
def desk() -> Iterator[Desk]:
    """The deal stands before `contract`, which takes a manager's approval."""
    shop = Shop.opened().deal_in("offer", amount="5000")
    shop.ask("request", "D", "big", note=NASTY)
    app, router = FastAPI(), APIRouter(prefix="/v1")
    page.add_to(router, shop.engine.through("api"))
    app.include_router(router)
    with living(app) as client:
        yield Desk(shop, client)


def tree_of(answer: httpx.Response) -> Any:
    """The page of an answer."""
    return html.fromstring(answer.text)


def test_the_page_shows_the_case(desk: Desk) -> None:
    """Who asks and why, the deal, and what the gate says of the move; as text, whatever somebody wrote."""
    answer = desk.client.get(desk.link())
    text = " ".join(tree_of(answer).text_content().split())
    assert answer.status_code == 200
    for part in ("rep asks for your decision", "contract", "5000 EUR", NASTY, "approval by manager"):
        assert part in text
    assert "<script" not in answer.text


def test_looking_decides_nothing(desk: Desk) -> None:
    """Scanners of mail open every link, as often as they like."""
    before = desk.names()
    for _ in range(3):
        desk.client.get(desk.link())
    assert desk.names() == before


@pytest.mark.parametrize(
    ("decision", "reason", "event"),
    [("grant", "", "ApprovalGranted"), ("return", "no offer attached", "ApprovalReturned"),
     ("reject", "too cheap", "ApprovalRejected")],
)  # fmt: skip
def test_a_decision_is_recorded_once(desk: Desk, decision: str, reason: str, event: str) -> None:
    """Sent twice by an impatient hand, it is one event, by the person the link was made for."""
    path = desk.link()
    seen = str(desk.shop.engine.deal("D").version)
    assert desk.send(path, decision, reason, seen).status_code == 200
    assert desk.send(path, decision, reason, seen).status_code == 200
    assert desk.names().count(event) == 1
    assert desk.shop.engine.timeline("D")[-1].envelope.actor == "boss"
    assert desk.shop.engine.timeline("D")[-1].envelope.via == "api"


@pytest.mark.parametrize("decision", ["return", "reject"])
def test_a_no_needs_a_reason(desk: Desk, decision: str) -> None:
    """Whoever asked reads it; the page comes again and says so."""
    answer = desk.send(desk.link(), decision, "  ")
    assert (answer.status_code, "why, in a sentence" in answer.text) == (422, True)
    assert desk.names()[-1] == "ApprovalRequested"


def test_who_may_not_is_told_so_and_it_is_recorded(desk: Desk) -> None:
    """The link opens the case; whether its person may decide is asked of the gate, as behind every door."""
    answer = desk.send(desk.link(person="rep"), "grant")
    assert (answer.status_code, "You cannot decide this" in answer.text) == (403, True)
    assert desk.names()[-1] == "ApprovalRefused"


def test_a_deal_that_changed_is_shown_again(desk: Desk) -> None:
    """Nobody approves what they have not seen."""
    path, seen = desk.link(), str(desk.shop.engine.deal("D").version)
    desk.shop.ask("set", "D", {"amount": "9000"})
    answer = desk.send(path, "grant", seen=seen)
    assert (answer.status_code, "has changed since you looked" in answer.text) == (409, True)
    assert "9000 EUR" in answer.text
    assert "ApprovalGranted" not in desk.names()


def test_a_link_that_is_over_altered_or_of_another_store_opens_nothing(desk: Desk) -> None:
    """Each is told the same, and what to do."""
    good, elsewhere = desk.link(), Shop.opened().deal_in("offer", amount="5000")
    strange, _ = elsewhere.engine.approval_link("D", "big", person="boss")
    altered = good[:-3] + ("AAA" if not good.endswith("AAA") else "BBB")
    desk.shop.clock.on(3)
    for path in (
        good,
        altered,
        f"/v1/approve/{strange}",
        "/v1/approve/x",
        "/v1/approve/a.b.c",
        f"/v1/approve/{'a' * 3000}",
    ):
        for answer in (desk.client.get(path), desk.send(path, "grant")):
            assert (answer.status_code, "Ask for a new one" in answer.text) == (404, True), path


def test_a_link_ends_when_it_was_said_to(desk: Desk) -> None:
    """A moment before it is good."""
    path = desk.link(days=3)
    desk.shop.clock.on(2.999)
    assert desk.client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("what", "error"),
    [({"person": ""}, BadValue), ({"person": "boss", "days": 15}, BadValue), ({"person": "boss", "days": 0}, BadValue)],
)
def test_a_link_that_cannot_be_is_not_made(desk: Desk, what: dict[str, Any], error: type[Exception]) -> None:
    """Nobody named, or good for too long."""
    with pytest.raises(error):
        desk.shop.engine.approval_link("D", "big", **what)


def test_a_link_is_of_a_case_that_is_there(desk: Desk) -> None:
    """The deal and the rule are looked up when it is made."""
    with pytest.raises(UnknownDeal):
        desk.shop.engine.approval_link("E", "big", person="boss")
    with pytest.raises(UnknownRule):
        desk.shop.engine.approval_link("D", "bigger", person="boss")


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"decision=grant", "application/x-www-form-urlencoded"), (b"{}", "application/json"),
     (b"decision=grant&seen=" + b"1" * 20, "application/x-www-form-urlencoded"),
     (b"decision=sell&seen=1", "application/x-www-form-urlencoded"), (b"\xff", "application/x-www-form-urlencoded"),
     (b"reason=" + b"x" * 20_000, "application/x-www-form-urlencoded")],
)  # fmt: skip
def test_what_is_no_form_of_ours_decides_nothing(desk: Desk, body: bytes, kind: str) -> None:
    """The case is shown again."""
    answer = desk.client.post(desk.link(), content=body, headers={"content-type": kind})
    assert answer.status_code == 422
    assert desk.names()[-1] == "ApprovalRequested"


def test_the_page_is_closed_to_everything_else(desk: Desk) -> None:
    """No script, nothing from elsewhere, no frame, no trace of it in caches and referrers."""
    answer = desk.client.get(desk.link())
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'")
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert not re.findall(r"(?:src|href)=\"(?!style\.css\")", answer.text)
    assert desk.client.get("/v1/approve/style.css").headers["content-type"].startswith("text/css")


def test_every_field_has_a_label_and_the_page_is_whole(desk: Desk) -> None:
    """What is read out tells what to do; one heading, one language, and a form that works by keyboard alone."""
    tree = tree_of(desk.client.get(desk.link()))
    fields = tree.xpath("//textarea | //input[not(@type='hidden')] | //select")
    assert fields
    assert all(tree.xpath(f"//label[@for='{each.get('id')}']") for each in fields)
    assert [button.get("value") for button in tree.xpath("//form//button")] == ["grant", "return", "reject"]
    assert (tree.get("lang"), len(tree.xpath("//h1"))) == ("en", 1)


def test_narrow_and_dark_are_thought_of() -> None:
    """No browser is here to look with: the style says both, and no width is fixed."""
    style = (Path(page.__file__).parent / "templates" / "style.css").read_text()
    assert "prefers-color-scheme: dark" in style
    assert "@media (max-width: 30rem)" in style
    assert not re.findall(r"[^-]width: \d+px", style)


def test_a_link_is_made_over_http(desk: Desk) -> None:
    """The answer has the path, for whom, and until when."""
    with living(desk.shop.engine.app(bus="", timers=False)) as client:
        answer = client.post("/v1/deals/D/approvals/links", json={"rule": "big", "person": "boss"})
        page_of = client.get(answer.json()["path"])
        nobody = client.post("/v1/deals/D/approvals/links", json={"rule": "big", "person": "bos"})
        missing = client.post("/v1/deals/E/approvals/links", json={"rule": "big", "person": "boss"})
    assert (answer.status_code, answer.json()["person"]) == (200, "boss")
    assert page_of.status_code == 200
    assert (nobody.status_code, nobody.json()["near"]) == (422, ["boss"])
    assert missing.status_code == 404
