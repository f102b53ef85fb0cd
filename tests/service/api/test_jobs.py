"""Long work over HTTP: a file is uploaded, work is asked for, looked at, cancelled, and its answer read."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from tests.cli.given import CRM_MAPPING, CRM_PROCESS, CRM_ROWS
from tests.engine.shop import PROCESS, Shop
from tests.service.api.conftest import Desk, problem
from tests.service.in_process import living

BYTES = {"content-type": "application/octet-stream"}
_NUMBERS = count(1)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """A shop with a process for a little history."""
    shop = Shop.opened()
    shop.engine.publish_text(CRM_PROCESS, "crm.yaml", by="ops")
    with living(shop.engine.app()) as client:
        yield Desk(shop, client)
    shop.engine.close()


@pytest.fixture
def idle() -> Iterator[Desk]:
    """The same, where nobody does jobs."""
    shop = Shop.opened()
    with living(shop.engine.app(jobs=False, timers=False, bus="")) as client:
        yield Desk(shop, client)
    shop.engine.close()


def uploaded(desk: Desk, content: bytes = CRM_ROWS.encode()) -> str:
    """The id of a file that was taken in."""
    answer = desk.client.post("/v1/uploads", params={"name": "crm.csv"}, content=content, headers=BYTES)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def ended(desk: Desk, asked: httpx.Response) -> Any:
    """The job, once it has ended."""
    assert asked.status_code == 202, asked.text
    until = monotonic() + 20
    while (found := desk.client.get(asked.headers["location"]).json())["ended_at"] is None:
        assert monotonic() < until, found
        sleep(0.05)
    return found


def test_history_comes_in(desk: Desk) -> None:
    """From a file to its deals, with the report and the rows that were not taken."""
    asked = desk.ask("/imports", files=[uploaded(desk)], mapping=CRM_MAPPING)
    assert asked.json()["state"] in ("waiting", "running", "done")
    done = ended(desk, asked)
    assert (done["state"], done["kind"], done["about"], done["asked_by"]) == ("done", "import", "crm", "rep")
    report = desk.get(f"/jobs/{done['id']}/result")
    assert report.headers["content-type"] == "application/json"
    assert (report.json()["deals"], report.json()["rejects"][0]["file"]) == (3, "crm.csv")
    rejects = desk.get(f"/jobs/{done['id']}/rejects")
    assert rejects.headers["content-type"].startswith("text/csv")
    assert rejects.text.splitlines()[0] == "file,line,column,value,reason"
    assert desk.get("/deals/A").json()["stage"] == "contract"


def test_the_other_kinds(desk: Desk) -> None:
    """A backtest, a rebuild and a migration, each with the answer that the command line gives."""
    desk.shop.clock.on(0.5)
    desk.shop.deal_in("offer", "J-1")
    backtest = ended(desk, desk.ask("/backtests", candidate=PROCESS))
    assert desk.get(f"/jobs/{backtest['id']}/result").json()["attempts"] > 0
    desk.shop.clock.on(1)
    rebuild = ended(desk, desk.ask("/rebuilds"))
    assert {"position", "digest", "rows"} <= set(desk.get(f"/jobs/{rebuild['id']}/result").json())
    desk.shop.clock.on(2)
    desk.shop.engine.publish_text(PROCESS.replace("  - id: offer\n", "  - id: quote\n"), "shop.yaml", by="ops")
    moved = desk.ask("/migrations", process="shop", to="2", mapping={"offer": "quote"}, why="one way", by="ops")
    assert desk.get(f"/jobs/{ended(desk, moved)['id']}/result").json()["done"] is True
    assert desk.get("/deals/J-1").json()["stage"] == "quote"
    listed = desk.get("/jobs", limit=2).json()
    assert [job["kind"] for job in listed["jobs"]] == ["migrate", "rebuild"]
    assert desk.get("/jobs", limit=2, before=listed["next"]).json()["jobs"][0]["kind"] == "backtest"


def test_asked_again_with_its_key_it_is_the_same_job(desk: Desk) -> None:
    """Also when the file is gone; with another body it is refused."""
    file, key = uploaded(desk), {"Idempotency-Key": f"job-{next(_NUMBERS)}"}
    first = desk.ask("/imports", key, files=[file], mapping=CRM_MAPPING)
    ended(desk, first)
    again = desk.ask("/imports", key, files=[file], mapping=CRM_MAPPING)
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    other = desk.ask("/imports", key, files=[file], mapping=CRM_MAPPING, process="crm")
    assert problem(other) == (422, "idempotency-key-reused")


def test_what_cannot_be_asked(desk: Desk) -> None:
    """Each with its own problem, and no job is there afterwards."""
    before = desk.get("/jobs").json()["jobs"]
    assert problem(desk.ask("/imports", files=["0" * 20], mapping=CRM_MAPPING)) == (422, "bad-value")
    assert problem(desk.ask("/imports", files=[uploaded(desk)], mapping="x: 1")) == (422, "bad-mapping")
    assert problem(desk.ask("/imports", files=[], mapping=CRM_MAPPING)) == (422, "bad-request")
    assert problem(desk.ask("/backtests", candidate="process: x")) == (422, "bad-process")
    assert problem(desk.ask("/rebuilds", view="nothing")) == (422, "bad-value")
    assert problem(desk.ask("/migrations", process="nothing", to="1", why="so")) == (422, "unknown-process")
    assert problem(desk.ask("/migrations", process="shop", to="9", why="so")) == (422, "unknown-process")
    assert desk.get("/jobs").json()["jobs"] == before


def test_a_job_that_is_not_there(desk: Desk) -> None:
    """404 at each of its addresses."""
    for path in ("/jobs/x", "/jobs/x/result", "/jobs/x/rejects"):
        assert problem(desk.get(path)) == (404, "unknown-job")
    assert problem(desk.ask("/jobs/x/cancel")) == (404, "unknown-job")


def test_an_upload_is_bytes_with_a_name(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anything else is a problem, and nothing of it is kept."""
    papers = desk.shop.engine._store.papers(desk.shop.clock)
    held = papers.bytes_of("file")
    named = {"name": "crm.csv"}
    wrong = desk.client.post("/v1/uploads", params=named, json={})
    assert problem(wrong) == (415, "wrong-content-type")
    assert problem(desk.client.post("/v1/uploads", content=b"x", headers=BYTES)) == (422, "bad-request")
    odd = desk.client.post("/v1/uploads", params={"name": "../crm.csv"}, content=b"x", headers=BYTES)
    assert problem(odd) == (422, "bad-value")
    monkeypatch.setattr("pipeline_engine.service.api.jobs.MOST_UPLOAD_BYTES", 1000)
    large = desk.client.post("/v1/uploads", params=named, content=b"x" * 1001, headers=BYTES)
    assert problem(large) == (413, "body-too-large")
    assert papers.bytes_of("file") == held


