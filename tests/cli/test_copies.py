"""Back-ups, restoring, digests, tenants and the doctor, as they are typed."""

import re
import resource
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from pipeline_engine.engine import Engine
from tests.cli.conftest import Type

pytestmark = pytest.mark.slow

HEX = re.compile(r"[0-9a-f]{64}")


def changed(file: Path, statement: str) -> None:
    """Change a store behind everybody's back."""
    with closing(sqlite3.connect(file)) as raw, raw:
        raw.execute(statement)


def bring_keys(folder: Path, of: str, to: str) -> None:
    """Keys are kept apart from the store, where there are any, and copied apart."""
    for ending in ("keys", "master"):
        if (folder / f"{of}.{ending}").exists():
            shutil.copy(folder / f"{of}.{ending}", folder / f"{to}.{ending}")


def test_a_store_goes_through_a_back_up_and_is_the_same(year: Type, folder: Path) -> None:
    """Backed up, verified, restored elsewhere: the same digest, the same answers, the same timeline."""
    made = year("backup monday.db --json").json
    assert (made["file"], made["commands"] > 0) == ("monday.db", True)
    assert HEX.fullmatch(made["log"])
    assert HEX.fullmatch(made["command_log"])
    assert year("restore monday.db --verify").code == 0
    done = year("restore monday.db --into sqlite:///again.db --verify --json")
    assert (done.code, done.json["same"], done.json["into"]) == (0, True, "sqlite:///again.db")
    digests = [year(f"digest --store sqlite:///{name} --json").json for name in ("sales.db", "again.db", "monday.db")]
    assert digests[0] == digests[1] == digests[2]
    assert digests[0] == {key: made[key] for key in digests[0]}
    bring_keys(folder, "sales.db", "again.db")
    assert year("view health").out == year("view health --store sqlite:///again.db").out


def test_a_store_is_carried_to_a_server_and_back(office: Type, folder: Path, postgres_database: str) -> None:
    """From a file to PostgreSQL and into a file again, by back-ups; commands are remembered on the way."""
    office("deal note D-1 hello --by rep-1 --command-id c-1")
    office("backup one.db")
    assert office(f"restore one.db --into {postgres_database} --verify").code == 0
    assert office(f"--store {postgres_database} backup two.db").code == 0
    assert office("restore two.db --into sqlite:///back.db --verify").code == 0
    bring_keys(folder, "sales.db", "back.db")
    events = len(office("--store sqlite:///back.db deal timeline D-1 --json").json)
    assert office("--store sqlite:///back.db deal note D-1 hello --by rep-1 --command-id c-1").code == 0
    assert len(office("--store sqlite:///back.db deal timeline D-1 --json").json) == events
    told = (
        office(f"--store {postgres_database} digest --json").json,
        office("digest --store sqlite:///back.db --json").json,
    )
    assert told[0] == told[1] == office("digest --json").json


def test_the_password_of_a_store_is_not_shown(office: Type, postgres_database: str) -> None:
    """Neither when it is restored into nor when it is looked after."""
    password = str(urlsplit(postgres_database).password)
    office("backup one.db")
    for line in (f"restore one.db --into {postgres_database}", f"--store {postgres_database} doctor --deep --json"):
        done = office(line)
        assert password not in done.out + done.err


def test_a_copy_is_named_after_the_moment_in_a_folder(office: Type, folder: Path) -> None:
    """One line in a table of jobs is enough to keep the copies of every day."""
    (folder / "backups").mkdir()
    kept = office("backup backups --json").json["file"]
    assert re.fullmatch(r"backups/sales-\d{8}T\d{6}Z\.backup\.db", kept)
    assert (folder / kept).is_file()


def test_what_a_back_up_says_is_one_screen(office: Type) -> None:
    """Where it is, how large, what is in it; and by digest what can be compared later."""
    said = office("backup one.db").out
    assert re.match(r"back-up kept in one\.db \(\d+\.\d MB\), and read back\n", said)
    assert HEX.search(office("digest").out)
    assert len(office("digest --upto 2 --json").json["log"]) == 64
    assert office("digest --upto 2 --json").json["commands"] is None


def test_a_file_that_was_never_a_back_up_is_said_to_be_so(office: Type, folder: Path) -> None:
    """A copy made by hand may be whole, but nothing was noted in it to compare with: that is 1 and not 0."""
    shutil.copy(folder / "sales.db", folder / "by-hand.db")
    looked = office("restore by-hand.db --verify")
    assert looked.code == 1
    assert "was not noted" in looked.out


