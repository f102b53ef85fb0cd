"""What is known, in columns: every fact table with the meaning and the unit of each of its columns.

The tables are the contract between the log and the views. Times are UTC microseconds, money is an int64 count
of 10^-4 of `currency`; null is "not known", never zero. Rows are sorted by deal_id bytewise, then version
(`deals`: deal_id only).
"""

import pyarrow as pa

from pipeline_engine.facts.columns import (
    COUNT,
    FLAG,
    MONEY,
    REAL,
    SEALED,
    SHORT,
    TEXT,
    TEXTS,
    TIME,
    actor,
    at,
    column,
    deal_id,
    imported,
    known_at,
    position,
    version,
)

DEALS = pa.schema(
    [
        deal_id(),
        column("process", TEXT, "name of the process the deal runs under"),
        column("process_version", SHORT, "version of that process; since a migration the new one"),
        column("owner", TEXT, "the latest owner; null where there is none"),
        column("stage", TEXT, "the latest stage; a lost deal keeps the one it was lost from"),
        column(
            "status",
            TEXT,
            "open, won, lost or merged (into another deal: neither open nor decided)",
        ),
        column("opened_at", TIME, "when it was opened"),
        column("opened_precision", TEXT, "instant, day or unknown"),
        column("entered_at", TIME, "when the latest stay began"),
        column("closed_at", TIME, "when it was won, lost or merged; null while open"),
        column("value", COUNT, "the won amount where a win says one, else the value field's latest money", MONEY),
        column("currency", TEXT, "ISO 4217 code of value"),
        column("lost_reason", TEXT, "the process's reason, while the deal is lost"),
        column("last_activity_at", TIME, "latest activity with the customer, by the time it happened"),
        column(
            "last_change_at",
            TIME,
            "latest opening, change of a field or of the owner, by the time it happened",
        ),
        column(
            "last_event_at",
            TIME,
            "latest event, by the time it happened; not what only time says (`announcements`, expired approvals)",
        ),
        column("paused", FLAG, "was paused and not resumed; a pause with an end is over then all the same"),
        column("paused_since", TIME, "when the pause that was not resumed began; null while not paused"),
        column("paused_until", TIME, "when that pause is over by itself; null where only somebody ends it"),
        imported("was opened by import"),
        column("removed", FLAG, "the source deleted it"),
        version("latest version counted in"),
        position(),
    ]
)

STAYS = pa.schema(
    [
        deal_id(),
        column("nth", SHORT, "1 for the deal's first stay, and so on; re-entry is another stay"),
        column("process", TEXT, "name of the process"),
        column("process_version", SHORT, "version of the process; of a stay that a migration let go on, the latest"),
        column("stage", TEXT, "where the deal stood"),
        column("owner", TEXT, "the owner when the stay began"),
        column("entered", TIME, "when the stay began; null where nobody knows"),
        column("entered_precision", TEXT, "instant, day or unknown"),
        column("left", TIME, "when the stay ended; null while still there, and where nobody knows"),
        column("ended", TEXT, "advance, back, won, lost, migrated, corrected, merged or `still there`"),
        column("next_stage", TEXT, "the stage that followed by a move or a migration; null otherwise"),
        column("basis", TEXT, "by what right the stay began: gate, source, migration or correction"),
        column(
            "paused_us",
            COUNT,
            "paused time within the stay, of pauses that are over or were cut by its end",
            "µs",
        ),
        column("paused_since", TIME, "when the pause that was not resumed began, within a stay that is not over"),
        column("paused_until", TIME, "when that pause is over by itself; null where only somebody ends it"),
        column("entered_version", SHORT, "version of the event that began it"),
        column("left_version", SHORT, "version of the event that ended it; null while still there"),
        column(
            "anomaly",
            FLAG,
            "the source says it ended before it began; both times are kept, and make no duration",
        ),
    ]
)

