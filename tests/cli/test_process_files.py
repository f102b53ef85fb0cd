"""`process new · test · graph · schema`: what owners of a process do with its file."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Type
from tests.cli.given import CONFIG

CASES = """\
process: b2b.yaml
people: {rep-1: [rep], manager-1: [manager]}
defaults: {by: rep-1, owner: rep-1}
cases:
  - case: a large deal needs a manager
    given: {stage: proposal, fields: {amount: 60000}}
    when: {move: negotiation}
    then: {refused: [big-deal]}
  - case: a small one does not
    given: {stage: proposal, fields: {amount: AMOUNT}}
    when: {move: negotiation}
    then: allowed
"""


@pytest.fixture
def cases(folder: Path) -> Path:
    """A file of two cases that hold."""
    file = folder / "b2b.cases.yaml"
    file.write_text(CASES.replace("AMOUNT", "6000"), encoding="utf-8")
    return file


def test_cases_that_hold_leave_with_0(cases: Path, line: Type):
    """One line a case and a count."""
    ran = line("process test .")
    assert (ran.code, ran.out) == (
        0, "✓ a large deal needs a manager\n✓ a small one does not\n2 cases: all as expected\n"
    )  # fmt: skip


def test_a_case_that_does_not_hold_prints_the_judgement(cases: Path, line: Type):
    """What was expected, what came, where it stands, and every rule with what it saw; exit code 1."""
    cases.write_text(CASES.replace("AMOUNT", "70000"), encoding="utf-8")
    ran = line("process test b2b.cases.yaml")
    assert ran.code == 1
    assert "✗ a small one does not  (b2b.cases.yaml:9)" in ran.out
    assert "expected  allowed" in ran.out
    assert "came      refused by big-deal" in ran.out
    assert "✗ big-deal  a deal of this size needs a manager" in ran.out
    assert ran.out.endswith("2 cases: 1 as expected, 1 not\n")


def test_cases_as_json(cases: Path, line: Type):
    """One document with every case and its verdicts."""
    document = json.loads(line("process test b2b.cases.yaml -k large --json").out)
    assert (document["cases"], document["failed"]) == (1, 0)
    assert document["results"][0]["verdicts"][-1]["rule"] == "big-deal"


def test_cases_that_cannot_be_read_leave_with_2(cases: Path, line: Type):
    """A wrong file, an unknown process, a filter that fits nothing."""
    assert line("process test b2b.cases.yaml -k nothing").code == 2
    cases.write_text(CASES.replace("b2b.yaml", "gone.yaml"), encoding="utf-8")
    ran = line("process test b2b.cases.yaml")
    assert (ran.code, "gone.yaml: cannot be read" in ran.err) == (2, True)
    cases.write_text(CASES.replace("b2b.yaml", "b2b"), encoding="utf-8")
    assert "there is no store" in line("process test b2b.cases.yaml").said_in_one_line()
    assert line("team apply people.yaml --by ops-1").code == 0
    assert "b2b.cases.yaml:1:10: there is no process `b2b`" in line("process test b2b.cases.yaml").err


def test_cases_may_name_a_published_process(cases: Path, office: Type):
    """The store that a command works on has it; a candidate file can stand in for it."""
    cases.write_text(CASES.replace("b2b.yaml", "b2b@1").replace("AMOUNT", "6000"), encoding="utf-8")
    assert office("process test b2b.cases.yaml").code == 0
    loose = Path("b2b.yaml").read_text(encoding="utf-8").replace("50000", "90000")
    Path("loose.yaml").write_text(loose, encoding="utf-8")
    assert office("process test b2b.cases.yaml --process loose.yaml").code == 1


def test_a_process_is_drawn_from_its_file_or_its_name(office: Type):
    """Mermaid on standard output, SVG into a file."""
    assert office("process graph b2b.yaml").out.startswith("flowchart TB\n")
    assert office("process graph b2b@1").out == office("process graph b2b.yaml").out.replace("b2b\n", "b2b@1\n", 1)
    assert office("process graph b2b --format svg --output b2b.svg").code == 0
    assert ElementTree.parse("b2b.svg").getroot().tag.endswith("svg")
    assert office("process graph b2b --format png").code == 2
    assert office("process graph b3b").code == 2


def test_the_schemas_are_printed(line: Type):
    """Of process files and of files of cases."""
    assert "stages" in json.loads(line("process schema").out)["properties"]
    assert "cases" in json.loads(line("process schema --cases").out)["properties"]


@pytest.mark.parametrize("template", sorted(file.stem for file in (CONFIG / "processes").glob("*.yaml")))
def test_a_new_process_lints_clean_under_its_own_name(line: Type, template: str):
    """Whatever it starts from."""
    assert line(f"process new ours --template {template}").code == 0
    assert line("process lint ours.yaml").code == 0
    assert "\nprocess: ours\n" in Path("ours.yaml").read_text(encoding="utf-8")


def test_nothing_is_overwritten(line: Type):
    """A file that is there stays as it is."""
    before = Path("b2b.yaml").read_text(encoding="utf-8")
    ran = line("process new b2b")
    assert (ran.code, "nothing is overwritten" in ran.err) == (2, True)
    assert Path("b2b.yaml").read_text(encoding="utf-8") == before


def test_templates_are_listed_and_misspelt_ones_named(line: Type):
    """A line each; the smallest comes first."""
    listed = json.loads(line("process new --list --json").out)
    assert (listed[0]["template"], "b2b-saas" in [each["template"] for each in listed]) == ("minimal", True)
    assert all(each["about"] for each in listed)
    assert "expected `minimal`" in line("process new ours --template minmal").err
    assert line("process new").code == 2
    assert line("process new a/b").code == 2
