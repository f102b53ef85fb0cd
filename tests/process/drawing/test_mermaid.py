"""The flowchart holds every stage and every rule, joins only what it names, and no text of a file becomes syntax."""

import re
from itertools import pairwise

import pytest
from tests.process.drawing.given import hostile, rich
from tests.process.files import GOOD

from pipeline_engine.process import Process, load_process, mermaid_of

LABEL = r'"[^"<>`{}|\\]*(?:<br/>[^"<>`{}|\\]*)*"'
NODE = re.compile(rf"(?P<id>\w+)(?:\[{LABEL}\]|\(\[{LABEL}\]\)|\{{\{{{LABEL}\}}\}})(?::::(?P<look>\w+))?")
ARROW = re.compile(r' (?:-->|==>|-\.->|-\. "[^"]*" \.->) ')


def read(text: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The nodes with their text and the arrows of a flowchart; fails on a line that is none of what we write."""
    head, *lines = text.rstrip("\n").split("\n")
    assert head == "flowchart TB"
    nodes: dict[str, str] = {}
    arrows: list[tuple[str, str]] = []
    for line in map(str.strip, lines):
        if node := NODE.fullmatch(line):
            nodes[node["id"]] = line
        elif ARROW.search(line):
            ends = [part.split(" & ") for part in ARROW.split(line)]
            arrows += [(a, b) for left, right in pairwise(ends) for a in left for b in right]
        else:
            assert re.fullmatch(r"(classDef \w+ [-\w: ]+|accTitle: [^#;{}]+|accDescr: [^#;{}]+)", line), line
    return nodes, arrows


@pytest.mark.parametrize("process", [rich(), hostile(), load_process(GOOD, "p")], ids=lambda process: process.name)
def test_a_flowchart_is_sound(process: Process):
    """Every line is a node, an arrow or a look; arrows join nodes that are there, each once."""
    nodes, arrows = read(mermaid_of(process))
    assert {end for arrow in arrows for end in arrow} <= set(nodes)
    assert len(arrows) == len(set(arrows))


def test_every_stage_and_every_rule_is_drawn():
    """Nothing that a gate asks is left out."""
    process = rich()
    text = mermaid_of(process)
    own = [rule.id for rule in process.rules if rule.kind != "topology"]
    assert [name for name in (*process.stage_ids, *own) if name.replace("%", "#37;") not in text] == []


def test_a_stage_that_only_some_deals_have_is_dashed_and_can_be_passed():
    """The way round it is an arrow of its own, to the gate of the stage behind it."""
    nodes, arrows = read(mermaid_of(rich()))
    assert nodes["s2"].endswith(":::some")
    assert ("l1", "e3") in arrows
    assert [node for node, line in nodes.items() if line.endswith(":::asks")] == ["e3", "g_won", "g_reopen"]


def test_no_text_of_a_file_becomes_syntax():
    """Quotes, brackets and ids that are words of Mermaid's own stay text."""
    text = mermaid_of(hostile())
    nodes, _ = read(text)
    assert "script" in text
    assert not re.search(r"<(?!br/>)", text)
    assert set(nodes) == {"opened", "s0", "s1", "e1", "won", "lost", "again"}


def test_there_is_no_way_back_where_a_process_has_none():
    """Arrows back are drawn by the policy of the file."""
    never = load_process(GOOD + "moves: {back: never}\n", "p")
    assert "back" not in mermaid_of(never)
    assert 's1 -. "back, with a reason" .-> s0' in mermaid_of(load_process(GOOD, "p"))
