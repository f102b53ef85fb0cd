"""A made-up year lived in parts, so that something can be decided in between."""

from collections.abc import Generator
from datetime import datetime

from pipeline_engine.deal import Command, Outcome

Story = Generator[Command, Outcome, None]


class Parts:
    """
    A story that stops at moments and goes on from there.

    Args:
        story: Commands in order of time, told what became of each; `sales_year` makes one.
    """

    def __init__(self, story: Story) -> None:
        self._story = story
        self._next = next(story, None)

    @property
    def over(self) -> bool:
        """Whether nothing is left of the story."""
        return self._next is None

    def until(self, moment: datetime) -> Story:
        """The commands before a moment (aware UTC), from where the part before ended."""
        while self._next is not None and self._next.at < moment:
            outcome = yield self._next
            self._next = self._told(outcome)

    def _told(self, outcome: Outcome) -> Command | None:
        try:
            return self._story.send(outcome)
        except StopIteration:
            return None
