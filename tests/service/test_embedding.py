"""In somebody else's application: under a prefix, beside their own life, handlers and guards, mounted, and twice."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from starlette.responses import JSONResponse, Response

from pipeline_engine.service import mounted
from tests.engine.shop import Shop
from tests.service.in_process import living, post

QUIET = {"bus": "", "timers": False, "jobs": False}
ODD = ("a/b", "ü", "a b", "a%2Fb", "?x", "a#b", "a:b", "%", "a\\b", "Ä/ö", "%2e%2e", "//", "...")


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A shop with a deal."""
    made = Shop.opened().deal_in("offer")
    yield made
    made.engine.close()


def theirs(lived: list[str]) -> FastAPI:
    """An application with a life, a handler for every error, and a path of its own."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        """Theirs."""
        lived.append("begun")
        yield
        lived.append("ended")

    app = FastAPI(lifespan=life)

    @app.exception_handler(HTTPException)
    @app.exception_handler(404)
    async def answered(request: Request, error: Exception) -> Response:
        """Their own words."""
        return JSONResponse({"theirs": True}, 404)

    @app.get("/own")
    async def own() -> Response:
        """Nothing, in their words."""
        raise HTTPException(404)

    return app


def test_under_a_prefix_beside_their_own_life(shop: Shop) -> None:
    """Both lives are lived; their errors stay theirs, ours are problems; addresses have the prefix."""
    lived = list[str]()
    host = theirs(lived)
    host.include_router(shop.engine.router(**QUIET), prefix="/crm")
    with living(host) as client:
        assert lived == ["begun"]
        assert client.get("/own").json() == client.get("/nowhere").json() == {"theirs": True}
        assert client.get("/crm/v1/deals/D").json()["stage"] == "offer"
        missing = client.get("/crm/v1/deals/nobody")
        assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
        assert missing.json()["instance"] == "/crm/v1/deals/nobody"
        opened = post(client, "/crm/v1/deals", {"deal": "N/1", "process": "shop", "by": "rep"})
        assert opened.headers["location"] == "/crm/v1/deals/N%2F1"
        assert client.get(opened.headers["location"]).json()["id"] == "N/1"
        job = post(client, "/crm/v1/rebuilds", {"by": "rep"})
        assert client.get(job.headers["location"]).json()["state"] == "waiting"
    assert lived == ["begun", "ended"]


def test_an_approval_link_leads_to_its_page_wherever_it_is(shop: Shop) -> None:
    """The path in the answer is that of the page, with the prefix in it."""
    shop.ask("set", values={"amount": "5000 EUR", "mail": "a@b.example"})
    shop.ask("request", rule="big", to="contract")
    host = FastAPI()
    host.include_router(shop.engine.router(**QUIET), prefix="/crm")
    with living(host) as client:
        link = post(client, "/crm/v1/deals/D/approvals/links", {"rule": "big", "to": "contract", "person": "boss"})
        assert link.json()["path"].startswith("/crm/v1/approve/")
        page = client.get(link.json()["path"])
        assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html")


def test_their_document_has_our_operations(shop: Shop) -> None:
    """Complete, with the problem type, beside their own paths."""
    host = theirs([])
    host.include_router(shop.engine.router(**QUIET), prefix="/crm")
    document = host.openapi()
    assert {"/own", "/crm/v1/deals/{deal}/moves", "/crm/v1/jobs"} <= set(document["paths"])
    assert "Problem" in document["components"]["schemas"]


def test_parts_may_be_switched_off(shop: Shop) -> None:
    """Without bus, timers and jobs nothing of them runs; reading and writing goes on."""
    host = FastAPI()
    host.include_router(shop.engine.router(**QUIET))
    with living(host) as client:
        assert post(client, "/v1/deals/D/notes", {"text": "hello", "by": "rep"}).status_code == 200
        assert client.get("/v1/following").status_code == 200


def test_mounted_it_lives_by_the_lifespan_of_the_other(shop: Shop) -> None:
    """A mounted application is given no life; `mounted` gives it one. Its problems say the whole path."""
    inner = shop.engine.app(**QUIET)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        """Theirs, with ours in it."""
        async with mounted(inner):
            yield

    host = FastAPI(lifespan=life)
    host.mount("/sales", inner)
    with living(host) as client:
        assert client.get("/sales/v1/deals/D").json()["id"] == "D"
        assert client.get("/sales/readyz").status_code == 200
        opened = post(client, "/sales/v1/deals", {"deal": "N/1", "process": "shop", "by": "rep"})
        assert client.get(opened.headers["location"]).json()["id"] == "N/1"


def test_two_engines_in_one_application(shop: Shop) -> None:
    """Each with its own deals and its own life."""
    other = Shop.opened().deal_in("lead", "E")
    host = FastAPI()
    host.include_router(shop.engine.router(**QUIET), prefix="/one")
    host.include_router(other.engine.router(**QUIET), prefix="/two")
    with living(host) as client:
        assert [client.get(f"/{name}/v1/deals/D").status_code for name in ("one", "two")] == [200, 404]
        assert [client.get(f"/{name}/v1/deals/E").status_code for name in ("one", "two")] == [404, 200]
    other.engine.close()


@pytest.mark.parametrize("deal", ODD)
def test_a_deal_may_be_called_anything(shop: Shop, deal: str) -> None:
    """Every address of it takes it percent-encoded, a slash included; what is answered names it as it is."""
    shop.engine.open_deal(deal, process="shop", owner="rep", by="rep")
    host = FastAPI()
    host.include_router(shop.engine.router(**QUIET), prefix="/crm")
    path = f"/crm/v1/deals/{quote(deal, safe='')}"
    with living(host) as client:
        assert client.get(path).json()["id"] == deal
        assert client.get(f"{path}/timeline").status_code == 200
        assert post(client, f"{path}/notes", {"text": "hello", "by": "rep"}).json()["deal"] == deal
        listed = client.get("/crm/v1/deals").json()["deals"]
        assert deal in {each["id"] for each in listed}


def test_a_slash_in_a_name_is_no_other_address(shop: Shop) -> None:
    """`D%2Fmoves` names a deal, and not what is asked of one."""
    with living(shop.engine.app(**QUIET)) as client:
        answer = client.get("/v1/deals/D%2Ftimeline")
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (404, "unknown-deal")
        assert httpx.URL(str(answer.request.url)).raw_path == b"/v1/deals/D%2Ftimeline"
