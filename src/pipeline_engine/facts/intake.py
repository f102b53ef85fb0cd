"""One stored row after the other into ledgers: what each event says, as column values.

Payloads are decoded as plain JSON: the classes checked them when they were written, and building 200,000 of
them again would take longer than everything else here.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from pipeline_engine.facts import ledger
from pipeline_engine.facts.asked_for import ASKED_FOR, asked_for
from pipeline_engine.facts.ledger import Ledger
from pipeline_engine.facts.stored import Cells, cells, compact, instant_us, sealed_text

OWNER = "@owner"

Body = Mapping[str, Any]
_JUDGED_NOT = (None, None, None, None, None)


class Intake:
    """The ledgers of all deals, and how an event is written into them."""

    def __init__(self) -> None:
        self.events = Ledger(ledger.EVENTS)
        self.steps = Ledger(ledger.STEPS)
        self.changes = Ledger(ledger.CHANGES)
        self.proposed = Ledger(ledger.CHANGES)
        self.activities = Ledger(ledger.ACTIVITIES)
        self.approvals = Ledger(ledger.APPROVALS)
        self.contacts = Ledger(ledger.CONTACTS)
        self.documents = Ledger(ledger.DOCUMENTS)
        self.items = Ledger(ledger.ITEMS)
        self.follow_ups = Ledger(ledger.FOLLOW_UPS)
        self.corrections = Ledger(ledger.CORRECTIONS)
        self.corrected = Ledger(ledger.CHANGES)
        self.happenings = Ledger(ledger.HAPPENINGS)
        self.handoffs = Ledger(ledger.HANDOFFS)
        self.pauses = Ledger(ledger.PAUSES)
        self.announcements = Ledger(ledger.ANNOUNCEMENTS)
        self._ledgers = (
            self.events, self.steps, self.changes, self.proposed,
            self.activities, self.approvals, self.contacts, self.documents, self.items, self.follow_ups,
            self.handoffs, self.pauses, self.happenings,
            self.corrections, self.corrected, self.announcements,
        )  # fmt: skip
        self._number = 0

    def take(self, row: Any, deal: str, body: Body) -> None:
        """
        Write down one event of a deal's stream, wholly or not at all.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: The payload is not what the event's class writes.
        """
        try:
            self._write(row, deal, body)
        except Exception:
            self.events.forget(len(self.events) - self._number)
            for each in self._ledgers[1:]:
                each.forget_event(self._number)
            raise
        self._number += 1

    def _write(self, row: Any, deal: str, body: Body) -> None:
        at, noted, via = instant_us(body.get("at")), body.get("source_recorded_at"), body.get("via", "python")
        imported = via == "import" or "source_ref" in body
        when = (row.recorded_at, at, instant_us(noted), body.get("at_precision", "instant"))
        self.events.append((deal, row.version, row.position, *when, row.name, body["actor"], via, imported))
        read = _READERS.get(row.name)
        if read is not None:
            read(self, self._number, body.get("data") or {})
        if row.name in ASKED_FOR:
            self.happenings.append((self._number, row.name, *asked_for(body)))

    def tables(self) -> list[pa.Table]:
        """Everything taken so far, ledger by ledger."""
        return [each.table() for each in self._ledgers]

    def put_back(self, tables: Sequence[pa.Table]) -> None:
        """Begin with what `tables` gave earlier; raises ValueError where that is of another form."""
        for each, table in zip(self._ledgers, tables, strict=True):
            each.put_back(table)
        self._number = len(self.events)

    def settle(self) -> None:
        """Give the waiting Python rows back to memory once there are many."""
        for each in self._ledgers:
            each.settle(ledger.PENDING)

    def opened(self, event: int, data: Body) -> None:
        """An opening is an attempt, a first stay, and the first changes."""
        owner = data.get("owner")
        process = (data["process"], data["version"])
        self._step(event, ("open", None, data["stage"], True), data, process=process, owner=owner)
        if owner is not None:
            self.changes.append((event, OWNER, "set", *Cells("text", owner)))
        self._set(self.changes, event, data)

    def opening_refused(self, event: int, data: Body) -> None:
        """A refused opening keeps what was proposed, apart from what deals have."""
        process = (data["process"], data["version"])
        self._step(event, ("open", None, data["stage"], False), data, process=process, owner=data.get("owner"))
        self._set(self.proposed, event, data)

    def fields_changed(self, event: int, data: Body) -> None:
        """One row a field."""
        self._set(self.changes, event, {"fields": data.get("set")})
        for name in data.get("cleared", ()):
            self.changes.append((event, name, "cleared", *Cells(None)))

    def owner_assigned(self, event: int, data: Body) -> None:
        """The owner is kept like a field."""
        self.changes.append((event, OWNER, "set", *Cells("text", data["owner"])))

    def handoff_asked(self, event: int, data: Body) -> None:
        """Somebody is asked to take the deal over."""
        self.handoffs.append((event, data["to"]))

    def pause(self, event: int, data: Body, begun: bool) -> None:
        """A pause begun, or resumed."""
        self.pauses.append((event, begun, instant_us(data.get("until"))))

    def moved(self, event: int, data: Body) -> None:
        """An accepted move."""
        self._step(event, ("move", data["from_stage"], data["to_stage"], True), data)

    def refused(self, event: int, data: Body) -> None:
        """A refused move, win, loss or reopening; an outcome's target is its word."""
        kind = data["attempt"]
        self._step(event, (kind, data["from_stage"], TARGETS.get(kind) or data["to_stage"], False), data)

    def won(self, event: int, data: Body) -> None:
        """A win, with its own amount where it says one."""
        self._step(event, ("win", data["from_stage"], "won", True), data, amount=data.get("amount"))

    def lost(self, event: int, data: Body) -> None:
        """A loss; its free text is the note."""
        self._step(
            event,
            ("lose", data["from_stage"], "lost", True),
            {**data, "lost_reason": data.get("reason"), "reason": data.get("note")},
        )

    def reopened(self, event: int, data: Body) -> None:
        """A reopening: the stage it leads to is kept, the attempt's target is the word."""
        self._step(event, ("reopen", None, data["to_stage"], True), data)

    def merged(self, event: int, data: Body) -> None:
        """A merge ends the stay; it is no attempt."""
        self._step(event, ("merge", None, None, True), {"basis": data.get("basis", "source")})

    def migrated(self, event: int, data: Body) -> None:
        """Another version from now on, which is no attempt; and what of approvals and waivers it does not take over."""
        process, way = (data["process"], data["version"]), (data["from_stage"], data["to_stage"])
        self._step(event, ("migrate", *way, True), {"basis": "migration"}, process=process)
        for version in data.get("ended", ()):
            self.approvals.append((event, "ended", None, None, None, version, None, None))

    def activity(self, event: int, data: Body) -> None:
        """An activity."""
        self.activities.append((event, data["kind"], data.get("minutes"), sealed_text(data.get("with_whom"))))

    def contact(self, event: int, data: Body, linked: bool) -> None:
        """A contact linked or unlinked."""
        self.contacts.append((event, data["role"], sealed_text(data["contact"]), linked))

    def document(self, event: int, data: Body) -> None:
        """A document attached."""
        self.documents.append((event, data["name"], data["sha256"]))

    def item(self, event: int, data: Body, ticked: bool) -> None:
        """An item ticked, or its tick taken back."""
        self.items.append((event, data["item"], ticked))

    def follow_up(self, event: int, data: Body, opened: bool) -> None:
        """A deal planned by a win, or noted as there."""
        due = instant_us(data.get("due"))
        self.follow_ups.append((event, data["deal_id"], data.get("process"), due, opened))

    def approval(self, event: int, data: Body, happened: str) -> None:
        """Anything around an approval or a waiver; only what grants has a list of fields it lapses on."""
        grants = happened in ("granted", "waived")
        seen = data.get("seen_version", data.get("granted_version"))
        lapses = [str(name) for name in data.get("lapses_on", ())] if grants else None
        ends = instant_us(data.get("expires_at"))
        self.approvals.append((event, happened, data["rule"], data["target"], data.get("role"), seen, ends, lapses))

    def announced(self, event: int, data: Body, announces: str) -> None:
        """What time said: of which version of the stream, by which escalation and to whom."""
        stay, request = data.get("stay"), data.get("request")
        of = data["paused"] if announces == "pause" else stay if request is None else request
        to = [str(who) for who in data.get("to", ())] if announces == "escalation" else None
        self.announcements.append((event, announces, of, data.get("rule"), stay, data.get("stage"), to))

    def correction(self, event: int, data: Body, happened: str) -> None:
        """A correction proposed, recorded or refused; what it says of values is kept apart until it takes effect."""
        cleared = [str(name) for name in data.get("cleared", ())]
        fields = [*(data.get("set") or {}), *cleared]
        self.corrections.append(
            (
                event, happened, data["kind"], data["corrects"], instant_us(data.get("really_at")), data.get("role"),
                data.get("why"), data.get("proposed"), sealed_text(data.get("reason")), fields,
            )
        )  # fmt: skip
        if happened == "recorded":
            self._set(self.corrected, event, {"fields": data.get("set")})
            for name in cleared:
                self.corrected.append((event, name, "cleared", *Cells(None)))

    def _set(self, into: Ledger, event: int, data: Body) -> None:
        for name, value in (data.get("fields") or {}).items():
            into.append((event, name, "set", *cells(value)))

    def _step(
        self,
        event: int,
        way: tuple[str, str | None, str | None, bool],
        data: Body,
        *,
        process: tuple[str | None, int | None] = (None, None),
        owner: str | None = None,
        amount: Body | None = None,
    ) -> None:
        verdicts = data.get("verdicts")
        judged = _judged(verdicts) if verdicts else _JUDGED_NOT
        if verdicts and process[0] is None:
            process = (verdicts["process"], verdicts["version"])
        money = (amount["money"], amount["currency"]) if amount else (None, None)
        reason = sealed_text(data.get("reason"))
        self.steps.append(
            (
                event,
                *way,
                data.get("basis", "gate"),
                *process,
                *judged,
                reason,
                data.get("lost_reason"),
                owner,
                *money,
            )
        )


