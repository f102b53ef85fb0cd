"""Only this machine, by its own names, and no page of another site."""

from typing import Any

import pytest

from pipeline_engine.errors import BadValue, UnsafeService
from pipeline_engine.service import UNSAFE_SERVICE, ServiceSettings
from pipeline_engine.service.unsafe import check
from tests.service.api.conftest import Desk, problem
from tests.service.in_process import living

UNSAFE: dict[str, list[Any]] = {
    "every_address": [{"host": "0.0.0.0"}, {"host": "::"}, {"host": ""}],
    "other_address": [{"host": "192.0.2.7"}, {"host": "2001:db8::1"}],
    "host_name": [{"host": "pipeline.example"}, {"host": "127.0.0.1.example"}],
    "port": [{"port": -1}, {"port": 65_536}],
    "any_host": [{"hosts": ("*",)}, {"hosts": ("localhost", "*.example")}],
    "other_host": [{"hosts": ("pipeline.example",)}, {"hosts": ("192.0.2.7",)}],
    "any_origin": [{"origins": ("*",)}, {"origins": ("https://*.example",)}],
    "null_origin": [{"origins": ("null",)}],
    "other_origin": [{"origins": ("https://crm.example",)}, {"origins": ("localhost:3000",)}],
    "plain_bus": [{"bus": "nats://broker.example:4222"}, {"bus": "nats://user:secret@192.0.2.7"}],
    "body": [{"body_bytes": 0}, {"body_bytes": 2**40}],
    "page": [{"page": 0}, {"page": 100_000}],
    "wait": [{"wait_seconds": -1.0}, {"wait_seconds": float("nan")}, {"wait_seconds": float("inf")}],
    "stop": [{"stop_seconds": 0.0}, {"stop_seconds": float("inf")}],
    "threads": [{"threads": 0}, {"threads": 100_000}],
}
ENVIRONMENT = {"forwarded": {"FORWARDED_ALLOW_IPS": "*"}, "workers": {"WEB_CONCURRENCY": "4"}}
SAFE: list[Any] = [
    {}, {"host": "::1"}, {"host": "localhost"}, {"host": "127.8.8.8"}, {"port": 0}, {"hosts": ("crm.localhost",)},
    {"origins": ("http://localhost:3000",)}, {"bus": "nats://127.0.0.1:4222"}, {"bus": "tls://broker.example"},
]  # fmt: skip


@pytest.mark.parametrize(("name", "said"), [(name, said) for name, cases in UNSAFE.items() for said in cases])
def test_an_unsafe_setting_refuses_the_start(name, said):
    """It says which setting, what could happen and what to do instead."""
    with pytest.raises(UnsafeService) as refused:
        check(ServiceSettings(**said), {})

    told = UNSAFE_SERVICE[name]
    assert all(part in str(refused.value) for part in (told.setting, told.why, told.instead))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_the_environment_can_be_unsafe_too(name):
    """What a server library would read by itself counts."""
    with pytest.raises(UnsafeService, match=UNSAFE_SERVICE[name].setting):
        check(ServiceSettings(), ENVIRONMENT[name])


@pytest.mark.parametrize("said", SAFE, ids=str)
def test_what_is_safe_starts(said):
    """The check that refuses also lets through: this machine by any of its names."""
    check(ServiceSettings(**said), {"WEB_CONCURRENCY": "1"})


def test_every_unsafe_setting_is_shown_here():
    """None is in the table that no test refuses."""
    assert {*UNSAFE, *ENVIRONMENT} == set(UNSAFE_SERVICE)
    assert len(UNSAFE_SERVICE) >= 10


def test_settings_come_from_the_environment():
    """Each by its name in capitals; what is no number or no yes or no is told."""
    read = ServiceSettings.from_environment({
        "PIPELINE_ENGINE_SERVE_PORT": "9000", "PIPELINE_ENGINE_SERVE_TIMERS": "no",
        "PIPELINE_ENGINE_SERVE_ORIGINS": "http://localhost:1, http://localhost:2", "PIPELINE_ENGINE_SERVE_HOST": "",
    })  # fmt: skip

    assert (read.port, read.timers, read.host) == (9000, False, "127.0.0.1")
    assert read.origins == ("http://localhost:1", "http://localhost:2")
    for name, text in (("PORT", "many"), ("TIMERS", "perhaps"), ("WAIT_SECONDS", "soon")):
        with pytest.raises(BadValue, match=name):
            ServiceSettings.from_environment({f"PIPELINE_ENGINE_SERVE_{name}": text})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8642", "[::1]:8642", "crm.localhost"])
def test_every_name_of_this_machine_is_answered(desk: Desk, host):
    """Whichever of its own names it is called by."""
    assert desk.client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "a:b:c"])
def test_another_name_is_not_answered(desk: Desk, host):
    """A stranger's name that was made to point here gets nothing, not even whether the process lives."""
    assert problem(desk.client.get("/healthz", headers={"host": host})) == (400, "wrong-host")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:3000", "https://localhost"])
def test_a_page_of_another_site_may_not_write(desk: Desk, origin):
    """What a browser sends for another page is refused before it is read."""
    before = desk.shop.engine.position()

    answer = desk.ask("/deals", {"Origin": origin}, deal="D-evil", process="shop")

    assert problem(answer) == (403, "wrong-origin")
    assert desk.shop.engine.position() == before


def test_a_page_that_was_named_may_write(desk: Desk):
    """An origin of the settings is answered, also when the browser asks first whether it may; another one is not."""
    app = desk.shop.engine.app(origins=("http://localhost:3000",), bus="", timers=False)
    first = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,if-match"}
    with living(app) as client:
        may = client.options("/v1/deals", headers={"Origin": "http://localhost:3000", **first})
        told = client.get("/v1/deals", headers={"Origin": "http://localhost:3000"})
        other = client.options("/v1/deals", headers={"Origin": "http://localhost:3001", **first})

    assert (may.status_code, told.status_code) == (200, 200)
    assert told.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert problem(other) == (403, "wrong-origin")


def test_our_own_page_may_write(desk: Desk):
    """The same request from a page of the service itself is answered."""
    assert desk.ask("/deals", {"Origin": "http://localhost"}, deal="D-own", process="shop").status_code == 201


def test_no_answer_loads_or_shows_anything_from_outside(desk: Desk):
    """Every answer says so to the browser, and the page of the API names no other address."""
    page = desk.client.get("/docs")

    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "//" not in page.text.replace("<!doctype", "")
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "begin.js"):
        assert f'/docs/{name}"' in page.text
        assert desk.client.get(f"/docs/{name}").status_code == 200
    assert desk.client.get("/docs/../secrets").status_code == 404
