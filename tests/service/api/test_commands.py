"""Every command on a deal over HTTP: what is accepted is answered with what was recorded, what is refused with why."""

from tests.service.api.conftest import Desk, problem

SHA = "0" * 64


def done(answer, event, status=200):
    """An answer that says the event was recorded."""
    told = answer.json()
    assert answer.status_code == status, told
    assert event in [each["event"] for each in told["events"]]
    assert told["accepted"]
    return told


def test_a_deal_is_opened(desk: Desk):
    """Opening answers 201 with where the deal is, its version and the log's position."""
    answer = desk.ask("/deals", deal="D/new 1", process="shop", fields={"amount": "12000.50"})

    told = done(answer, "DealOpened", 201)
    assert answer.headers["location"] == "/v1/deals/D%2Fnew%201"
    assert answer.headers["etag"] == '"1"'
    assert told["position"] == desk.shop.engine.position()
    assert desk.shop.engine.deal("D/new 1").stage == "lead"


def test_a_deal_is_opened_once(desk: Desk, deal: str):
    """An id that is taken is a conflict, an unknown process a mistake in the request."""
    assert problem(desk.ask("/deals", deal=deal, process="shop")) == (409, "deal-exists")
    assert problem(desk.ask("/deals", deal="D-x", process="shopp")) == (422, "unknown-process")


def test_a_refused_move_says_which_rules_and_what_would_meet_them(desk: Desk, deal: str):
    """A rule's no is 409 with every verdict as the command line tells it, and what to do."""
    desk.ask(f"/deals/{deal}/fields", values={"mail": None})

    answer = desk.ask(f"/deals/{deal}/moves", to="offer")

    told = answer.json()
    assert problem(answer) == (409, "refused")
    assert told["deal"] == deal
    assert [each["event"] for each in told["events"]] == ["MoveRefused"]
    (unmet,) = [each for each in told["verdicts"] if each["verdict"] == "unknown"]
    assert (unmet["rule"], unmet["waivable_by"], unmet["can_waive"]) == ("reachable", ["manager"], ["boss", "vp"])
    assert told["fixes"] == [{"rule": "reachable", "fix": "write it down"}]


def test_a_move_that_is_allowed_is_accepted(desk: Desk, deal: str):
    """An accepted move tells the new version, and its verdicts to whoever asks for them."""
    answer = desk.ask(f"/deals/{deal}/moves?verdicts=true", to="offer")

    told = done(answer, "DealMoved")
    assert {each["rule"]: each["verdict"] for each in told["verdicts"]}["reachable"] == "pass"
    assert answer.headers["etag"] == '"2"'


def test_a_stage_that_is_not_there_is_a_mistake(desk: Desk, deal: str):
    """A name that the body has and nobody knows is 422 with what is near; a deal in the path that is not there 404."""
    answer = desk.ask(f"/deals/{deal}/moves", to="ofer")

    assert problem(answer) == (422, "unknown-stage")
    assert answer.json()["near"] == ["offer"]
    assert problem(desk.ask("/deals/nobody/moves", to="offer")) == (404, "unknown-deal")


def test_asked_twice_it_is_recorded_once(desk: Desk, deal: str):
    """The same Idempotency-Key is answered by what came of the first; with another body it is 422."""
    once = {"Idempotency-Key": f"move-{deal}"}
    first = desk.ask(f"/deals/{deal}/moves", once, to="offer").json()

    again = desk.ask(f"/deals/{deal}/moves", once, to="offer").json()
    other = desk.ask(f"/deals/{deal}/moves", once, to="contract")

    assert (again["repeated"], again["position"]) == (True, first["position"])
    assert desk.shop.names(deal).count("DealMoved") == 1
    assert problem(other) == (422, "idempotency-key-reused")


def test_who_saw_another_version_is_told(desk: Desk, deal: str):
    """If-Match with the version that was seen: 412 where the deal has gone on, and nothing is done."""
    seen = desk.get(f"/deals/{deal}").headers["etag"]
    done(desk.ask(f"/deals/{deal}/notes", text="they called"), "NoteRecorded")

    stale = desk.ask(f"/deals/{deal}/moves", {"If-Match": seen}, to="offer")
    fresh = desk.ask(f"/deals/{deal}/moves", {"If-Match": desk.get(f"/deals/{deal}").headers["etag"]}, to="offer")

    assert problem(stale) == (412, "stale-version")
    done(fresh, "DealMoved")


def test_a_refusal_moves_no_etag(desk: Desk, deal: str):
    """Somebody else's refused try changes nothing, so it makes nobody's version stale."""
    seen = desk.get(f"/deals/{deal}").headers["etag"]
    desk.ask(f"/deals/{deal}/moves", to="contract")

    assert desk.get(f"/deals/{deal}").headers["etag"] == seen
    done(desk.ask(f"/deals/{deal}/moves", {"If-Match": seen}, to="offer"), "DealMoved")