def _judged(verdicts: Body) -> tuple[Any, ...]:
    context = compact(verdicts["context"]) if "context" in verdicts else "{}"
    return verdicts["digest"], verdicts["judged_at"], verdicts["codes"], instant_us(verdicts["now"]), context


TARGETS = {"win": "won", "lose": "lost", "reopen": "reopen"}

_HAPPENED = {
    "ApprovalRequested": "requested", "ApprovalGranted": "granted", "ApprovalRejected": "rejected",
    "ApprovalReturned": "returned", "ApprovalExpired": "expired", "ApprovalRefused": "refused",
    "RuleWaived": "waived", "WaiverRefused": "waiver_refused",
}  # fmt: skip


def _approval_reader(happened: str) -> Callable[[Intake, int, Body], None]:
    return lambda intake, event, data: intake.approval(event, data, happened)


_READERS: dict[str, Callable[[Intake, int, Body], None]] = {
    "DealOpened": Intake.opened,
    "OpeningRefused": Intake.opening_refused,
    "FieldsChanged": Intake.fields_changed,
    "OwnerAssigned": Intake.owner_assigned,
    "HandoffAccepted": Intake.owner_assigned,
    "HandoffRequested": Intake.handoff_asked,
    "DealPaused": lambda intake, event, data: intake.pause(event, data, True),
    "DealResumed": lambda intake, event, data: intake.pause(event, data, False),
    "DealMoved": Intake.moved,
    "MoveRefused": Intake.refused,
    "DealWon": Intake.won,
    "DealLost": Intake.lost,
    "DealReopened": Intake.reopened,
    "DealMerged": Intake.merged,
    "DealMigrated": Intake.migrated,
    "ActivityLogged": Intake.activity,
    "ContactLinked": lambda intake, event, data: intake.contact(event, data, True),
    "ContactUnlinked": lambda intake, event, data: intake.contact(event, data, False),
    "DocumentAttached": Intake.document,
    "ItemTicked": lambda intake, event, data: intake.item(event, data, True),
    "ItemUnticked": lambda intake, event, data: intake.item(event, data, False),
    "FollowUpPlanned": lambda intake, event, data: intake.follow_up(event, data, False),
    "FollowUpOpened": lambda intake, event, data: intake.follow_up(event, data, True),
    "CorrectionProposed": lambda intake, event, data: intake.correction(event, data, "proposed"),
    "CorrectionRecorded": lambda intake, event, data: intake.correction(event, data, "recorded"),
    "CorrectionRefused": lambda intake, event, data: intake.correction(event, data, "refused"),
    "ServiceLevelBreached": lambda intake, event, data: intake.announced(event, data, "service_level"),
    "DealStalled": lambda intake, event, data: intake.announced(event, data, "stalled"),
    "PauseEnded": lambda intake, event, data: intake.announced(event, data, "pause"),
    "DealEscalated": lambda intake, event, data: intake.announced(event, data, "escalation"),
    **{name: _approval_reader(happened) for name, happened in _HAPPENED.items()},
}
