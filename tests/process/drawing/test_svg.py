"""The SVG is well-formed, needs nothing but itself, says in words what it shows, and holds every stage and rule."""

import re
from xml.etree import ElementTree

import pytest
from tests.process.drawing.given import hostile, rich
from tests.process.files import GOOD

from pipeline_engine.process import Process, load_process, svg_of

SVG = "{http://www.w3.org/2000/svg}"


def texts(process: Process) -> list[str]:
    """Every text of the picture, titles included."""
    return ["".join(each.itertext()).strip() for each in ElementTree.fromstring(svg_of(process)).iter()]


@pytest.mark.parametrize("process", [rich(), hostile(), load_process(GOOD, "p")], ids=lambda process: process.name)
def test_the_picture_is_sound(process: Process):
    """Well-formed XML with a title and a description, no script, nothing fetched, nothing outside its frame."""
    root = ElementTree.fromstring(svg_of(process))
    assert root.get("role") == "img"
    assert all(root.findtext(f"{SVG}{part}") for part in ("title", "desc"))
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        "svg", "title", "desc", "style", "rect", "text", "path", "circle", "g",
    }  # fmt: skip
    names = {name for each in root.iter() for name in each.attrib}
    assert not {name for name in names if name.startswith("on") or "href" in name}
    height = float(root.get("height", "0"))
    assert all(0 < float(each.get("y", "1")) < height for each in root.iter(f"{SVG}text"))


def test_every_stage_and_every_rule_is_in_the_picture():
    """A rule's full id is the title of its lines, however short its label."""
    process = rich()
    found = texts(process)
    titles = {each.split("\n")[0] for each in found}
    names = [stage.title or stage.id for stage in process.stages]
    own = [rule.id for rule in process.rules if rule.kind != "topology"]
    assert [name for name in (*names, *own) if not any(title.startswith(name) for title in titles)] == []


def test_long_texts_are_broken():
    """No line is longer than its box is wide."""
    long = GOOD.replace("id: lead", f"id: lead\n    title: {'a very long name ' * 9}").replace(
        "deal.amount > 5", " && ".join(f"deal.amount > {number}" for number in range(60))
    )
    root = ElementTree.fromstring(svg_of(load_process(long, "p")))
    assert max(len(each.text or "") for each in root.iter(f"{SVG}text")) <= 110


def test_hostile_texts_stay_texts():
    """What looks like markup is shown, not obeyed."""
    text = svg_of(hostile())
    assert "<script" not in text
    assert "<img" not in text
    assert any("<img src=x" in each for each in texts(hostile()))


def test_a_stage_that_only_some_deals_have_is_dashed():
    """The control: the other stages are not."""
    root = ElementTree.fromstring(svg_of(rich()))
    dashed = [box.findtext(f"{SVG}title") for box in root.iter(f"{SVG}rect") if "some" in box.get("class", "")]
    assert dashed == ["legal", "Reopened"]


def test_the_picture_is_readable_on_light_and_dark():
    """Every colour of the light look has one in the dark look."""
    style = re.search(r"<style>(.*?)</style>", svg_of(rich()), re.DOTALL)
    assert style is not None
    light, _, dark = style[1].partition("@media (prefers-color-scheme: dark)")
    coloured = {name for rule in re.findall(r"([^{}]+)\{[^}]*#", light) for name in re.findall(r"\.\w+", rule)}
    assert coloured - set(re.findall(r"\.\w+", dark)) == set()
