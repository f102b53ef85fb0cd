"""Random well-typed rules and rows, by seed."""

from datetime import UTC, datetime, timedelta
from math import inf, nan
from random import Random
from typing import Any

from pipeline_engine.process.rules import Kind, ListOf, Vocabulary

TEXTS = (
    *("EMEA", "NA", "vp", "manager", "a@b.example", "", "é", "Zürich", "ab", "日本", "a\tb", "AB"),
    *("ß", "Ǆ", "e\u0301", "😀", "\u2028", "a\x00b", "\U0010ffff", "\uffff", "\ue000", "İstanbul", "vp "),
)
# The reference cuts a text that is bound to it at a NUL; in a literal it may stand.
BOUND = tuple(text for text in TEXTS if "\x00" not in text)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PATTERNS = ("^a", "[A-Z]{2}", "o|p$", ".@.", "^$", "(?i)zÜ", "^.$", "(?s)^.{2,3}$", "(a|b)*c?$", "^[^a-z]+$", "(?i)^ß")
MOMENTS = (
    *("2026-01-15T08:00:00.25Z", "1969-12-31T23:59:59+02:00", "0001-01-01T00:00:01Z", "9999-12-31T23:59:58.999999Z"),
    *("2000-02-29T00:00:00Z", "1900-03-01T00:00:00-12:30", "1969-12-31T23:59:59.999999Z"),
)
SPANS = ("24h", "90m", "-1h", "7776000s", "1h30m", "-1500ms", "2562047h", "-2562047h", "-0.25s", "1us", "0s")
MOMENT_PARTS = (
    *("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"),
    *("getHours", "getMinutes", "getSeconds", "getMilliseconds"),
)
SPAN_PARTS = ("getHours", "getMinutes", "getSeconds", "getMilliseconds")

VOCABULARY = Vocabulary(
    deal={
        "score": Kind.DOUBLE,
        "weight": Kind.DOUBLE,
        "seats": Kind.INT,
        "users": Kind.INT,
        "close_date": Kind.TIMESTAMP,
        "email": Kind.STRING,
        "region": Kind.STRING,
        "signed": Kind.BOOL,
        "hour": Kind.DURATION,
        "tags": ListOf(Kind.STRING),
    },
    currency="EUR",
)
READ = {
    Kind.DOUBLE: ("deal.score", "deal.weight"),
    Kind.INT: ("deal.seats", "deal.users", "move.steps"),
    Kind.TIMESTAMP: ("deal.close_date", "stage.entered_at", "now"),
    Kind.STRING: ("deal.email", "deal.region", "stage.id"),
    Kind.BOOL: ("deal.signed",),
    Kind.DURATION: ("deal.hour",),
}


