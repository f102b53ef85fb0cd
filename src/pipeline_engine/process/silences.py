"""What the file says that lint need not tell: a code, what it is about, and the reason."""

from dataclasses import dataclass

from pipeline_engine.errors import nearest
from pipeline_engine.notation import Place, Section, Text
from pipeline_engine.process.findings import CANNOT_LOAD, CODES

SILENCE_KEYS = ("code", "at", "because")


@dataclass(frozen=True, slots=True)
class Silence:
    """Findings of a code that are not to be told, all of them or those about `at`."""

    code: str
    at: str | None
    because: str
    place: Place


def read_silences(top: Section) -> tuple[Silence, ...]:
    """The findings that a file silences, each with its reason."""
    read = [_silence(Section(node, SILENCE_KEYS, top.complaints, "a silence")) for node in top.list_of("lint", "codes")]
    return tuple(silence for silence in read if silence is not None)


def _silence(section: Section) -> Silence | None:
    section.need("code", "because")
    code, at, because = section.read("code", str), section.read("at", str), section.prose("because")
    node = section.node_of("code")
    if not isinstance(node, Text) or code is None:
        return None
    if code == CANNOT_LOAD:
        section.complaints.add(node, f"`{CANNOT_LOAD}` cannot be silenced", "a file that loads")
        return None
    if code not in CODES:
        there = "one of the codes in docs/reference/lint.md"
        near = nearest(code, tuple(CODES))
        section.complaints.add(node, f"there is no lint code `{code}`", "" if near else there, near)
        return None
    return Silence(code, at, because, section.node.place) if because else None
