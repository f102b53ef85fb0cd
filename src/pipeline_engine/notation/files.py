"""Reading the small files people write, with a limit and an error that says what was found."""

from pathlib import Path

from pipeline_engine.errors import BadFile

LARGEST = 1024 * 1024


def read_text(path: str | Path, error: type[BadFile], largest: int = LARGEST) -> str:
    """
    The text of a file.

    Args:
        error: Which error to raise for a file that is missing, too large, or not text in UTF-8.
        largest: In bytes.
    """
    name = str(path)
    try:
        with Path(path).open("rb") as file:
            content = file.read(largest + 1)
    except OSError as problem:
        raise error(
            name, None, None, f"cannot be read: {problem.strerror or problem}", "a file that is there"
        ) from None
    if len(content) > largest:
        raise error(name, None, None, f"more than {largest:,} bytes", "a smaller file")
    return _decoded(content, name, error)


def _decoded(content: bytes, name: str, error: type[BadFile]) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        column = problem.start - (content.rfind(b"\n", 0, problem.start) + 1) + 1
        found = f"byte 0x{content[problem.start]:02x} is not UTF-8"
        raise error(name, line, column, found, "text in UTF-8") from None
