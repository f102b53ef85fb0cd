"""A process is changed from the command line: proposed, confirmed, retired, its deals migrated."""

from pathlib import Path

import pytest

from pipeline_engine.engine import Engine
from tests.cli.conftest import Type
from tests.cli.given import PROCESS

pytestmark = pytest.mark.slow

GOVERNED = f"{PROCESS}publishing: {{by: [manager], four_eyes: true}}\n"
RENAMED = PROCESS.replace("id: proposal", "id: offer").replace("  - {id: lead", "  - {id: lead, title: Lead")
STRICTER = PROCESS.replace("require: [amount]", "require: [amount, close_date]")
PEOPLE = (
    "people:\n"
    + "".join(f"  - {{id: manager-{n}, roles: [manager]}}\n" for n in (1, 2))
    + "  - {id: rep-1, roles: [rep]}\n"
)


@pytest.fixture
def governed(folder: Path, office: Type) -> Type:
    """The office, with a process that two managers together may change."""
    (folder / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    (folder / "b2b.yaml").write_text(GOVERNED, encoding="utf-8")
    (folder / "next.yaml").write_text(GOVERNED.replace("50000", "25000"), encoding="utf-8")
    assert office("team apply people.yaml --by ops-1").code == 0
    assert office("process publish b2b.yaml --by ops-1").code == 0
    return office


def test_a_change_is_proposed_by_one_and_confirmed_by_another(governed: Type) -> None:
    """The answer says what comes next, and it can be typed as it stands."""
    proposed = governed("process publish next.yaml --why lower --by manager-1")
    assert (proposed.code, proposed.out.splitlines()[0]) == (
        0, "proposed by manager-1: lower; b2b@2 stays in force until somebody else agrees",
    )  # fmt: skip
    following = proposed.out.splitlines()[1].partition("pipeline-engine ")[2].replace("OTHER", "manager-2")
    assert governed(following).out == "published b2b@3: 3 stages, 3 rules\n"
    listed = governed("process list").out
    assert "lower; proposed by manager-1" in listed
    assert governed("process list --json").json[-1]["proposed_by"] == "manager-1"


def test_who_may_not_is_told_so_and_leaves_with_1(governed: Type) -> None:
    """No role, and one's own proposal."""
    refused = governed("process publish next.yaml --why lower --by rep-1")
    assert refused.code == 1
    assert refused.out.startswith("REFUSED  publish b2b: you hold no role")
    governed("process publish next.yaml --why lower --by manager-1")
    own = governed("process confirm b2b --by manager-1 --json")
    assert (own.code, own.json["refused"]) == (1, "four-eyes")


def test_a_proposal_is_read_and_withdrawn(governed: Type) -> None:
    """`show` says that there is one and prints it; without one that is said."""
    governed("process publish next.yaml --why lower --by manager-1")
    assert "proposed" in governed("process show b2b").out
    assert "25000" in governed("process show b2b --proposed").out
    assert (
        governed("process withdraw b2b --by manager-1").out
        == "withdrawn: what was proposed of b2b; b2b@2 stays in force\n"
    )
    gone = governed("process show b2b --proposed")
    assert (gone.code, "of `b2b` none does" in gone.said_in_one_line()) == (2, True)


def test_what_is_proposed_already_is_told_as_that(governed: Type) -> None:
    """The same again, the text in force meanwhile, and a first word that came to nothing: three other answers."""
    line = "process publish next.yaml --why lower --command-id p-1 --by"
    governed(f"{line} manager-1")
    again = governed("process publish next.yaml --why lower --by manager-2").out
    assert again.startswith("proposed already by manager-1: lower; b2b@2 stays in force until somebody else agrees")
    in_force = governed("process publish b2b.yaml --why lower --by manager-2")
    assert in_force.out.startswith("in force already, nothing changed: b2b@2")
    governed("process withdraw b2b --by manager-1")
    gone = governed(f"{line} manager-1").out
    assert gone.startswith(
        "nothing changed: that was asked before under this command id, and something else came since; b2b@2"
    )


def test_a_version_that_is_only_proposed_takes_no_deals(governed: Type) -> None:
    """It is said who proposed it, and what puts it in force."""
    governed("process publish next.yaml --why lower --by manager-1")
    for line in ("process migrate b2b --to 3 --dry-run", "process show b2b@3"):
        ran = governed(line)
        said = "there is no process `b2b@3`; manager-1 proposed it, and `process confirm b2b` publishes it"
        assert (ran.code, said in ran.said_in_one_line()) == (2, True)


def test_a_change_without_a_reason_is_wrong_use(governed: Type) -> None:
    """Said in one line, with the option that is missing."""
    missing = governed("process publish next.yaml --by manager-1")
    assert (missing.code, "`--why` is missing" in missing.said_in_one_line()) == (2, True)


def test_a_retired_process_opens_no_deal(office: Type) -> None:
    """The error says since when and why; `list` and `show` do too."""
    assert office("process retire b2b --why unused --by ops-1").out.startswith("retired b2b: no deal is opened")
    refused = office("deal open D-2 --process b2b --owner rep-1 --by rep-1")
    assert (refused.code, "is retired since" in refused.said_in_one_line()) == (2, True)
    assert "b2b retired" in office("process list").out
    assert office("process list --json").json[0]["retired"]["why"] == "unused"
    assert "retired" in office("process show b2b").out


def test_a_retirement_needs_a_reason(office: Type) -> None:
    """Wrong use, and nothing is done."""
    assert office("process retire b2b --by ops-1").code == 2
    assert office("process list --json").json[0]["retired"] is None


@pytest.fixture
def renamed(folder: Path, office: Type) -> Type:
    """The office with a deal in `lead` and one in `proposal`, and a version in which `proposal` is called `offer`."""
    (folder / "next.yaml").write_text(RENAMED, encoding="utf-8")
    assert office("deal open D-2 --process b2b --owner rep-1 --by rep-1 --set amount=700").code == 0
    for _ in range(2):
        office("deal log D-2 meeting --by rep-1")
    assert office("deal move D-2 --to proposal --by rep-1").code == 0
    assert office("process publish next.yaml --by ops-1").code == 0
    return office


def test_a_dry_run_is_a_table_to_sign_and_leaves_with_1_where_deals_are_stranded(renamed: Type) -> None:
    """Kept and stranded by stage, the deals by name, and a line for who agrees."""
    told = renamed("process migrate b2b --to 2 --dry-run")
    assert told.code == 1
    rows = [line.split() for line in told.out.splitlines()]
    assert ["b2b@1", "proposal", "–", "stranded", "1", "700", "EUR"] in rows
    assert ["b2b@1", "lead", "lead", "kept", "1", "–"] in rows
    assert ["D-2", "rep-1", "proposal", "700", "EUR", "stranded"] in rows
    assert told.out.endswith("agreed: ____________________   on: ____________\n")


def test_a_stranding_mapping_does_nothing_and_leaves_with_1(renamed: Type) -> None:
    """The table is shown again, and what may be said instead."""
    stopped = renamed("process migrate b2b --to 2 --why rename --by ops-1")
    assert stopped.code == 1
    assert "nothing was done: 1 deal would be stranded" in stopped.out
    assert renamed("deal show D-1 --json").json["process_version"] == 1
    document = renamed("process migrate b2b --to 2 --why rename --by ops-1 --json")
    assert (document.code, document.json["done"], document.json["plan"]["stranded"]) == (1, False, 1)


def test_deals_are_migrated_and_the_second_time_there_is_nothing_to_do(renamed: Type) -> None:
    """By the mapping; asked twice it is done once."""
    line = "process migrate b2b --to 2 --map proposal=offer --why rename --by ops-1"
    assert renamed(line).out == "migrated b2b → b2b@2: 1 in their stage, 1 in another, 0 left where they were\n"
    assert renamed("deal show D-2 --json").json["stage"] == "offer"
    assert renamed(line).out.startswith("nothing to do: every open deal of b2b")
    assert "DealMigrated: b2b@1 → b2b@2, proposal → offer" in renamed("deal timeline D-2").out


def test_a_process_tells_the_migrations_of_its_deals(renamed: Type) -> None:
    """Who, when, why and what became of it; for scripts too."""
    renamed("process migrate b2b --to 2 --map proposal=offer --why rename --by ops-1")
    assert "by ops-1: rename (to b2b@2: 1 kept, 1 mapped, 0 left)" in renamed("process show b2b").out
    (migration,) = renamed("process show b2b --json").json["migrations"]
    assert (migration["to"], migration["mapping"]) == ("b2b@2", {"proposal": "offer"})
    assert migration["finished"] == {"kept": 1, "mapped": 1, "stranded": 0}


def test_one_that_broke_off_is_told_with_how_to_go_on(folder: Path, renamed: Type) -> None:
    """In the list of processes, until somebody goes on with it."""

    def broken(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with Engine.open(f"sqlite:///{folder}/sales.db") as engine, pytest.raises(KeyboardInterrupt):
        engine.migrate("b2b", "2", {"proposal": "offer"}, why="rename", by="ops-1", progress=broken)
    assert "rename; not finished: the same `process migrate` goes on with it" in renamed("process list").out
    assert renamed("process migrate b2b --to 2 --map proposal=offer --why rename --by ops-1").code == 0
    assert "not finished" not in renamed("process list").out


def test_stranded_deals_may_stay(renamed: Type) -> None:
    """Where that is said, the others go on; asked again nothing is left to do."""
    done = renamed("process migrate b2b --to 2 --allow-stranded --why rename --by ops-1 --json")
    assert (done.code, done.json["kept"], done.json["stranded"]) == (0, 1, 1)
    assert [(deal["deal"], deal["stage"]) for deal in done.json["plan"]["deals"]] == [("D-2", "proposal")]
    again = renamed("process migrate b2b --to 2 --allow-stranded --why rename --by ops-1")
    assert again.out.startswith("nothing to do: every open deal of b2b that can run under b2b@2 does so; left")


def test_which_deals_a_migration_left_is_told(renamed: Type) -> None:
    """By name, with what they run under, since somebody has to go on with them."""
    told = renamed("process migrate b2b --to 2 --allow-stranded --why rename --by ops-1").out.splitlines()
    assert told[0] == "migrated b2b → b2b@2: 1 in their stage, 0 in another, 1 left where they were"
    assert told[2] == "left under the version that they run under, the most valuable first"
    assert told[4].split() == ["D-2", "rep-1", "b2b@1", "proposal", "700", "EUR"]


def test_a_dry_run_says_what_may_be_done_about_stranded_deals(renamed: Type) -> None:
    """Above the line to sign: a mapping, or that they stay; where that is said already, how many would."""
    told = renamed("process migrate b2b --to 2 --dry-run")
    assert "`--map OLD=NEW` says where stranded deals go on, `--allow-stranded` leaves them" in told.out
    staying = renamed("process migrate b2b --to 2 --dry-run --allow-stranded")
    assert staying.code == 0
    assert "1 deal would stay under the version that they run under" in staying.out
    assert "--allow-stranded" not in renamed("process migrate b2b --to 2 --dry-run --map proposal=offer").out


def test_what_a_move_would_lack_is_told_by_rule_and_by_deal(folder: Path, office: Type) -> None:
    """Of moves that are not refused now."""
    (folder / "next.yaml").write_text(STRICTER.replace("meeting: 2", "meeting: 1"), encoding="utf-8")
    office("deal set D-1 amount=700 --by rep-1")
    for _ in range(2):
        office("deal log D-1 meeting --by rep-1")
    office("process publish next.yaml --by ops-1")
    told = office("process migrate b2b --to 2 --dry-run")
    assert told.code == 0
    assert "next move, asked for by each deal's owner: 1 newly refused" in told.out
    document = office("process migrate b2b --to 2 --dry-run --json").json
    assert document["rules"][0]["rule"] == "proposal:require:close_date"
    assert document["deals"][0]["missing"] == [
        {"rule": "proposal:require:close_date", "what": "close date is not recorded"}
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--to 7 --dry-run", "b2b@7"),
        ("--to two --dry-run", "`--to` cannot be `two`"),
        ("--to 2 --by ops-1", "`--why` is missing"),
        ("--to 2 --map offer --dry-run", "two stages"),
        ("--to 2 --map propsal=offer --dry-run", "did you mean `proposal`"),
        ("--to 2 --map lead=offer --map lead=lead --dry-run", "one stage for `lead`"),
        ("--to 2 --map lead=ofer --dry-run", "did you mean `offer`"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(renamed: Type, options: str, said: str) -> None:
    """A version, a stage, a reason: named, with the nearest there is."""
    ran = renamed(f"process migrate b2b {options}")
    assert (ran.code, said in ran.said_in_one_line()) == (2, True), ran.err


def test_whom_a_migration_puts_over_a_limit_is_told_before_it_is_done(folder: Path, office: Type) -> None:
    """Two open deals of one owner, and from the next version on one is all that anybody may have."""
    office("deal open D-7 --process b2b --owner rep-1 --by rep-1")
    (folder / "next.yaml").write_text(f"{PROCESS}owning: {{enter: [{{owner_deals_at_most: 1}}]}}\n", encoding="utf-8")
    office("process publish next.yaml --by ops-1")
    told = office("process migrate b2b --to 2 --dry-run")
    rows = [line.split() for line in told.out.splitlines()]
    assert ["own:owner_deals_at_most:1", "rep-1", "2"] in rows
    document = office("process migrate b2b --to 2 --dry-run --json").json
    assert [(each["rule"], each["owners"]) for each in document["limits"]] == [
        ("own:owner_deals_at_most:1", {"rep-1": 2})
    ]
