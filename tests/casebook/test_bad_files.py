"""A file of cases that is wrong is refused at the place, with what was meant."""

from pathlib import Path

import pytest

from pipeline_engine.casebook import run_cases
from pipeline_engine.errors import BadCases, BadPeople, BadProcess
from tests.casebook.given import HEAD, written

BAD = {
    "- {case: a, when: {move: propsal}, then: allowed}": "5:26: there is no stage `propsal`; did you mean `proposal`?",
    "- {case: a, when: {moov: proposal}, then: allowed}": "5:20: `when` has no key `moov`; did you mean `move`?",
    "- {case: a, when: wim, then: allowed}": "5:19: there is no verb `wim`; did you mean `win`?",
    "- {case: a, when: move, then: allowed}": "5:19: `when` is `move`; expected `{move: …}` with a stage",
    "- {case: a, when: {move: proposal, win: }, then: allowed}":
        "5:19: `when` asks `move` and `win`; expected one thing at a time",
    "- {case: a, then: allowed}": "5:3: a case has no `when`; expected `when: …`",
    "- {case: a, when: win}": "5:3: a case has no `then`; expected `then: …`",
    "- {case: a, wehn: win, then: allowed}": "5:13: a case has no key `wehn`; did you mean `when`?",
    "- {case: a, when: win, then: alowed}":
        "5:30: `then` is `alowed`; expected `allowed`, `refused`, or `{refused: [RULE, …]}`",
    "- {case: a, when: win, then: {refused: [big-dael]}}":
        "5:41: there is no rule `big-dael`; did you mean `big-deal`?",
    "- {case: a, when: win, then: {refused: []}}":
        "5:40: `refused` names nothing; expected `then: allowed`, or what must stand in the way",
    "- {case: a, when: {log: call}, then: {passes: big-deal}}":
        "5:47: `passes` of `log`, which asks no gate; expected `allowed`, `refused`, or `{refused: [RULE, …]}`",
    "- {case: a, given: {stage: leed}, when: win, then: allowed}":
        "5:28: there is no stage `leed`; did you mean `lead`?",
    "- {case: a, given: {feilds: {}}, when: win, then: allowed}":
        "5:21: `given` has no key `feilds`; did you mean `fields`?",
    "- {case: a, given: {fields: {amout: 5}}, when: win, then: allowed}":
        "5:30: there is no field `amout`; did you mean `amount`?",
    "- {case: a, given: {activities: [{meting: 2d}]}, when: win, then: allowed}":
        "5:35: there is no activity `meting`; did you mean `meeting`?",
    "- {case: a, given: {activities: [{meeting: soon}]}, when: win, then: allowed}":
        "5:44: `meeting` is `soon`; expected how long ago, like `2d` or `36h`; or a moment like"
        " `2026-01-05T09:00:00Z` or a day like `2026-01-05`",
    "- {case: a, given: {activities: [{meeting: 2026-03-01}]}, when: win, then: allowed}":
        "5:44: `meeting` is `2026-03-01`; expected a time before `at`, which is 2026-01-05T09:00:00+00:00",
    "- {case: a, given: {stage: proposal, since: 3d, opened: 2d}, when: win, then: allowed}":
        "5:20: in `proposal` before it was opened; expected times that fit",
    "- {case: a, given: {fields: {amount: lots}}, when: win, then: allowed}":
        "5:38: `amount` is `lots`; expected an amount like `12000`, `12000.50` or `12000 USD`, in digits without"
        " separators, at most four decimals",
    "- {case: a, given: {approvals: [{two-meetings: manager-1}]}, when: win, then: allowed}":
        "5:34: there is no rule that asks for an approval `two-meetings`; expected `big-deal`",
    "- {case: a, given: {stage: [lead]}, when: win, then: allowed}": "5:28: a list is no stage; expected its name",
    "- {case: a, given: [], when: win, then: allowed}":
        "5:20: `given` is an empty list; expected `[{open: …, ago: …}, …]`, or a table",
    "- {case: a, given: [{open: lead}, {open: lead}], when: win, then: allowed}":
        "5:42: a second `open`; expected one opening; `reopen` opens a closed deal again",
    "- {case: a, given: {way: []}, when: win, then: allowed}":
        "5:26: `way` names no stage; expected `[{STAGE: AGO}, …]`",
    "- {case: a, at: 0001-01-01, given: {since: 2d}, when: win, then: allowed}":
        "5:44: `since` is `2d`; expected a time that a calendar knows",
    "- {case: '', when: win, then: allowed}": "5:10: a case without a title; expected what it is about, as a sentence",
    "- {case: a, given: {at: 2026-02-01}, when: {move: proposal, at: 2026-01-01}, then: allowed}":
        "5:20: `given` is later than `when`; expected an `at` that is not after the one of `when`",
    "- {case: a, given: {contacts: {buyer: kim}}, when: win, then: allowed}":
        "5:32: there is no contact role `buyer`; expected `economic_buyer`",
    "- {case: a, given: {approvals: [big-deal]}, when: win, then: allowed}":
        "5:33: `big-deal` in `approvals`; expected `{RULE: WHO}`",
    "- {case: a, given: {reason: price}, when: win, then: allowed}":
        "5:29: `reason` of a deal that is open; expected `status: won` or `status: lost`",
    "- {case: a, given: {way: [{lead: 2d}, {proposal: 3d}]}, when: win, then: allowed}":
        "5:40: `proposal` before `lead`; expected stages in the order of time",
    "- {case: a, given: [{move: proposal, ago: 2d}], when: win, then: allowed}":
        "5:21: the first step is `move`; expected `open`: before it is no deal",
    "- {case: a, given: {stage: lead}, when: open, then: allowed}":
        "5:20: `given` before an opening; expected `when` alone: there is no deal before it",
}  # fmt: skip


