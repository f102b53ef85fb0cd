"""What an import leaves in `store:imports`: that it ran, by whom, from which file, and what it came to.

This class is the stored format. A new field needs a default; a renamed one needs an upcaster
(store/upcast.py).
"""

from pipeline_engine.envelope import Event


class ImportRan(Event):
    """A history file went in; `digests` are the SHA-256 of the files in their order, as hex."""

    source: str
    process: str
    digests: tuple[str, ...]
    rows: int
    deals: int
    events: int
    rejected: int
    conflicts: int
    grade: str


EXCHANGE_EVENTS: tuple[type[Event], ...] = (ImportRan,)