def test_a_deal_is_won_lost_and_opened_again(desk: Desk, deal: str):
    """The three outcomes, each asked of the gate."""
    refused = desk.ask(f"/deals/{deal}/outcome/win")
    lost = desk.ask(f"/deals/{deal}/outcome/lose", reason="price", competitor="another", note="too dear")
    again = desk.ask(f"/deals/{deal}/outcome/reopen", reason="they called")
    for stage in ("offer", "contract"):
        desk.ask(f"/deals/{deal}/moves", to=stage)
    won = desk.ask(f"/deals/{deal}/outcome/win")

    assert problem(refused) == (409, "refused")
    done(lost, "DealLost")
    done(again, "DealReopened")
    done(won, "DealWon")
    assert problem(desk.ask(f"/deals/{deal}/outcome/lose", reason="price")) == (409, "deal-is-closed")


def test_what_is_noted_of_a_deal_is_recorded(desk: Desk, deal: str):
    """Owner, fields, contacts, activities, notes and next steps, each with its event."""
    for path, event, body in (
        ("owner", "OwnerAssigned", {"owner": "rep-2", "why": "knows them"}),
        ("fields", "FieldsChanged", {"values": {"amount": "2500", "mail": None}}),
        ("contacts", "ContactLinked", {"contact": "kim@customer.example", "role": "buyer"}),
        ("contacts/unlink", "ContactUnlinked", {"contact": "kim@customer.example", "role": "buyer"}),
        ("activities", "ActivityLogged", {"kind": "call", "with_whom": "kim", "minutes": 20}),
        ("next-step", "NextStepSet", {"text": "send it", "due": "2026-02-01T09:00:00+01:00"}),
        ("notes", "NoteRecorded", {"text": "they like it"}),
    ):
        done(desk.ask(f"/deals/{deal}/{path}", **body), event)

    told = desk.get(f"/deals/{deal}").json()
    assert (told["owner"], told["fields"]["amount"]) == ("rep-2", {"amount": "2500", "currency": "EUR"})
    assert told["next_step_due"] == "2026-02-01T08:00:00.000000Z"


def test_what_the_process_does_not_know_is_not_noted(desk: Desk, deal: str):
    """An unknown field, kind, role, document or item is told, and nothing is recorded."""
    before = desk.shop.names(deal)
    for path, kind, body in (
        ("owner", "unknown-person", {"owner": "rep-22"}),
        ("fields", "unknown-field", {"values": {"amonut": "1"}}),
        ("fields", "bad-value", {"values": {"amount": "a lot"}}),
        ("contacts", "unknown-kind", {"contact": "kim", "role": "bayer"}),
        ("activities", "unknown-kind", {"kind": "cal"}),
        ("documents", "unknown-kind", {"name": "nda", "sha256": SHA}),
        ("documents", "bad-value", {"name": "nda", "sha256": "12"}),
        ("checklist", "unknown-item", {"item": "papers"}),
        ("next-step", "bad-value", {"text": ""}),
        ("notes", "bad-value", {"text": "x" * 10_001}),
        ("notes", "bad-moment", {"text": "x", "at": "2099-01-01T00:00:00Z"}),
        ("notes", "bad-value", {"text": "x", "by": "two words"}),
    ):
        assert problem(desk.ask(f"/deals/{deal}/{path}", **body)) == (422, kind), (path, body)
    assert desk.shop.names(deal) == before


def test_an_approval_is_asked_for_and_given(desk: Desk, deal: str):
    """Asked for by rep, given by a manager who says which version they saw; rep's own yes is refused."""
    path = f"/deals/{deal}/approvals"
    desk.ask(f"/deals/{deal}/fields", values={"amount": "5000"})
    desk.ask(f"/deals/{deal}/moves", to="offer")
    done(desk.ask(f"{path}/request", rule="big", note="please"), "ApprovalRequested")
    version = desk.get(f"/deals/{deal}").json()["version"]

    own = desk.ask(f"{path}/grant", rule="big")
    given = desk.ask(f"{path}/grant", rule="big", by="boss", seen=version, expires_at="2026-03-01T00:00:00Z")

    assert problem(own) == (409, "refused")
    done(given, "ApprovalGranted")
    told = desk.get(path.replace("/v1", "")).json()
    assert [each["rule"] for each in told["approvals"]] == ["big"]
    done(desk.ask(f"/deals/{deal}/moves", to="contract"), "DealMoved")


