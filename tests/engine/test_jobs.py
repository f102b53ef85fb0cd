"""Long work: asked once, done by whoever works, cancelled, put back, tried again, and cleaned up after."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import pytest

from pipeline_engine.engine import Engine, JobLook
from pipeline_engine.engine.doing import Stopped, WorkVerbs
from pipeline_engine.engine.jobs import MOST_OPEN
from pipeline_engine.engine.works import BacktestWork, Came, Doing, RebuildWork
from pipeline_engine.errors import (
    BadMapping,
    BadProcess,
    BadValue,
    CommandIdReused,
    NoAnswer,
    StoreUnreachable,
    TooManyJobs,
    UnknownJob,
    UnknownProcess,
    UnknownStage,
)
from pipeline_engine.store import PIECE
from tests.cli.given import CRM_MAPPING, CRM_PROCESS, CRM_ROWS
from tests.engine.shop import Clock

STRICTER = CRM_PROCESS.replace("{id: contract}", "{id: contract, enter: [{require: [amount]}]}")
RENAMED = CRM_PROCESS.replace("{id: offer}", "{id: quote}")


@pytest.fixture
def engine(lasting_url: str) -> Iterator[Engine]:
    """A store with the process of a little history."""
    with Engine.open(lasting_url) as opened:
        opened.publish_text(CRM_PROCESS, "crm.yaml", by="ops")
        yield opened


def uploaded(engine: Engine, content: str = CRM_ROWS, name: str = "crm.csv") -> str:
    """The id of a file that was taken in."""
    upload = engine.upload(name)
    upload.add(content.encode())
    return upload.end().upload


def imported(engine: Engine, **how: Any) -> JobLook:
    """The import of the little history is asked for."""
    return engine.ask_import([uploaded(engine)], CRM_MAPPING, **{"by": "ops", **how})


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that another thread does."""
    end = monotonic() + seconds
    while not true():
        assert monotonic() < end, "it did not come true in time"
        sleep(0.02)


def worked(engine: Engine) -> None:
    """Do every job there is."""
    with engine.working():
        until(lambda: not engine.waiting_jobs())


def result(engine: Engine, look: JobLook) -> Any:
    """What a job answered."""
    return json.loads(b"".join(engine.job_result(look.job.id)))


def names(engine: Engine, look: JobLook) -> list[str]:
    """What happened to a job, by the log."""
    stream = f"job:{look.job.id}"
    return [row.name for row in engine.store_rows() if row.stream == stream]


def test_an_import_comes_in_as_from_the_command_line(engine: Engine) -> None:
    """The report is the result, the rows that were not taken are a table, and the file is told by its name alone."""
    asked = imported(engine)
    assert (asked.job.state, asked.job.kind, asked.job.about) == ("waiting", "import", "crm")
    worked(engine)
    done = engine.job(asked.job.id)
    assert (done.job.state, done.result, done.rejects) == ("done", True, True)
    report = result(engine, done)
    assert (report["rows"], report["deals"], report["rejected"], report["rejects"][0]["file"]) == (10, 3, 1, "crm.csv")
    rejects = b"".join(engine.job_rejects(asked.job.id)).decode().splitlines()
    assert rejects[1].startswith("crm.csv,8,at,not-a-date,")
    assert names(engine, done) == ["JobAsked", "JobBegun", "JobEnded"]


def test_the_log_proves_what_went_in_and_what_came_out(engine: Engine) -> None:
    """The digests of the files and of the answer are events; no value of anybody's is."""
    asked = imported(engine)
    worked(engine)
    done = engine.job(asked.job.id).job
    assert done.inputs == (hashlib.sha256(CRM_ROWS.encode()).hexdigest(),)
    assert done.result == hashlib.sha256(b"".join(engine.job_result(done.id))).hexdigest()
    said = b"".join(row.payload for row in engine.store_rows() if row.stream.startswith("job:"))
    assert b"anna" not in said


def test_a_backtest_says_what_the_verb_says(engine: Engine) -> None:
    """The same answer as in this process, also where its examples are many."""
    imported(engine)
    worked(engine)
    asked = engine.ask_backtest(STRICTER, by="ops")
    worked(engine)
    expected = engine.backtest(engine.read_candidate(STRICTER)).to_json()
    since = {"position": engine.position() - 1, "events": engine.position() - 1}
    assert result(engine, asked) == json.loads(json.dumps({**expected, **since}))