class Expressions:
    """Draws rules; `variable` is the approval that a loop is at, None outside."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def pick(self, *choices: str) -> str:
        """One of several, by the seed."""
        return self.random.choice(choices)

    def rule(self) -> str:
        """A boolean expression of some depth."""
        return self.bool_(self.random.randint(1, 5), None)

    def of(self, kind: Kind, depth: int, variable: str | None) -> str:
        """An expression of a kind."""
        draw = {
            Kind.STRING: self.string,
            Kind.INT: self.int_,
            Kind.DOUBLE: self.double,
            Kind.TIMESTAMP: self.moment,
            Kind.DURATION: self.span,
            Kind.BOOL: self.bool_,
        }[kind]
        return draw(depth, variable)

    def choice(self, kind: Kind, depth: int, variable: str | None) -> str:
        """A conditional between two expressions of a kind."""
        branches = " : ".join(self.of(kind, depth - 1, variable) for _ in range(2))
        return f"({self.bool_(depth - 1, variable)} ? {branches})"

    def string(self, depth: int, variable: str | None) -> str:
        """A text."""
        chance = self.random.random()
        if depth <= 0 or chance < 0.4:
            own = [f"{variable}.role", f"{variable}.by"] * 2 if variable else []
            return self.pick(*READ[Kind.STRING], *own, repr(self.pick(*TEXTS)))
        if chance < 0.6:
            return f"({self.string(depth - 1, variable)} + {self.string(depth - 1, variable)})"
        if chance < 0.75:
            return f"{self.string(depth - 1, variable)}.{self.pick('lowerAscii', 'upperAscii')}()"
        return self.choice(Kind.STRING, depth, variable)

    def int_(self, depth: int, variable: str | None) -> str:
        """A whole number."""
        chance = self.random.random()
        if depth <= 0 or chance < 0.3:
            large = ("9223372036854775807", "4611686018427387904", "-9223372036854775808", "3037000500")
            return self.pick(
                *READ[Kind.INT] * 2,
                str(self.random.randint(-4, 9)),
                *large,
                "size(approvals)",
                "size(deal.tags)",
            )
        if chance < 0.55:
            return f"({self.int_(depth - 1, variable)} {self.pick(*'+-*/%')} {self.int_(depth - 1, variable)})"
        if chance < 0.62:
            return f"size({self.string(depth - 1, variable)})"
        if chance < 0.72:
            return f"{self.moment(depth - 1, variable)}.{self.pick(*MOMENT_PARTS)}()"
        if chance < 0.78:
            return f"{self.span(depth - 1, variable)}.{self.pick(*SPAN_PARTS)}()"
        return self.int_of_more(depth, variable)

    def int_of_more(self, depth: int, variable: str | None) -> str:
        """A whole number made from something else."""
        chance = self.random.random()
        if chance < 0.3:
            return self.choice(Kind.INT, depth, variable)
        if chance < 0.5:
            return f"int({self.pick(self.double(depth - 1, variable), self.moment(depth - 1, variable))})"
        if chance < 0.6 or variable:
            return f"(-{self.pick(*READ[Kind.INT])})"
        return f"approvals.filter(a, {self.bool_(depth - 1, 'a')}).size()"

    def double(self, depth: int, variable: str | None) -> str:
        """A number with a fraction."""
        chance = self.random.random()
        if depth <= 0 or chance < 0.4:
            edges = ("1e308", "9.3e18", "9.223372036854775e18", "-9.223372036854775808e18", "5e-324", "-0.0")
            return self.pick(*READ[Kind.DOUBLE] * 4, "0.0", "50000.0", "1.5", "-3.0", *edges)
        if chance < 0.7:
            left, right = self.double(depth - 1, variable), self.double(depth - 1, variable)
            return f"({left} {self.pick(*'+-*/')} {right})"
        if chance < 0.8:
            return self.choice(Kind.DOUBLE, depth, variable)
        return self.pick(f"double({self.int_(depth - 1, variable)})", "(-deal.score)")

    def moment(self, depth: int, variable: str | None) -> str:
        """A moment."""
        if depth <= 0 or self.random.random() < 0.6:
            own = [f"{variable}.at"] * 2 if variable else []
            literals = (f"timestamp('{self.pick(*MOMENTS)}')", f"date('{self.pick('2026-02-28', '9999-12-31')}')")
            return self.pick(*READ[Kind.TIMESTAMP], *own, *literals)
        return f"({self.moment(depth - 1, variable)} {self.pick('+', '-')} {self.span(depth - 1, variable)})"

    def span(self, depth: int, variable: str | None) -> str:
        """A length of time."""
        chance = self.random.random()
        if depth <= 0 or chance < 0.5:
            literals = (f"duration('{text}')" for text in SPANS)
            return self.pick("deal.hour", *literals, f"days({self.random.randint(-106_751, 106_751)})")
        if chance < 0.8:
            return f"({self.moment(depth - 1, variable)} - {self.moment(depth - 1, variable)})"
        return f"({self.span(depth - 1, variable)} {self.pick('+', '-')} {self.span(depth - 1, variable)})"

    def relation(self, depth: int, variable: str | None) -> str:
        """A comparison of two of a kind."""
        kind = self.random.choice(list(READ))
        sign = self.pick("<", "<=", ">", ">=", "==", "!=")
        return f"({self.of(kind, depth, variable)} {sign} {self.of(kind, depth, variable)})"

    def bool_(self, depth: int, variable: str | None) -> str:
        """A truth."""
        chance = self.random.random()
        if depth <= 0 or chance < 0.08:
            own = [f"{variable}.live", f"has({variable}.role)"] if variable else []
            read = [path for paths in READ.values() for path in paths if path != "now"]
            known = f"known({self.pick(*read, 'now', 'approvals', 'deal.tags')})"
            return self.pick(f"has({self.pick(*read)})", self.relation(0, variable), "deal.signed", known, *own)
        if chance < 0.33:
            left, right = self.bool_(depth - 1, variable), self.bool_(depth - 1, variable)
            return f"({left} {self.pick('&&', '||')} {right})"
        if chance < 0.4:
            return f"!({self.bool_(depth - 1, variable)})"
        if chance < 0.45:
            return self.choice(Kind.BOOL, depth, variable)
        if chance < 0.62:
            return self.relation(depth - 1, variable)
        return self.about_text(depth, variable) if chance < 0.8 else self.about_lists(depth, variable)

    def about_text(self, depth: int, variable: str | None) -> str:
        """A truth about a text."""
        text, chance = self.string(depth - 1, variable), self.random.random()
        if chance < 0.4:
            other = self.string(depth - 1, variable)
            return f"{text}.{self.pick('contains', 'startsWith', 'endsWith')}({other})"
        if chance < 0.55:
            return f"{text}.matches('{self.pick(*PATTERNS)}')"
        if chance < 0.75:
            others = ", ".join(self.string(1, variable) for _ in range(self.random.randint(1, 3)))
            return f"({text} in [{others}])"
        if chance < 0.85:
            return f"({self.pick(text, repr('vp'))} in deal.tags)"
        kind = self.random.choice([Kind.INT, Kind.DOUBLE, Kind.TIMESTAMP, Kind.DURATION, Kind.BOOL])
        others = ", ".join(self.of(kind, 0, variable) for _ in range(self.random.randint(1, 3)))
        return f"({self.of(kind, depth - 1, variable)} in [{others}])"

    def about_lists(self, depth: int, variable: str | None) -> str:
        """A truth about a list."""
        macro = self.pick("exists", "all", "exists_one")
        if variable == "b" or (variable and self.random.random() < 0.6):
            return f"({variable}.role == {self.string(0, variable)})"
        inner = "b" if variable else "a"
        body = self.bool_(depth - 1, inner)
        if variable or self.random.random() < 0.6:
            return f"{self.pick('approvals', 'activities')}.{macro}({inner}, {body})".replace(
                "activities." + macro, f"approvals.filter({inner}, has({inner}.role)).{macro}"
            )
        return self.random.choice(
            [
                f"({self.string(1, None)} in approvals.map(a, a.role))",
                f"({self.string(1, None)} in approvals.map(a, {self.bool_(1, 'a')}, {self.string(1, 'a')}))",
                f"['vp', {self.string(0, None)}].{macro}(r, approvals.exists(a, a.role == r))",
                f"approvals.filter(a, {body}).{macro}(c, c.role == {self.string(0, None)})",
                f"approvals.map(a, {self.int_(depth - 1, 'a')}).{macro}(x, x > {self.int_(0, None)})",
                f"deal.tags.{macro}(t, t + {self.string(0, None)} != 'vp' || t.contains('a'))",
                f"deal.tags.{macro}(t, approvals.exists(a, a.role == t && {self.bool_(1, 'a')}))",
                f"approvals.{macro}(a, approvals.filter(b, {self.bool_(1, 'b')}).all(c, c.at <= a.at))",
                f"approvals.{macro}(a, (a.role + a.by) in approvals.map(b, b.by + {self.string(0, 'b')}))",
                f"approvals.map(a, {self.moment(1, 'a')}).{macro}(m, m > {self.moment(0, None)})",
                f"approvals.map(a, {self.double(1, 'a')}).{macro}(d, d >= {self.double(0, None)})",
                f"deal.tags.filter(t, t.size() > {self.int_(0, None)}).{macro}(t, t in ['vp', deal.region])",
                f"[{self.int_(1, None)}, {self.int_(1, None)}].{macro}(n, n % 3 == {self.int_(0, None)})",
            ]
        )


class Rows:
    """Draws rows, a quarter of everything missing."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def row(self) -> dict[str, Any]:
        """A row with a quarter of everything missing."""
        draw = {
            Kind.DOUBLE: self.double,
            Kind.INT: self.int_,
            Kind.TIMESTAMP: self.moment,
            Kind.STRING: lambda: self.random.choice(BOUND),
            Kind.BOOL: lambda: self.random.random() < 0.5,
            Kind.DURATION: self.span,
        }
        row = {path: self.maybe(draw[kind]) for kind, paths in READ.items() for path in paths}
        row["deal.tags"] = self.maybe(lambda: [self.random.choice(BOUND) for _ in range(self.random.randint(0, 3))])
        row["approvals"] = self.maybe(lambda: [self.approval() for _ in range(self.random.randint(0, 3))])
        return row

    def maybe(self, draw: Any) -> Any:
        """A value, or nothing."""
        return None if self.random.random() < 0.25 else draw()

    def approval(self) -> dict[str, Any]:
        """An approval with parts missing."""
        return {
            "role": self.maybe(lambda: self.random.choice(BOUND)),
            "by": self.random.choice(BOUND),
            "at": self.maybe(self.moment),
            "live": self.maybe(lambda: self.random.random() < 0.5),
        }

    def double(self) -> float:
        """A number, sometimes an awkward one."""
        edges = (0.0, -0.0, 1.0, 49999.99, 50000.0, 1e308, -1e308, 9.3e18, -9.3e18, 9.223372036854775e18)
        beyond = (inf, -inf, nan, 5e-324, -9.223372036854775808e18, 0.1)
        return self.random.choice([*edges, *beyond, self.random.uniform(-1e6, 1e6)])

    def int_(self) -> int:
        """A whole number, sometimes at the limits."""
        return self.random.choice([self.random.randint(-5, 6), 2**63 - 1, -(2**63), 2**62, 3037000500, 0, 1, -1])

    def moment(self) -> datetime:
        """A moment, sometimes at the end of time."""
        if self.random.random() < 0.1:
            seconds = self.random.randint(-62_135_596_799, 253_402_300_798)
            return EPOCH + timedelta(seconds=seconds, microseconds=self.random.randint(0, 999_999))
        if self.random.random() < 0.04:
            # The reference cannot be given the very first and the very last second.
            early, late = (
                datetime(1, 1, 1, 0, 0, 1, tzinfo=UTC),
                datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
            )
            old = datetime(1700, 1, 1, tzinfo=UTC)
            return self.random.choice([early, late, old, datetime(1969, 12, 31, 5, 4, 3, 999999, tzinfo=UTC)])
        return NEW_YEAR + timedelta(microseconds=self.random.randint(-(10**14), 10**14))

    def span(self) -> timedelta:
        """A length of time."""
        microseconds = self.random.choice([10**6, 10**9, 10**12, 10**15, 9 * 10**15])
        return timedelta(microseconds=self.random.randint(-microseconds, microseconds))
