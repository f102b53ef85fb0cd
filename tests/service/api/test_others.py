"""Processes, people, views, audits, many deals at once and the store over HTTP: each once done and once refused."""

import pytest

from tests.engine.shop import PEOPLE, PROCESS
from tests.service.api.conftest import Desk, problem

OTHER = PROCESS.replace("process: shop", "process: other")
GUARDED = OTHER.replace("process: other", "process: guarded") + "publishing: {by: [vp], four_eyes: true}\n"


def test_a_process_is_published_and_looked_at(desk: Desk):
    """Put in force as the next version; listed, shown with its source, drawn, and again nothing new."""
    told = desk.ask("/processes", source=OTHER, by="ops", why="we sell more").json()
    again = desk.ask("/processes", source=OTHER, by="ops").json()

    assert (told["process"], told["version"], told["new"], again["new"]) == ("other", 1, True, False)
    assert ("other", 1) in [(each["process"], each["version"]) for each in desk.get("/processes").json()]
    assert desk.get("/processes/other@1").json()["source"] == OTHER
    assert desk.get("/processes/other/graph").text.startswith("flowchart")
    assert "<svg" in desk.get("/processes/other/graph", format="svg").text


@pytest.mark.parametrize("path", ["nope", "nope@1", "shop@9", "nope/graph"])
def test_a_process_that_is_not_there_is_not_found(desk: Desk, path):
    """No such name, or no such version of it."""
    assert problem(desk.get(f"/processes/{path}")) == (404, "unknown-process")


def test_a_process_that_cannot_be_loaded_is_told_with_the_place(desk: Desk):
    """422 with line and column; lint tells the same without it being an error of the request."""
    broken = OTHER.replace("check: ", "chek: ")

    assert problem(desk.ask("/processes", source=broken)) == (422, "bad-process")
    assert desk.ask("/processes/lint").status_code == 422
    told = desk.client.post("/v1/processes/lint", json={"source": broken}).json()
    assert told["errors"] >= 1
    assert told["findings"][0]["line"] > 1


def test_a_change_that_takes_two_is_proposed_and_confirmed(desk: Desk):
    """The first is in force at once; the next is proposed by one who may, confirmed by another, and else refused."""
    desk.ask("/processes", source=GUARDED, by="vp")
    changed = GUARDED.replace("1000", "2000")

    refused = desk.ask("/processes", source=changed, by="rep", why="more")
    proposed = desk.ask("/processes", source=changed, by="vp", why="more").json()
    own = desk.ask("/processes/guarded/confirm", by="vp")
    back = desk.ask("/processes/guarded/withdraw", by="vp", why="not yet")

    assert problem(refused) == (409, "refused")
    assert refused.json()["refused"] == "no-role"
    assert proposed["proposed"]["by"] == "vp"
    assert (problem(own), own.json()["refused"]) == ((409, "refused"), "four-eyes")
    assert back.status_code == 200
    assert problem(desk.ask("/processes/guarded/confirm", by="vp")) == (422, "bad-value")


def test_a_process_is_retired(desk: Desk):
    """No deal is opened under it any more, and that is said."""
    desk.ask("/processes", source=OTHER.replace("process: other", "process: old"), by="ops")

    assert desk.ask("/processes/old/retire", by="ops", why="gone").status_code == 200
    assert problem(desk.ask("/deals", deal="D-old", process="old")) == (409, "process-is-retired")
    assert problem(desk.ask("/processes/nope/retire", why="x")) == (404, "unknown-process")


def test_versions_are_compared_and_a_migration_is_planned(desk: Desk):
    """Gate by gate what is otherwise, and what would become of the open deals."""
    desk.ask("/processes", source=PROCESS.replace("1000", "500"), by="ops")

    told = desk.get("/processes/shop@1/diff", to="shop@2").json()
    plan = desk.client.post("/v1/processes/shop/migration-plan", json={"to": "2"}).json()

    assert {each["stage"]: each["verdict"] for each in told["gates"]}["contract"] == "stricter"
    assert (plan["dry_run"], plan["target"]) == (True, "shop@2")
    assert problem(desk.get("/processes/shop/diff", to="nope")) == (422, "unknown-process")
    assert problem(desk.client.post("/v1/processes/shop/migration-plan", json={"to": "9"})) == (422, "unknown-process")


