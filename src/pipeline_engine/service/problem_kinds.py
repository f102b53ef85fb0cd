"""Every way a request is answered with a problem: its type, its status, and what the error is called for people.

One table for the answers, for the OpenAPI document and for `/v1/problems`, so that none says what another does not.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline_engine import errors

URN = "urn:pipeline-engine:problem:"


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One type of problem.

    Args:
        name: What the type URI ends in; kept for ever, since clients compare it.
        retry_seconds: After how long asking again may help; None where it does not.
    """

    name: str
    status: int
    title: str
    retry_seconds: int | None = None

    @property
    def type(self) -> str:
        """The type URI."""
        return URN + self.name


# An unknown name is 404 where the path names it, and 422 where the body or the query does: see `kind_of`.
NOT_FOUND = 404

REFUSED = Kind("refused", 409, "a rule said no, or somebody may not")
UNKNOWN = Kind("unknown-name", 422, "a name that is not there")

_BY_ERROR: dict[type[errors.PipelineError], Kind] = {
    errors.Refused: REFUSED,
    errors.StaleVersion: Kind("stale-version", 412, "the deal has changed since it was looked at"),
    errors.CommandIdReused: Kind("idempotency-key-reused", 422, "the idempotency key was used with another request"),
    errors.UnknownDeal: Kind("unknown-deal", 422, "no such deal"),
    errors.UnknownProcess: Kind("unknown-process", 422, "no such process, or no such version of it"),
    errors.UnknownStage: Kind("unknown-stage", 422, "the process has no such stage"),
    errors.UnknownField: Kind("unknown-field", 422, "the process declares no such field"),
    errors.UnknownRule: Kind("unknown-rule", 422, "the process has no such rule"),
    errors.UnknownReason: Kind("unknown-reason", 422, "the process knows no such reason"),
    errors.UnknownKind: Kind("unknown-kind", 422, "the process declares no such kind"),
    errors.UnknownItem: Kind("unknown-item", 422, "there is no such item to tick"),
    errors.UnknownPerson: Kind("unknown-person", 422, "the register has no such person"),
    errors.UnknownJob: Kind("unknown-job", 422, "no such job"),
    errors.UnknownName: UNKNOWN,
    errors.BadProcess: Kind("bad-process", 422, "the process cannot be loaded"),
    errors.VariantsOverlap: Kind("variants-overlap", 422, "two variants are for the same deals"),
    errors.BadPeople: Kind("bad-people", 422, "the people file cannot be applied"),
    errors.BadMapping: Kind("bad-mapping", 422, "the mapping does not fit its history"),
    errors.BadHistory: Kind("bad-history", 422, "the history cannot be read"),
    errors.BadFile: Kind("bad-file", 422, "the file is not what it should be"),
    errors.RuleError: Kind("bad-rule", 422, "the rule does not compile"),
    errors.BadValue: Kind("bad-value", 422, "a value that cannot be"),
    errors.BadMoment: Kind("bad-moment", 422, "a time that cannot be"),
    errors.EmptyWindow: Kind("empty-window", 422, "nothing could be in that time"),
    errors.ChangedSince: Kind("changed-since", 409, "what it rests on has changed since it was looked at"),
    errors.CannotCorrect: Kind("cannot-correct", 409, "the event cannot be corrected so"),
    errors.CannotMerge: Kind("cannot-merge", 409, "the deals cannot be merged so"),
    errors.DealExists: Kind("deal-exists", 409, "the deal is there already"),
    errors.DealIsClosed: Kind("deal-is-closed", 409, "the deal is won or lost"),
    errors.DealIsMerged: Kind("deal-is-merged", 409, "the deal was merged into another one"),
    errors.DealIsOpen: Kind("deal-is-open", 409, "the deal is open"),
    errors.HandoffIsOpen: Kind("handoff-is-open", 409, "somebody else is being asked to take the deal over"),
    errors.NoHandoff: Kind("no-handoff", 409, "nobody is being asked to take the deal over"),
    errors.NoDelegation: Kind("no-delegation", 409, "the role is not lent"),
    errors.NothingAsked: Kind("nothing-asked", 409, "nobody asks for that approval"),
    errors.NotTheirs: Kind("not-theirs", 403, "somebody else has to do this"),
    errors.ProcessIsRetired: Kind("process-is-retired", 409, "no deal is opened under the process any more"),
    errors.SubjectIsErased: Kind("subject-is-erased", 409, "the person was erased"),
    errors.NoErasure: Kind("no-erasure", 409, "nobody proposed that erasure"),
    errors.Rejected: Kind("rejected", 422, "it cannot be done so"),
    errors.NoAnswer: Kind("no-answer", 409, "the job has no such answer, or not yet, or no longer"),
    errors.TooManyJobs: Kind("too-many-jobs", 429, "as many jobs are open as may be", 30),
    errors.NotThereYet: Kind("position-ahead", 409, "the log has not come to that position", 1),
    errors.StoreUnreachable: Kind("store-unreachable", 503, "the store could not be reached", 5),
    errors.BusUnreachable: Kind("bus-unreachable", 503, "the message broker could not be reached", 5),
    errors.WrongExpectedVersion: Kind("too-many-writers", 503, "other writers were first, several times", 1),
    errors.BadStore: Kind("bad-store", 503, "the store must not be used as it is", 60),
    errors.UnreadableEvent: Kind("unreadable-event", 500, "a stored event cannot be read"),
}

BAD_REQUEST = Kind("bad-request", 422, "the request does not fit its description")
BAD_JSON = Kind("bad-json", 400, "the body is not JSON as it must be")
NO_SUCH_PATH = Kind("no-such-path", 404, "there is nothing at this address")
WRONG_METHOD = Kind("method-not-allowed", 405, "the address does not take this method")
WRONG_HOST = Kind("wrong-host", 400, "the request names another host")
WRONG_ORIGIN = Kind("wrong-origin", 403, "a page of another site sent the request")
TOO_LARGE = Kind("body-too-large", 413, "the body is larger than it may be")
WRONG_TYPE = Kind("wrong-content-type", 415, "the body is of another type than it must be")
TOO_MANY_LISTENERS = Kind("too-many-listeners", 503, "as many listen as may", 5)
UNFORESEEN = Kind("unforeseen", 500, "something went wrong that nobody foresaw")

_WITHOUT_ERROR = (
    BAD_REQUEST, BAD_JSON, NO_SUCH_PATH, WRONG_METHOD, WRONG_HOST, WRONG_ORIGIN, TOO_LARGE, WRONG_TYPE,
    TOO_MANY_LISTENERS, UNFORESEEN,
)  # fmt: skip


def kind_of(error: errors.PipelineError) -> Kind:
    """The type of an error, or of the nearest error it is a case of."""
    found = (_BY_ERROR[cls] for cls in type(error).__mro__ if cls in _BY_ERROR)
    return next(found, UNFORESEEN)


def every_kind() -> Iterator[Kind]:
    """All of them, those of the engine's errors first."""
    yield from _BY_ERROR.values()
    yield from _WITHOUT_ERROR
