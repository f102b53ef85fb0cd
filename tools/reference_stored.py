"""The pages about what is stored and said: events, facts, errors."""

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from tools.markdown import block, code, listed, page, prose, table
from tools.reference_process import same_names

from pipeline_engine import errors
from pipeline_engine.deal import DEAL_EVENTS, ContextValue, Verdicts
from pipeline_engine.engine import EVENTS, Engine, StoryClock
from pipeline_engine.envelope import Envelope, Event, SourceRef, StoredMoney, StoredText, StoredValue
from pipeline_engine.exchange import EXCHANGE_EVENTS
from pipeline_engine.facts import MEANINGS, reference
from pipeline_engine.jobs import JOB_EVENTS
from pipeline_engine.privacy import PRIVACY_EVENTS
from pipeline_engine.process import PROCESS_EVENTS
from pipeline_engine.store import FOLLOWING_EVENTS
from pipeline_engine.team import TEAM_EVENTS

STREAMS: Mapping[str, tuple[str, tuple[type[Event], ...]]] = {
    "Of a deal": ("`deal:<id>`", DEAL_EVENTS),
    "Of a process": ("`process:<name>`", PROCESS_EVENTS),
    "Of the people": ("`person:<id>`, and `store:team` for `TeamApplied`", TEAM_EVENTS),
    "Of imports": ("`store:imports`", EXCHANGE_EVENTS),
    "Of erasures": ("`store:erasures`", PRIVACY_EVENTS),
    "Of views": ("`store:following`", FOLLOWING_EVENTS),
    "Of jobs": ("`job:<id>`", JOB_EVENTS),
}
PLAIN = {str: "text", int: "whole number", bool: "true or false", float: "number", NoneType: "null"}
EVENTS_INTRO = """
Everything that happened is an event in a stream. No stored event is ever changed or removed. A class here is the stored
form: a new field has a default, a renamed one would be read by an upcaster. `position` counts the whole log from 1,
`version` counts one stream from 1, `recorded_at` never runs backwards along the log.

A *sealed text* is text about people. It is stored as `{"sealed": {subject, key, nonce, text}}`. The text is closed with
AES-256-GCM under a key of its subject, bound to stream, version and field; where `key` is `identity` it was written
before there were keys, and is only wrapped. An *amount* is stored as `{"money": count of 10^-4, "currency": code}`, a
date as `{"date": …}`, a time of day as `{"time": …}`, a document as `{"document": name, "sha256": …}`; text, numbers,
true and false, and lists of text stand as they are.
"""
ERRORS_INTRO = """
Whatever the engine says no with is a `pipeline_engine.errors.PipelineError`. Its message is one line for people; its
attributes carry the parts. A rule that says no is not an error: it is an outcome that is not `accepted`, and an event.
"""
FACTS_INTRO = """
Facts are the log in columns: Arrow tables that views and backtests read. They live in memory, are caught up by position
before an answer, and can be thrown away. `engine.facts()` gives them: `.deals`, `.stays` and so on, `.position`,
`.digest()`. Times are UTC microseconds, money is a 64-bit count of 10^-4 of its currency, null is "not known" and never
zero. Rows are sorted by deal id, then by version.
"""


def events_page() -> str:
    """docs/reference/events.md."""
    same_names("events by stream", set(EVENTS), {each.__name__ for _, kinds in STREAMS.values() for each in kinds})
    parts = [EVENTS_INTRO, "## The envelope", prose(Envelope.__doc__), _fields(Envelope)]
    parts += ["### SourceRef", prose(SourceRef.__doc__), _fields(SourceRef)]
    for title, (stream, kinds) in STREAMS.items():
        parts += [f"## {title}", f"Stream {stream}.", *(part for each in kinds for part in _event(each))]
    parts += ["## Parts", "### Verdicts", prose(Verdicts.__doc__), _fields(Verdicts)]
    parts += ["### ContextValue", prose(ContextValue.__doc__), _fields(ContextValue), *_stored()]
    return page("Events", *parts)


def _event(kind: type[Event]) -> Iterator[str]:
    yield f"### {kind.__name__}"
    yield prose(kind.__doc__)
    yield _fields(kind) if kind.model_fields else "No fields: its name says it all."