def test_the_doctor_reads_every_event_when_asked(year: Type, folder: Path) -> None:
    """`--deep` finds what the quick look cannot see."""
    changed(folder / "sales.db", "UPDATE stored_events SET state = substr(state, 1, 30) WHERE position = 40")
    quick = {each["check"]: each["ok"] for each in year("doctor --json").json["findings"]}
    deep = {each["check"]: each for each in year("doctor --deep --json").json["findings"]}
    assert quick["events"]
    assert not deep["events"]["ok"]
    assert "(position 40)" in deep["events"]["found"]
    assert "restore a back-up" in deep["events"]["advice"]


def test_the_doctor_makes_no_store(line: Type, folder: Path) -> None:
    """Looking at a store that is not there is 3, and there is none afterwards."""
    for command in ("doctor", "backup copy.db", "digest"):
        assert line(f"{command} --store sqlite:///none.db").code == 3
    assert not list(folder.glob("none.db*")) + list(folder.glob("copy.db*"))


def test_a_clock_set_back_does_not_set_the_record_back(office: Type, folder: Path) -> None:
    """A command after the clock was set back is recorded at the last moment known, and the doctor says so."""
    future = 4_000_000_000_000_000
    changed(folder / "sales.db", f"UPDATE stored_events SET recorded_at = {future} WHERE position = "
            "(SELECT max(position) FROM stored_events)")  # fmt: skip
    assert office("deal note D-1 hello --by rep-1").code == 0
    with closing(sqlite3.connect(folder / "sales.db")) as raw:
        assert raw.execute("SELECT max(recorded_at), min(recorded_at) FROM stored_events WHERE position > "
                           "(SELECT max(position) - 1 FROM stored_events)").fetchone() == (future, future)  # fmt: skip
    time = next(each for each in office("doctor --json").json["findings"] if each["check"] == "time")
    assert not time["ok"]
    assert "ahead of the clock" in time["found"]


@pytest.fixture
def no_roles_left(postgres_database: str) -> Iterator[str]:
    """A database whose tenants' roles are taken away afterwards."""
    yield postgres_database
    role = f"{urlsplit(postgres_database).path[1:]}_north"
    with psycopg.connect(postgres_database, autocommit=True) as raw:
        if raw.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
            raw.execute(SQL("DROP OWNED BY {} CASCADE").format(Identifier(role)))
            raw.execute(SQL("DROP ROLE {}").format(Identifier(role)))


def test_a_tenant_is_made_and_used(office: Type, no_roles_left: str) -> None:
    """The URL that is printed is all its processes need; a second tenant of that name is refused."""
    made = office(f"tenant create north --store {no_roles_left} --json").json
    assert made["schema"] == "north"
    assert office(f"process publish b2b.yaml --by ops-1 --store {made['url']}").code == 0
    assert "no store in schema `public`" in office(f"process list --store {no_roles_left}").said_in_one_line()
    again = office(f"tenant create north --store {no_roles_left}")
    assert (again.code, "already" in again.said_in_one_line()) == (2, True)


def test_the_statements_for_a_tenant_are_printed(office: Type) -> None:
    """For whoever may run them; no server is asked, and no password is made up."""
    said = office("tenant create north --store postgresql://admin@127.0.0.1:1/sales --sql").out
    assert 'CREATE SCHEMA "north" AUTHORIZATION "sales_north";' in said
    assert "PASSWORD" not in said.replace("\\password", "")


def test_python_says_the_same(office: Type, folder: Path) -> None:
    """The verbs of the engine and those of the command line are the same."""
    with Engine.open(f"sqlite:///{folder}/sales.db") as engine:
        made = engine.back_up(folder / "python.db")
        assert engine.digest() == made.digest
        assert {finding.check for finding in engine.findings(deep=True)} >= {"events", "time", "people"}
        assert engine.back_up(folder).file.parent == folder
    assert office("digest --json").json["log"] == made.digest.log
    assert office("restore python.db --verify").code == 0
    done = Engine.restore(folder / "python.db", f"sqlite:///{folder}/again.db")
    assert (done.same, done.backup.digest) == (True, made.digest)


def test_a_copy_that_finds_no_room_is_told(year: Type, folder: Path) -> None:
    """A limit on the size of files stands for a full disk: one line, 3, and no half copy is left."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, before[1]))
    try:
        refused = year("backup copy.db")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert refused.code == 3
    assert "copy" in refused.said_in_one_line()
    assert not [path for path in folder.iterdir() if "copy" in path.name]
