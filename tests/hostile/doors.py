"""The doors that hostile input comes in by, and what one of them costs; `python -m tests.hostile.doors` prints figures.

Each input is tried in a process of its own, forked from one that has used every door before, so that what is measured
is the input and not the interpreter.
"""

import json
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

from pipeline_engine.casebook import run_cases
from pipeline_engine.engine import EVENTS, Engine
from pipeline_engine.errors import PipelineError
from pipeline_engine.exchange import read_mapping
from pipeline_engine.facts import facts_of
from pipeline_engine.process import load_process
from pipeline_engine.store import IDENTITY, Row
from pipeline_engine.store.codec import Codec
from pipeline_engine.team import load_people
from tests.exchange.given import DEALS, brought_in, empty_store
from tests.exchange.given import EVENTS as CSV_MAPPING
from tests.exchange.test_xes import LOG, MAPPING

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHOP = """
process: shop
currency: EUR
roles: [rep]
activities: [call]
documents: [offer]
contacts: {roles: [buyer]}
deal:
  amount: {type: money}
  seats: {type: int}
  score: {type: number}
  share: {type: percent}
  day: {type: date}
  hour: {type: time}
  region: {type: choice, of: [EMEA, NA]}
  mail: {type: text, personal: deal}
  tags: {type: text, many: true}
stages: [{id: lead}, {id: offer}]
outcomes: {lost: {reasons: [price]}}
"""
PEOPLE = "people:\n  - {id: rep-03, roles: [rep]}\n"
CASES = "process: shop.yaml\ncases:\n  - {case: one, given: {stage: lead}, when: {move: offer}, then: allowed}\n"
PAYLOAD = b'{"at":"2026-01-30T09:00:00Z","actor":"rep-03","command_id":"c-1","data":{"set":{"seats":1}}}'
Door = Callable[[Any], object]


class Cost(NamedTuple):
    """What an input cost: seconds of a core and bytes; `said` is the refusal, `broke` what came instead of one."""

    seconds: float
    bytes: int
    said: str
    broke: str


@cache
def engine() -> Engine:
    """A store in memory with one deal."""
    made = Engine.open("memory://", clock=lambda: NOON)
    made.publish_text(SHOP, "shop.yaml", by="ops")
    made.open_deal("D-1", process="shop", owner="rep-03", by="rep-03", command_id="opened")
    return made


def _written(content: str | bytes, name: str) -> Path:
    path = Path(tempfile.mkdtemp(prefix="hostile-")) / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return path


def _cases(content: str) -> object:
    path = _written(content, "shop.cases.yaml")
    path.with_name("shop.yaml").write_text(SHOP)
    return run_cases(path)


def _csv(content: str | bytes) -> object:
    return brought_in(empty_store(), _written(content, "deals.csv"), CSV_MAPPING)


def _wide(content: str | bytes) -> object:
    return brought_in(empty_store(), _written(content, "deals.csv"), DEALS)


def _xes(content: str | bytes) -> object:
    return brought_in(empty_store(), _written(content, "log.xes"), MAPPING)


def _row(payload: bytes) -> object:
    row = Row(7, "deal:D-1", 3, 0, "FieldsChanged", payload)
    recorded = Codec(EVENTS, IDENTITY).decode(row)
    return recorded, facts_of([row])


def _columns(payload: bytes) -> object:
    return facts_of([Row(7, "deal:D-1", 3, 0, "FieldsChanged", payload)])


def _set(values: Mapping[str, Any]) -> object:
    return engine().set("D-1", values, by="rep-03")


def _ask(said: tuple[str, tuple[Any, ...], Mapping[str, Any]]) -> object:
    verb, what, how = said
    return getattr(engine(), verb)(*what, **{"by": "rep-03", **how})


DOORS: Mapping[str, Door] = {
    "process": lambda text: load_process(text, "p.yaml"),
    "process file": lambda content: engine().load(_written(content, "p.yaml")),
    "people": lambda text: load_people(text, "people.yaml"),
    "mapping": lambda text: read_mapping(text, "mapping.yaml"),
    "cases": _cases,
    "csv": _csv,
    "wide": _wide,
    "xes": _xes,
    "row": _row,
    "columns": _columns,
    "set": _set,
    "ask": _ask,
}


def warm() -> None:
    """Use every door once, so that no input pays for what is made at first use."""
    load_process(SHOP, "p.yaml")
    engine().load(_written(SHOP, "p.yaml"))
    load_people(PEOPLE, "people.yaml")
    read_mapping(CSV_MAPPING, "mapping.yaml")
    _cases(CASES)
    _csv("deal,at,who,stage,amount\nD-9,2026-01-01,rep,lead,1\n")
    _wide("id,owner,stage,offered,closed,amount\nD-9,rep,Lead,,,1\n")
    _xes(LOG)
    _set({"amount": "1"})
    facts_of([Row(1, "deal:D-1", 1, 0, "FieldsChanged", PAYLOAD)])


def cost_of(door: str, given: Any) -> Cost:
    """What one input costs at one door, here."""
    before, began = _peak(), process_time()
    said, broke = "", ""
    try:
        DOORS[door](given)
    except PipelineError as refused:
        said = f"{type(refused).__name__}: {refused}"
    except BaseException as error:  # noqa: BLE001 - whatever else comes out is what this looks for
        broke = f"{type(error).__name__}: {error}"[:300]
    return Cost(process_time() - began, _peak() - before, said, broke)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024


def forked(door: str, given: Any) -> Cost:
    """The cost of an input in a fork; one that the process dies of is said to have broken it."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, json.dumps(cost_of(door, given)).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        said = answer.read()
    _, status = os.waitpid(child, 0)
    return Cost(*json.loads(said)) if said else Cost(0.0, 0, "", f"the process died: {status}")


def measured(inputs: Mapping[str, tuple[str, Any]]) -> Iterator[tuple[str, Cost]]:
    """The cost of every input, each in a process of its own."""
    warm()
    for name, (door, given) in inputs.items():
        yield name, forked(door, given)


def main() -> None:
    """All figures, for people or as JSON."""
    from tests.hostile.inputs import HOSTILE

    if "--json" in sys.argv:
        sys.stdout.write(json.dumps(dict(measured(HOSTILE))))
        return
    for name, cost in measured(HOSTILE):
        what = cost.broke or cost.said or "taken"
        sys.stdout.write(f"{name:46} {cost.seconds * 1_000:8.1f} ms {cost.bytes / 2**20:7.1f} MiB  {what[:90]}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