def test_an_approval_is_returned_and_rejected(desk: Desk, deal: str):
    """No with a reason, or back with what is missing; where nobody asks for one there is nothing to say no to."""
    path = f"/deals/{deal}/approvals"
    assert problem(desk.ask(f"{path}/return", rule="big", reason="what for?", by="boss")) == (409, "nothing-asked")
    assert problem(desk.ask(f"{path}/request", rule="bigg")) == (422, "unknown-rule")
    for answer, event in (("return", "ApprovalReturned"), ("reject", "ApprovalRejected")):
        desk.ask(f"{path}/request", rule="big")
        done(desk.ask(f"{path}/{answer}", rule="big", reason="not yet", by="boss"), event)


def test_a_rule_is_waived_by_who_may(desk: Desk, deal: str):
    """With a reason and by the role that the process names; anybody else's try is recorded and refused."""
    desk.ask(f"/deals/{deal}/fields", values={"mail": None})
    asked = {"rule": "reachable", "reason": "we met"}

    assert problem(desk.ask(f"/deals/{deal}/waivers", **asked)) == (409, "refused")
    done(desk.ask(f"/deals/{deal}/waivers", **asked, by="boss"), "RuleWaived")


def test_a_deal_waits_and_goes_on(desk: Desk, deal: str):
    """Paused with a reason and perhaps an end, resumed by anybody."""
    assert problem(desk.ask(f"/deals/{deal}/pause")) == (422, "bad-request")
    done(desk.ask(f"/deals/{deal}/pause", reason="holidays", until="2026-02-01T00:00:00Z"), "DealPaused")
    assert desk.get(f"/deals/{deal}").json()["paused"]
    done(desk.ask(f"/deals/{deal}/resume"), "DealResumed")
    assert problem(desk.ask("/deals/nobody/resume")) == (404, "unknown-deal")


def test_a_deal_is_handed_over(desk: Desk, deal: str):
    """Asked, declined, asked again, withdrawn, asked once more and accepted; each only by whom it concerns."""
    path = f"/deals/{deal}/handoffs"
    assert problem(desk.ask(f"{path}/accept", by="rep-2")) == (409, "no-handoff")
    done(desk.ask(path, to="rep-2", why="knows them"), "HandoffRequested")
    assert problem(desk.ask(path, to="boss")) == (409, "handoff-is-open")
    assert problem(desk.ask(f"{path}/accept", by="boss")) == (403, "not-theirs")
    done(desk.ask(f"{path}/decline", by="rep-2", reason="no time"), "HandoffDeclined")
    assert problem(desk.ask(f"{path}/decline", by="rep-2")) == (409, "no-handoff")
    done(desk.ask(path, to="rep-2"), "HandoffRequested")
    done(desk.ask(f"{path}/withdraw"), "HandoffWithdrawn")
    assert problem(desk.ask(f"{path}/withdraw")) == (409, "no-handoff")
    done(desk.ask(path, to="rep-2"), "HandoffRequested")
    done(desk.ask(f"{path}/accept", by="rep-2"), "HandoffAccepted")


def test_who_may_not_correct_is_refused(desk: Desk, deal: str):
    """The process names nobody who corrects: each kind is recorded as refused; an event that is not there is 409."""
    path = f"/deals/{deal}/corrections"
    asked = {"version": 1, "reason": "saw the contract"}
    assert problem(desk.ask(f"{path}/value", **asked, values={"amount": "20"})) == (409, "refused")
    assert problem(desk.ask(f"{path}/time", **asked, really_at="2026-01-01T00:00:00Z")) == (409, "refused")
    assert problem(desk.ask(f"{path}/void", **asked)) == (409, "cannot-correct")
    assert problem(desk.ask(f"{path}/void", version=99, reason="x")) == (409, "cannot-correct")
    assert problem(desk.ask(f"{path}/confirm", version=1)) == (409, "cannot-correct")


def test_a_deal_is_merged_into_another(desk: Desk, deal: str):
    """The other goes on; into one that is not there it is a mistake."""
    desk.shop.deal_in("lead", f"{deal}-twin")

    assert problem(desk.ask(f"/deals/{deal}/merge", into="nobody", reason="twice")) == (422, "unknown-deal")
    assert desk.ask(f"/deals/{deal}/merge", into=f"{deal}-twin", reason="twice").status_code in {200, 409}


def test_another_systems_move_takes_the_role_for_it(desk: Desk, deal: str):
    """What another system did is recorded only by whom the process names; here nobody is."""
    asked = {"to": "offer", "source": "crm", "key": "1", "at": "2026-01-05T09:00:00Z"}

    assert problem(desk.ask(f"/deals/{deal}/observed", **asked)) == (409, "refused")
