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
│   │   ├── UnknownItem · UnknownPerson
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
│   ├── UnsafeService             a setting under which the service is not started
│   └── BadStore                  a store that must not be used: foreign, newer, unsafe settings
├── Refused                       a rule said no (exit 1); raised only by `Outcome.raise_if_refused`
├── NotThereYet                   the log has not come to a position that was asked for (exit 3)
├── StoreUnreachable              the store could not be reached (exit 3)
├── BusUnreachable                the message broker could not be reached (exit 3)
├── WrongExpectedVersion          another writer was first; decided anew a bounded number of times
└── UnreadableEvent               a stored row that this version cannot read: stream, version, position
"""

from collections.abc import Sequence

from pipeline_engine.naming import LONG_WORD, nearest, printable, quoted, quoted_some, shown

__all__ = ["nearest", "printable", "quoted", "quoted_some", "shown"]  # the classes below are found by their tree


def _said(found: str, expected: str, near: Sequence[str]) -> str:
    needed = f"; expected {expected}" if expected else ""
    return f"{found}{needed}" + (f"; did you mean {quoted(near)}?" if near else "")


class PipelineError(Exception):
    """Anything the engine says no with. Its message is one line for people."""

    exit_code = 2


class Rejected(PipelineError):
    """Bad input or wrong use: nothing was done."""


class BadFile(Rejected):
    """A file that is not what it should be, with the place."""

    def __init__(  # noqa: PLR0917 - a place is file, line and column, and every reader of files raises this
        self, file: str, line: int | None, column: int | None, found: str, expected: str = "", near: Sequence[str] = ()
    ) -> None:
        place = ":".join(str(part) for part in (file, line, column) if part is not None)
        super().__init__(printable(f"{place}: {_said(found, expected, near)}"))
        self.file, self.line, self.column = file, line, column
        self.found, self.expected, self.near = found, expected, tuple(near)


class BadProcess(BadFile):
    """A process file that cannot be loaded."""


class VariantsOverlap(BadProcess):
    """A variant is for deals that another variant in force is for, so that a new deal would fit both."""


class BadMapping(BadFile):
    """A mapping file that does not fit its history file, or is none."""


class BadPeople(BadFile):
    """A people file that cannot be applied."""


class BadCases(BadFile):
    """A file of cases that cannot be tried."""


class BadHistory(BadFile):
    """A history file that cannot be read as a whole; a single bad row is a reject instead."""


class RuleError(Rejected):
    """A rule that does not compile; `line` and `column` count from 1 within the rule's own text."""

    def __init__(
        self, found: str, expected: str = "", *, line: int = 1, column: int = 1, near: Sequence[str] = ()
    ) -> None:
        # A rule may be one word of four thousand letters.
        found, expected = (LONG_WORD.sub(r"\1…", part) for part in (found, expected))
        super().__init__(_said(found, expected, near))
        self.found, self.expected, self.near = found, expected, tuple(near)
        self.line, self.column = line, column


class UnknownName(Rejected):
    """A name that is not there."""

    what = "name"
    remedy = ""

    def __init__(self, name: str, known: Sequence[str] = (), where: str = "", remedy: str = "") -> None:
        near, remedy = nearest(shown(name, 200), known), remedy or self.remedy
        hint = f"; did you mean {quoted(near)}?" if near else f"; there is {quoted_some(known)}" if known else ""
        remedy = f"; {remedy}" if remedy and not near else ""
        super().__init__(f"{where + ' has ' if where else 'there is '}no {self.what} `{shown(name)}`{hint}{remedy}")
        self.name, self.known, self.near = name, tuple(known), near


class UnknownDeal(UnknownName):
    """No such deal in this store."""

    what = "deal"


class UnknownProcess(UnknownName):
    """No such process, or no such version of it, in this store."""

    what = "process"
    remedy = "`process publish FILE` puts one in force"


class UnknownStage(UnknownName):
    """The process has no such stage."""

    what = "stage"

    def __init__(self, name: str, known: Sequence[str] = (), where: str = "") -> None:
        ends = {"won": "`deal win` closes a deal as won", "lost": "`deal lose` closes a deal as lost"}
        self.remedy = ends.get(name, "")
        super().__init__(name, known, where)


class UnknownField(UnknownName):
    """The process declares no such field."""

    what = "field"


class UnknownPerson(UnknownName):
    """The register has no such person."""

    what = "person"
    remedy = "`team apply FILE` puts people in"


class UnknownRule(UnknownName):
    """The process has no such rule, or it does not apply to that target."""

    what = "rule"


class UnknownReason(UnknownName):
    """The process knows no such reason for losing."""

    what = "lost reason"


class UnknownKind(UnknownName):
    """The process declares no such activity, document or contact role."""

    what = "kind"


class UnknownItem(UnknownName):
    """No checklist of the process and not its plan has such an item to tick."""

    what = "item"


class BadValue(Rejected):
    """A value that its field or argument cannot hold."""

    def __init__(self, name: str, found: object, expected: str) -> None:
        told = f"`{name}` is missing" if found == "" else f"`{name}` cannot be `{shown(found)}`"
        super().__init__(f"{told}; expected {expected}")
        self.name, self.found, self.expected = name, found, expected


class BadMoment(Rejected):
    """A time that cannot be: in the future, or before what already happened."""


class CannotCorrect(Rejected):
    """An event that is not there, or that cannot be corrected as it was asked."""


