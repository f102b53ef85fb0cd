"""Deals that were found on the way: what one of them does need not be searched for, and cannot be impossible."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pipeline_engine.process.analysis import Demand
from pipeline_engine.process.judge import FAIL, PASS, UNKNOWN
from pipeline_engine.process.lint.asking import Asking
from pipeline_engine.process.lint.subject import Subject
from pipeline_engine.process.rules import Frame

_MOST = 400


class Seen:
    """The verdicts of every rule on the deals that were found for single rules."""

    def __init__(self, subject: Subject, asking: Asking) -> None:
        self._subject, self._asking = subject, asking

    @cached_property
    def _frame(self) -> Frame:
        for number in range(len(self._subject.rules)):
            if self._subject.own(number):
                self._asking.answer([Demand(self._subject.check(number), "true")])
        return Frame.from_rows(self._subject.judge.vocabulary, self._asking.rows[:_MOST])

    @cached_property
    def _verdicts(self) -> npt.NDArray[np.int8]:
        judge = self._subject.judge
        return np.array([judge.verdict(number, self._frame) for number in range(len(self._subject.rules))])

    def both_pass(self, numbers: Sequence[int]) -> bool:
        """Whether a deal was seen of which all these rules are asked, and which they let through."""
        return bool((self._verdicts[list(numbers)] == PASS).all(axis=0).any())

    def passes(self, numbers: Sequence[int]) -> bool:
        """Whether a deal was seen that gets past all these rules."""
        return bool((~np.isin(self._verdicts[list(numbers)], (FAIL, UNKNOWN))).all(axis=0).any())

    def stopped(self, number: int, past: int) -> bool:
        """Whether a deal was seen that the one rule stops and the other lets through."""
        stops = np.isin(self._verdicts[number], (FAIL, UNKNOWN))
        return bool((stops & (self._verdicts[past] == PASS)).any())
