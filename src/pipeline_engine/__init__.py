"""A sales process engine: deals as event streams, one gate, views from the log, rules replayed on the past.

    from pipeline_engine import Engine

    with Engine.open("sqlite:///sales.db") as engine:
        engine.publish("config/processes/b2b-saas.yaml", by="ops-1")

What is named in `__all__` is public; everything else may move. Errors are in `pipeline_engine.errors`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline_engine.deal import Deal, Judged, Outcome, Preflight
    from pipeline_engine.engine import Engine
    from pipeline_engine.envelope import Envelope, Recorded
    from pipeline_engine.errors import PipelineError, Refused, Rejected, StoreUnreachable
    from pipeline_engine.values import Money

# Brought in when first asked for, so that `pipeline-engine --help` does not wait for numpy and Arrow.
_HOMES = {
    "Deal": "pipeline_engine.deal",
    "Engine": "pipeline_engine.engine",
    "Envelope": "pipeline_engine.envelope",
    "Judged": "pipeline_engine.deal",
    "Money": "pipeline_engine.values",
    "Outcome": "pipeline_engine.deal",
    "PipelineError": "pipeline_engine.errors",
    "Preflight": "pipeline_engine.deal",
    "Recorded": "pipeline_engine.envelope",
    "Refused": "pipeline_engine.errors",
    "Rejected": "pipeline_engine.errors",
    "StoreUnreachable": "pipeline_engine.errors",
}

__all__ = [
    "Deal", "Engine", "Envelope", "Judged", "Money", "Outcome", "PipelineError", "Preflight", "Recorded", "Refused",
    "Rejected", "StoreUnreachable",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module `pipeline_engine` has no `{name}`; public are {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)
