"""Whatever is sent, the answer is one that the OpenAPI document tells of, and never a fault of the service.

Half of the cases fit the document and half do not; ids are now and then of what is there, so that rules are asked too.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup

from tests.engine.shop import Shop

pytestmark = pytest.mark.slow
SHARDS = 8
CASES = 2_000
SOAK_CASES = 100_000
CHECKED = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
DEALS = ("D-lead", "D-offer", "D-contract", "D-won", "D-lost", "D-big")
KNOWN: dict[str, tuple[str, ...]] = {
    "deal": DEALS,
    "process": ("shop", "shop@1"),
    "person": ("rep", "boss"),
    "view": ("facts", "holdings"),
}
WORDS = {
    "by": ("rep", "boss", "vp"), "to": ("lead", "offer", "contract", "won", "lost", "rep-2"), "into": DEALS,
    "process": ("shop",), "rule": ("reachable", "big"), "role": ("buyer", "manager"), "kind": ("call",),
    "reason": ("price",), "lender": ("boss",),
}  # fmt: skip


@pytest.fixture(scope="module")
def schema() -> Iterator[Any]:
    """The document of a shop with a deal in every stage."""
    shop = Shop.opened()
    for stage in ("lead", "offer", "contract", "won", "lost"):
        shop.deal_in(stage, f"D-{stage}")
    shop.deal_in("offer", "D-big", "5000")
    KNOWN["job"] = (shop.engine.ask_rebuild(by="ops").job.id,)
    load_all_checks()
    yield schemathesis.openapi.from_asgi("/openapi.json", shop.engine.app(hosts=("testserver",), wait_seconds=0))
    shop.engine.close()


def tried(schema: Any, shard: int, cases: int) -> Counter[int]:
    """Send cases to the operations of a shard; how often which status was answered."""
    # Live events have no end; what they answer is tested where they are built.
    every = [found.ok() for found in schema.get_all_operations()]
    operations = [found for found in every if found.definition.raw["operationId"] != "live_events"][shard::SHARDS]
    number = int(os.environ.get("PIPELINE_ENGINE_TEST_SEED", random.randrange(2**32)))
    print(f"seed {number}")  # noqa: T201 -- a random test says its seed
    statuses: Counter[int] = Counter()
    # What takes no input gives one case, however many are asked for: then the others are sent more.
    while (missing := cases // SHARDS - statuses.total()) > 0:
        each = missing // len(operations) + 2
        for operation in operations:
            wrong = _sent(operation, GenerationMode.NEGATIVE, each // 2, number)
            statuses += wrong + _sent(operation, GenerationMode.POSITIVE, each - wrong.total(), number)
        number += 1
    return statuses


def _sent(operation: Any, mode: GenerationMode, share: int, number: int) -> Counter[int]:
    statuses: Counter[int] = Counter()

    @seed(number)
    @settings(
        max_examples=share, deadline=None, database=None, phases=[Phase.generate], print_blob=False,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), choice=st.randoms(use_true_random=False))
    def send(case: Any, choice: random.Random) -> None:
        _at_home(case, choice)
        answer = case.call()
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=[CHECKS.get_one(name) for name in CHECKED])

    try:
        send()
    except schemathesis.errors.InvalidSchema:
        raise
    except Exception as unsatisfiable:
        # What takes no input at all cannot be called wrongly.
        if "Unsatisfiable" not in type(unsatisfiable).__name__:
            raise
    return statuses


def _at_home(case: Any, choice: random.Random) -> None:
    """Now and then name what is there."""
    for name, known in KNOWN.items():
        if name in (case.path_parameters or {}) and choice.random() < 0.7:
            case.path_parameters[name] = choice.choice(known)
    if isinstance(case.body, dict):
        for name, known in WORDS.items():
            if isinstance(case.body.get(name), str) and choice.random() < 0.8:
                case.body[name] = choice.choice(known)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_answer_is_one_that_was_promised(schema, shard):
    """No fault, no status, content type or document that the description does not have."""
    statuses = tried(schema, shard, CASES)

    assert statuses.total() >= CASES / SHARDS
    assert statuses[500] == 0


@pytest.mark.soak
@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_answer_is_one_that_was_promised_for_hours(schema, shard):
    """The same with fifty times as many."""
    statuses = tried(schema, shard, SOAK_CASES)

    assert statuses.total() >= SOAK_CASES / SHARDS


def test_an_answer_that_was_not_promised_is_found(schema):
    """The check that passes above fails where a status is taken out of the description."""
    operation = schema["/v1/deals/{deal}"]["GET"]
    case = operation.Case(path_parameters={"deal": "nobody"})
    answer = case.call()
    answer.status_code = 418

    with pytest.raises(FailureGroup, match="418"):
        case.validate_response(answer, checks=[CHECKS.get_one(name) for name in CHECKED])
