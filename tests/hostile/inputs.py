"""Inputs that somebody writes to hurt, by door: deep, wide, long, twisted, broken, or only nearly right."""

import gzip
from collections.abc import Mapping
from typing import Any

from tests.exchange.test_xes import LOG
from tests.hostile.doors import CASES, PEOPLE, SHOP

Given = tuple[str, Any]
HEAD = "deal,at,who,stage,amount\n"
LINE = "D-1,2026-01-01T09:00:00,rep,lead,5\n"
ENVELOPE = b'{"at":"2026-01-30T09:00:00Z","actor":"rep-03","command_id":"c-1","data":%s}'
DEEP = 5_000
LONG = 200_000


def _tree(depth: int, opens: str = "[", closes: str = "]") -> str:
    return opens * depth + closes * depth


def _laughs() -> str:
    lines = ["a0: &a0 lol"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    return "\n".join(lines) + "\n"


# One shape for every file that is YAML, whatever it is for.
YAML: Mapping[str, Any] = {
    "nothing": "",
    "only a comment": "# nothing\n",
    "deep lists": _tree(DEEP),
    "deep tables": "{a: " * DEEP + "1" + "}" * DEEP,
    "deep by indentation": "".join(" " * n + "a:\n" for n in range(400)),
    "deep questions": "? " * DEEP + "a",
    "brackets never closed": "a: " + "[" * DEEP,
    "laughs in laughs": _laughs(),
    "an anchor in itself": "a: &a [*a]\n",
    "a merge key": "a: &a {b: 1}\nc: {<<: *a}\n",
    "a tag that runs": "process: !!python/object/apply:os.system ['true']\n",
    "many tags": "a: " + "!x " * 2_000 + "1\n",
    "many documents": "---\na: 1\n" * 2_000,
    "a long text": "process: " + "x" * LONG + "\n",
    "a long quoted text": 'process: "' + "\\x41" * (LONG // 4) + '"\n',
    "a long folded text": "process: >-\n" + "  x\n" * (LONG // 8),
    "a long key": "k" * 2_000 + ": 1\n",
    "many keys": "".join(f"k{n}: 1\n" for n in range(4_000)),
    "one key many times": "process: a\n" * 4_000,
    "many colons": ":" * LONG,
    "many quotes": "'" * 20_001,
    "many dashes": "- " * 2_000,
    "tabs": "\t" * 1_000 + "a: 1\n",
    "line ends of every kind": "a: 1\r\x85\u2028\u2029\n" * 500,
    "a null byte": "process: a\x00b\n",
    "half a character": "process: \ud800\n",
    "text that turns round": "process: \u202egpj.exe\n",
    "a number too large": "process: 1e999999\ncurrency: " + "9" * 5_000 + "\n",
    "a directive": "%YAML 9.9\n%TAG ! tag:x,2026:\n---\na: 1\n",
    "a list where a table is": "- 1\n" * 1_000,
    "an emoji as key": "\U0001f600: {\U0001f600: [\U0001f600]}\n",
}
FILES: Mapping[str, Any] = {
    "not UTF-8": b"process: \xff\xfe\xfd\n",
    "UTF-16": "process: a\n".encode("utf-16"),
    "binary": bytes(range(256)) * 100,
    "too large": b"a: 1\n" * 300_000,
    "zeros": b"\x00" * 100_000,
}
PROCESS: Mapping[str, str] = {
    "a thousand stages": SHOP.replace(
        "[{id: lead}, {id: offer}]", "[" + ", ".join(f"{{id: s{n}}}" for n in range(1_000)) + "]"
    ),
    "stages of one name": SHOP.replace("{id: offer}", ", ".join(["{id: lead}"] * 500)),
    "a probability too fine": SHOP.replace("{id: lead}", "{id: lead, win_probability: 0." + "1" * 5_000 + "}"),
    "a span of ages": SHOP.replace("{id: lead}", "{id: lead, service_level: " + "9" * 300 + "d}"),
    "a limit of a billion digits": SHOP.replace("roles:", "limits: {x: 1e999999999}\nroles:"),
    "a limit of many digits": SHOP.replace("roles:", "limits: {x: " + "9" * 10_000 + "}\nroles:"),
    "a rate of nothing": SHOP.replace("roles:", "rates: {USD: 0}\nroles:"),
    "a rate that is none": SHOP.replace("roles:", "rates: {USD: nan, GBP: inf, CHF: -1}\nroles:"),
    "holidays without end": SHOP.replace(
        "roles:",
        "calendar: {zone: Europe/Berlin, week: mon-fri 09:00-18:00, holidays: ["
        + ", ".join(["2026-01-01"] * 3_000)
        + "]}\nroles:",
    ),
    "a zone that climbs": SHOP.replace("roles:", "calendar: {zone: ../../../etc/passwd}\nroles:"),
    "a zone of another world": SHOP.replace("roles:", "calendar: {zone: 'Mars/Olympus\\0'}\nroles:"),
    "a variant of itself": SHOP.replace("currency: EUR", "currency: EUR\nextends: shop"),
    "choices without end": SHOP.replace("of: [EMEA, NA]", "of: [" + ", ".join(f"c{n}" for n in range(3_000)) + "]"),
    "a name too long": SHOP.replace("process: shop", "process: " + "s" * 500),
}
CSV: Mapping[str, str | bytes] = {
    "nothing": "",
    "a head alone": HEAD,
    "one line without end": HEAD + "x" * 2_000_000,
    "a quote never closed": HEAD + '"D-1,' + "x,\n" * 50_000,
    "columns without end": ",".join(f"c{n}" for n in range(5_000)) + "\n",
    "columns of one name": "deal,deal,deal,at,who,stage,amount\n" + LINE,
    "a cell without end": HEAD + "D-1,2026-01-01T09:00:00,rep,lead," + "9" * 200_000 + "\n",
    "more cells than columns": HEAD + "D-1" + "," * 400 + "\n",
    "null bytes": HEAD + "D-1,\x00,rep,lead,5\n",
    "not UTF-8": HEAD.encode() + b"D-1,2026-01-01T09:00:00,\xff\xfe,lead,5\n",
    "UTF-16": (HEAD + LINE).encode("utf-16"),
    "a zip": b"PK\x03\x04" + b"\x00" * 1_000,
    "half a gzip": gzip.compress((HEAD + LINE * 1_000).encode(), mtime=0)[:60],
    "a formula": HEAD + '=cmd|" /C calc"!A0,2026-01-01T09:00:00,rep,lead,5\n',
    "days that are none": HEAD + "".join(f"D-1,2026-02-{n:02d}T25:61:61,rep,lead,5\n" for n in range(99)),
    "the end of time": HEAD + "D-1,9999-12-31T23:59:59,rep,lead,5\nD-1,0001-01-01T00:00:00,rep,offer,5\n",
    "numbers beyond numbers": HEAD
    + "".join(
        f"D-{n},2026-01-01T09:00:00,rep,lead,{x}\n"
        for n, x in enumerate(("1e999999999", "-1e-999999999", "nan", "inf", "0x7f", "1_0", "١٢٣", "9" * 4_000))
    ),
    "ids that are none": HEAD
    + "".join(f"{x},2026-01-01T09:00:00,rep,lead,5\n" for x in ("a" * 300, "\u202ex", " ", "\ud7ff", "..", "deal:x")),
    "lines that end otherwise": (HEAD + LINE * 50).replace("\n", "\r"),
    "one deal of many rows": HEAD + LINE * 500,
}
XES: Mapping[str, str | bytes] = {
    "entities in entities": '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;">]><log><trace><string key="concept:name" value="&c;"/></trace></log>',
    "a file of this machine": '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><log>&x;</log>',
    "a server elsewhere": '<?xml version="1.0"?><!DOCTYPE l SYSTEM "http://127.0.0.1:9/x.dtd"><log/>',
    "deep": "<log>" + "<trace>" * DEEP + "</trace>" * DEEP + "</log>",
    "never closed": LOG[: len(LOG) // 2],
    "attributes without end": "<log><trace " + " ".join(f'a{n}="1"' for n in range(5_000)) + "/></log>",
    "an attribute too long": '<log><trace><string key="concept:name" value="' + "x" * 2_000_000 + '"/></trace></log>',
    "a web page": "<!doctype html><html><body>export</body></html>",
    "a comment too long": "<log><!--" + "x" * 2_000_000 + "--></log>",
    "a gzip of nothing much": gzip.compress(b"<log>" + b" " * 20_000_000 + b"</log>", mtime=0),
    "another encoding": LOG.replace("UTF-8", "EBCDIC-CP-US").encode(),
    "traces of nothing": "<log>" + "<trace/>" * 5_000 + "</log>",
}
ROWS: Mapping[str, bytes] = {
    "nothing": b"",
    "cut short": (ENVELOPE % b'{"set":{"amount":{"money":1,"curr')[:-1],
    "deep": ENVELOPE % (b'{"set":' + b"[" * DEEP + b"]" * DEEP + b"}"),
    "a list": b"[1,2,3]",
    "a key of no name": (ENVELOPE % b"{}").replace(b'"at"', b'"at\\u0000\\u202e' + b"k" * 5_000 + b'"'),
    "null": b"null",
    "data that is text": ENVELOPE % b'"x"',
    "one key twice": ENVELOPE % b'{"set":{},"set":{"amount":{}}}',
    "a number too large": ENVELOPE % (b'{"set":{"seats":' + b"9" * 4_000 + b"}}"),
    "an exponent too large": ENVELOPE % b'{"set":{"score":1e999999}}',
    "money in euros of text": ENVELOPE % b'{"set":{"amount":{"money":"1","currency":"EUR"}}}',
    "money beyond 64 bits": ENVELOPE % b'{"set":{"amount":{"money":9223372036854775808,"currency":"EUR"}}}',
    "a value of no form": ENVELOPE % b'{"set":{"amount":{"none":1}}}',
    "sealed with too little": ENVELOPE % b'{"set":{"mail":{"sealed":{"subject":"deal:D-1"}}}}',
    "sealed with another key": ENVELOPE
    % b'{"set":{"mail":{"sealed":{"subject":"s","key":"k","nonce":"","text":"?"}}}}',
    "half a character": ENVELOPE % b'{"set":{"mail":"\\ud800"}}',
    "not UTF-8": ENVELOPE % b'{"set":{"mail":"\xff"}}',
    "a time that is none": (ENVELOPE % b'{"set":{}}').replace(b"2026-01-30", b"2026-02-30"),
    "keys without end": ENVELOPE % (b'{"set":{' + b",".join(b'"k%d":1' % n for n in range(5_000)) + b',"bad":{}}}'),
    "a text without end": ENVELOPE % (b'{"set":{"mail":{"x":"' + b"x" * 1_000_000 + b'"}}}'),
}
VALUES: Mapping[str, Mapping[str, Any]] = {
    "money of a billion digits": {"amount": "1e999999999"},
    "money too small to be": {"amount": "1e-999999999"},
    "money of many digits": {"amount": "9" * 100_000},
    "money that is none": {"amount": "nan"},
    "money without end": {"amount": "Infinity"},
    "money in other digits": {"amount": "١٢٣٤٥"},
    "money with many points": {"amount": "1." * 10_000},
    "a whole number of many digits": {"seats": "9" * 100_000},
    "a whole number beyond 64 bits": {"seats": 2**63},
    "a whole number as a power": {"seats": "1e18446744073709551615"},
    "a number that is none": {"score": float("nan")},
    "a number without end": {"score": "1e400"},
    "a number of many digits": {"score": "1" + "0" * 100_000},
    "a percent of many digits": {"share": "1e999999"},
    "a day that is none": {"day": "2026-02-30"},
    "a day beyond days": {"day": "99999999-01-01"},
    "an hour that is none": {"hour": "25:61"},
    "a choice that is long": {"region": "x" * 1_000_000},
    "a text that is long": {"mail": "x" * 2_000_000},
    "half a character": {"mail": "\ud800"},
    "a list in a text": {"mail": ["a"] * 10_000},
    "a table in a text": {"mail": {"a": {"b": {}}}},
    "tags without end": {"tags": ["t" * 1_000] * 20_000},
    "fields nobody knows": {f"f{n}": "1" for n in range(20_000)},
    "a field with a long name": {"f" * 100_000: "1"},
    "bytes": {"mail": b"abc"},
    "a thing of our own": {"amount": object()},
}
LONG_TEXT = "x" * 3_000_000
ASKS: Mapping[str, tuple[str, tuple[Any, ...], Mapping[str, Any]]] = {
    "no command id": ("note", ("D-1", "x"), {"command_id": "\n"}),
    "a long command id": ("note", ("D-1", "x"), {"command_id": "c" * 1_000_000}),
    "a command id that turns round": ("note", ("D-1", "x"), {"command_id": "\u202eabc"}),
    "half a command id": ("note", ("D-1", "x"), {"command_id": "\ud800"}),
    "a long deal id": ("note", ("D" * 1_000_000, "x"), {}),
    "a deal id with line ends": ("note", ("D\n1", "x"), {}),
    "half a deal id": ("open_deal", ("\ud800",), {"process": "shop"}),
    "a person of many names": ("note", ("D-1", "x"), {"by": "p" * 1_000_000}),
    "a person of a line end": ("assign", ("D-1", "a\nb"), {}),
    "a note without end": ("note", ("D-1", LONG_TEXT), {}),
    "a note of half a character": ("note", ("D-1", "\udfff"), {}),
    "a stage without end": ("move", ("D-1", LONG_TEXT), {}),
    "a reason without end": ("move", ("D-1", "offer", LONG_TEXT), {}),
    "a loss of free text": ("lose", ("D-1", "they said no " * 1_000), {}),
    "minutes without end": ("log", ("D-1", "call", None, 10**30), {}),
    "minutes below nothing": ("log", ("D-1", "call", None, -5), {}),
    "a document of no hash": ("attach", ("D-1", "offer", "g" * 64), {}),
    "a process without end": ("open_deal", ("D-2",), {"process": LONG_TEXT}),
    "a process that climbs": ("open_deal", ("D-2",), {"process": "../../etc/passwd"}),
    "a time that is text": ("note", ("D-1", "x"), {"at": "yesterday"}),
}


def _at(door: str, inputs: Mapping[str, Any] | tuple[str, ...]) -> dict[str, Given]:
    given = inputs if isinstance(inputs, Mapping) else dict.fromkeys(inputs)
    return {f"{door}: {name}": (door, each) for name, each in given.items()}


HOSTILE: dict[str, Given] = {
    **_at("process", YAML),
    **_at("process", PROCESS),
    **_at("people", YAML),
    **_at(
        "people",
        {
            "a thousand people": PEOPLE + "".join(f"  - {{id: p{n}, roles: [rep]}}\n" for n in range(300)),
            "a circle": "people:\n  - {id: a, manager: b}\n  - {id: b, manager: a}\n",
        },
    ),
    **_at("mapping", YAML),
    **_at("cases", {name: text for name, text in YAML.items() if name != "half a character"}),
    **_at("cases", {"cases of one name": CASES + CASES.splitlines()[-1].join(["", "\n"]) * 50}),
    **_at("process file", FILES),
    **_at("csv", CSV),
    **_at("wide", CSV),
    **_at("xes", XES),
    **_at("row", ROWS),
    **_at("columns", ROWS),
    **_at("set", VALUES),
    **_at("ask", ASKS),
}
# What is odd and no harm: it may be taken, as long as it costs little. An import tells of rows it rejects and goes on.
TAKEN = frozenset(
    {
        *_at("process", ("choices without end",)), *_at("people", ("a thousand people", "a circle")),
        *_at("cases", ("cases of one name",)),
        *_at(
            "csv",
            (
                "a head alone", "more cells than columns", "a formula", "days that are none", "the end of time",
                "numbers beyond numbers", "one deal of many rows", "ids that are none",
            ),
        ),
        *_at("xes", ("attributes without end", "an attribute too long", "a comment too long", "traces of nothing")),
        # Columns keep what is sealed as it is and do not open it, and pass over keys they do not read.
        *_at("columns", ("sealed with too little", "sealed with another key", "a key of no name")),
    }
)  # fmt: skip