def test_a_rebuild_and_the_rebuild_of_one_view(engine: Engine) -> None:
    """All facts where no view is named; a view that is not there is refused when it is asked for."""
    imported(engine)
    worked(engine)
    every, one = engine.ask_rebuild(by="ops"), engine.ask_rebuild("facts", by="ops")
    with pytest.raises(BadValue, match="nothing"):
        engine.ask_rebuild("nothing", by="ops")
    worked(engine)
    assert result(engine, every)["digest"] == engine.facts().digest()
    assert (result(engine, one)["view"], engine.job(one.job.id).job.state) == ("facts", "done")


def test_a_migration_lets_deals_go_on(engine: Engine) -> None:
    """As the verb does; where deals would strand it failed, and the result says how many."""
    imported(engine)
    worked(engine)
    engine.publish_text(RENAMED, "crm.yaml", by="ops")
    strands = engine.ask_migration("crm", "2", why="one way", by="ops")
    worked(engine)
    assert (engine.job(strands.job.id).job.state, engine.job(strands.job.id).job.why) == ("failed", "would-strand")
    assert result(engine, strands)["stranded"] == 1
    goes = engine.ask_migration("crm", "2", {"offer": "quote"}, why="one way", by="ops")
    worked(engine)
    assert result(engine, goes) == {
        "process": "crm", "target": "crm@2", "done": True, "kept": 0, "mapped": 1, "stranded": 0, "refused": None,
    }  # fmt: skip
    assert engine.deal("C").stage == "quote"


def test_what_cannot_be_is_refused_when_it_is_asked(engine: Engine) -> None:
    """Nothing is recorded, nothing is kept, and the upload is free for a better try."""
    file = uploaded(engine)
    before = engine.position()
    with pytest.raises(BadMapping):
        engine.ask_import([file], "format: csv\n", by="ops")
    with pytest.raises(UnknownProcess):
        engine.ask_import([file], CRM_MAPPING, "nothing", by="ops")
    for files in ([], [file, file], ["0" * 20], [f"../{file}"]):
        with pytest.raises(BadValue):
            engine.ask_import(files, CRM_MAPPING, by="ops")
    with pytest.raises(BadProcess):
        engine.ask_backtest("process: x", by="ops")
    with pytest.raises(UnknownProcess):
        engine.ask_backtest(CRM_PROCESS.replace("process: crm", "process: other"), by="ops")
    with pytest.raises(UnknownStage):
        engine.ask_migration("crm", "1", {"nowhere": "lead"}, why="so", by="ops")
    with pytest.raises(BadValue):
        engine.ask_migration("crm", "1", why="  ", by="ops")
    with pytest.raises(BadValue):
        engine.ask_rebuild(by="")
    assert (engine.position(), engine.waiting_jobs()) == (before, [])
    assert engine.ask_import([file], CRM_MAPPING, by="ops").job.state == "waiting"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b.csv", "/etc/passwd", "a\nb.csv", "a\x00.csv", "x" * 201])
def test_a_file_has_a_name_that_is_one(engine: Engine, name: str) -> None:
    """It is laid out under that name where the work is done."""
    with pytest.raises(BadValue):
        engine.upload(name)


def test_a_broken_file_fails_the_job_with_the_place(engine: Engine) -> None:
    """The log says which error; the line for people is beside it, and goes when answers go."""
    file = uploaded(engine, 'deal,at,who,stage,amount\nA,2026-01-05T09:00:00,"anna')
    asked = engine.ask_import([file], CRM_MAPPING, by="ops")
    worked(engine)
    failed = engine.job(asked.job.id)
    assert (failed.job.state, failed.job.why) == ("failed", "bad-history")
    assert failed.failure is not None
    assert failed.failure.detail.startswith("crm.csv:2:")
    with pytest.raises(NoAnswer):
        engine.job_result(asked.job.id)


def test_asked_twice_it_is_one_job(engine: Engine) -> None:
    """Under one command id, also when it is done; another request under that id is refused."""
    file = uploaded(engine)
    first = engine.ask_import([file], CRM_MAPPING, by="ops", command_id="k")
    assert engine.ask_import([file], CRM_MAPPING, by="ops", command_id="k").job.id == first.job.id
    worked(engine)
    assert engine.ask_import([file], CRM_MAPPING, by="ops", command_id="k").job.state == "done"
    with pytest.raises(CommandIdReused):
        engine.ask_backtest(CRM_PROCESS, by="ops", command_id="k")
    assert (len(engine.jobs()), engine.waiting_jobs()) == (1, [])


