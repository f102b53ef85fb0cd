"""Many open deals are migrated in seconds, while others write, and once each however often it is killed."""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Barrier, Thread
from time import perf_counter, sleep

import pytest

from pipeline_engine.deal import DealMigrated
from pipeline_engine.engine import Engine
from pipeline_engine.envelope import Envelope
from pipeline_engine.store import Draft, Fold, StreamAppend
from tests.migration.many import MAPPING, MIGRATING, WRITING, filled, migrations, program, said, tell
from tests.stored import copy_store

pytestmark = pytest.mark.slow

FEW, ALL = 2_000, 100_000
KILLS = 20
LONGEST_WRITE = 0.25
TRIES = 3


def file_of(folder: Path, deals: int) -> str:
    """A store in a file with so many open deals."""
    url = f"sqlite:///{folder}/many-{deals}.db"
    filled(url, deals)
    return url


def foreseen(url: str, deals: int) -> float:
    """A dry run over every open deal; the seconds it took once the log was read."""
    with Engine.open(url) as engine:
        engine.facts()
        begin = perf_counter()
        plan = engine.plan_migration("many", "2", MAPPING)
        taken = perf_counter() - begin
    assert (plan.open_deals, plan.count("kept") + plan.count("mapped")) == (deals, deals)
    assert 0 < plan.count("mapped") < deals
    assert plan.next_moves["newly refused"] > 0
    assert sum(each.count for each in plan.ending) > 0
    return taken