def test_an_upload_that_breaks_off_leaves_nothing(desk: Desk) -> None:
    """The client went in the midst of it."""
    papers = desk.shop.engine._store.papers(desk.shop.clock)
    held = papers.folders("file")

    def pieces() -> Iterator[bytes]:
        yield b"x" * (2 << 20)
        raise ConnectionError("the client went")

    with pytest.raises(ConnectionError):
        desk.client.post("/v1/uploads", params={"name": "crm.csv"}, content=pieces(), headers=BYTES)
    assert papers.folders("file") == held


def test_a_job_waits_where_nobody_works_and_is_cancelled(idle: Desk) -> None:
    """Its answer is not there yet, then never; the limit tells when to ask again."""
    asked = idle.ask("/rebuilds")
    job = asked.json()["id"]
    assert (asked.json()["state"], asked.headers["location"]) == ("waiting", f"/v1/jobs/{job}")
    assert problem(idle.get(f"/jobs/{job}/result")) == (409, "no-answer")
    cancelled = idle.ask(f"/jobs/{job}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"], cancelled.json()["cancelled_by"]) == (
        200, "cancelled", "rep",
    )  # fmt: skip
    for _ in range(20):
        assert idle.ask("/rebuilds").status_code == 202
    full = idle.ask("/rebuilds")
    assert problem(full) == (429, "too-many-jobs")
    assert full.headers["retry-after"] == "30"


def test_jobs_outlive_the_process_that_took_them_in(tmp_path: Path) -> None:
    """Asked of one life of the service, done in the next."""
    url = f"sqlite:///{tmp_path}/sales.db"
    shop = Shop.opened(url)
    shop.engine.publish_text(CRM_PROCESS, "crm.yaml", by="ops")
    with living(shop.engine.app(jobs=False, timers=False, bus="")) as client:
        first = Desk(shop, client)
        asked = first.ask("/imports", files=[uploaded(first)], mapping=CRM_MAPPING)
        assert asked.json()["state"] == "waiting"
    with living(shop.engine.app(timers=False, bus="")) as client:
        assert ended(Desk(shop, client), asked)["state"] == "done"
    shop.engine.close()
