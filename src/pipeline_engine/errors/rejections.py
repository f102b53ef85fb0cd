"""Values that cannot be, and what cannot be done as things stand."""

from collections.abc import Sequence

from pipeline_engine.errors.base import Rejected
from pipeline_engine.naming import quoted, shown


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


class NoAnswer(Rejected):
    """A job has no such answer: not yet, no longer, or never."""

    def __init__(self, what: str, state: str, when: str) -> None:
        super().__init__(f"a job that is {state} has no {what} here; expected {when}")


class BadStore(Rejected):
    """A store that must not be used as it is: foreign, of a newer format, or with unsafe settings."""


class UnsafeService(Rejected):
    """A setting under which others could do or see what they may not, or requests would be lost: it is not started."""