def test_asked_at_once_under_one_id_it_is_one_job(engine: Engine) -> None:
    """A client that asks again before it was answered gets the job that there is."""
    file, found = uploaded(engine), list[str]()

    def ask() -> None:
        found.append(engine.ask_import([file], CRM_MAPPING, by="ops", command_id="k").job.id)

    threads = [Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found)), len(engine.waiting_jobs())) == (6, 1, 1)


def test_a_file_serves_one_job(engine: Engine) -> None:
    """It goes when that job has ended."""
    file = uploaded(engine)
    engine.ask_import([file], CRM_MAPPING, by="ops")
    with pytest.raises(BadValue, match=file):
        engine.ask_import([file], CRM_MAPPING, by="ops")
    worked(engine)
    with pytest.raises(BadValue, match=file):
        engine.ask_import([file], CRM_MAPPING, by="ops")


def test_jobs_are_bounded_in_number(engine: Engine) -> None:
    """Also where many ask at once; when one has ended there is room again."""
    asked = list[JobLook]()

    def ask() -> None:
        for _ in range(MOST_OPEN):
            with suppress(TooManyJobs):
                asked.append(engine.ask_rebuild(by="ops"))

    threads = [Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(engine.waiting_jobs()) == len(asked) <= MOST_OPEN
    while len(engine.waiting_jobs()) < MOST_OPEN:
        asked.append(engine.ask_rebuild(by="ops"))
    with pytest.raises(TooManyJobs):
        engine.ask_rebuild(by="ops")
    engine.cancel_job(asked[0].job.id, by="ops")
    assert engine.ask_rebuild(by="ops").job.state == "waiting"


def test_jobs_are_done_in_the_order_they_were_asked(engine: Engine) -> None:
    """And listed the newest first, page by page."""
    asked = [engine.ask_rebuild(by="ops").job.id for _ in range(5)]
    worked(engine)
    jobs = [look.job for look in engine.jobs(limit=5)]
    assert [job.id for job in jobs] == asked[::-1]
    assert [job.ended_at for job in jobs] == sorted((job.ended_at for job in jobs if job.ended_at), reverse=True)
    first = engine.jobs(limit=2)
    assert [look.job.id for look in engine.jobs(limit=9, before=first[-1].job.id)] == asked[:3][::-1]


@pytest.mark.parametrize("job_id", ["", "x", "0" * 20, "../x", "0" * 300, "ü"])
def test_a_job_that_is_not_there(engine: Engine, job_id: str) -> None:
    """Said in one line, whatever it is called."""
    for look in (engine.job, engine.job_result, engine.job_rejects, lambda each: engine.cancel_job(each, by="ops")):
        with pytest.raises(UnknownJob):
            look(job_id)


class Held:
    """Work that goes on until it is let go, told of as any other is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, kind: type = RebuildWork) -> None:
        self.begun, self.go, self.tries = Event(), Event(), list[int]()
        held = self

        def do(self: Any, doing: Doing) -> Came:
            held.tries.append(doing.attempt)
            held.begun.set()
            for step in range(2000):
                doing.told(step, 2000)
                if held.go.wait(0.01):
                    return Came({"view": "facts", "position": 0})
            raise AssertionError("nobody let it go")

        monkeypatch.setattr(kind, "do", do)


def test_a_running_job_says_how_far_it_is_and_can_be_cancelled(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """By anybody, from any process; what it needed is gone, and nothing is left to be done."""
    held = Held(monkeypatch)
    asked = engine.ask_rebuild(by="ops").job.id
    with engine.working() as workers:
        assert held.begun.wait(20)
        until(lambda: engine.job(asked).progress is not None)
        progress = engine.job(asked).progress
        assert progress is not None
        assert (progress.total, 0 <= progress.done < 2000) == (2000, True)
        assert engine.cancel_job(asked, by="boss").job.state == "cancelling"
        until(lambda: not engine.job(asked).job.open)
        assert workers.health().ok
    ended = engine.job(asked)
    assert (ended.job.state, ended.job.cancel_by, ended.result) == ("cancelled", "boss", False)
    assert engine.cancel_job(asked, by="boss").job == ended.job
    assert engine.waiting_jobs() == []


def test_a_job_that_waits_is_cancelled_at_once(engine: Engine) -> None:
    """Though nobody works; its file is gone with it."""
    asked = imported(engine)
    assert engine.cancel_job(asked.job.id, by="ops").job.state == "cancelled"
    worked(engine)
    assert names(engine, asked) == ["JobAsked", "JobCancelAsked", "JobEnded"]


def test_a_stop_puts_a_job_back_and_the_next_worker_does_it(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, not when a lease has run out; the try that was stopped is none that was lost."""
    held = Held(monkeypatch)
    asked = engine.ask_rebuild(by="ops")
    with engine.working():
        assert held.begun.wait(20)
    assert (engine.job(asked.job.id).job.state, engine.job(asked.job.id).job.lost) == ("waiting", 0)
    held.go.set()
    worked(engine)
    assert names(engine, asked) == ["JobAsked", "JobBegun", "JobPutBack", "JobBegun", "JobEnded"]


def test_work_that_does_not_look_up_is_put_back_too(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop does not wait for it, and what it says afterwards is not heard."""
    begun, go, tries = Event(), Event(), list[int]()

    def do(self: RebuildWork, doing: Doing) -> Came:
        tries.append(doing.attempt)
        if doing.attempt == 1:
            begun.set()
            assert go.wait(20)
        return Came({"view": "facts", "position": doing.attempt})

    monkeypatch.setattr(RebuildWork, "do", do)
    asked = engine.ask_rebuild(by="ops")
    workers = engine.working()
    workers.start()
    assert begun.wait(20)
    workers.stop(seconds=0.2)
    assert engine.job(asked.job.id).job.state == "waiting"
    worked(engine)
    go.set()
    sleep(0.3)
    assert result(engine, asked)["position"] == 2
    assert names(engine, asked) == ["JobAsked", "JobBegun", "JobPutBack", "JobBegun", "JobEnded"]


def test_two_workers_do_a_job_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one takes the next job meanwhile."""
    held = Held(monkeypatch)
    first, second = engine.ask_rebuild(by="ops"), engine.ask_rebuild(by="ops")
    with engine.working(at_once=3):
        until(lambda: len(held.tries) == 2)
        sleep(1.2)
        held.go.set()
        until(lambda: not engine.waiting_jobs())
    assert held.tries == [1, 1]
    assert names(engine, first) == names(engine, second) == ["JobAsked", "JobBegun", "JobEnded"]


def test_a_worker_that_stood_still_ends_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one took the job over: its answer stands, whatever the first one says when it wakes."""
    asked = engine.ask_rebuild(by="ops").job.id
    slow = engine.begin_job(asked)
    quick = engine.begin_job(asked)
    assert slow is not None
    assert quick is not None
    assert (engine.why_left(slow), engine.why_left(quick)) == ("lost", None)
    engine.end_job(quick, "done", Came({"by": "quick"}))
    engine.end_job(slow, "done", Came({"by": "slow"}))
    assert result(engine, engine.job(asked)) == {"by": "quick"}
    assert engine.job(asked).job.lost == 1


def test_a_worker_outlives_the_store_being_away(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the midst of the work: the job is put back, and done when the store is there again."""
    away, real = Event(), BacktestWork.do

    def do(self: BacktestWork, doing: Doing) -> Came:
        if not away.is_set():
            away.set()
            raise StoreUnreachable("the server is away")
        return real(self, doing)

    imported(engine)
    worked(engine)
    monkeypatch.setattr(BacktestWork, "do", do)
    asked = engine.ask_backtest(STRICTER, by="ops")
    worked(engine)
    assert names(engine, asked) == ["JobAsked", "JobBegun", "JobPutBack", "JobBegun", "JobEnded"]
    assert engine.job(asked.job.id).job.state == "done"


def test_what_nobody_foresaw_fails_the_job_and_no_worker(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged; the answer has no trace in it, and the next job is done."""

    def do(self: RebuildWork, doing: Doing) -> Came:
        raise ZeroDivisionError("secret of anna")

    real = RebuildWork.do
    monkeypatch.setattr(RebuildWork, "do", do)
    asked = engine.ask_rebuild(by="ops").job.id
    worked(engine)
    failed = engine.job(asked)
    assert failed.failure is not None
    assert (failed.job.why, "secret" in failed.failure.detail) == ("unforeseen", False)
    assert "ZeroDivisionError" in caplog.text
    monkeypatch.setattr(RebuildWork, "do", real)
    assert engine.ask_rebuild(by="ops").job.state == "waiting"
    worked(engine)
    assert engine.jobs()[0].job.state == "done"


def test_a_job_nobody_ever_finished_is_given_up(engine: Engine) -> None:
    """It may be what kills the workers: five times begun and never heard of again is enough."""
    asked = engine.ask_rebuild(by="ops").job.id
    for _ in range(5):
        begun = engine.begin_job(asked)
        assert begun is not None
        assert begun.open
    worked(engine)
    assert (engine.job(asked).job.state, engine.job(asked).job.why) == ("failed", "given-up")


def test_an_erasure_takes_the_answers_along(engine: Engine) -> None:
    """They may quote anybody; what the log says of the job stays."""
    asked = imported(engine)
    worked(engine)
    engine.erase("deal:A", "she asked", by="ops")
    assert engine.job(asked.job.id).result
    engine.confirm_erasure("deal:A", by="boss")
    after = engine.job(asked.job.id)
    assert (after.job.state, after.result, after.rejects) == ("done", False, False)
    with pytest.raises(NoAnswer):
        engine.job_result(asked.job.id)


def test_a_file_of_many_pieces_comes_back_whole(engine: Engine) -> None:
    """Whatever its bytes, and however they came."""
    content = bytes(range(256)) * (PIECE // 100)
    upload = engine.upload("some.csv")
    for start in range(0, len(content), 700_001):
        upload.add(content[start : start + 700_001])
    ended = upload.end()
    assert ended.sha256 == hashlib.sha256(content).hexdigest()
    papers = engine._store.papers(engine._clock)
    assert b"".join(papers.read(f"upload:{ended.upload}", "file")) == content
    assert papers.bytes_of("file") == len(content)


def test_too_much_is_refused_and_nothing_of_it_kept(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """One file, and all that wait together."""
    monkeypatch.setattr("pipeline_engine.engine.jobs.MOST_UPLOAD_BYTES", 3 * PIECE)
    monkeypatch.setattr("pipeline_engine.engine.jobs.MOST_WAITING_BYTES", 4 * PIECE)
    papers = engine._store.papers(engine._clock)
    large = engine.upload("large.csv")
    large.add(b"x" * 2 * PIECE)
    with pytest.raises(BadValue):
        large.add(b"x" * 2 * PIECE)
    assert papers.bytes_of("file") == 0
    first = engine.upload("first.csv")
    first.add(b"x" * 3 * PIECE)
    first.end()
    second = engine.upload("second.csv")
    with pytest.raises(TooManyJobs):
        second.add(b"x" * 2 * PIECE)
    assert papers.bytes_of("file") == 3 * PIECE


def test_what_is_no_longer_needed_is_swept(lasting_url: str) -> None:
    """Uploads after a day, unless a job waits for them; answers after a week; what was never recorded after a day."""
    clock = Clock()
    with Engine.open(lasting_url, clock=clock, clock_name="test") as engine:
        engine.publish_text(CRM_PROCESS, "crm.yaml", by="ops")
        done = imported(engine)
        worked(engine)
        loose, waiting = uploaded(engine), imported(engine)
        papers = engine._store.papers(clock)
        papers.put("job:" + "0" * 20, "ask", b"{")
        clock.on(1.5)
        papers.put("job:" + "0" * 20, "ask", papers.whole(f"job:{waiting.job.id}", "ask") or b"")
        engine.sweep_papers()
        with pytest.raises(BadValue, match=loose):
            engine.ask_import([loose], CRM_MAPPING, by="ops")
        assert engine.job(done.job.id).result
        clock.on(3)
        engine.sweep_papers()
        assert engine.waiting_jobs() == [waiting.job.id]
        clock.on(8)
        engine.sweep_papers()
        assert not engine.job(done.job.id).result
        worked(engine)
        assert engine.job(waiting.job.id).job.state == "done"


def test_work_that_is_gone_is_left() -> None:
    """A worker that took a job up which another one ended meanwhile does nothing."""
    with Engine.open("memory://") as engine:
        engine.publish_text(CRM_PROCESS, "crm.yaml", by="ops")
        job = engine.begin_job(engine.ask_rebuild(by="ops").job.id)
        assert job is not None
        engine.tidy_job(job)
        with pytest.raises(Stopped):
            WorkVerbs.do_job(engine, job, lambda done, total: None)