class CannotMerge(Rejected):
    """A deal that cannot be merged into the other one, or not by who asks."""

    def __init__(self, deal_id: str, into: str, why: str) -> None:
        super().__init__(f"deal `{shown(deal_id)}` cannot be merged into `{shown(into)}`: {why}")
        self.deal_id, self.into = deal_id, into


class DealExists(Rejected):
    """A deal of this id was opened before."""

    def __init__(self, deal_id: str, opened_at: str) -> None:
        super().__init__(f"deal `{deal_id}` is there already, opened at {opened_at}; use another id")
        self.deal_id = deal_id


class DealIsClosed(Rejected):
    """The deal is won or lost; reopen it first."""

    def __init__(self, deal_id: str, status: str) -> None:
        super().__init__(f"deal `{deal_id}` is {status}; `deal reopen {deal_id}` comes first")
        self.deal_id, self.status = deal_id, status


class DealIsMerged(Rejected):
    """The deal was merged into another one."""

    def __init__(self, deal_id: str, into: str) -> None:
        super().__init__(f"deal `{shown(deal_id)}` was merged into `{shown(into)}`; ask there")
        self.deal_id, self.into = deal_id, into


class NothingAsked(Rejected):
    """Nobody asks for that approval, and nobody gave it: there is nothing to give back."""

    def __init__(self, deal_id: str, rule: str, target: str) -> None:
        super().__init__(
            f"nobody asks for an approval of `{rule}` for {target} of deal `{deal_id}`; "
            f"`deal request {deal_id} {rule}` asks for one"
        )
        self.deal_id, self.rule, self.target = deal_id, rule, target


class ChangedSince(Rejected):
    """What an approval or a waiver rests on is otherwise than it was when whoever gives it looked."""

    def __init__(self, deal_id: str, seen: int, fields: Sequence[str]) -> None:
        super().__init__(
            f"deal `{deal_id}` is not as it was at its event {seen}: {quoted(fields)} changed since; "
            f"`deal show {deal_id}` shows it as it is"
        )
        self.deal_id, self.seen, self.fields = deal_id, seen, tuple(fields)


class StaleVersion(Rejected):
    """The deal has gone on since whoever asks looked at it, and they ask only of the deal they saw."""

    def __init__(self, deal_id: str, seen: int, version: int) -> None:
        super().__init__(f"deal `{deal_id}` is at version {version} now, not at {seen} as seen; look again, then ask")
        self.deal_id, self.seen, self.version = deal_id, seen, version


class DealIsOpen(Rejected):
    """The deal is open; there is nothing to reopen."""

    def __init__(self, deal_id: str, stage: str) -> None:
        super().__init__(f"deal `{deal_id}` is open, in `{stage}`; only a won or lost deal can be reopened")
        self.deal_id, self.stage = deal_id, stage


class HandoffIsOpen(Rejected):
    """Somebody else is being asked to take the deal over; one is asked at a time."""

    def __init__(self, deal_id: str, to: str) -> None:
        text = (
            f"deal `{deal_id}` is being handed to `{to}`, who has not answered; `deal withdraw {deal_id}` comes first"
        )
        super().__init__(text)
        self.deal_id, self.to = deal_id, to


class NoHandoff(Rejected):
    """Nobody is being asked to take the deal over."""

    def __init__(self, deal_id: str) -> None:
        super().__init__(
            f"nobody is being asked to take deal `{deal_id}` over; `deal hand-off {deal_id} --to WHO` asks"
        )
        self.deal_id = deal_id


class NoDelegation(Rejected):
    """There is no such loan of a role to end."""

    def __init__(self, lender: str, to: str, role: str, lent: Sequence[str]) -> None:
        there = f"lent to them is {quoted(lent)}" if lent else "nothing is lent to them"
        super().__init__(f"`{lender}` lends `{to}` no role `{shown(role)}`; {there}")
        self.lender, self.to, self.role = lender, to, role


class NotTheirs(Rejected):
    """Somebody else has to do this."""

    def __init__(self, actor: str, what: str, who: str) -> None:
        super().__init__(f"`{actor}` may not {what}; expected {who}")
        self.actor, self.who = actor, who


class ProcessIsRetired(Rejected):
    """No deal is opened under the process any more; publishing it again puts it back."""

    def __init__(self, process: str, since: str, why: str) -> None:
        super().__init__(
            f"process `{shown(process)}` is retired since {since} ({shown(why)}); "
            "open the deal under another one, or publish it again"
        )
        self.process, self.since, self.why = process, since, why


class CommandIdReused(Rejected):
    """The command id was used before with another request."""

    def __init__(self, command_id: str) -> None:
        super().__init__(f"command id `{shown(command_id, 200)}` was used before with another request; use a fresh id")
        self.command_id = command_id


class EmptyWindow(Rejected):
    """A view was asked over a time in which nothing could be."""


class SubjectIsErased(Rejected):
    """A person was erased; nothing is recorded about them any more."""

    def __init__(self, subject: str) -> None:
        super().__init__(f"`{shown(subject)}` was erased; nothing is recorded about them any more, leave it out")
        self.subject = subject


class NoErasure(Rejected):
    """Nobody proposes to erase that subject: there is nothing to confirm or to take back."""

    def __init__(self, subject: str) -> None:
        super().__init__(f"nobody proposes to erase `{shown(subject)}`; `erase propose` does, `erase list` shows whom")
        self.subject = subject


class BadStore(Rejected):
    """A store that must not be used as it is: foreign, of a newer format, or with unsafe settings."""


class UnsafeService(Rejected):
    """A setting under which others could do or see what they may not, or requests would be lost: it is not started."""


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
