"""The verbs of deals: ask, look, and ask what the gate would say."""

from collections.abc import Mapping
from datetime import datetime
from typing import Unpack

from pipeline_engine.deal import (
    GATE_OF,
    Approve,
    AssignOwner,
    AttachDocument,
    Deal,
    DealOpened,
    Judged,
    LinkContact,
    LogActivity,
    LoseDeal,
    MoveDeal,
    OpenDeal,
    Outcome,
    Preflight,
    RawValue,
    RecordNote,
    Reject,
    ReopenDeal,
    RequestApproval,
    SetFields,
    SetNextStep,
    TickItem,
    UntickItem,
    Waive,
    WinDeal,
    ways_on,
    worth_telling,
)
from pipeline_engine.engine.selection import DealRow, page_of, rows_of, selected
from pipeline_engine.engine.shell import How, Shell
from pipeline_engine.envelope import Recorded
from pipeline_engine.process import Gate, VariantStanding


class DealVerbs(Shell):
    """Everything that can be done with one deal, and looking at many."""

    def open_deal(
        self,
        deal_id: str,
        *,
        process: str,
        owner: str | None = None,
        fields: Mapping[str, RawValue] | None = None,
        stage: str | None = None,
        title: str | None = None,
        **how: Unpack[How],
    ) -> Outcome:
        """Open a deal under the variant of a process that is for its fields, else under the process; as in force."""
        what = {"process": process, "owner": owner, "fields": fields or {}, "stage": stage, "title": title}
        return self._ask(OpenDeal, deal_id, how, **what)

    def set(self, deal_id: str, values: Mapping[str, RawValue], **how: Unpack[How]) -> Outcome:
        """Set fields of a deal; None or empty text clears one."""
        return self._ask(SetFields, deal_id, how, values=values)

    def assign(self, deal_id: str, owner: str, why: str | None = None, **how: Unpack[How]) -> Outcome:
        """Give the deal to another owner."""
        return self._ask(AssignOwner, deal_id, how, owner=owner, why=why)

    def contact(self, deal_id: str, contact: str, role: str, **how: Unpack[How]) -> Outcome:
        """Link a person on the customer's side to the deal, in a role of the process."""
        return self._ask(LinkContact, deal_id, how, contact=contact, role=role)

    def log(
        self, deal_id: str, kind: str, with_whom: str | None = None, minutes: int | None = None, **how: Unpack[How]
    ) -> Outcome:
        """Log an activity of a kind the process knows."""
        return self._ask(LogActivity, deal_id, how, kind=kind, with_whom=with_whom, minutes=minutes)

    def attach(self, deal_id: str, name: str, sha256: str, **how: Unpack[How]) -> Outcome:
        """Attach a document of a kind the process knows, by the SHA-256 of its content, which stays where it is."""
        return self._ask(AttachDocument, deal_id, how, name=name, sha256=sha256)

    def tick(self, deal_id: str, item: str, undo: bool = False, **how: Unpack[How]) -> Outcome:
        """Tick an item of a checklist or of the plan, or take the tick back."""
        return self._ask(UntickItem if undo else TickItem, deal_id, how, item=item)

    def next_step(self, deal_id: str, text: str, due: datetime | None = None, **how: Unpack[How]) -> Outcome:
        """Say what comes next, and by when."""
        return self._ask(SetNextStep, deal_id, how, text=text, due=due)

    def note(self, deal_id: str, text: str, **how: Unpack[How]) -> Outcome:
        """Record a note."""
        return self._ask(RecordNote, deal_id, how, text=text)

    def move(self, deal_id: str, to: str, reason: str | None = None, **how: Unpack[How]) -> Outcome:
        """Ask the gate for another stage; the outcome says whether, and how each rule judged."""
        return self._ask(MoveDeal, deal_id, how, target=to, reason=reason)

    def win(self, deal_id: str, **how: Unpack[How]) -> Outcome:
        """Ask the gate to close the deal as won."""
        return self._ask(WinDeal, deal_id, how)

    def lose(
        self, deal_id: str, reason: str, competitor: str | None = None, note: str | None = None, **how: Unpack[How]
    ) -> Outcome:
        """Ask the gate to close the deal as lost, for a reason of the process."""
        return self._ask(LoseDeal, deal_id, how, reason=reason, competitor=competitor, note=note)

    def reopen(self, deal_id: str, reason: str | None = None, **how: Unpack[How]) -> Outcome:
        """Ask the gate to open a won or lost deal again."""
        return self._ask(ReopenDeal, deal_id, how, reason=reason)

    def request(
        self, deal_id: str, rule: str, to: str | None = None, note: str | None = None, **how: Unpack[How]
    ) -> Outcome:
        """Ask the role that a rule names for its approval."""
        return self._ask(RequestApproval, deal_id, how, rule=rule, target=to, note=note)

    def approve(
        self,
        deal_id: str,
        rule: str,
        to: str | None = None,
        expires_at: datetime | None = None,
        *,
        seen: int | None = None,
        **how: Unpack[How],
    ) -> Outcome:
        """Approve a rule for a target; refused to the owner, to who asked, and to who holds no such role.

        `seen` is the version of the deal that was looked at; raises ChangedSince where it has changed under it.
        """
        return self._ask(Approve, deal_id, how, rule=rule, target=to, expires_at=expires_at, seen=seen)

    def reject(self, deal_id: str, rule: str, reason: str, to: str | None = None, **how: Unpack[How]) -> Outcome:
        """Say no to an approval."""
        return self._ask(Reject, deal_id, how, rule=rule, target=to, reason=reason)

    def waive(
        self,
        deal_id: str,
        rule: str,
        reason: str,
        to: str | None = None,
        expires_at: datetime | None = None,
        *,
        seen: int | None = None,
        **how: Unpack[How],
    ) -> Outcome:
        """Waive a rule for a target, with a reason; `seen` as in `approve`."""
        what = {"rule": rule, "target": to, "reason": reason, "expires_at": expires_at, "seen": seen}
        return self._ask(Waive, deal_id, how, **what)

    def deal(self, deal_id: str) -> Deal:
        """The deal as it stands; raises UnknownDeal."""
        return self._desk.deal(deal_id)

    def deals(self, **wanted: str | None) -> list[DealRow]:
        """Deals by `stage`, `owner`, `status` (open · won · lost · merged) and `process`, by id."""
        return rows_of(selected(self._follower.facts().deals, wanted))

    def deals_after(self, after: str, most: int, **wanted: str | None) -> list[DealRow]:
        """The first so many deals whose ids come after one (none: empty), as `deals` picks them; for pages."""
        return rows_of(page_of(selected(self._follower.facts().deals, wanted), after, most))

    def preflight(
        self, deal_id: str, to: str, gate: Gate | None = None, by: str = "somebody", reason: str | None = None
    ) -> Preflight:
        """What the gate would say of an attempt now, to a stage or to won, lost or reopen; nothing is written."""
        probe = MoveDeal(
            deal_id=deal_id, at=self._clock(), by=by, command_id="preflight", target=to, reason=reason or None
        )
        return self._desk.preflight(probe, gate or GATE_OF.get(to, "move"), to)

    def next(self, deal_id: str, by: str = "somebody") -> tuple[Preflight, ...]:
        """What the gate would say of every way from here: on, won, lost, back; reopening if closed; none if merged."""
        deal = self.deal(deal_id)
        judge = self._desk.judge(deal.process, deal.process_version)
        return worth_telling([self.preflight(deal_id, target, gate, by) for gate, target in ways_on(deal, judge)])

    def variant(self, deal_id: str) -> VariantStanding | None:
        """Whether the deal still runs under the variant that is meant for it; None where its process has none."""
        return self.variant_of(self.deal(deal_id))

    def variant_of(self, deal: Deal) -> VariantStanding | None:
        """The same of a deal that was looked up; of what another process published it may be a moment late."""
        return self._desk.variant(deal)

    def timeline(self, deal_id: str) -> list[Recorded]:
        """Every event of the deal, oldest first."""
        events = self._store.events(f"deal:{deal_id}")
        if not events or not isinstance(events[0].event, DealOpened):
            # What was only tried to be opened is no deal.
            self.deal(deal_id)
        return events

    def explain(self, recorded: Recorded) -> tuple[Judged, ...]:
        """How a stored attempt was judged, rule by rule."""
        return self._desk.explain(recorded)
