"""What becomes of a message that cannot be handled: again, a bounded number of times, then a dead letter.

A dead letter keeps the original bytes and says why; nothing is acknowledged before it is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pipeline_engine.errors import BusUnreachable, printable
from pipeline_engine.service.bus.port import MOST_BYTES, Again, Answer, Bus, Channel, Delivery, Done, Message, Take

REASON, SUBJECT, TRIES, PLACE, CUT = (
    f"pipeline-engine-{part}" for part in ("reason", "subject", "tries", "place", "cut-from")
)


class Hopeless(Exception):
    """A message that can never be handled, and why, in one line."""


@dataclass(frozen=True, slots=True)
class Patience:
    """
    How often a message is tried, and after how many seconds again: doubled each time, up to the longest.

    The first tries come quickly, for whatever heals at once; all of them together last about nine minutes.
    """

    tries: int = 16
    first_seconds: float = 0.2
    longest_seconds: float = 60.0

    def seconds(self, tries: int) -> float:
        """How long to wait after so many tries."""
        return float(min(self.longest_seconds, self.first_seconds * 2 ** min(tries - 1, 30)))


def patiently(bus: Bus, dead: Channel, handle: Callable[[Delivery], None], patience: Patience | None = None) -> Take:
    """
    Take messages as `handle` does, which raises where it cannot.

    Hopeless: a dead letter at once. Anything else: again, and a dead letter after the last try.
    """
    patient = patience or Patience()

    def take(delivery: Delivery) -> Answer:
        try:
            handle(delivery)
        except Hopeless as hopeless:
            return _aside(bus, dead, delivery, str(hopeless)) or Again(patient.seconds(delivery.tries))
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the message must be answered for
            if delivery.tries < patient.tries:
                return Again(patient.seconds(delivery.tries))
            why = f"failed {delivery.tries} times, the last time with {type(error).__name__}"
            return _aside(bus, dead, delivery, why) or Again(patient.longest_seconds)
        return Done()

    return take


def _aside(bus: Bus, dead: Channel, delivery: Delivery, why: str) -> Answer | None:
    """Keep a dead letter; None where the broker does not say that it has it."""
    said = {REASON: printable(why)[:1000], SUBJECT: delivery.subject, TRIES: str(delivery.tries), PLACE: delivery.place}
    said |= {name: value for name, value in delivery.headers.items() if name.lower() == "content-type"}
    letter = Message(dead.subjects, f"dead/{delivery.place}", delivery.body, said)
    try:
        bus.publish(dead, letter)
    except BusUnreachable:
        return None if len(letter.body) <= MOST_BYTES else _cut(bus, dead, letter)
    return Done()


def _cut(bus: Bus, dead: Channel, letter: Message) -> Answer | None:
    """Keep what fits: with the reason it may be larger than the broker takes, and would be tried again for ever."""
    said = {**letter.headers, CUT: f"{len(letter.body)} bytes"}
    try:
        bus.publish(dead, replace(letter, body=letter.body[:MOST_BYTES], headers=said))
    except BusUnreachable:
        return None
    return Done()
