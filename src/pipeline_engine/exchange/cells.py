"""What a cell of text means: a moment in a zone, a decimal with its separator."""

import re
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from pipeline_engine.exchange.row import UNDATED, Moment, Unreadable

_POINT = re.compile(r"[-+]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?([eE][-+]?\d{1,2})?")
_COMMA = re.compile(r"[-+]?(\d+|\d{1,3}([. ]\d{3})+)(,\d+)?")
_SIGNS = re.compile(r"^[€$£¥]\s*|\s*[€$£¥]$")
_SPACES = re.compile("[\u00a0\u202f']")
_TIME_CODES = ("%H", "%I", "%X", "%c", "%s", "%T")


def read_moment(column: str, text: str, formats: tuple[str, ...], zone: str) -> Moment:
    """
    The moment a cell names; an empty one is undated.

    A cell without a time of day is a day: midnight UTC of its label, whatever the zone. A time without an
    offset is local to `zone`; the hour that comes twice in autumn is taken as the first one.

    Raises:
        Unreadable: None of the formats fits, or the moment is outside the years 1 to 9999.
    """
    if not text.strip():
        return UNDATED
    for form in formats:
        try:
            return _moment(text.strip(), form, zone)
        except (ValueError, OverflowError):
            continue
    raise Unreadable(column, text, f"no date in the form {' or '.join(formats)}")


def _moment(text: str, form: str, zone: str) -> Moment:
    if form == "iso":
        parsed = datetime.fromisoformat(text)
        dated = _is_iso_day(text)
    else:
        parsed = datetime.strptime(text, form)  # noqa: DTZ007  # the zone comes from the mapping, below
        dated = not any(code in form for code in _TIME_CODES)
    if dated:
        return Moment(parsed.replace(tzinfo=UTC), "day")
    local = parsed if parsed.tzinfo else parsed.replace(tzinfo=_zone(zone))
    return Moment(local.astimezone(UTC), "instant")


def _is_iso_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


@lru_cache
def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)


def read_decimal(column: str, text: str, separator: str) -> str:
    """
    The number as plain decimal text: grouping and a currency sign taken away, the separator made a point.

    Raises:
        Unreadable: It is no number written with that separator.
    """
    bare = _SPACES.sub("", _SIGNS.sub("", text.strip()))
    if separator == ",":
        if _COMMA.fullmatch(bare):
            return bare.replace(".", "").replace(" ", "").replace(",", ".")
    elif _POINT.fullmatch(bare):
        return bare.replace(",", "")
    raise Unreadable(column, text, f"no number with `{separator}` before the decimals")
