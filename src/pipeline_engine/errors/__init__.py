"""Every way the engine says no, in one tree.

PipelineError
├── Rejected                      bad input or wrong use: what was found, what was needed (exit 2)
│   ├── BadFile                   a file that cannot be read as what it should be: file, line, column, found, expected
│   │   ├── BadProcess            a process file
│   │   │   └── VariantsOverlap   a variant for deals that another variant in force is for
│   │   ├── BadMapping            a mapping file
│   │   ├── BadPeople             a people file
│   │   ├── BadCases              a file of cases
│   │   └── BadHistory            a history file as a whole (single rows are rejects, not errors)
│   ├── RuleError                 a rule that does not compile: line and column within its text
│   ├── UnknownName               a name that is not there, with the nearest ones that are
│   │   ├── UnknownDeal · UnknownProcess · UnknownStage · UnknownField · UnknownRule · UnknownReason · UnknownKind
│   │   ├── UnknownItem · UnknownPerson · UnknownJob
│   ├── BadValue                  a value a field or argument cannot hold
│   ├── BadMoment                 a time in the future, or before the deal's last stage event
│   ├── ChangedSince · StaleVersion  an answer to a deal that is another one than was looked at
│   ├── CannotCorrect · CannotMerge  an event that may not be corrected so, a deal that may not be merged
│   ├── DealExists · DealIsClosed · DealIsMerged · DealIsOpen
│   ├── HandoffIsOpen · NoDelegation · NoHandoff · NotTheirs · NothingAsked
│   ├── ProcessIsRetired          no deal is opened under the process any more
│   ├── CommandIdReused           the same command id with another request
│   ├── EmptyWindow               a view asked over no time at all
│   ├── SubjectIsErased · NoErasure  nothing is recorded about an erased person; nobody proposed that erasure
│   ├── NoAnswer                  a job has no such answer: not yet, no longer, or never
│   ├── UnsafeService             a setting under which the service is not started
│   └── BadStore                  a store that must not be used: foreign, newer, unsafe settings
├── Refused                       a rule said no (exit 1); raised only by `Outcome.raise_if_refused`
├── NotThereYet                   the log has not come to a position that was asked for (exit 3)
├── StoreUnreachable              the store could not be reached (exit 3)
├── BusUnreachable                the message broker could not be reached (exit 3)
├── TooManyJobs                   as many jobs are open as may be; there is room again when some are done (exit 3)
├── WrongExpectedVersion          another writer was first; decided anew a bounded number of times
└── UnreadableEvent               a stored row that this version cannot read: stream, version, position
"""

from pipeline_engine.errors.base import PipelineError, Rejected
from pipeline_engine.errors.beyond import (
    BusUnreachable,
    NotThereYet,
    Refused,
    StoreUnreachable,
    TooManyJobs,
    UnreadableEvent,
    WrongExpectedVersion,
)
from pipeline_engine.errors.files import (
    BadCases,
    BadFile,
    BadHistory,
    BadMapping,
    BadPeople,
    BadProcess,
    RuleError,
    VariantsOverlap,
)
from pipeline_engine.errors.names import (
    UnknownDeal,
    UnknownField,
    UnknownItem,
    UnknownJob,
    UnknownKind,
    UnknownName,
    UnknownPerson,
    UnknownProcess,
    UnknownReason,
    UnknownRule,
    UnknownStage,
)
from pipeline_engine.errors.rejections import (
    BadMoment,
    BadStore,
    BadValue,
    CannotCorrect,
    CannotMerge,
    ChangedSince,
    CommandIdReused,
    DealExists,
    DealIsClosed,
    DealIsMerged,
    DealIsOpen,
    EmptyWindow,
    HandoffIsOpen,
    NoAnswer,
    NoDelegation,
    NoErasure,
    NoHandoff,
    NothingAsked,
    NotTheirs,
    ProcessIsRetired,
    StaleVersion,
    SubjectIsErased,
    UnsafeService,
)
from pipeline_engine.naming import nearest, printable, quoted, quoted_some, shown

__all__ = [
    "BadCases",
    "BadFile",
    "BadHistory",
    "BadMapping",
    "BadMoment",
    "BadPeople",
    "BadProcess",
    "BadStore",
    "BadValue",
    "BusUnreachable",
    "CannotCorrect",
    "CannotMerge",
    "ChangedSince",
    "CommandIdReused",
    "DealExists",
    "DealIsClosed",
    "DealIsMerged",
    "DealIsOpen",
    "EmptyWindow",
    "HandoffIsOpen",
    "NoAnswer",
    "NoDelegation",
    "NoErasure",
    "NoHandoff",
    "NotTheirs",
    "NotThereYet",
    "NothingAsked",
    "PipelineError",
    "ProcessIsRetired",
    "Refused",
    "Rejected",
    "RuleError",
    "StaleVersion",
    "StoreUnreachable",
    "SubjectIsErased",
    "TooManyJobs",
    "UnknownDeal",
    "UnknownField",
    "UnknownItem",
    "UnknownJob",
    "UnknownKind",
    "UnknownName",
    "UnknownPerson",
    "UnknownProcess",
    "UnknownReason",
    "UnknownRule",
    "UnknownStage",
    "UnreadableEvent",
    "UnsafeService",
    "VariantsOverlap",
    "WrongExpectedVersion",
    "nearest",
    "printable",
    "quoted",
    "quoted_some",
    "shown",
]
