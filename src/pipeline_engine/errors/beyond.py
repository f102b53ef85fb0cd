"""What is no fault of who asked: a rule said no, or something cannot be reached, read, or done now."""

from pipeline_engine.errors.base import PipelineError


class Refused(PipelineError):
    """A rule said no; `outcome` carries the verdicts."""

    exit_code = 1

    def __init__(self, message: str, outcome: object) -> None:
        super().__init__(message)
        self.outcome = outcome


class NotThereYet(PipelineError):
    """The log has not come to a position that an answer was to include."""

    exit_code = 3

    def __init__(self, position: int, head: int) -> None:
        super().__init__(f"the log stands at position {head}, and has not come to {position}; ask again, or without it")
        self.position, self.head = position, head


class StoreUnreachable(PipelineError):
    """The store or its server could not be reached."""

    exit_code = 3


class BusUnreachable(PipelineError):
    """The message broker could not be reached, or did not say that it has what it was given."""

    exit_code = 3


class WrongExpectedVersion(PipelineError):
    """Another writer appended to the stream, or changed what was read, first."""

    exit_code = 3


class UnreadableEvent(PipelineError):
    """A stored row that this version cannot read; reading never skips it."""

    def __init__(self, stream: str, version: int, position: int | None, why: str) -> None:
        place = f"event {version} of stream `{stream}` (position {position})"
        super().__init__(f"{place} cannot be read: {why}; `doctor --deep` names all such events and what to do")
        self.stream, self.version, self.position = stream, version, position
        self.place, self.why = place, why


class TooManyJobs(PipelineError):
    """As many jobs are open, or as much is uploaded for them, as may be; when some are done there is room again."""

    exit_code = 3
