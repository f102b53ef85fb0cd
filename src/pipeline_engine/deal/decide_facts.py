"""Deciding what is recorded about a deal without changing its stage: fields, owner, contacts, activities, notes."""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline_engine.deal import commands as c
from pipeline_engine.deal import commands_life as life
from pipeline_engine.deal.context import Context
from pipeline_engine.deal.decided import NOTHING, Decided, not_backdated, personal
from pipeline_engine.deal.events import (
    ActivityLogged,
    ChangeRefused,
    ContactLinked,
    ContactUnlinked,
    FieldsChanged,
    NextStepSet,
    NoteRecorded,
    OwnerAssigned,
)
from pipeline_engine.deal.owning import new_owner
from pipeline_engine.deal.state import Deal
from pipeline_engine.errors import BadValue, DealIsClosed, UnknownField, UnknownKind
from pipeline_engine.process import Field, Judge, Process, read_value
from pipeline_engine.values import Personal, Value

MOST_MINUTES = 7 * 24 * 60
LONGEST_TEXT = 10_000
_NOTHING_YET: Mapping[str, Value] = MappingProxyType({})


def read_fields(
    raw: Mapping[str, c.RawValue], process: Process, command: c.Command, known: Mapping[str, Value] = _NOTHING_YET
) -> dict[str, Value]:
    """
    The values given, typed by the process; empty ones are left out.

    Args:
        known: What the deal has already: a personal value may be about somebody named there.

    Raises:
        UnknownField, BadValue: Nothing was read.
    """
    fields = {name: _field(name, process, value) for name, value in raw.items()}
    typed = {name: read_value(fields[name], value, process.currency) for name, value in raw.items() if _given(value)}
    people = {**known, **typed}
    return {name: _sealed(fields[name], value, people, command) for name, value in typed.items()}


def _given(value: c.RawValue) -> bool:
    """Whether there is anything in it: neither blanks alone nor an empty list are recorded, or `require` would pass."""
    plain = value.value if isinstance(value, Personal) else value
    return bool(plain.strip()) if isinstance(plain, str) else plain is not None and plain not in ((), [])


def _field(name: str, process: Process, value: c.RawValue) -> Field:
    if name not in process.fields:
        raise UnknownField(name, tuple(process.fields), f"process `{process.name}`")
    field = process.fields[name]
    if isinstance(value, Personal) and field.personal is None:
        raise BadValue(name, "a personal value", "a value that is not personal: this field is kept in the clear")
    return field


def _sealed(field: Field, value: Value, people: Mapping[str, Value], command: c.Command) -> Value:
    if field.personal is None:
        return value
    subject = people.get(field.personal)
    return Personal(f"person:{subject}" if isinstance(subject, str) else f"deal:{command.deal_id}", str(value))


def set_fields(command: c.SetFields, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Set and clear fields, all of them or, where one is locked to who asks, none.

    Values the deal has already are left out. A closed deal's fields are corrected, not set.
    """
    process = judge.process
    kept = {name: value for name, value in deal.fields.items() if _given(command.values.get(name, value))}
    given = read_fields(command.values, process, command, kept)
    if deal.status != "open":
        raise DealIsClosed(deal.id, deal.status)
    not_backdated(command, process, context)
    changed = {name: value for name, value in given.items() if deal.fields.get(name) != value}
    cleared = tuple(n for n, value in command.values.items() if not _given(value) and n in deal.fields)
    locked = tuple(name for name in (*changed, *cleared) if _locked(process.fields[name], deal, judge, context))
    if locked:
        return Decided((ChangeRefused(fields=locked, stage=deal.stage, why="locked"),))
    return Decided((FieldsChanged(set=changed, cleared=cleared),)) if changed or cleared else NOTHING


def _locked(field: Field, deal: Deal, judge: Judge, context: Context) -> bool:
    """Whether the deal is as far as the stage that locks the field, and the actor holds no role that may change it."""
    if field.locked_from is None or judge.place(deal.stage) < judge.place(field.locked_from):
        return False
    return not context.register_open and not any(context.holds(role) for role in field.unlocked_by)


def assign_owner(command: c.AssignOwner, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Give the deal to another owner; the same owner again changes nothing.

    Whoever is being asked to take the deal over is asked no longer: somebody owns it who did not ask.
    """
    if not command.owner:
        raise BadValue("owner", command.owner, "a person's id")
    not_backdated(command, judge.process, context)
    if command.owner == deal.owner:
        return NOTHING
    return new_owner(
        OwnerAssigned(owner=command.owner, why=personal(command, command.why)), (command, deal), (judge, context)
    )


def link_contact(command: c.LinkContact, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Link a contact in a role the process knows; the same link again changes nothing."""
    roles = judge.process.contact_roles
    if command.role not in roles:
        raise UnknownKind(command.role, roles, f"`contacts` of process `{judge.process.name}`")
    contact = personal(command, command.contact)
    if contact is None:
        raise BadValue("contact", command.contact, "who it is")
    not_backdated(command, judge.process, context)
    if any((k.contact.value, k.role) == (command.contact, command.role) for k in deal.contacts):
        return NOTHING
    return Decided((ContactLinked(contact=contact, role=command.role),))


def unlink_contact(command: life.UnlinkContact, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Let a contact go from a role; nobody of that name in that role has nothing to let go."""
    roles = judge.process.contact_roles
    contact = personal(command, command.contact)
    if contact is None:
        raise BadValue("contact", command.contact, "who it is")
    not_backdated(command, judge.process, context)
    linked = [each.role for each in deal.contacts if each.contact.value == command.contact]
    if command.role not in (*roles, *linked):
        raise UnknownKind(command.role, roles, f"`contacts` of process `{judge.process.name}`")
    return Decided((ContactUnlinked(contact=contact, role=command.role),)) if command.role in linked else NOTHING


def log_activity(command: c.LogActivity, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Log an activity of a kind the process knows."""
    kinds = judge.process.activities
    if command.kind not in kinds:
        raise UnknownKind(command.kind, kinds, f"`activities` of process `{judge.process.name}`")
    if command.minutes is not None and not 0 <= command.minutes <= MOST_MINUTES:
        raise BadValue("minutes", command.minutes, f"a whole number from 0 to {MOST_MINUTES}")
    not_backdated(command, judge.process, context)
    with_whom = personal(command, command.with_whom)
    return Decided((ActivityLogged(kind=command.kind, with_whom=with_whom, minutes=command.minutes),))


def set_next_step(command: c.SetNextStep, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Say what comes next; the same step again changes nothing."""
    text = _text("next step", command, command.text)
    not_backdated(command, judge.process, context)
    if (deal.next_step, deal.next_step_due) == (text, command.due):
        return NOTHING
    return Decided((NextStepSet(text=text, due=command.due),))


def record_note(command: c.RecordNote, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Record a note."""
    text = _text("note", command, command.text)
    not_backdated(command, judge.process, context)
    return Decided((NoteRecorded(text=text),))


def _text(what: str, command: c.Command, text: str) -> Personal:
    if not text.strip() or len(text) > LONGEST_TEXT:
        raise BadValue(what, f"{len(text):,} characters", f"text of 1 to {LONGEST_TEXT} characters")
    return Personal(f"deal:{command.deal_id}", text)