def test_people_are_applied_and_listed(desk: Desk):
    """The register is what the file says; a file that is none is told with the place."""
    told = desk.ask("/people", people=PEOPLE.replace("team: north, manager", "team: south, manager"), by="ops").json()

    assert set(told["changed"]) == {"rep", "rep-2"}
    assert {each["id"]: each["team"] for each in desk.get("/people").json()}["rep"] == "south"
    assert problem(desk.ask("/people", people="people: 7", by="ops")) == (422, "bad-people")


def test_a_role_is_lent_and_given_back(desk: Desk):
    """By whose role it is; by anybody else it is refused and recorded."""
    loan = {"lender": "boss", "role": "manager"}
    until = "2026-02-01T00:00:00Z"

    assert problem(desk.ask("/people/rep-2/loans", **loan, until=until)) == (409, "refused")
    assert desk.ask("/people/rep-2/loans", **loan, until=until, by="boss").json()["new"]
    assert desk.ask("/people/rep-2/loans/end", **loan, by="rep-2").json()["until"] is None
    assert problem(desk.ask("/people/rep-2/loans/end", **loan, by="rep-2")) == (409, "no-delegation")
    assert problem(desk.ask("/people/nobody/loans", **loan, until=until, by="boss")) == (404, "unknown-person")


def test_what_waits_for_somebody_is_told(desk: Desk, deal: str):
    """Approvals that they could give, deals that they are asked to take over; of nobody nothing."""
    desk.ask(f"/deals/{deal}/fields", values={"amount": "5000"})
    desk.ask(f"/deals/{deal}/moves", to="offer")
    desk.ask(f"/deals/{deal}/approvals/request", rule="big")
    desk.ask(f"/deals/{deal}/handoffs", to="rep-2")

    assert (deal, "big") in [(each["id"], each["rule"]) for each in desk.get("/people/boss/inbox").json()]
    assert deal in [each["id"] for each in desk.get("/people/rep-2/handoffs").json()]
    assert problem(desk.get("/people/nobody/inbox")) == (404, "unknown-person")


@pytest.mark.parametrize("view", ["health", "bottlenecks", "funnel"])
def test_a_view_answers_for_a_position_and_a_moment(desk: Desk, deal: str, view):
    """Of the deals that there are now, or of an earlier time; a time that is none is told."""
    window = {"since": "2026-01-01"} if view == "bottlenecks" else {}
    told = desk.get(f"/views/{view}", process="shop", **window).json()

    assert told["position"] == desk.shop.engine.position()
    assert told["process"] == "shop"
    assert desk.get(f"/views/{view}", as_of="2026-01-31", known_at="2026-01-31T00:00:00Z", **window).status_code == 200
    assert problem(desk.get(f"/views/{view}", as_of="soon")) == (422, "bad-request")
    assert problem(desk.get(f"/views/{view}", owner="nobody")) == (422, "unknown-person")


def test_a_filter_that_is_not_there_is_no_filter_at_all(desk: Desk):
    """A name of the query that nobody knows is told, and the answer is not of everything."""
    answer = desk.get("/deals", ownr="rep")

    assert problem(answer) == (422, "bad-request")
    assert answer.json()["errors"][0]["path"] == "query.ownr"


def test_a_view_that_is_not_there_is_not_found(desk: Desk):
    """With those that are."""
    answer = desk.get("/views/heelth")

    assert problem(answer) == (404, "unknown-name")
    assert answer.json()["near"] == ["health"]


@pytest.mark.parametrize("audit", ["bypasses", "waivers", "approvals", "refusals", "corrections"])
def test_an_audit_is_told_page_by_page(desk: Desk, deal: str, audit):
    """Rows and totals over all; another name is no audit."""
    for target in ("contract", "offer"):
        desk.ask(f"/deals/{deal}/moves", to=target)

    told = desk.get(f"/audit/{audit}", limit=1, deal=deal).json()

    assert told["found"] == (1 if audit == "refusals" else 0)
    assert problem(desk.get(f"/audit/{audit}", by="nobody")) == (422, "unknown-person")
    assert problem(desk.get("/audit/everything")) == (422, "bad-request")


