"""What is known, in columns: every fact table with the meaning and the unit of each of its columns.

The tables are the contract between the log and the views. Times are UTC microseconds, money is an int64 count
of 10^-4 of `currency`; null is "not known", never zero. Rows are sorted by deal_id bytewise, then version
(`deals`: deal_id only).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

TEXT = pa.string()
FLAG = pa.bool_()
COUNT = pa.int64()
SHORT = pa.int32()
REAL = pa.float64()
TIME = pa.timestamp("us", tz="UTC")
TEXTS = pa.list_(pa.string())

_UTC = "µs since 1970, UTC"
_MONEY = "10^-4 of currency"
_SEALED = "sealed JSON"


def _column(name: str, kind: pa.DataType, doc: str, unit: str = "") -> pa.Field:
    return pa.field(name, kind, metadata={"doc": doc, "unit": unit or (_UTC if kind == TIME else "")})


def _deal_id() -> pa.Field:
    return _column("deal_id", TEXT, "the deal")


def _version(doc: str = "version of the event in the deal's stream") -> pa.Field:
    return _column("version", SHORT, doc)


def _position() -> pa.Field:
    return _column("position", COUNT, "position of the event in the log")


def _at(doc: str = "when it happened; null where nobody knows") -> pa.Field:
    return _column("at", TIME, doc)


def _known_at() -> pa.Field:
    return _column(
        "known_at",
        TIME,
        "when the source noted it, else when it happened; null on our own rows, which go by stream order",
    )


def _imported(doc: str = "came by import") -> pa.Field:
    return _column("imported", FLAG, doc)


def _actor(doc: str = "who did it") -> pa.Field:
    return _column("actor", TEXT, doc)


DEALS = pa.schema(
    [
        _deal_id(),
        _column("process", TEXT, "name of the process the deal runs under"),
        _column("process_version", SHORT, "version of that process; since a migration the new one"),
        _column("owner", TEXT, "the latest owner; null where there is none"),
        _column("stage", TEXT, "the latest stage; a lost deal keeps the one it was lost from"),
        _column(
            "status",
            TEXT,
            "open, won, lost or merged (its source merged it into another deal: neither open nor decided)",
        ),
        _column("opened_at", TIME, "when it was opened"),
        _column("opened_precision", TEXT, "instant, day or unknown"),
        _column("entered_at", TIME, "when the latest stay began"),
        _column("closed_at", TIME, "when it was won, lost or merged; null while open"),
        _column("value", COUNT, "the won amount where a win says one, else the value field's latest money", _MONEY),
        _column("currency", TEXT, "ISO 4217 code of value"),
        _column("lost_reason", TEXT, "the process's reason, while the deal is lost"),
        _column("last_activity_at", TIME, "latest activity with the customer, by the time it happened"),
        _column(
            "last_change_at",
            TIME,
            "latest opening, change of a field or of the owner, by the time it happened",
        ),
        _column("last_event_at", TIME, "latest event of any kind, by the time it happened"),
        _column("paused", FLAG, "was paused and not resumed; a pause with an end is over then all the same"),
        _column("paused_since", TIME, "when the pause that was not resumed began; null while not paused"),
        _column("paused_until", TIME, "when that pause is over by itself; null where only somebody ends it"),
        _imported("was opened by import"),
        _column("removed", FLAG, "the source deleted it"),
        _version("latest version counted in"),
        _position(),
    ]
)

STAYS = pa.schema(
    [
        _deal_id(),
        _column("nth", SHORT, "1 for the deal's first stay, and so on; re-entry is another stay"),
        _column("process", TEXT, "name of the process"),
        _column("process_version", SHORT, "version of the process; of a stay that a migration let go on, the latest"),
        _column("stage", TEXT, "where the deal stood"),
        _column("owner", TEXT, "the owner when the stay began"),
        _column("entered", TIME, "when the stay began; null where nobody knows"),
        _column("entered_precision", TEXT, "instant, day or unknown"),
        _column("left", TIME, "when the stay ended; null while still there, and where nobody knows"),
        _column("ended", TEXT, "advance, back, won, lost, migrated, corrected, merged or `still there`"),
        _column("next_stage", TEXT, "the stage that followed by a move or a migration; null otherwise"),
        _column("basis", TEXT, "by what right the stay began: gate, source, migration or correction"),
        _column(
            "paused_us",
            COUNT,
            "paused time within the stay, of pauses that are over or were cut by its end",
            "µs",
        ),
        _column("paused_since", TIME, "when the pause that was not resumed began, within a stay that is not over"),
        _column("paused_until", TIME, "when that pause is over by itself; null where only somebody ends it"),
        _column("entered_version", SHORT, "version of the event that began it"),
        _column("left_version", SHORT, "version of the event that ended it; null while still there"),
        _column(
            "anomaly",
            FLAG,
            "the source says it ended before it began; both times are kept, and make no duration",
        ),
    ]
)

ATTEMPTS = pa.schema(
    [
        _deal_id(),
        _version(),
        _position(),
        _at(),
        _column("recorded_at", TIME, "when the engine recorded it"),
        _actor("who asked"),
        _column("via", TEXT, "through which door"),
        _column("kind", TEXT, "open, move, win, lose or reopen"),
        _column("from_stage", TEXT, "where the deal stood; null for an opening"),
        _column("to_stage", TEXT, "the stage asked for; won, lost or reopen for the other targets"),
        _column("accepted", FLAG, "false: refused by the gate"),
        _column("basis", TEXT, "gate, source, migration or correction; only gate has verdicts"),
        _column("process", TEXT, "the process that judged, else the deal's"),
        _column("process_version", SHORT, "its version"),
        _column("digest", TEXT, "SHA-256 of the definition that judged; null without verdicts"),
        _column("judged_at", SHORT, "version of the prefix that was judged; null without verdicts"),
        _column(
            "codes",
            TEXT,
            "a letter a rule: p pass, f fail, u unknown, w waived, n not asked; null without verdicts",
        ),
        _column("now", TIME, "the `now` the rules saw; null without verdicts"),
        _column("context", TEXT, "what was read outside the deal, with versions; null without verdicts", "JSON"),
        _column("reason", TEXT, "why, in the asker's words", _SEALED),
        _column("lost_reason", TEXT, "the process's reason, for losing"),
        _column("owner", TEXT, "the owner at that version"),
        _column(
            "value",
            COUNT,
            "the deal's value at that version (a win's own amount first); null where none was set",
            _MONEY,
        ),
        _column("currency", TEXT, "ISO 4217 code of value"),
    ]
)

CHANGES = pa.schema(
    [
        _deal_id(),
        _version(),
        _position(),
        _at(),
        _known_at(),
        _column("field", TEXT, "the field; `@owner` for the owner"),
        _column("state", TEXT, "set, cleared or erased"),
        _column(
            "kind",
            TEXT,
            "text, int, number, bool, money, instant, date, time, many, document, personal; null if cleared",
        ),
        _column("text", TEXT, "text; JSON for many and document; the sealed JSON of a personal value"),
        _column(
            "integer",
            COUNT,
            "int; bool as 0 or 1; money; date as days since 1970; instant and time (of day) as µs",
            "by kind",
        ),
        _column("real", REAL, "number"),
        _column("currency", TEXT, "ISO 4217 code, for money"),
        _imported(),
    ]
)

ACTIVITIES = pa.schema(
    [
        _deal_id(),
        _version(),
        _position(),
        _at(),
        _known_at(),
        _column("kind", TEXT, "call, meeting, … as the process names them"),
        _actor(),
        _column("minutes", COUNT, "how long it took", "min"),
        _column("with_whom", TEXT, "with whom", _SEALED),
        _imported(),
    ]
)

APPROVALS = pa.schema(
    [
        _deal_id(),
        _version(),
        _position(),
        _at(),
        _known_at(),
        _column(
            "event",
            TEXT,
            "requested, granted, rejected, returned, expired, refused, waived, waiver_refused, or ended by a migration",
        ),
        _column("rule", TEXT, "id of the rule; null for ended"),
        _column("target", TEXT, "a stage, won, lost or reopen; null for ended"),
        _column("role", TEXT, "the role asked, or in which it was given; null for expired, refused and ended"),
        _actor(),
        _column(
            "seen_version",
            SHORT,
            "the deal version that was seen (granted, waived), granted (expired), or at which what ended began",
        ),
        _column("lapses_on", TEXTS, "fields whose change ends it; null where it grants nothing"),
        _column("expires_at", TIME, "when it ends by itself"),
        _imported(),
    ]
)

CONTACTS = pa.schema(
    [
        _deal_id(),
        _version(),
        _position(),
        _at(),
        _known_at(),
        _column("role", TEXT, "the role on the customer's side"),
        _column("contact", TEXT, "who", _SEALED),
        _column("linked", FLAG, "true: linked, false: unlinked"),
        _imported(),
    ]
)

DOCUMENTS = pa.schema(
    [
        _deal_id(),
        _version(),
        _position(),
        _at(),
        _known_at(),
        _column("name", TEXT, "the kind of document, as the process names it"),
        _column("sha256", TEXT, "SHA-256 of its content, in hexadecimal"),
        _actor("who attached it"),
        _imported(),
    ]
)

ITEMS = pa.schema(
    [
        _deal_id(),
        _version(),
        _position(),
        _at(),
        _known_at(),
        _column("item", TEXT, "the item of a checklist or of the plan"),
        _column("ticked", FLAG, "true: ticked, false: its tick taken back"),
        _actor(),
        _imported(),
    ]
)

FOLLOW_UPS = pa.schema(
    [
        _deal_id(),
        _version(),
        _position(),
        _at(),
        _known_at(),
        _column("follow_up", TEXT, "id of the deal that the win leads to"),
        _column("process", TEXT, "the process it is to be opened under; null where it is noted as there"),
        _column("due", TIME, "when it is to be opened; null where nobody knows, and where it is noted as there"),
        _column("opened", FLAG, "false: planned, true: noted as there"),
        _actor(),
        _imported(),
    ]
)

HANDOFFS = pa.schema(
    [
        _deal_id(),
        _version("version of the event by which somebody was asked"),
        _position(),
        _column("asked_at", TIME, "when somebody was asked; null where nobody knows"),
        _actor("who asked"),
        _column("from_owner", TEXT, "whose deal it was then; null where it was nobody's"),
        _column("to_owner", TEXT, "who was asked to take it over"),
        _column(
            "outcome",
            TEXT,
            "open, accepted, declined, withdrawn, or overtaken: the deal got another owner or was merged meanwhile",
        ),
        _column("answered_at", TIME, "when that was; null while open, and where nobody knows"),
        _column("answered_version", SHORT, "version of the event that ended it; null while open"),
    ]
)

PAUSES = pa.schema(
    [
        _deal_id(),
        _version(),
        _position(),
        _at(),
        _actor(),
        _column("paused", FLAG, "true: paused, false: resumed"),
        _column("began", TIME, "when the pause that holds after it began; null where none does or nobody knows"),
        _column("until", TIME, "when that pause is over by itself; null where only somebody ends it"),
        _column("over_from", TIME, "when the pause that is over by this event began; null where none is"),
        _column("over_to", TIME, "when that pause was over: resumed, or its end had come"),
    ]
)

HAPPENINGS = pa.schema(
    [
        _deal_id(),
        _version(),
        _position(),
        _at(),
        _column("recorded_at", TIME, "when the engine recorded it"),
        _actor(),
        _column("via", TEXT, "through which door"),
        _column("owner", TEXT, "the owner at that version"),
        _column("event", TEXT, "name of the event"),
        _column("on_behalf_of", TEXT, "in whose stead it was done"),
        _column("why", TEXT, "why somebody may not do what they tried, in the engine's word"),
        _column("reason", TEXT, "why, in somebody's words", _SEALED),
        _column("detail", TEXT, "what else the event says, personal values sealed", "JSON"),
    ]
)

TABLES: dict[str, pa.Schema] = {
    "deals": DEALS,
    "stays": STAYS,
    "attempts": ATTEMPTS,
    "changes": CHANGES,
    "proposed": CHANGES,
    "activities": ACTIVITIES,
    "approvals": APPROVALS,
    "contacts": CONTACTS,
    "documents": DOCUMENTS,
    "items": ITEMS,
    "follow_ups": FOLLOW_UPS,
    "handoffs": HANDOFFS,
    "pauses": PAUSES,
    "happenings": HAPPENINGS,
}

MEANINGS: dict[str, str] = {
    "deals": "one row a deal that was opened, as it stands",
    "stays": "one row a stay in a stage",
    "attempts": "one row an opening, move, win, loss or reopening that was asked for or came by import",
    "changes": "one row a field set or cleared; the fields of an opening are its first",
    "proposed": "like changes: the fields of refused openings, which no deal ever had",
    "activities": "one row an activity",
    "approvals": "one row an event around an approval or a waiver",
    "contacts": "one row a contact linked or unlinked",
    "documents": "one row a document attached",
    "items": "one row an item ticked or unticked",
    "follow_ups": "one row a deal that a win planned, and one where it was noted as there",
    "handoffs": "one row a time that somebody was asked to take a deal over",
    "pauses": "one row a pause begun or resumed",
    "happenings": "one row an approval, waiver, correction or migration, or a try of somebody who may not, in full",
}


@dataclass(frozen=True, slots=True)
class ColumnMeaning:
    """One line of the reference: `unit` is empty where the value needs none."""

    table: str
    column: str
    type: str
    unit: str
    doc: str


def reference() -> Iterator[ColumnMeaning]:
    """Every column of every fact table, in table order."""
    for table, schema in TABLES.items():
        for column in schema:
            meta = column.metadata
            yield ColumnMeaning(table, column.name, str(column.type), meta[b"unit"].decode(), meta[b"doc"].decode())