def _fields(model: type[BaseModel]) -> str:
    hints = get_type_hints(model, include_extras=True)
    rows = [(code(name), type_text(hints[name]), _default(field)) for name, field in model.model_fields.items()]
    return table(("field", "type", "where it is not said"), rows)


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "always there"
    return "null" if value is None else code(json.dumps(value)) if value not in ((), {}) else "empty"


def type_text(kind: Any) -> str:
    """A type as people read it."""
    named = {id(StoredText): "sealed text", id(StoredMoney): "amount", id(StoredValue): "field value"}
    if id(kind) in named or kind in PLAIN or kind is AwareDatetime:
        return named.get(id(kind)) or PLAIN.get(kind, "moment")
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _annotated(kind)
    if origin is Literal:
        return " · ".join(code(each) for each in inner)
    if origin in (Union, UnionType):
        return ", or ".join(type_text(each) for each in inner)
    if origin is dict:
        return f"table: name → {type_text(inner[1])}"
    return f"list of {type_text(inner[0])}" if origin is tuple else _class_text(kind)


def _annotated(kind: Any) -> str:
    for known, words in ((StoredText, "sealed text"), (StoredMoney, "amount"), (StoredValue, "field value")):
        if kind == known:
            return words
    return type_text(get_args(kind)[0])


def _class_text(kind: Any) -> str:
    words = {"Any": "anything", "Decimal": "decimal number", "date": "date", "datetime": "moment"}
    name = getattr(kind, "__name__", str(kind))
    return words.get(name, f"[{name}](#{name.lower()})")


def _stored() -> Iterator[str]:
    clock = StoryClock(datetime(2026, 1, 31, 9, tzinfo=UTC))
    with Engine.open("memory://", clock=clock, clock_name="story") as engine:
        engine.publish_text(
            "process: b2b\ncurrency: EUR\ndeal: {amount: {type: money}}\nstages: [{id: lead}]\noutcomes: {}\n",
            "b2b.yaml", by="ops-1",
        )  # fmt: skip
        engine.open_deal("D-1", process="b2b", owner="rep-03", title="Ann's order", fields={"amount": "12000"},
                         by="rep-03", command_id="c-1")  # fmt: skip
        row = next(row for row in engine.store_rows() if row.name == "DealOpened")
    yield "## One event as it is stored"
    # Closed texts are other ones each time.
    stored = re.sub(r'("(?:key|nonce|text)": )".*"', r'\1"…"', json.dumps(json.loads(row.payload), indent=2))
    yield f"Stream `{row.stream}`, version {row.version}, name `{row.name}`; parts that say nothing new are left out:"
    yield block(stored, "json")


def errors_page() -> str:
    """docs/reference/errors.md."""
    tree = (errors.__doc__ or "").partition("\n\n")[2]
    kinds = [each for each in vars(errors).values() if inspect.isclass(each) and issubclass(each, errors.PipelineError)]
    same_names(
        "errors in the tree", {each.__name__ for each in kinds}, set(re.findall(r"\b[A-Z]\w+[A-Z]?\w+", _names(tree)))
    )
    rows = [(code(each.__name__), code(each.__mro__[1].__name__), str(each.exit_code), _said(each)) for each in kinds]
    exits = listed([
        "`0` done",
        "`1` refused by a rule, or a check that found something",
        "`2` wrong use or bad input, said in one line with where",
        "`3` the store or a server could not be reached",
    ])  # fmt: skip
    parts = (ERRORS_INTRO, block(tree), "## One by one", table(("error", "is a", "exit code", "when"), rows))
    return page("Errors", *parts, "## Exit codes of the command line", exits)


def _names(tree: str) -> str:
    return "\n".join(re.split(r"\s{2,}", line.lstrip("├│└─ "))[0].partition(":")[0] for line in tree.splitlines())


def _said(kind: type[Exception]) -> str:
    return prose(kind.__doc__)


def facts_page() -> str:
    """docs/reference/facts.md."""
    columns = list(reference())
    same_names("fact tables", {column.table for column in columns}, set(MEANINGS))
    parts = [FACTS_INTRO]
    for name, meaning in MEANINGS.items():
        rows = [(code(c.column), c.type, c.unit, c.doc) for c in columns if c.table == name]
        parts += [
            f"## {name}",
            f"{meaning[0].upper()}{meaning[1:]}.",
            table(("column", "type", "unit", "what it is"), rows),
        ]
    return page("Facts", *parts)
