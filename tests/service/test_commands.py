"""The models of commands from outside: one for each verb on a deal, with its parameters, and read strictly."""

import inspect
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline_engine import Engine
from pipeline_engine.service.commands import COMMANDS, Asked

HOW = set(Asked.model_fields)
# Not of one deal, or not asked from outside.
ELSEWHERE = {"announce_expiries", "bulk", "run"}


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_model_has_the_parameters_of_its_verb(kind: str) -> None:
    """What a verb takes can be asked from outside, under the same name, and nothing else can."""
    model = COMMANDS[kind]
    parameters = inspect.signature(getattr(Engine, model.verb)).parameters
    taken = {name for name, each in parameters.items() if each.kind is not each.VAR_KEYWORD} - {"self", "deal_id"}
    assert set(model.model_fields) - HOW == taken
    needed = {name for name in taken if parameters[name].default is inspect.Parameter.empty}
    assert {name for name, field in model.model_fields.items() if field.is_required()} - HOW == needed


def test_every_verb_of_one_deal_has_a_model() -> None:
    """A verb that somebody adds can be asked from outside too."""
    verbs = {
        name
        for name, verb in inspect.getmembers(Engine, inspect.isfunction)
        if not name.startswith("_") and inspect.signature(verb).return_annotation in ("Outcome", _outcome())
    }
    assert verbs - ELSEWHERE == {model.verb for model in COMMANDS.values()}


def _outcome() -> Any:
    return inspect.signature(Engine.move).return_annotation


@pytest.mark.parametrize(
    ("kind", "document", "where"),
    [
        ("move", {"by": "a", "to": "offer", "too": "x"}, "too"),
        ("move", {"by": "a", "to": 7}, "to"),
        ("move", {"to": "offer"}, "by"),
        ("set", {"by": "a", "values": {"amount": 12000.5}}, "values"),
        ("set", {"by": "a", "values": {"amount": {"money": 1, "currency": "EUR"}}}, "values"),
        ("log", {"by": "a", "kind": "call", "minutes": "5"}, "minutes"),
        ("log", {"by": "a", "kind": "call", "minutes": 2**80}, "minutes"),
        ("pause", {"by": "a", "reason": "x", "until": "2026-05-04"}, "until"),
        ("pause", {"by": "a", "reason": "x", "until": 0}, "until"),
        ("observe", {"by": "a", "to": "offer", "source": "crm", "key": "k"}, "at"),
    ],
)
def test_a_document_of_a_wrong_shape_is_refused_at_its_place(kind: str, document: dict[str, Any], where: str) -> None:
    """Extra members, other types, numbers for amounts, days for moments: nothing is guessed."""
    with pytest.raises(ValidationError) as wrong:
        COMMANDS[kind].model_validate(document)
    assert {each["loc"][0] for each in wrong.value.errors()} == {where}
