"""A process as a Mermaid flowchart: text that many wikis and code hosts draw by themselves."""

import re
from collections.abc import Iterator

from pipeline_engine.process.drawing.gates import (
    Gate,
    Line,
    back_of,
    described,
    entering,
    gate,
    leaving,
    name_of,
    passed_by,
    reopening_of,
    skips_of,
)
from pipeline_engine.process.model import Process

# Whatever Mermaid could take for its own; `#` first, since the others are written with it.
_ESCAPES = {
    "#": "#35;", '"': "#quot;", "&": "#amp;", "<": "#lt;", ">": "#gt;", "`": "#96;", "%": "#37;", "|": "#124;",
    "{": "#123;", "}": "#125;", "\\": "#92;",
}  # fmt: skip
_NO_TITLE = re.compile(r"[#;{}%<>\"`|\\]")


def mermaid_of(process: Process) -> str:
    """The flowchart, ending in a newline. Names of nodes are ours; every text of the file is escaped."""
    lines = ["flowchart TB", f"    accTitle: {_plain(process.title or process.label)}"]
    lines.append(f"    accDescr: {_plain(described(process))}")
    lines += [f"    {line}" for line in (*_stages(process), *_ends(process), *_ways(process), *_looks())]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """A text inside the quotes of a label."""
    one_line = "".join(char if char.isprintable() else " " for char in text)
    return "".join(_ESCAPES.get(char, char) for char in one_line)


def _plain(text: str) -> str:
    return " ".join(_NO_TITLE.sub(" ", "".join(c if c.isprintable() else " " for c in text)).split())


def _stages(process: Process) -> Iterator[str]:
    yield 'opened(["opened"])'
    for place, stage in enumerate(process.stages):
        text = escaped(name_of(stage))
        if stage.title.casefold() not in ("", stage.id.casefold()):
            text += f"<br/>{escaped(stage.id)}"
        if stage.applies_text:
            text += f"<br/>only where {escaped(' '.join(stage.applies_text.split()))}"
        some = ":::some" if stage.applies is not None else ""
        yield f's{place}["{text}"]{some}'
    before = "opened"
    for node, asked in (("g_open", gate(process, "open", "to open")), ("g_own", gate(process, "own", "to own"))):
        if asked.lines:
            yield from (*_gate(node, asked), f"{before} --> {node}")
            before = node
    for stage_id in process.moves.open_in:
        yield f"{before} --> s{process.index(stage_id)}"
    for place, stage in enumerate(process.stages):
        yield from _gate(f"e{place}", entering(process, stage))
        yield from _gate(f"l{place}", leaving(process, stage))


def _gate(node: str, asked: Gate) -> Iterator[str]:
    if asked.lines:
        text = "<br/>".join((f"{asked.title}:", *map(_told, asked.lines)))
        yield f'{node}{{{{"{text}"}}}}:::{"asks" if asked.approved else "gate"}'


def _told(line: Line) -> str:
    parts = [line.rule, *([line.approval] if line.approval else []), *([f"when {line.when}"] if line.when else [])]
    warned = f" ({line.severity})" if line.severity != "block" else ""
    return escaped(", ".join(parts) + warned)


def _ends(process: Process) -> Iterator[str]:
    yield 'won(["won"])'
    yield 'lost(["lost"])'
    for end, sources, arrow in (("won", process.won_from, "==>"), ("lost", process.lost_from, "-.->")):
        asked = list(_gate(f"g_{end}", gate(process, end, f"to be {end}")))
        yield from asked
        places = [process.index(stage) for stage in sources]
        starts = " & ".join(_out(process, place) if end == "won" else f"s{place}" for place in places)
        yield f"{starts} {arrow} g_{end} {arrow} {end}" if asked else f"{starts} {arrow} {end}"
    asked = list(_gate("g_reopen", gate(process, "reopen", "to be reopened")))
    yield from asked
    yield f'again["{escaped(reopening_of(process))}"]:::some'
    yield f"won & lost -.-> {'g_reopen -.-> ' if asked else ''}again"


def _out(process: Process, place: int) -> str:
    """Where the way on from a stage begins: behind what is asked on leaving it."""
    return f"l{place}" if leaving(process, process.stages[place]).lines else f"s{place}"


def _in(process: Process, place: int) -> str:
    """Where the way into a stage ends: at its gate."""
    return f"e{place}" if entering(process, process.stages[place]).lines else f"s{place}"


def _ways(process: Process) -> Iterator[str]:
    for place in range(len(process.stages)):
        if _out(process, place) != f"s{place}":
            yield f"s{place} --> l{place}"
        if _in(process, place) != f"s{place}":
            yield f"e{place} --> s{place}"
        if place:
            yield f"{_out(process, place - 1)} --> {_in(process, place)}"
    for start, end in passed_by(process):
        yield f'{_out(process, start)} -. "without the stages between" .-> {_in(process, end)}'
    back, skips = back_of(process), skips_of(process)
    for place in range(1, len(process.stages)) if back else ():
        yield f's{place} -. "{escaped(back)}" .-> s{place - 1}'
    if skips:
        yield f'skips["{escaped(skips)}"]:::said'
    by = gate(process, "moves", "to move")
    yield from _gate("g_moves", by)


def _looks() -> Iterator[str]:
    yield "classDef some stroke-dasharray: 5 5"
    yield "classDef gate stroke-width: 1px"
    yield "classDef asks stroke-width: 3px"
    yield "classDef said stroke-width: 0px"
