"""Rules that somebody writes to hurt, and what each costs; `python -m tests.process.rules.hostile` prints the figures.

Each rule is loaded and run in a process of its own, forked from one that has loaded and run a small rule, so that what
is measured is the rule and not the interpreter.
"""

import json
import os
import resource
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from time import process_time
from typing import Any, NamedTuple

from pipeline_engine.errors import RuleError
from pipeline_engine.process.rules import Frame, Kind, ListOf, Program, Vocabulary, compile_rule
from pipeline_engine.process.rules.working_hours import WorkWeek
from pipeline_engine.values import Money

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
VOCABULARY = Vocabulary(
    deal={
        "amount": Kind.MONEY,
        "score": Kind.DOUBLE,
        "seats": Kind.INT,
        "day": Kind.TIMESTAMP,
        "span": Kind.DURATION,
        "text": Kind.STRING,
        "other": Kind.STRING,
        "ok": Kind.BOOL,
        "tags": ListOf(Kind.STRING),
    },
    limits={"x": Decimal(5)},
    rates={"USD": Decimal("0.92")},
    week=WorkWeek("Europe/Berlin", tuple((day, time(9), time(18)) for day in range(7))),
)
ENTRIES = 1_000
LONG = 10_000


def row() -> dict[str, Any]:
    """A deal with a thousand of everything, and texts of ten thousand characters."""
    moments = [NOON - timedelta(hours=number) for number in range(ENTRIES)]
    names = [f"person-{number:04d}-{'a' * 20}" for number in range(ENTRIES)]
    return {
        "deal.amount": Money.of(12_345, "USD"),
        "deal.score": 0.1,
        "deal.seats": 7,
        "deal.day": NOON,
        "deal.span": timedelta(hours=5),
        "deal.text": "a" * (LONG - 1) + "b",
        "deal.other": "äöü\U0001f600" * (LONG // 4),
        "deal.ok": True,
        "deal.tags": names,
        "now": NOON,
        "activities": [
            {"kind": name[-30:], "at": at, "with": name, "minutes": n, "by": name}
            for n, (name, at) in enumerate(zip(names, moments, strict=True))
        ],
        "approvals": [
            {"rule": name, "role": name, "by": name, "at": at, "target": name, "live": False}
            for name, at in zip(names, moments, strict=True)
        ],
        "contacts": [{"role": name, "id": name, "at": at} for name, at in zip(names, moments, strict=True)],
        "documents": [{"name": name, "at": at} for name, at in zip(names, moments, strict=True)],
    }


def filled(part: str, between: str, most: int = 4_000) -> str:
    """As many parts as a source may hold."""
    return between.join([part] * ((most + len(between)) // (len(part) + len(between))))


def nested(body: str, *lists: str) -> str:
    """Loops inside loops, `a` outermost."""
    for name, listed in reversed(list(zip("abcdef", lists, strict=False))):
        body = f"{listed}.exists({name}, {body})"
    return body


def chained(macro: str, start: str = "deal.tags", most: int = 4_000) -> str:
    """A list passed from macro to macro."""
    return start + macro * ((most - len(start) - 20) // len(macro)) + ".exists(z, z == '')"


SLOW = "a.by.matches('(a+)+c$')"
HOSTILE: dict[str, str] = {
    "brackets": "(" * 2_000 + "true" + ")" * 2_000,
    "brackets, just allowed": "(" * 25 + "deal.ok" + ")" * 25,
    "square brackets": "[" * 2_000 + "]" * 2_000,
    "only !": "!" * 4_090 + "true",
    "only -": "-" * 4_080 + "1 < 0",
    "! apart": "!(" * 1_300 + "true" + ")" * 1_300,
    "only (": "(" * 4_096,
    "only quotes": "'" * 4_096,
    "only backslashes": "'" + "\\" * 4_090 + "'",
    "dots": "deal" + ".a" * 2_000 + " == 1",
    "a long &&": filled("deal.ok", "&&"),
    "a long ||": filled("!deal.ok", "||"),
    "a long && and || mixed": filled("deal.ok&&!deal.ok", "||"),
    "a long +": filled("1", "+") + " > 0",
    "a long + of columns": filled("deal.seats", "+") + " > 0",
    "a long * of decimals": filled("deal.score", "*") + " > 0.0",
    "a long + of money": filled("deal.amount", "+") + " > 0",
    "money by decimals": "deal.amount" + "*0.1" * 900 + " > 0",
    "money over decimals": "deal.amount" + "/deal.score" * 300 + " > 0",
    "two currencies": filled("deal.amount+1", "+") + " > 0",
    "ternaries": "deal.ok?true:" * 290 + "false",
    "ternaries to the left": "(" * 24 + "deal.ok" + "?true:false)" * 24,
    "a long text": f"deal.text == '{'x' * 4_000}'",
    "long text of escapes": "deal.text == '" + "\\U0001f600" * 400 + "'",
    "a huge number": "9" * 4_000 + " > deal.seats",
    "a huge decimal": "0." + "1" * 4_000 + " > deal.score",
    "a huge exponent": "1e" + "9" * 4_000 + " > deal.score",
    "money with a huge exponent": "deal.amount > 1e308",
    "money with a tiny exponent": "deal.amount > 1e-300",
    "a factor with a tiny exponent": "deal.amount * 1e-300 > 0",
    "a duration of many parts": f"deal.span > duration('{'1ns' * 1_300}')",
    "a duration of many digits": f"deal.span > duration('{'9' * 4_000}h')",
    "a timestamp of many digits": f"deal.day > timestamp('2026-01-01T00:00:00.{'0' * 4_000}Z')",
    "a list of 200": f"deal.seats in [{','.join(map(str, range(200)))}]",
    "lists of 200": filled(f"deal.seats in [{','.join('1' * 200)}]", "||"),
    "a list of 2,000": f"deal.seats in [{','.join('1' * 2_000)}]",
    "a list of 200 columns": f"deal.text in [{','.join(['deal.text'] * 200)}]",
    "loops over lists of 200": f"[{','.join('1' * 200)}].exists(a,[{','.join('1' * 200)}].exists(b,a==b&&a!=b))",
    "three loops over lists of 30": "[{0}].exists(a,[{0}].exists(b,[{0}].exists(c,a+b==c)))".format(",".join("1" * 30)),
    "text made longer": filled("deal.text", "+") + " == ''",
    "text made longer, side by side": filled("deal.text+deal.other==''", "||"),
    "text made as long as it may be": filled("+".join(["deal.text"] * 12) + "==''", "||"),
    "text made longer by map": "activities.map(a,a.by+deal.text).exists(z,z.matches('(a+)+c$'))",
    "text made longer by map, looked at": "activities.map(a,a.by+deal.text).exists(z,z=='a'||z=='b'||z.contains('c'))",
    "text made wide by map": "activities.map(a,a.by+deal.other).exists(z,z.lowerAscii()=='')",
    "text made longer by maps": "activities.map(a,a.by+deal.text).map(b,b+b).map(c,c+c).exists(z,z=='')",
    "text made in map, looked up": "deal.text in activities.map(a,a.by+deal.text)",
    "wide text made longer": filled("deal.other", "+") + " == ''",
    "text made longer in a loop": f"activities.exists(a,{filled('deal.text', '+', 3_900)}+a.by=='')",
    "text made different in a loop": f"activities.exists(a,{filled('(a.by+deal.text)', '+', 3_900)}=='')",
    "text compared in a loop": f"activities.exists(a,{filled('a.by+deal.text==deal.other', '||', 3_900)})",
    "text changed in a loop": f"activities.exists(a,{filled('(a.by+deal.text).lowerAscii()==a.by', '||', 3_900)})",
    "text doubled by map": chained(".map(a,a+a)"),
    "text doubled ten times": "deal.tags" + ".map(a,a+a)" * 10 + ".exists(z,z=='')",
    "a chain of filters": chained(".filter(a,a!='')"),
    "a chain of maps": chained(".map(a,a)"),
    "two loops": nested("a.by != b.by && a.at > b.at && a.at < b.at", "activities", "approvals"),
    "two loops of text": nested("a.by + b.by == ''", "activities", "approvals"),
    "two loops of text, ordered": nested("a.by < b.by && a.by > b.by", "activities", "approvals"),
    "two loops of contains": nested("a.by.contains(b.by) && !a.by.contains(b.by)", "activities", "approvals"),
    "two loops of long text": nested("(a.by+deal.text).contains(b.by)", "activities", "approvals"),
    "two loops of arithmetic": nested("a.minutes*a.minutes%7+a.minutes/3==-1", "activities", "activities"),
    "two loops side by side": filled(nested("a.by==b.role", "activities", "approvals"), "||"),
    "two loops through map": "activities.map(a,approvals.exists(b,a.by==b.by&&b.live)).exists(x,x)",
    "two loops of filters": "activities.filter(a,approvals.filter(b,a.by==b.by).size()>5).size()>5",
    "two loops of in": "activities.exists(a,approvals.map(b,b.role).exists(c,c==a.by&&c!=a.by))",
    "two loops of division": nested(
        filled("a.minutes%7/3==b.seats", "||", 30).replace("seats", "minutes"), "activities", "activities"
    ),
    "two loops at the limit": nested(
        "a.by==b.by&&a.at>b.at&&a.with<b.role&&a.kind==b.rule&&a.at<now", "activities", "approvals"
    ),
    "in inside a loop": "activities.exists(a,a.minutes in activities.map(b,b.minutes*2+1))",
    "in of text inside a loop": "activities.exists(a,a.by+'x' in approvals.map(b,b.by))",
    "in side by side": filled("activities.exists(a,a.by+'x' in deal.tags)", "||"),
    "in of text in a loop, many": f"activities.exists(a,{filled('a.by in deal.tags', '&&', 3_900)}&&false)",
    "three loops": nested("a.by==b.by", "activities", "approvals", "contacts"),
    "six loops": nested("true", *["activities"] * 6),
    "a wide loop": f"activities.exists(a,{filled('a.minutes>9999', '||', 3_900)})",
    "a wide loop of text": f"activities.exists(a,{filled('a.by==a.with', '&&', 3_900)}&&false)",
    "a wide loop of ordered text": f"activities.exists(a,{filled('a.by<a.with', '||', 3_900)})",
    "loops side by side": filled("activities.exists(a,a.by=='')", "||"),
    "patterns at the limit": "||".join("deal.text.matches('a{190}c')" for _ in range(10)),
    "a pattern at the limit in a loop": "activities.exists(a,a.by.matches('[^b]{34}c'))",
    "a counted repetition of counted ones": "deal.text.matches('(a{1000}){1000}')",
    "a counted repetition": "deal.text.matches('^(a{500}){2}$')",
    "counted repetitions": filled("deal.text.matches('a{1000}c')", "||"),
    "a wide counted repetition": "deal.text.matches('[a-z]{1,1000}[0-9]{1,1000}')",
    "counted unicode": "deal.other.matches('\\\\pL{1000}')",
    "unicode classes": filled("deal.other.matches('(\\\\pL\\\\pN)+$')", "||"),
    "a catastrophic pattern": "deal.text.matches('^(a+)+$')",
    "nested stars": "deal.text.matches('^(((a*)*)*)*c$')",
    "optional letters": f"deal.text.matches('^{'a?' * 1_000}{'a' * 1_000}c$')",
    "alternatives": f"deal.text.matches('{'|'.join('a' * n + 'c' for n in range(85))}')",
    "a DFA that explodes": "deal.text.matches('(a|b)*a(a|b){200}c')",
    "DFAs that explode": "||".join(f"deal.other.matches('[äö]*ä[äöü]{{{n}}}c')" for n in range(20, 130)),
    "patterns side by side": "||".join(f"deal.text.matches('(a*)*c{n}')" for n in range(120)),
    "a pattern in a loop": "activities.exists(a,(a.by+deal.text).matches('(a+)+c$'))",
    "patterns in a loop": f"activities.exists(a,{filled(SLOW, '||', 3_900)})",
    "an empty pattern": filled("deal.text.matches('')", "&&"),
    "a pattern of brackets": f"deal.text.matches('{'(' * 1_000}{')' * 1_000}')",
    "a pattern of classes": f"deal.text.matches('{'[^a]' * 900}')",
    "a pattern of any": f"deal.text.matches('{'.*' * 900}c')",
    "contains of long text": filled("deal.text.contains(deal.other)", "||"),
    "text lowered": filled("deal.text.lowerAscii()==''", "||"),
    "text lowered again": "deal.text" + ".lowerAscii()" * 300 + "==''",
    "wide text lowered again": "deal.other" + ".lowerAscii()" * 300 + "==''",
    "text from right to left": "deal.text == '\u202e\u2066" + "x\u200d" * 1_000 + "'",
    "combining letters": "deal.text == 'e" + "\u0301" * 1_900 + "'",
    "a century of working days": "working_days(date('1970-01-01'), date('2069-12-31')) > 1.0",
    "centuries of working days": filled("working_days(date('1970-01-01'),date('2069-12-31'))>1.0", "||"),
    "as many centuries as are let through": "||".join(["working_days(date('1970-01-01'),date('2069-12-31'))>1.0"] * 9),
    "working hours in a loop": "activities.exists(a,working_hours(date('1970-01-01'),a.at)<0.0)",
    "working hours, much in a loop": f"activities.exists(a,{filled('working_hours(a.at,now)<0.0', '||', 3_900)})",
    "working hours in two loops": nested("working_hours(a.at,b.at)<-1.0", "activities", "approvals"),
    "working days beyond the calendar": "working_days(date('0001-01-01'), date('9999-12-31')) > 1.0",
    "bytes that are no text": "b'" + "\\xff" * 1_000 + "' == b''",
    "maps in maps": "{1:" * 1_000 + "1" + "}" * 1_000 + " == {}",
    "unknown names": filled("deal.nothing_like_it", "&&"),
    "unknown functions": filled("nothing(1)", "&&"),
    "line ends": "true" + "\n" * 4_000 + "&& tru",
    "a comment": "true //" + "x" * 4_000,
    "nothing but spaces": " " * 4_096,
    "too long": "true" + " " * 4_093,
}


class Cost(NamedTuple):
    """What a rule cost: seconds and bytes to load and to run; `said` is the refusal, where it was refused."""

    load_seconds: float
    load_bytes: int
    run_seconds: float
    run_bytes: int
    said: str


def cost_of(source: str) -> Cost:
    """Load and run a rule here, and say what it cost."""
    frame = Frame.from_rows(VOCABULARY, [row()])
    before, began = peak(), process_time()
    said, program = "", None
    try:
        program = Program(compile_rule(source, VOCABULARY))
    except RuleError as refused:
        said = str(refused)
    loaded, load_seconds = peak(), process_time() - began
    began = process_time()
    if program is not None:
        program.verdicts(frame)
    return Cost(load_seconds, loaded - before, process_time() - began, peak() - loaded, said)


def peak() -> int:
    """The most memory that this process has held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024


def measured() -> Iterator[tuple[str, Cost]]:
    """The cost of every hostile rule, each in a process of its own."""
    small = "deal.text.matches('x') || deal.amount > 5 || activities.exists(a, a.by + 'x' == '')"
    cost_of(small)
    for name, source in HOSTILE.items():
        yield name, forked(source)


def forked(source: str) -> Cost:
    """The cost of a rule in a fork; one that dies of it raises."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, json.dumps(cost_of(source)).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return Cost(*json.loads(said))


def told(name: str, cost: Cost) -> str:
    """One line for people."""
    load = f"{cost.load_seconds * 1_000:8.1f} ms {cost.load_bytes / 2**20:7.1f} MiB to load"
    run = f"{cost.run_seconds * 1_000:9.1f} ms {cost.run_bytes / 2**20:8.1f} MiB to run"
    return f"{name:40} {load}, {run}  {cost.said[:70]}\n"


if __name__ == "__main__":
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps(dict(measured())))
    else:
        for rule, spent in measured():
            sys.stdout.write(told(rule, spent))
            sys.stdout.flush()
