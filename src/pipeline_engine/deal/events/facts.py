"""What becomes known of a deal: fields, contacts, activities, documents, items, notes.

These classes are the stored format. A new field needs a default; a renamed one needs an upcaster (store/upcast.py).
"""

from typing import Annotated, Literal

from pydantic import Field

from pipeline_engine.envelope import Event, Moment, StoredText, StoredValue
from pipeline_engine.values import INT64_MAX

Count = Annotated[int, Field(ge=0, le=INT64_MAX)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class FieldsChanged(Event):
    """Fields were set or cleared; a field is in one of the two, never in both."""

    set: dict[str, StoredValue] = Field(default_factory=dict)
    cleared: tuple[str, ...] = ()


class ChangeRefused(Event):
    """Someone tried to change fields that are locked in the deal's `stage`, and may not; nothing was changed."""

    fields: tuple[str, ...]
    stage: str
    why: Literal["locked"]


class ContactLinked(Event):
    """A person on the customer's side belongs to the deal, in a role."""

    contact: StoredText
    role: str


class ContactUnlinked(Event):
    """That person no longer has that role in the deal."""

    contact: StoredText
    role: str


class ActivityLogged(Event):
    """Something was done with the customer: a call, a meeting, a demo."""

    kind: str
    with_whom: StoredText | None = None
    minutes: Count | None = None


class DocumentAttached(Event):
    """A document of a kind the process knows belongs to the deal; its content is elsewhere, known by its SHA-256."""

    name: str
    sha256: Sha256


class ItemTicked(Event):
    """An item of a checklist or of the plan is done."""

    item: str


class ItemUnticked(Event):
    """That item is not done after all."""

    item: str


class NextStepSet(Event):
    """What comes next, and by when."""

    text: StoredText
    due: Moment | None = None


class NoteRecorded(Event):
    """A note in free text."""

    text: StoredText
