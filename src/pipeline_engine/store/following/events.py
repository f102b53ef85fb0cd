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


FOLLOWING_EVENTS: tuple[type[Event], ...] = (ViewReleased,)
