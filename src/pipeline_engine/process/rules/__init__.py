"""The rule language: CEL text in, a checked tree out, verdicts over columns from the tree.

Only `compile_rule` needs Google's checker; a stored tree runs without it.

    node = compile_rule("deal.amount < 50000 || approvals.exists(a, a.role == 'vp')", vocabulary)
    rows = [{"deal.amount": Money.of(70000, "EUR"), "approvals": []}]
    Program(node).verdicts(Frame.from_rows(vocabulary, rows))
"""

from pipeline_engine.errors import RuleError
from pipeline_engine.process.rules.because import because
from pipeline_engine.process.rules.columns import Column, Records
from pipeline_engine.process.rules.compiler import compile_expression, compile_rule, conjunction
from pipeline_engine.process.rules.compute.working import EARLIEST, LATEST
from pipeline_engine.process.rules.frame import Frame
from pipeline_engine.process.rules.growing import Grown
from pipeline_engine.process.rules.parts import Part
from pipeline_engine.process.rules.program import FALSE, TRUE, UNKNOWN, Program, Trace
from pipeline_engine.process.rules.rows import value_at
from pipeline_engine.process.rules.seen import Seen, seen
from pipeline_engine.process.rules.stored import from_json, to_json
from pipeline_engine.process.rules.text import to_text
from pipeline_engine.process.rules.tree import SEMANTICS, Node, limits_of, reads, walk
from pipeline_engine.process.rules.vocabulary import (
    BUILT_IN,
    COUNTED_FROM,
    RECORDS,
    STAY_BEGINS,
    Kind,
    ListOf,
    RecordOf,
    Split,
    Type,
    Vocabulary,
)
from pipeline_engine.process.rules.wording import Wording, both, day, either, moment, said, spaced
from pipeline_engine.process.rules.working_hours import WorkingHours, WorkWeek

__all__ = [
    "BUILT_IN",
    "COUNTED_FROM",
    "EARLIEST",
    "FALSE",
    "LATEST",
    "RECORDS",
    "SEMANTICS",
    "STAY_BEGINS",
    "TRUE",
    "UNKNOWN",
    "Column",
    "Frame",
    "Grown",
    "Kind",
    "ListOf",
    "Node",
    "Part",
    "Program",
    "RecordOf",
    "Records",
    "RuleError",
    "Seen",
    "Split",
    "Trace",
    "Type",
    "Vocabulary",
    "Wording",
    "WorkWeek",
    "WorkingHours",
    "because",
    "both",
    "compile_expression",
    "compile_rule",
    "conjunction",
    "day",
    "either",
    "from_json",
    "limits_of",
    "moment",
    "reads",
    "said",
    "seen",
    "spaced",
    "to_json",
    "to_text",
    "value_at",
    "walk",
]
