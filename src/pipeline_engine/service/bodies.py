"""Reading a request's body: at most so large, and JSON as strictly as RFC 8259 lets one be.

What two readers would understand differently (a name given twice, NaN, half a surrogate) is refused, not guessed.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from starlette.requests import Request

MOST_BYTES = 1024 * 1024
DEEPEST = 32


class BadBody(Exception):
    """A body that cannot be read: its message is one line for people."""


class TooLarge(BadBody):
    """More bytes than a body may have."""


class WrongType(BadBody):
    """A body that does not say it is JSON."""


class CheckedRequest(Request):
    """A request whose body was read and checked already."""

    def __init__(self, request: Request, body: bytes, document: Any) -> None:
        super().__init__(request.scope, request.receive)
        self._checked, self._document = body, document

    async def body(self) -> bytes:
        """The bytes as they were read."""
        return self._checked

    async def json(self) -> Any:
        """The document as it was read."""
        return self._document


async def checked(request: Request, most_bytes: int = MOST_BYTES) -> CheckedRequest:
    """The request with its body read; raises BadBody. No body at all is left to the endpoint's model."""
    body = await _read(request, most_bytes)
    if not body:
        return CheckedRequest(request, body, None)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise WrongType(f"`{kind[:100] or 'nothing'}` is named as the content type; expected `application/json`")
    return CheckedRequest(request, body, document_of(body))


async def _read(request: Request, most_bytes: int) -> bytes:
    said = request.headers.get("content-length", "")
    if said.isdecimal() and len(said) < 20 and int(said) > most_bytes:
        raise TooLarge(_too_large(most_bytes))
    parts, size = list[bytes](), 0
    async for part in request.stream():
        size += len(part)
        # Whatever the header said, or where it said nothing.
        if size > most_bytes:
            raise TooLarge(_too_large(most_bytes))
        parts.append(part)
    return b"".join(parts)


def _too_large(most_bytes: int) -> str:
    return f"the body is larger than {most_bytes:,} bytes; `/v1/uploads` takes files"


def document_of(body: bytes) -> Any:
    """The JSON document in UTF-8; raises BadBody."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise BadBody(f"the body is not UTF-8 from byte {wrong.start} on") from None
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)
    except json.JSONDecodeError as wrong:
        raise BadBody(f"the body is not JSON at line {wrong.lineno}, column {wrong.colno}: {wrong.msg}") from None
    except RecursionError:
        raise BadBody(_too_deep()) from None
    except ValueError:
        # Python refuses to read whole numbers of thousands of digits.
        raise BadBody("the body has a number with too many digits") from None
    _not_deeper(found)
    if "\\u" in text:
        _whole_characters(found)
    return found


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise BadBody(f"the body has the member `{ascii(twice[:100])[1:-1]}` twice in one object")
    return found


def _no_number(name: str) -> NoReturn:
    raise BadBody(f'the body has `{name}`, which is no JSON; write amounts as text, like "12000.50"')


def _finite(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise BadBody(f"the body has the number `{text[:40]}`, which is too large")
    return found


def _too_deep() -> str:
    return f"the body is nested deeper than {DEEPEST} levels"


def _not_deeper(found: Any) -> None:
    level = [found]
    for _ in range(DEEPEST):
        level = [part for each in level for part in _parts(each)]
        if not level:
            return
    raise BadBody(_too_deep())


def _parts(found: Any) -> Sequence[Any]:
    if isinstance(found, Mapping):
        return list(found.values())
    return found if isinstance(found, list) else ()


def _whole_characters(found: Any) -> None:
    try:
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise BadBody("the body has half a character (a lone surrogate like \\ud800)") from None
