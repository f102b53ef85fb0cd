"""Every example of the rule language's page runs, here and in the reference runtime."""

import re

import pytest
from tests.process.rules.reference_examples import Reference, UnknownToReference
from tools.reference_process import data
from tools.reference_rules import WORDS, row_of, verdict

from pipeline_engine.process import load_process, vocabulary_of
from pipeline_engine.process.rules import RuleError, compile_rule

TOLD = data("rules.yaml")
PROCESS = load_process(TOLD["process"], "rules.yaml")
EXAMPLES = [pytest.param(*row, id=f"{row[0]} {row[1]}") for each in TOLD["examples"] for row in each["rows"]]
# What CEL does not have: money, working time, days of something computed, and a whole number beside a decimal.
OURS = re.compile(r"deal\.amount|working_|days\(deal|deal\.discount > 10$")
REFERENCE = Reference(vocabulary_of(PROCESS))


@pytest.mark.parametrize(("rule", "situation", "answer"), EXAMPLES)
def test_an_example_of_the_page_gives_its_answer(rule, situation, answer):
    """What the page says about a rule and a situation is what the evaluator says."""
    assert verdict(PROCESS, rule, situation) == answer


@pytest.mark.parametrize(("rule", "situation", "answer"), EXAMPLES)
def test_an_example_of_the_page_is_what_the_reference_says(rule, situation, answer):
    """Google's runtime gives the same answer wherever it knows the words; an error is unknown."""
    row = row_of(PROCESS, situation)
    if OURS.search(rule):
        with pytest.raises(UnknownToReference):
            REFERENCE.verdict(rule, row)
    else:
        assert WORDS[REFERENCE.verdict(rule, row)] == answer


def test_most_examples_are_asked_of_the_reference():
    """Only our own words are left out, and those are the smaller part."""
    ours = [example for example in EXAMPLES if OURS.search(str(example.values[0]))]
    assert len(EXAMPLES) >= 130
    assert len(ours) < len(EXAMPLES) / 4


@pytest.mark.parametrize("rule", TOLD["refused"])
def test_what_the_page_calls_refused_is_refused_in_a_sentence(rule):
    """What was found, and what to write instead or the nearest name."""
    with pytest.raises(RuleError) as refused:
        compile_rule(rule, vocabulary_of(PROCESS))
    assert refused.value.expected or refused.value.near
