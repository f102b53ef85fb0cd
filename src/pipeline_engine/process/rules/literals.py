"""Dates, durations and patterns written out in a rule: checked when the rule is loaded, not on every deal."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import re2

from pipeline_engine.errors import shown
from pipeline_engine.values import microseconds

SECOND = 1_000_000
DAY = 86_400 * SECOND
# The reference runtime counts durations in 64-bit nanoseconds: about 292 years either way.
LONGEST = (2**63 - 1) // 1000
EARLIEST = microseconds(datetime.min.replace(tzinfo=UTC))
LATEST = microseconds(datetime.max.replace(tzinfo=UTC))

MOST_PATTERN_MEMORY = 2**20

_UNITS = {
    "h": Decimal(3_600 * SECOND),
    "m": Decimal(60 * SECOND),
    "s": Decimal(SECOND),
    "ms": Decimal(1_000),
    "us": Decimal(1),
    "ns": Decimal("0.001"),
}
_PART = r"(\d+\.?\d*|\.\d+)(ms|us|ns|h|m|s)"
_DURATION = re.compile(rf"([+-]?)((?:{_PART})+)")
_DAYS = re.compile(r"([+-]?\d+)\s*(d|days?|w|weeks?)")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


class BadLiteral(ValueError):
    """A literal that would fail on every deal: what was found and what was needed."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(found)
        self.found, self.expected = found, expected


def _quoted(text: str) -> str:
    return f"`{shown(text)}`"


def duration(text: str) -> int:
    """Microseconds of a CEL duration: `24h`, `1h30m`, `0.5s`; raises BadLiteral."""
    if text == "0":
        return 0
    match = _DURATION.fullmatch(text)
    if not match:
        raise BadLiteral(f"duration {_quoted(text)}", _instead_of(text))
    parts = re.findall(_PART, match[2])
    total = sum((Decimal(number) * _UNITS[unit] for number, unit in parts), Decimal(0))
    if total != total.to_integral_value():
        raise BadLiteral(f"duration {_quoted(text)}", "whole microseconds")
    if total > LONGEST:
        raise BadLiteral(f"duration {_quoted(text)}", "at most 292 years")
    return -int(total) if match[1] == "-" else int(total)


def _instead_of(text: str) -> str:
    days = _DAYS.fullmatch(text.strip())
    if not days:
        return "units h, m, s, ms, us like `24h` or `1h30m`, or days(n)"
    count = int(days[1]) * (7 if days[2].startswith("w") else 1)
    return f"`days({count})`: CEL has no unit `{days[2]}`"


def timestamp(text: str) -> int:
    """Microseconds since 1970 of an RFC 3339 moment; raises BadLiteral."""
    match = _TIMESTAMP.fullmatch(text)
    if not match:
        raise BadLiteral(f"timestamp {_quoted(text)}", "a moment like `2026-01-31T09:00:00Z`, or date('2026-01-31')")
    if match[1] and len(match[1].rstrip("0")) > 7:
        raise BadLiteral(f"timestamp {_quoted(text)}", "whole microseconds")
    try:
        return microseconds(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError):
        raise BadLiteral(f"timestamp {_quoted(text)}", "a moment that exists, in the years 1 to 9999") from None


def day(text: str) -> int:
    """Microseconds since 1970 of midnight UTC on a day; raises BadLiteral."""
    if not _DATE.fullmatch(text):
        raise BadLiteral(f"date {_quoted(text)}", "a day like `2026-01-31`")
    try:
        return (date.fromisoformat(text) - date(1970, 1, 1)) // timedelta(days=1) * DAY
    except ValueError:
        raise BadLiteral(f"date {_quoted(text)}", "a day that exists") from None


def days(count: int) -> int:
    """Microseconds of so many days; raises BadLiteral beyond 292 years."""
    if abs(count * DAY) > LONGEST:
        raise BadLiteral(f"days({count})", "at most 292 years")
    return count * DAY


@lru_cache(maxsize=256)
def pattern(text: str) -> Any:
    """A compiled RE2 pattern, which matches in time linear in the text; raises BadLiteral."""
    options = re2.Options()
    options.log_errors = False
    # A match is asked for, never its parts; and a pattern that needs more than a megabyte is refused.
    options.never_capture = True
    options.max_mem = MOST_PATTERN_MEMORY
    try:
        return re2.compile(text, options)
    except re2.error as problem:
        raise BadLiteral(f"pattern {_quoted(text)}", f"an RE2 pattern ({_reason(problem)})") from None


def _reason(problem: Exception) -> str:
    reason = problem.args[0] if problem.args else "not one"
    return reason.decode() if isinstance(reason, bytes) else str(reason)
