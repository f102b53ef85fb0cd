"""What changes for deals when one process takes the place of another, gate by gate, each difference shown by a deal.

    found = diff(process("b2b-saas", 1), process("b2b-saas", 2))
    found.gates[3].verdict, found.gates[3].shown[0].stopped_by      # "stricter", ("big-deal",)

Of the second process a gate is stricter where a deal passes the first and not the second, looser the other way round,
incomparable where there is one of each, and equal where it was shown that there is none.
"""

from pipeline_engine.process.diff.changes import Change
from pipeline_engine.process.diff.compare import GateDiff, ProcessDiff, Shown, diff
from pipeline_engine.process.diff.telling import witness_json, witness_told

__all__ = ["Change", "GateDiff", "ProcessDiff", "Shown", "diff", "witness_json", "witness_told"]
