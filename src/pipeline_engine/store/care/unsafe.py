"""The settings under which the log could lose or change what it holds: a store that has one of them is not opened.

One table for the refusals and for their page in the reference, so that neither can say what the other does not.
"""

from dataclasses import dataclass

from pipeline_engine.errors import BadStore


@dataclass(frozen=True, slots=True)
class Unsafe:
    """
    A setting that a start refuses.

    Args:
        where: `every store`, `SQLite` or `PostgreSQL`.
        found: What is said to be found; `{found}` stands for the value or name.
        why: What could be lost.
        instead: What to do.
    """

    where: str
    found: str
    why: str
    instead: str

    def refusal(self, place: str, found: str = "") -> BadStore:
        """The error, in one line."""
        return BadStore(f"`{place}` {self.found.format(found=found)}: {self.why}; {self.instead}")


_EVERY, _FILE, _SERVER = "every store", "SQLite", "PostgreSQL"

UNSAFE: dict[str, Unsafe] = {
    "url": Unsafe(
        _FILE, "asks for `{found}`, which is no setting of a store",
        "with anything less a power cut could lose what was accepted, or damage the file",
        "use `synchronous=full`, or `synchronous=normal` where the last commands may be lost",
    ),
    "journal": Unsafe(
        _FILE, "cannot keep a write-ahead log here (`{found}`)",
        "readers and writers would keep each other out, and commits would not be what they are tested to be",
        "use a local disk",
    ),
    "network": Unsafe(
        _FILE, "is on a file system of the network (`{found}`)",
        "two machines that open it would each write over what the other wrote",
        "use a local disk or `postgresql://…`, or say with `?machines=one` that no other machine will ever open it",
    ),
    "links": Unsafe(
        _FILE, "has {found} names (hard links)",
        "each name has a write-ahead log of its own, so writers by two of them overwrite one another",
        "remove the other names, or copy it by `backup`",
    ),
    "library": Unsafe(
        _FILE, "would be opened by an SQLite that was built for one thread only",
        "threads that share the store could damage it",
        "use a Python whose `sqlite3.threadsafety` is not 0",
    ),
    "triggers": Unsafe(
        _FILE, "has a trigger on its tables (`{found}`)",
        "it could change or drop events on their way in",
        "drop the trigger, or restore a back-up",
    ),
    "tables": Unsafe(
        _FILE, "has no table of events as it was made ({found})",
        "two events could get one version or one position",
        "restore a back-up by `restore`, which makes the tables as they must be",
    ),
    "library_functions": Unsafe(
        _SERVER, "would be used with POSTGRES_ENABLE_DB_FUNCTIONS, which is set in the environment",
        "readers would miss events for ever",
        "unset it",
    ),
    "fsync": Unsafe(
        _SERVER, "runs with fsync off",
        "a power cut may lose the log",
        "switch it on in postgresql.conf, or accept that with `?fsync=off`",
    ),
    "full_page_writes": Unsafe(
        _SERVER, "runs with full_page_writes off",
        "a power cut may tear pages of the log",
        "switch it on in postgresql.conf, or say with `?full_page_writes=off` that its disks never tear a page",
    ),
    "data_sync_retry": Unsafe(
        _SERVER, "runs with data_sync_retry on",
        "after a failed write to the disk the server goes on as if nothing had been lost",
        "switch it off in postgresql.conf",
    ),
    "damaged_pages": Unsafe(
        _SERVER, "runs with {found} on",
        "damaged pages of the log would be read as if nothing had been in them",
        "switch it off for this role, database and server",
    ),
    "standby": Unsafe(
        _SERVER, "is a standby",
        "what it shows may be old, and nothing may be decided on it",
        "name the primary server",
    ),
    "encoding": Unsafe(
        _SERVER, "keeps text as {found}",
        "names that differ could become one, and others could not be kept",
        "use a database made with UTF8",
    ),
    "version": Unsafe(
        _SERVER, "runs PostgreSQL {found}",
        "what the store relies on is not in it",
        "use PostgreSQL 13 or newer",
    ),
    "unlogged": Unsafe(
        _SERVER, "keeps the table `{found}` unlogged",
        "the server empties it after a crash",
        "`ALTER TABLE … SET LOGGED`, and restore a back-up if it was emptied",
    ),
    "rewritten": Unsafe(
        _SERVER, "has {found} on its tables",
        "events could be changed, dropped or hidden on their way",
        "drop it, or restore a back-up into another schema",
    ),
    "constraints": Unsafe(
        _SERVER, "has lost a unique index of the table `{found}`",
        "two events could get one version or one position",
        "restore a back-up into another schema, whose tables are as they must be",
    ),
    "function": Unsafe(
        _SERVER, "has a function `append_events` that takes another lock than the writers of schema `{found}`",
        "the schema was renamed or copied, so positions could be given out of order and readers miss events",
        "take a back-up under the old name, and restore it into a schema of its own",
    ),
}  # fmt: skip


def refuse(setting: str, place: str, found: str = "") -> BadStore:
    """The error for a setting of the table."""
    return UNSAFE[setting].refusal(place, found)