@dataclass(frozen=True)
class Written:
    """How long each write took beside the migration, and each at the same time to a store that nobody migrates."""

    beside: list[float]
    quiet: list[float]

    @property
    def unnoticed(self) -> bool:
        """A quarter of a second at most; on a machine so busy that a quiet store waits too, twice as long as there."""
        return max(self.beside) <= max(LONGEST_WRITE, 2 * max(self.quiet))

    def told(self) -> str:
        """The worst of both, in words."""
        beside, quiet = sorted(self.beside), sorted(self.quiet)
        most = beside[len(beside) * 99 // 100]
        return (
            f"{len(beside):,} writes, the worst {beside[-1] * 1000:.0f} ms, 99 % below {most * 1000:.0f} ms "
            f"(to a quiet store the worst {quiet[-1] * 1000:.0f} ms)"
        )


def written_beside(url: str, deals: int, quiet: str) -> Written:
    """Migrates everything while another process writes without a rest."""
    filled(quiet, 2)
    with program(WRITING, url, str(deals), quiet) as writer, Engine.open(url) as engine:
        assert said(writer) == "ready"
        taken = Written([], [])
        going = [True]

        def writes() -> None:
            while going:
                tell(writer, "go")
                for times, text in zip((taken.beside, taken.quiet), said(writer).split(), strict=True):
                    times.append(float(text))

        beside = Thread(target=writes)
        beside.start()
        engine.migrate("many", "2", MAPPING, why="one name", by="ops")
        going.clear()
        beside.join()
        tell(writer, "stop")
    return taken


def once_each(url: str, deals: int) -> None:
    """Every deal was migrated exactly once, the migration began and ended once, and the file is sound."""
    with Engine.open(url) as engine:
        counts = migrations(engine)
        assert (len(counts), set(counts.values())) == (deals, {1})
        (migration,) = engine.processes()[0].migrations
        assert migration.finished is not None
        assert migration.finished.kept + migration.finished.mapped == deals
        assert all(finding.ok for finding in engine.findings() if finding.check == "integrity")
        facts = engine.facts()
        assert set(facts.deals["process_version"].to_pylist()) == {2}


def killed_and_resumed(url: str, deals: int) -> int:
    """Kills the migration KILLS times wherever it happens to be, then lets it end; how many kills met it at work."""
    chance, done, at_work = Random(11), Done(), 0
    with program(MIGRATING, url) as migrating, Engine.open(url) as engine:
        for kill in range(KILLS):
            tell(migrating, "migrate")
            child = int(said(migrating))
            engine.note(f"D-{chance.randrange(deals):06d}", "meanwhile", by="rep-01")
            # Now and then before it has got anywhere, else at some moment of its work.
            wanted = done.so_far(engine) + (deals // 2 // KILLS if kill % 5 else 0)
            while done.so_far(engine) < wanted and not _ended(child):
                sleep(0.001)
            sleep(chance.random() * 0.01)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            assert said(migrating) == "ended"
            at_work += 0 < done.so_far(engine) < deals
        tell(migrating, "migrate")
        said(migrating)
        assert said(migrating) == "ended"
    return at_work


class Done:
    """How many deals were migrated so far, by the log; reads each row once."""

    def __init__(self) -> None:
        self._position = self._count = 0

    def so_far(self, engine: Engine) -> int:
        """The count by now."""
        for row in engine.store_rows(self._position):
            self._position, self._count = row.position, self._count + (row.name == "DealMigrated")
        return self._count


def _ended(process: int) -> bool:
    return not Path(f"/proc/{process}").exists()


def test_a_dry_run_over_many_deals_is_one_pass(tmp_path: Path) -> None:
    """It takes a moment, whatever the gate has to say of each deal."""
    assert foreseen(file_of(tmp_path, FEW), FEW) < 5


def test_other_writers_hardly_notice_a_migration(tmp_path: Path) -> None:
    """The worst of their writes takes a quarter of a second at most; a busy machine may have another try."""
    tries: list[Written] = []
    while len(tries) < TRIES and not (tries and tries[-1].unnoticed):
        folder = tmp_path / str(len(tries))
        folder.mkdir()
        url = file_of(folder, FEW)
        tries.append(written_beside(url, FEW, f"sqlite:///{folder}/quiet.db"))
        once_each(url, FEW)
        assert len(tries[-1].beside) > 20
    assert tries[-1].unnoticed, [each.told() for each in tries]


def test_killed_and_resumed_each_deal_is_migrated_once(tmp_path: Path) -> None:
    """Twenty times, at any point, while somebody writes to the same deals."""
    url = file_of(tmp_path, FEW)
    assert killed_and_resumed(url, FEW) > KILLS // 2
    once_each(url, FEW)


def test_two_who_migrate_at_once_migrate_each_deal_once(tmp_path: Path) -> None:
    """Whoever comes second to a deal finds it there already; the migration begins and ends once."""
    url = file_of(tmp_path, 400)
    start = Barrier(2)

    def migrate(who: str) -> None:
        with Engine.open(url) as engine:
            start.wait()
            engine.migrate("many", "2", MAPPING, why="one name", by=who)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(migrate, ("ops-1", "ops-2")))
    once_each(url, 400)


def test_views_answer_after_a_migration(tmp_path: Path) -> None:
    """Every deal is counted where it stands now; a renamed stage holds those that stood in the old one."""
    url = file_of(tmp_path, 200)
    with Engine.open(url) as engine:
        before = {each.stage: each.open for each in engine.health(process="many").stages}
        engine.migrate("many", "2", MAPPING, why="one name", by="ops")
        after = {each.stage: each.open for each in engine.health(process="many").stages}
        assert after["checked"] == before["qualified"] > 0
        assert sum(after.values()) == sum(before.values()) == 200
        assert engine.bottlenecks(process="many").stages
        assert engine.funnel(process="many").stages


def test_control_a_deal_that_was_migrated_twice_is_found(tmp_path: Path) -> None:
    """Control: where a second event is written behind the engine's back, the count above must see it."""
    url = file_of(tmp_path, 20)
    again = DealMigrated(process="many", version=2, from_version=1, from_stage="lead", to_stage="lead")
    with Engine.open(url) as engine:
        engine.migrate("many", "2", MAPPING, why="one name", by="ops")
        _, version = engine._store.load("deal:D-000001", Fold("counting", lambda _, recorded: recorded.version))
        envelope = Envelope(at=None, at_precision="unknown", actor="ops", command_id="c")
        engine._store.append_many([StreamAppend("deal:D-000001", version, (Draft(envelope, again),))])
    with pytest.raises(AssertionError):
        once_each(url, 20)


def test_on_postgresql_too(postgres_database: str, tmp_path: Path) -> None:
    """The same engine on a server: beside a writer, once each."""
    filled(postgres_database, 300)
    taken = written_beside(postgres_database, 300, f"sqlite:///{tmp_path}/quiet.db")
    assert len(taken.beside) > 5
    with Engine.open(postgres_database) as engine:
        assert set(migrations(engine).values()) == {1}
        assert len(migrations(engine)) == 300


@pytest.mark.soak
def test_a_hundred_thousand_open_deals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Thought through in seconds, migrated beside a writer, and on another file killed and resumed twenty times."""
    url = file_of(tmp_path, ALL)
    copy = tmp_path / "killed.db"
    copy_store(tmp_path / f"many-{ALL}.db", copy)
    dry = foreseen(url, ALL)
    begin = perf_counter()
    taken = written_beside(url, ALL, f"sqlite:///{tmp_path}/quiet.db")
    told = f"dry run {dry:.1f} s; {ALL:,} migrated in {perf_counter() - begin:.0f} s beside {taken.told()}\n"
    with capsys.disabled():
        sys.stdout.write(told)
    once_each(url, ALL)
    assert dry < 30
    assert taken.unnoticed, told
    assert killed_and_resumed(f"sqlite:///{copy}", ALL) > KILLS // 2
    once_each(f"sqlite:///{copy}", ALL)
