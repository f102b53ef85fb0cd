"""What people decide about views, in the stream `store:following`; these classes are the stored format."""

from pipeline_engine.envelope import Event, StoredText

FOLLOWING_STREAM = "store:following"


class ViewReleased(Event):
    """
    Somebody let a view go on without an event that it could not take in.

    `stream`, `version` and `position` say which event that was, `wrong` what was the matter with it. The reason is
    sealed under the stream `store:following` itself, which nobody erases.
    """

    view: str
    stream: str
    version: int
    position: int
    wrong: str
    reason: StoredText


class PersonalValuesShared(Event):
    """
    From here on what a view sends elsewhere has personal values in it: somebody asked for that, and said why.

    `to` is the address it is sent to. What was sent can be erased there by nobody but who received it. The reason is
    sealed under the stream `store:following` itself, which nobody erases.
    """

    view: str
    to: str
    reason: StoredText


FOLLOWING_EVENTS: tuple[type[Event], ...] = (ViewReleased, PersonalValuesShared)
