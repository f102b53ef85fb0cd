"""What publishing a process leads to, and how a published one comes back."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.process.files import GOOD, SMALLEST

from pipeline_engine.envelope import Envelope, Event, Recorded
from pipeline_engine.errors import BadValue, UnknownProcess
from pipeline_engine.process import (
    Catalog,
    ProcessProposed,
    ProcessPublished,
    PublishedProcess,
    decide_publish,
    evolve_catalog,
    evolve_process,
    from_published,
    load_process,
)
from pipeline_engine.process.rules import compiler

FRIDAY = datetime(2026, 1, 30, 9, tzinfo=UTC)


def _recorded(event: Event, version: int = 1) -> Recorded:
    envelope = Envelope(at=FRIDAY, actor="vp-1", command_id=f"c-{version}")
    return Recorded("process:p", version, version, FRIDAY, envelope, event)


def _publish(state: PublishedProcess | None, text: str, why: str | None = None) -> PublishedProcess | None:
    event = decide_publish(state, load_process(text, "p.yaml"), text, why)
    return state if event is None else evolve_process(state, _recorded(event))


def test_the_first_publication_is_version_one():
    """The text, the digest and the compiled rules are pinned by the event."""
    process = load_process(GOOD, "p.yaml")
    event = decide_publish(None, process, GOOD, "to begin with")
    assert event is not None
    assert (event.version, event.digest, event.source_text, event.same_as) == (1, process.digest, GOOD, None)
    assert (event.why, event.semantics) == ("to begin with", process.semantics)


def test_publishing_what_is_in_force_is_nothing_new():
    """Asking twice records once."""
    state = _publish(None, GOOD)
    assert decide_publish(state, load_process(GOOD, "p.yaml"), GOOD, "again") is None


def test_going_back_to_an_older_definition_is_a_new_version():
    """It says which one it is the same as."""
    state = _publish(_publish(None, GOOD), SMALLEST)
    event = decide_publish(state, load_process(GOOD, "p.yaml"), GOOD, "the old one was better")
    assert event is not None
    assert (event.version, event.same_as) == (3, 1)


def test_a_published_process_comes_back_without_its_file(monkeypatch):
    """Neither YAML nor the checker is needed: the stored form is enough, and equal."""
    process = load_process(GOOD, "p.yaml")
    event = decide_publish(None, process, GOOD, None)
    assert event is not None
    stored = ProcessPublished.model_validate_json(event.model_dump_json())
    monkeypatch.setattr(compiler, "compile_rule", None)
    monkeypatch.setattr("yaml.parse", None)
    read = from_published(stored)
    assert read == process.model_copy(update={"version": 1})
    assert from_published(stored) is read


def test_the_same_definition_compiled_otherwise_is_not_mistaken():
    """Another store may hold the same text compiled by another release: what it stored decides."""
    event = decide_publish(None, load_process(GOOD, "p.yaml"), GOOD, None)
    assert event is not None
    other = event.model_copy(update={"compiled": {**event.compiled, "title": "compiled elsewhere"}})
    assert from_published(event).title == ""
    assert from_published(other).title == "compiled elsewhere"


def test_versions_are_found_by_number():
    """Without a number it is the one in force; an unknown one names those there are."""
    state = _publish(_publish(None, GOOD), SMALLEST)
    assert state is not None
    assert (state.at().version, state.at(1).version, state.in_force.author) == (2, 1, "vp-1")
    with pytest.raises(UnknownProcess, match="no process `p@7`"):
        state.at(7)


def test_a_version_that_is_only_proposed_is_not_there_yet():
    """It is said who proposed it and what puts it in force; any other number is unknown as ever."""
    published = _publish(None, GOOD)
    waiting = evolve_process(
        published, _recorded(ProcessProposed(name="p", digest="d" * 64, source_text="…", why="better"), 2)
    )
    assert published is not None
    assert waiting is not None
    name = published.name
    for version, said in ((2, f"vp-1 proposed it, and `process confirm {name}` publishes it"), (3, f"`{name}@1`")):
        with pytest.raises(UnknownProcess, match=rf"no process `{name}@{version}`.*{said}"):
            waiting.at(version)


def test_the_text_and_the_process_belong_together():
    """A process is published with the text that it was loaded from, under its own name."""
    process = load_process(GOOD, "p.yaml")
    with pytest.raises(BadValue, match="the text that `p` was loaded from"):
        decide_publish(None, process, SMALLEST, None)
    state = _publish(None, GOOD)
    assert state is not None
    with pytest.raises(BadValue, match="expected `q`"):
        decide_publish(replace(state, name="q"), process, GOOD, None)


def test_the_catalog_knows_every_process():
    """Other events change nothing; an unknown name is answered with the nearest."""
    event = decide_publish(None, load_process(GOOD, "p.yaml"), GOOD, None)
    assert event is not None
    catalog = evolve_catalog(evolve_catalog(None, _recorded(event)), _recorded(Event(), 2))
    assert catalog.process("p").version == 1
    with pytest.raises(UnknownProcess):
        catalog.process("q")
    assert Catalog().processes == {}
    assert evolve_process(None, _recorded(Event())) is None
