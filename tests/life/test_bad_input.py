"""What is no sense is said in a line, at every door, and leaves no event."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_engine.cli.running import run
from pipeline_engine.errors import CommandIdReused, Rejected
from tests.life.office import DAY, PEOPLE, SALES, Office

pytestmark = pytest.mark.slow

Cli = Callable[..., tuple[int, str, str]]


def _store(folder: Path) -> Path:
    """A store with people, and a big deal in proposal for which an approval is asked."""
    (folder / "sales.yaml").write_text(SALES, encoding="utf-8")
    (folder / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    store = folder / "sales.db"
    for line in (
        f"process publish {folder}/sales.yaml --by ops-1",
        f"team apply {folder}/people.yaml --by ops-1",
        "deal open D-1 --process sales --owner rep-1 --by rep-1 --set amount=60000 --set close_date=2999-01-01",
        "deal log D-1 meeting --by rep-1",
        "deal move D-1 --to qualified --by rep-1",
        "deal move D-1 --to proposal --by rep-1",
        "deal request D-1 big-deal --by rep-1",
    ):
        assert run(["--store", f"sqlite:///{store}", *line.split()]) == 0, line
    return store


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That store, made once."""
    return _store(tmp_path_factory.mktemp("made"))


@pytest.fixture
def cli(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line on a copy of that store."""
    monkeypatch.chdir(tmp_path)
    for file in made.parent.glob("sales.db*"):
        shutil.copy(file, tmp_path)
    capsys.readouterr()

    def ask(line: str) -> tuple[int, str, str]:
        code = run(["--store", f"sqlite:///{tmp_path}/sales.db", *line.split()])
        said = capsys.readouterr()
        return code, said.out, said.err

    return ask


@pytest.mark.parametrize(
    "line",
    [
        "deal approve D-1 big-deal --by rep-1",
        "deal approve D-1 big-deal --by rep-2",
        "deal approve D-1 big-deal --for manager-2 --by manager-1",
        "deal return D-1 big-deal --reason no --by rep-2",
        "deal reject D-1 big-deal --reason no --by rep-2",
        "deal waive D-1 met --to proposal --reason no --by manager-1",
        "deal correct value D-1 1 amount=1 --reason cheaper --by rep-1",
        "deal observe D-1 --to negotiation --source crm --key 1 --at 2026-01-01T00:00:00Z --by rep-1",
        "deal move D-1 --to negotiation --by rep-1",
        "team delegate manager-1 rep-1 --role manager --until 2999-01-01T00:00:00Z --by rep-1",
    ],
)
def test_what_somebody_may_not_do_is_refused_with_1_and_kept(cli: Cli, line: str) -> None:
    """Exit code 1, a line that says why, and an entry on the list of refusals."""
    code, out, err = cli(line)
    assert (code, "REFUSED" in out + err) == (1, True)
    assert "1 refusal" in cli("audit refusals")[1]


@pytest.mark.parametrize(
    "line",
    [
        "deal waive D-1 dated --by manager-1",
        "deal waive D-1 dated --to proposal --reason= --by manager-1",
        "deal approve D-9 big-deal --by manager-1",
        "deal approve D-1 big-dael --by manager-1",
        "deal approve D-1 big-deal --until 2020-01-01T00:00:00Z --by manager-1",
        "deal approve D-1 big-deal --until tomorrow --by manager-1",
        "deal approve D-1 big-deal --seen 99 --by manager-1",
        "deal correct void D-1 99 --reason never --by ops-1",
        "deal correct void D-1 x --reason never --by ops-1",
        "deal correct void D-1 1 --reason never --by ops-1",
        "deal correct value D-1 1 amount --reason never --by ops-1",
        "deal correct value D-1 1 amount=lots --reason never --by ops-1",
        "deal correct value D-1 1 amount=1 --by ops-1",
        "deal correct time D-1 1 --really-at 2999-01-01T00:00:00Z --reason never --by ops-1",
        "deal correct confirm D-1 1 --by ops-1",
        "deal merge D-1 --into D-1 --reason twice --by ops-1",
        "deal merge D-1 --into D-9 --reason twice --by ops-1",
        "deal hand-off D-1 --to rep-2 --by rep-3",
        "deal accept D-1 --by rep-2",
        "deal resume D-9 --by rep-1",
        "deal pause D-1 --by rep-1",
        "deal pause D-1 --reason x --until 2020-01-01T00:00:00Z --by rep-1",
        "deal reopen D-1 --reason x --by rep-1",
        "deal observe D-1 --to nowhere --source crm --key 1 --at 2026-01-01T00:00:00Z --by crm-sync",
        "deal observe D-1 --to negotiation --source crm --key 1 --by crm-sync",
        "process migrate sales --to 7 --why x --by ops-1",
        "process migrate sales --to 7 --dry-run",
        "process migrate nothing --to 1 --dry-run",
        "process migrate sales --to 1 --map nowhere=lead --dry-run",
        "process migrate sales --to 1 --map lead --dry-run",
        "process confirm sales --by ops-2",
        "process withdraw sales --by ops-2",
        "process retire nothing --why x --by ops-1",
        "process retire sales --by ops-1",
        "team delegate manager-1 nobody-7 --role manager --until 2999-01-01T00:00:00Z --by manager-1",
        "team delegate manager-1 rep-2 --role manager --until 2020-01-01T00:00:00Z --by manager-1",
        "team end-delegation manager-1 rep-2 --role manager --by manager-1",
        "audit waivers --since yesterday",
        "audit waivers --limit -1",
    ],
)
def test_what_makes_no_sense_ends_with_2_in_a_line_and_leaves_no_event(cli: Cli, line: str) -> None:
    """No trace of Python, nothing on standard output, nothing in the timeline."""
    before = cli("deal timeline D-1 --json")[1]
    code, out, err = cli(line)
    assert (code, out) == (2, ""), err
    assert "Traceback" not in err
    assert cli("deal timeline D-1 --json")[1] == before


def test_an_error_is_a_document_too_where_json_is_asked(cli: Cli) -> None:
    """Scripts read the same words."""
    code, out, _ = cli("deal correct void D-1 99 --reason never --by ops-1 --json")
    assert code == 2
    assert '"CannotCorrect"' in out


def test_a_bulk_with_a_refusal_ends_with_1(cli: Cli) -> None:
    """One deal is refused; the exit code says so, also of a dry run and of all or nothing."""
    cli("deal open D-2 --process sales --owner rep-1 --by rep-1 --set amount=1 --set close_date=2999-01-01")
    for how in ("--dry-run", "--all", ""):
        code, out, _ = cli(f"deal bulk move --to negotiation --deal D-1 --deal D-2 --by rep-1 {how}")
        assert (code, "refused" in out) == (1, True), how


@pytest.mark.parametrize(
    ("verb", "what", "other"),
    [
        ("approve", ("D-1", "big-deal"), ("D-2", "big-deal")),
        ("waive", ("D-1", "dated", "a reason", "proposal"), ("D-1", "dated", "another reason", "proposal")),
        ("correct_value", ("D-1", 1, {"amount": "1"}, "a slip"), ("D-1", 1, {"amount": "2"}, "a slip")),
        ("void", ("D-1", 3, "a slip"), ("D-1", 4, "a slip")),
        ("merge", ("D-1", "D-2", "twice"), ("D-2", "D-1", "twice")),
        ("assign", ("D-1", "rep-2"), ("D-1", "rep-3")),
        ("hand_off", ("D-1", "rep-2"), ("D-1", "rep-3")),
        ("pause", ("D-1", "budget"), ("D-1", "holiday")),
    ],
)
def test_one_id_for_two_things_is_an_error_at_every_verb(
    office: Office, verb: str, what: tuple[Any, ...], other: tuple[Any, ...]
) -> None:
    """The first is recorded, the second is not; the first again is answered from the log."""
    for deal in ("D-1", "D-2"):
        office.deal(deal, owner="rep-1", stage="proposal", amount="60000")
    office.ok(verb, *what, by="manager-1", command_id="one")
    count = len(office.events())
    with pytest.raises(CommandIdReused):
        office.ask(verb, *other, by="manager-1", command_id="one")
    assert office.ask(verb, *what, by="manager-1", command_id="one").repeated
    assert len(office.events()) == count


def test_one_id_for_two_verbs_or_two_people_is_an_error(office: Office) -> None:
    """An id names one request of one person."""
    office.deal()
    office.ok("note", "D-1", "hello", command_id="one")
    with pytest.raises(CommandIdReused):
        office.ask("pause", "D-1", "hello", command_id="one")
    with pytest.raises(CommandIdReused):
        office.ask("note", "D-1", "hello", by="rep-2", command_id="one")


def test_nobody_acts_in_the_future_or_before_the_deals_last_move(office: Office) -> None:
    """A stage event keeps the order of the stream; nothing happens tomorrow."""
    office.deal(stage="qualified")
    office.ok("log", "D-1", "meeting")
    for verb, what in (("move", ("proposal",)), ("lose", ("price",)), ("pause", ("budget",))):
        with pytest.raises(Rejected):
            office.ask(verb, "D-1", *what, at=office.now + DAY)
    for verb, what in (("move", ("proposal",)), ("lose", ("price",))):
        with pytest.raises(Rejected):
            office.ask(verb, "D-1", *what, at=office.now - DAY)


def test_a_process_that_lets_nothing_be_backdated_lets_no_ended_word_serve_an_earlier_move(office: Office) -> None:
    """The word ended at noon; at one o'clock nobody moves the deal as of eleven."""
    text = SALES.replace("process: sales\n", "process: sales\nbackdate: {max: 0d}\n")
    office.engine.publish_text(text, "sales.yaml", by="ops-1")
    office.deal(stage="proposal", amount="60000")
    office.ok("approve", "D-1", "big-deal", by="manager-1", expires_at=office.now + DAY)
    good = office.now
    office.later(2 * DAY)
    with pytest.raises(Rejected):
        office.ask("move", "D-1", "negotiation", at=good)
    assert not office.ask("move", "D-1", "negotiation").accepted
