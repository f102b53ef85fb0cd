"""What time it is: really, or in a story that steps from command to command."""

from datetime import UTC, datetime


def system_clock() -> datetime:
    """The real time, aware UTC."""
    return datetime.now(UTC)


class StoryClock:
    """Stands where the last command of a story was; never goes back."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def __call__(self) -> datetime:
        """The moment of the story."""
        return self._now

    def reach(self, moment: datetime) -> None:
        """Go on to a moment; an earlier one changes nothing."""
        self._now = max(self._now, moment)