@pytest.mark.parametrize(("case", "complaint"), BAD.items(), ids=[complaint[:60] for complaint in BAD.values()])
def test_a_bad_case_is_refused_at_its_place(tmp_path: Path, case: str, complaint: str):
    """File, line and column, what was found, what was expected, and the nearest known name."""
    file = written(tmp_path, case + "\n")
    with pytest.raises(BadCases) as refused:
        run_cases(file)
    assert str(refused.value) == f"{file}:{complaint}"


@pytest.mark.parametrize(
    ("head", "complaint"),
    [
        (HEAD.replace("process: b2b.yaml", "process: b2b"), "1:10: `process` cannot be `b2b`; expected a process file"),
        (HEAD.replace("manager: manager-1", "manager: manger-1"), "2:57: there is no other person `manger-1`; did you"),
        (HEAD.replace("defaults", "default"), "3:1: a file of cases has no key `default`; did you mean `defaults`?"),
        (HEAD.replace("2026-01-05T09:00:00Z", "monday"), "3:43: `at` is `monday`; expected a moment like"),
        (HEAD.replace("cases:", "cases: []"), "4:8: `cases` is an empty list"),
    ],
)
def test_a_bad_head_is_refused_at_its_place(tmp_path: Path, head: str, complaint: str):
    """The part above the cases is read as strictly."""
    file = written(tmp_path, "" if "[]" in head else "- {case: a, when: win, then: refused}\n", head)
    with pytest.raises(BadCases) as refused:
        run_cases(file)
    assert str(refused.value).startswith(f"{file}:{complaint}")


def test_what_a_file_names_must_be_there(tmp_path: Path):
    """A process or people file that is not there is named, not guessed."""
    case = "- {case: a, when: win, then: refused}\n"
    with pytest.raises(BadProcess, match=r"gone\.yaml: cannot be read"):
        run_cases(written(tmp_path, case, HEAD.replace("b2b.yaml", "gone.yaml")))
    with pytest.raises(BadPeople, match=r"gone\.yaml: cannot be read"):
        run_cases(written(tmp_path, case, "process: b2b.yaml\npeople: gone.yaml\ncases:\n"))


def test_a_folder_without_cases_is_no_success(tmp_path: Path):
    """Nothing tried is not the same as everything held."""
    with pytest.raises(BadCases, match=r"no file of cases below this folder"):
        run_cases(tmp_path)
