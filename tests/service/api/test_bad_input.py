"""What cannot be read is a named problem, and nothing is done."""

import pytest

from tests.service.api.conftest import Desk, problem

MOVE = "/deals/D/moves"


@pytest.fixture(scope="module")
def lead(desk: Desk) -> Desk:
    """A deal in its first stage."""
    desk.shop.deal_in("lead")
    return desk


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"to": "offer", "by": "rep"', "not JSON at line 1"),
        (b'{"to": "offer", "by": "rep", "to": "contract"}', "`to` twice"),
        (b'{"to": NaN, "by": "rep"}', "`NaN`"),
        (b'{"to": -Infinity, "by": "rep"}', "`-Infinity`"),
        (b'{"to": 1e999, "by": "rep"}', "too large"),
        (b'{"to": ' + b"9" * 5000 + b', "by": "rep"}', "too many digits"),
        (b'{"to": "\xff", "by": "rep"}', "not UTF-8 from byte 8"),
        (b'{"to": "\\ud800", "by": "rep"}', "half a character"),
        (b'{"to": ' + b"[" * 40 + b"]" * 40 + b', "by": "rep"}', "deeper than 32"),
        (b"[" * 200_000, "deeper than 32"),
    ],
    ids=["cut off", "twice", "NaN", "infinity", "too large", "digits", "UTF-8", "surrogate", "deep", "very deep"],
)
def test_what_two_readers_could_read_differently_is_refused(lead, body, said):
    """A body that is not JSON in UTF-8, plainly, is problem 400 that says where, and the deal stays as it is."""
    before = lead.shop.names()

    answer = lead.raw(MOVE, body)

    assert problem(answer) == (400, "bad-json")
    assert said in answer.json()["detail"]
    assert lead.shop.names() == before


@pytest.mark.parametrize("headers", [{}, {"content-length": "10"}], ids=["honest", "a length that lies"])
def test_a_huge_body_is_not_read(lead, headers):
    """More than a mebibyte is problem 413, whatever the length said it would be."""

    def pieces():
        yield b'{"by": "rep", "text": "'
        yield from (b"x" * 65_536 for _ in range(20))

    said = {"content-type": "application/json", **headers}
    answer = lead.client.post("/v1/deals/D/notes", content=pieces(), headers=said)

    assert problem(answer) == (413, "body-too-large")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_another_content_type_is_not_guessed(lead, kind):
    """Only application/json is read: a form of another site cannot be taken for a command."""
    assert problem(lead.raw(MOVE, b'{"to": "offer", "by": "rep"}', kind)) == (415, "wrong-content-type")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"to": 7}, "body.to"),
        ({"to": "offer", "too": "offer"}, "body.too"),
        ({}, "body.to"),
        ({"to": "offer", "by": None}, "body.by"),
        ({"to": "offer", "at": "yesterday"}, "body.at"),
        ({"to": "offer", "at": "2026-01-05T09:00:00"}, "body.at"),
        ({"to": "offer", "at": 1767603600}, "body.at"),
    ],
)
def test_what_does_not_fit_is_told_with_its_path(lead, body, path):
    """A wrong type, a part too many or one missing is problem 422 that names each place."""
    answer = lead.ask(MOVE, **body)

    assert problem(answer) == (422, "bad-request")
    assert [each["path"] for each in answer.json()["errors"]] == [path]


def test_an_empty_body_is_told_as_missing(lead):
    """No body at all does not fit either."""
    assert problem(lead.client.post(f"/v1{MOVE}")) == (422, "bad-request")


@pytest.mark.parametrize("value", ["x" * 201, 'W/"1"', "1", '"x"'])
def test_a_version_that_is_none_is_told(lead, value):
    """If-Match takes a deal's ETag and nothing else."""
    assert problem(lead.ask(MOVE, {"If-Match": value}, to="offer")) == (422, "bad-request")


def test_an_amount_as_a_float_is_refused(lead):
    """Amounts are text, so that none is rounded on its way."""
    answer = lead.ask("/deals/D/fields", values={"amount": 12.5})

    assert problem(answer) == (422, "bad-request")
    assert all(each["path"].startswith("body.values.amount") for each in answer.json()["errors"])


def test_an_unknown_address_and_method_are_problems(lead):
    """Also what no route answers is a problem of a named type."""
    assert problem(lead.client.get("/v1/dealz")) == (404, "no-such-path")
    assert problem(lead.client.delete("/v1/deals/D")) == (405, "method-not-allowed")
