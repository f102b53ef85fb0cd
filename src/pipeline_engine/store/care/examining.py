"""What the doctor asks of every log by reading it: is it ahead of the clock, and can every event be read."""

from datetime import datetime, timedelta

from pipeline_engine.errors import UnreadableEvent
from pipeline_engine.store.codec import Codec
from pipeline_engine.store.findings import checked
from pipeline_engine.store.log import Log
from pipeline_engine.store.model import Finding, Progress
from pipeline_engine.values import moment_at

BATCH = 2000
NAMED = 3
ADVICE = "use the newest pipeline_engine that wrote here; else restore a back-up, and tell how this came about"
# Clocks of machines that write to one server differ by less.
SKEW = timedelta(minutes=1)


def not_ahead(log: Log, now: datetime) -> Finding:
    """Whether the newest event was recorded after what the clock shows: it, or the one before it, is wrong."""
    position = log.position()
    try:
        newest = moment_at(log.rows(position - 1, 1)[0].recorded_at) if position else None
    except (OverflowError, TypeError, ValueError):
        found = f"the record time of the event at position {position} is none"
        return checked("time", False, found, "somebody changed that row: `restore` brings a back-up back")
    ahead = newest - now if newest else timedelta()
    if newest is None or ahead <= SKEW:
        return checked(
            "time", True, f"the newest event is of {newest:%Y-%m-%d %H:%M:%S} UTC" if newest else "no event yet"
        )
    found = f"the newest event was recorded at {newest:%Y-%m-%d %H:%M:%S} UTC, which is {ahead} ahead of the clock"
    advice = "set the clock right; until it has passed that moment, every event is recorded at that moment"
    return checked("time", False, found, advice)


def every_name_known(log: Log, codec: Codec) -> Finding:
    """Whether this version knows the name of every event, which is quick; not whether it can read what is in them."""
    with log.snapshot() as snapshot:
        unknown = codec.unknown(snapshot.names())
    found = f"this version knows no {', '.join(f'`{name}`' for name in unknown)}"
    return checked("events", not unknown, found if unknown else "every name is known", ADVICE)


def every_event_read(log: Log, codec: Codec, told: Progress) -> Finding:
    """Whether every event of the log can be read by this version; the first few that cannot are named."""
    wrong, count, after, head = list[str](), 0, 0, log.position()
    while rows := log.rows(after, BATCH):
        for row in rows:
            try:
                codec.decode(row)
            except UnreadableEvent as error:
                count += 1
                wrong += [f"{error.place}: {error.why}"] if len(wrong) < NAMED else []
        after = rows[-1].position
        told(after, head)
    more = f"; and {count - NAMED} more" if count > NAMED else ""
    found = f"{count} cannot be read: {'; '.join(wrong)}{more}" if count else f"all read up to position {after}"
    return checked("events", not count, found, ADVICE)
