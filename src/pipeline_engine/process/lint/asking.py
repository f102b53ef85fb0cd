"""Questions to the witness search, each asked once, and a list of those that it could not answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pipeline_engine.process.analysis import Answer, Demand, Impossible, NotAnalysed, Witness, find
from pipeline_engine.process.model import Process

# A check before publishing is not to keep anybody waiting; few rules need more.
MOST_STEPS = 150
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass
class Asking:
    """
    What was asked about one process.

    `unclear` holds, by what a question was about, why it has no answer; `rows` are the deals that were found.
    """

    process: Process
    unclear: dict[tuple[str, ...], str] = field(default_factory=dict)
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    _answers: dict[tuple[Any, ...], Answer] = field(default_factory=dict)

    def answer(self, demands: Sequence[Demand], given: Mapping[str, Any] = NOTHING, explain: bool = False) -> Answer:
        """The answer; `given` are columns whose value is settled."""
        key = (tuple(demands), tuple((path, repr(value)) for path, value in sorted(given.items())), explain)
        if key not in self._answers:
            self._answers[key] = find(demands, self.process, given, explain=explain, steps=MOST_STEPS)
            self._keep(self._answers[key], given)
        return self._answers[key]

    def _keep(self, answer: Answer, given: Mapping[str, Any]) -> None:
        if isinstance(answer, Witness) and not given:
            self.rows.append(answer.row)

    def impossible(self, demands: Sequence[Demand], given: Mapping[str, Any], *about: str) -> bool:
        """Whether it was shown that no deal fits; what is not analysed is noted, and not shown."""
        answer = self.answer(demands, given)
        if isinstance(answer, NotAnalysed):
            self.unclear.setdefault(about, answer.why)
        return isinstance(answer, Impossible)

    def why_impossible(self, demands: Sequence[Demand], *about: str) -> tuple[int, ...]:
        """The fewest demands that no deal fits together; none where that was not shown."""
        answer = self.answer(demands, explain=True)
        if isinstance(answer, NotAnalysed):
            self.unclear.setdefault(about, answer.why)
        return answer.why if isinstance(answer, Impossible) else ()