def test_many_deals_are_moved_at_once(desk: Desk):
    """Each on its own with what became of it, or none of them; and as many at once as can be."""
    for name in ("B-1", "B-2"):
        desk.shop.deal_in("lead", name)
    desk.ask("/deals/B-2/fields", values={"mail": None})
    what = {"kind": "move", "to": "offer"}

    nothing = desk.ask("/bulk", what=what, deals=["B-1", "B-2"], all_or_nothing=True).json()
    each = desk.ask("/bulk", what=what, deals=["B-1", "B-2", "B-9"], dry_run=True).json()
    done = desk.ask("/bulk", what=what, deals=["B-1", "B-2", "B-9"]).json()

    assert [one["result"] for one in nothing["results"]] == ["not_done", "refused"]
    assert [one["result"] for one in each["results"]] == ["done", "refused", "wrong"]
    assert [(one["result"], one["rules"]) for one in done["results"]] == [
        ("done", []), ("refused", ["reachable"]), ("wrong", []),
    ]  # fmt: skip
    assert problem(desk.ask("/bulk", what={"kind": "fly"}, deals=[])) == (422, "bad-request")
    assert problem(desk.ask("/bulk", what=what, deals=["B-1", "B-1"], all_or_nothing=True)) == (422, "bad-value")


@pytest.mark.parametrize("what", [
    {"kind": "assign", "to": "rep-2"}, {"kind": "set", "values": {"amount": "7"}}, {"kind": "win"},
    {"kind": "lose", "reason": "price"},
])  # fmt: skip
def test_every_bulk_is_asked_of_each_deal(desk: Desk, deal: str, what):
    """Whatever is asked, each deal is told."""
    told = desk.ask("/bulk", what=what, deals=[deal]).json()

    assert told["deals"] == told["done"] + told["refused"] == 1


def test_planned_deals_and_ends_are_told(desk: Desk):
    """Nothing is planned and nothing has ended here; who asks has to be said."""
    assert desk.get("/follow-ups", due_by="2027-01-01").json() == []
    assert desk.ask("/follow-ups").json() == []
    assert desk.ask("/expiries").json() == []
    assert problem(desk.client.post("/v1/follow-ups", json={})) == (422, "bad-request")
    assert problem(desk.client.post("/v1/expiries", json={})) == (422, "bad-request")
    assert problem(desk.get("/follow-ups", due_by="soon")) == (422, "bad-request")


def test_the_store_and_its_views_are_looked_at(desk: Desk):
    """Where the views stand, what they put aside, what the doctor found, what the log holds."""
    assert desk.get("/following").json()["ok"]
    assert desk.get("/following/facts/parked").json() == {"view": "facts", "parked": []}
    assert {each["check"] for each in desk.get("/store/doctor").json()["findings"]} >= {"people"}
    assert desk.get("/store/digest", upto=3).json()["position"] == 3
    assert problem(desk.get("/following/nope/parked")) == (404, "unknown-name")
    assert problem(desk.ask("/following/facts/release", stream="deal:x", reason="x")) == (422, "bad-value")
    assert problem(desk.client.post("/v1/following/facts/retry", json={})) == (422, "bad-request")
    assert problem(desk.get("/store/digest", upto=-1)) == (422, "bad-request")


def test_what_comes_due_and_who_is_called_is_told(desk: Desk):
    """By the moment and by the person; nobody is called in a process without escalations, and a slip is told."""
    loan = {"lender": "boss", "role": "manager", "until": "2026-02-01T00:00:00Z", "by": "boss"}
    assert desk.client.post("/v1/people/rep-2/loans", json=loan).status_code == 200

    told = [each for each in desk.get("/due").json() if each["stream"] == "person:rep-2"]
    assert [(each["due"], each["late"]) for each in told] == [("2026-02-01T00:00:00.000000Z", False)]
    assert desk.get("/people/boss/called").json() == []
    assert problem(desk.get("/people/nobody/called")) == (404, "unknown-person")
    assert problem(desk.get("/due", limit=0)) == (422, "bad-request")