ATTEMPTS = pa.schema(
    [
        deal_id(),
        version(),
        position(),
        at(),
        column("recorded_at", TIME, "when the engine recorded it"),
        actor("who asked"),
        column("via", TEXT, "through which door"),
        column("kind", TEXT, "open, move, win, lose or reopen"),
        column("from_stage", TEXT, "where the deal stood; null for an opening"),
        column("to_stage", TEXT, "the stage asked for; won, lost or reopen for the other targets"),
        column("accepted", FLAG, "false: refused by the gate"),
        column("voided", FLAG, "accepted then, and by a correction it did not happen: no stay comes of it"),
        column("basis", TEXT, "gate, source, migration or correction; only gate has verdicts"),
        column("process", TEXT, "the process that judged, else the deal's"),
        column("process_version", SHORT, "its version"),
        column("digest", TEXT, "SHA-256 of the definition that judged; null without verdicts"),
        column("judged_at", SHORT, "version of the prefix that was judged; null without verdicts"),
        column(
            "codes",
            TEXT,
            "a letter a rule: p pass, f fail, u unknown, w waived, n not asked; null without verdicts",
        ),
        column("now", TIME, "the `now` the rules saw; null without verdicts"),
        column("context", TEXT, "what was read outside the deal, with versions; null without verdicts", "JSON"),
        column("reason", TEXT, "why, in the asker's words", SEALED),
        column("lost_reason", TEXT, "the process's reason, for losing"),
        column("owner", TEXT, "the owner at that version"),
        column(
            "value",
            COUNT,
            "the deal's value at that version (a win's own amount first); null where none was set",
            MONEY,
        ),
        column("currency", TEXT, "ISO 4217 code of value"),
    ]
)

CHANGES = pa.schema(
    [
        deal_id(),
        version(),
        position(),
        at(),
        known_at(),
        column("field", TEXT, "the field; `@owner` for the owner"),
        column("state", TEXT, "set, cleared or erased"),
        column(
            "kind",
            TEXT,
            "text, int, number, bool, money, instant, date, time, many, document, personal; null if cleared",
        ),
        column("text", TEXT, "text; JSON for many and document; the sealed JSON of a personal value"),
        column(
            "integer",
            COUNT,
            "int; bool as 0 or 1; money; date as days since 1970; instant and time (of day) as µs",
            "by kind",
        ),
        column("real", REAL, "number"),
        column("currency", TEXT, "ISO 4217 code, for money"),
        column("corrected_by", SHORT, "version of the correction that says it; null where the event itself does"),
        imported(),
    ]
)

ACTIVITIES = pa.schema(
    [
        deal_id(),
        version(),
        position(),
        at(),
        known_at(),
        column("kind", TEXT, "call, meeting, … as the process names them"),
        actor(),
        column("minutes", COUNT, "how long it took", "min"),
        column("with_whom", TEXT, "with whom", SEALED),
        imported(),
    ]
)

APPROVALS = pa.schema(
    [
        deal_id(),
        version(),
        position(),
        at(),
        known_at(),
        column(
            "event",
            TEXT,
            "requested, granted, rejected, returned, expired, refused, waived, waiver_refused, or ended by a migration",
        ),
        column("rule", TEXT, "id of the rule; null for ended"),
        column("target", TEXT, "a stage, won, lost or reopen; null for ended"),
        column("role", TEXT, "the role asked, or in which it was given; null for expired, refused and ended"),
        actor(),
        column(
            "seen_version",
            SHORT,
            "the deal version that was seen (granted, waived), granted (expired), or at which what ended began",
        ),
        column("lapses_on", TEXTS, "fields whose change ends it; null where it grants nothing"),
        column("expires_at", TIME, "when it ends by itself"),
        imported(),
    ]
)

CONTACTS = pa.schema(
    [
        deal_id(),
        version(),
        position(),
        at(),
        known_at(),
        column("role", TEXT, "the role on the customer's side"),
        column("contact", TEXT, "who", SEALED),
        column("linked", FLAG, "true: linked, false: unlinked"),
        imported(),
    ]
)

DOCUMENTS = pa.schema(
    [
        deal_id(),
        version(),
        position(),
        at(),
        known_at(),
        column("name", TEXT, "the kind of document, as the process names it"),
        column("sha256", TEXT, "SHA-256 of its content, in hexadecimal"),
        actor("who attached it"),
        imported(),
    ]
)

