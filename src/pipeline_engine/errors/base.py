"""What all errors have in common."""

from collections.abc import Sequence

from pipeline_engine.naming import quoted


def said(found: str, expected: str, near: Sequence[str]) -> str:
    """What was found, what was expected, and what is near to it, as one line."""
    needed = f"; expected {expected}" if expected else ""
    return f"{found}{needed}" + (f"; did you mean {quoted(near)}?" if near else "")


class PipelineError(Exception):
    """Anything the engine says no with. Its message is one line for people."""

    exit_code = 2


class Rejected(PipelineError):
    """Bad input or wrong use: nothing was done."""
