"""What the columns of fact tables are made of: their types, their units, and those that many tables share."""

import pyarrow as pa

TEXT = pa.string()
FLAG = pa.bool_()
COUNT = pa.int64()
SHORT = pa.int32()
REAL = pa.float64()
TIME = pa.timestamp("us", tz="UTC")
TEXTS = pa.list_(pa.string())

UTC = "µs since 1970, UTC"
MONEY = "10^-4 of currency"
SEALED = "sealed JSON"


def column(name: str, kind: pa.DataType, doc: str, unit: str = "") -> pa.Field:
    """A column with its meaning; a time is in µs unless another unit is named."""
    return pa.field(name, kind, metadata={"doc": doc, "unit": unit or (UTC if kind == TIME else "")})


def deal_id() -> pa.Field:
    """Whose row it is."""
    return column("deal_id", TEXT, "the deal")


def version(doc: str = "version of the event in the deal's stream") -> pa.Field:
    """The event's version."""
    return column("version", SHORT, doc)


def position() -> pa.Field:
    """The event's place in the log."""
    return column("position", COUNT, "position of the event in the log")


def at(doc: str = "when it happened; null where nobody knows") -> pa.Field:
    """When it happened."""
    return column("at", TIME, doc)


def known_at() -> pa.Field:
    """When its source knew it."""
    return column(
        "known_at",
        TIME,
        "when the source noted it, else when it happened; null on our own rows, which go by stream order",
    )


def imported(doc: str = "came by import") -> pa.Field:
    """Whether it came by import."""
    return column("imported", FLAG, doc)


def actor(doc: str = "who did it") -> pa.Field:
    """Who did it."""
    return column("actor", TEXT, doc)