ITEMS = pa.schema(
    [
        deal_id(),
        version(),
        position(),
        at(),
        known_at(),
        column("item", TEXT, "the item of a checklist or of the plan"),
        column("ticked", FLAG, "true: ticked, false: its tick taken back"),
        actor(),
        imported(),
    ]
)

FOLLOW_UPS = pa.schema(
    [
        deal_id(),
        version(),
        position(),
        at(),
        known_at(),
        column("follow_up", TEXT, "id of the deal that the win leads to"),
        column("process", TEXT, "the process it is to be opened under; null where it is noted as there"),
        column("due", TIME, "when it is to be opened; null where nobody knows, and where it is noted as there"),
        column("opened", FLAG, "false: planned, true: noted as there"),
        actor(),
        imported(),
    ]
)

HANDOFFS = pa.schema(
    [
        deal_id(),
        version("version of the event by which somebody was asked"),
        position(),
        column("asked_at", TIME, "when somebody was asked; null where nobody knows"),
        actor("who asked"),
        column("from_owner", TEXT, "whose deal it was then; null where it was nobody's"),
        column("to_owner", TEXT, "who was asked to take it over"),
        column(
            "outcome",
            TEXT,
            "open, accepted, declined, withdrawn, or overtaken: the deal got another owner or was merged meanwhile",
        ),
        column("answered_at", TIME, "when that was; null while open, and where nobody knows"),
        column("answered_version", SHORT, "version of the event that ended it; null while open"),
    ]
)

PAUSES = pa.schema(
    [
        deal_id(),
        version(),
        position(),
        at(),
        actor(),
        column("paused", FLAG, "true: paused, false: resumed"),
        column("began", TIME, "when the pause that holds after it began; null where none does or nobody knows"),
        column("until", TIME, "when that pause is over by itself; null where only somebody ends it"),
        column("over_from", TIME, "when the pause that is over by this event began; null where none is"),
        column("over_to", TIME, "when that pause was over: resumed, or its end had come"),
    ]
)

HAPPENINGS = pa.schema(
    [
        deal_id(),
        version(),
        position(),
        at(),
        column("recorded_at", TIME, "when the engine recorded it"),
        actor(),
        column("via", TEXT, "through which door"),
        column("owner", TEXT, "the owner at that version"),
        column("event", TEXT, "name of the event"),
        column("on_behalf_of", TEXT, "in whose stead it was done"),
        column("why", TEXT, "why somebody may not do what they tried, in the engine's word"),
        column("reason", TEXT, "why, in somebody's words", SEALED),
        column("detail", TEXT, "what else the event says, personal values sealed", "JSON"),
    ]
)

CORRECTIONS = pa.schema(
    [
        deal_id(),
        version(),
        position(),
        at("when it was said"),
        known_at(),
        column("event", TEXT, "proposed, recorded or refused"),
        column("kind", TEXT, "value, time or void"),
        column("corrects", SHORT, "version of the event it is about"),
        column(
            "fields",
            TEXTS,
            "fields it is about; a recorded one ends approvals that rest on them",
        ),
        column("really_at", TIME, "when it really happened, by a correction of a time"),
        column("role", TEXT, "the role in which it was said; null where refused"),
        column("why", TEXT, "where refused: no-role, four-eyes, delegation-ended or no-delegation"),
        column("proposed", SHORT, "version of the proposal that was confirmed"),
        column("reason", TEXT, "why, in the corrector's words", SEALED),
        actor(),
        imported(),
    ]
)

ANNOUNCEMENTS = pa.schema(
    [
        deal_id(),
        version(),
        position(),
        at("the moment that was due; when it was noticed is when the event was recorded"),
        column("announces", TEXT, "service_level, stalled, pause or escalation"),
        column("of", SHORT, "version of the event that began the stay, said the pause, or asked for the approval"),
        column("rule", TEXT, "id of the escalation; null otherwise"),
        column("stay", SHORT, "version of the event that began the stay; null for a pause"),
        column("stage", TEXT, "where the deal stood; null for a pause"),
        column("to", TEXTS, "who an escalation went to; null otherwise"),
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
    "corrections": CORRECTIONS,
    "announcements": ANNOUNCEMENTS,
}
