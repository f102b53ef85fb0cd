"""Reads protobuf's text format without a schema: a message is a mapping of names to everything that stood there.

Only what the conformance vectors use: no groups in angle brackets, no octal or hexadecimal numbers.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<type>\[[A-Za-z][\w.]*(?:/[\w.]+)?\])
    |(?P<word>[A-Za-z_]\w*|-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?|-\s*(?:inf|nan|infinity))
    |(?P<sign>[{}\[\]:,;])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_SHORT = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}

Message = dict[str, list[Any]]


class Word(str):
    """A number, a name or a truth, as it was written; text in quotes is bytes."""

    __slots__ = ()


class Token(NamedTuple):
    """One piece of the text, and what kind of piece it is."""

    kind: str
    text: str


def parse(source: str) -> Message:
    """
    The message in a text.

    Raises:
        ValueError: It is no text format.
    """
    tokens = list(_tokens(source))
    tokens.append(Token("end", ""))
    message, at = _message(tokens, 0, "")
    if tokens[at].kind != "end":
        raise ValueError(f"`{tokens[at].text}` stands after the end of the message")
    return message


def _tokens(source: str) -> Iterator[Token]:
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if not match:
            raise ValueError(f"`{source[at : at + 20]}` is no text format")
        at = match.end()
        if match.lastgroup != "space":
            yield Token(str(match.lastgroup), match[0])


def _message(tokens: list[Token], at: int, end: str) -> tuple[Message, int]:
    message: Message = {}
    while tokens[at].text != end or (not end and tokens[at].kind != "end"):
        name, at = tokens[at].text, at + 1
        if tokens[at].text == ":":
            at += 1
        values, at = _values(tokens, at)
        message.setdefault(name, []).extend(values)
        if tokens[at].text in (",", ";"):
            at += 1
    return message, at


def _values(tokens: list[Token], at: int) -> tuple[list[Any], int]:
    if tokens[at].text != "[":
        value, at = _value(tokens, at)
        return [value], at
    values, at = [], at + 1
    while tokens[at].text != "]":
        value, at = _value(tokens, at + (tokens[at].text == ","))
        values.append(value)
    return values, at + 1


def _value(tokens: list[Token], at: int) -> tuple[Any, int]:
    token = tokens[at]
    if token.text == "{":
        message, at = _message(tokens, at + 1, "}")
        return message, at + 1
    if token.kind != "text":
        if token.kind != "word":
            raise ValueError(f"`{token.text}` is no value")
        return Word(token.text), at + 1
    parts = []
    while tokens[at].kind == "text":
        parts.append(_ESCAPE.sub(_unescaped, tokens[at].text[1:-1].encode()))
        at += 1
    return b"".join(parts), at


def _unescaped(match: re.Match[bytes]) -> bytes:
    octal, short, wide, long, letter = match.groups()
    if octal:
        return bytes([int(octal, 8) & 255])
    if short:
        return bytes([int(short, 16)])
    if wide or long:
        return chr(int(wide or long, 16)).encode("utf-8", "surrogatepass")
    return _SHORT.get(letter, letter)
