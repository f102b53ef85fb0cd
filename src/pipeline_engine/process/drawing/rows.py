"""The rows of the picture: a box for each stage and outcome, and the lines that its gates need beside it."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline_engine.process.drawing.gates import Gate, Line, entering, gate, leaving, name_of, reopening_of
from pipeline_engine.process.drawing.shapes import broken
from pipeline_engine.process.model import Process, Span, Stage

BOX_WIDTH, GATE_WIDTH, STEP = 236, 430, 17
SIZE, SMALL, HEAD = 13.0, 11.5, 14.5
_INSIDE = BOX_WIDTH - 24
_BOLD = 1.12  # how much wider bold letters are
# What is asked and when is cut after so many lines: a picture is no listing.
_MOST_LINES = 3

Written = tuple[str, str, float]  # text, look, size


@dataclass(slots=True)
class Row:
    """One box with what its gates ask beside it; `y` is its place, `height` what box and gates need together."""

    name: str
    notes: tuple[str, ...]
    look: str
    gates: tuple[Gate, ...]
    y: float = 0

    @property
    def middle(self) -> float:
        """Half-way down the box."""
        return self.y + self.box_height / 2

    @property
    def written(self) -> list[Written]:
        """The lines inside the box."""
        notes = [part for note in self.notes for part in broken(note, _INSIDE, SMALL)]
        return [
            *((part, "head", HEAD) for part in broken(self.name, _INSIDE, HEAD * _BOLD)),
            *((n, "dim", SMALL) for n in notes),
        ]

    @property
    def box_height(self) -> float:
        """As high as its text."""
        return 18 + STEP * len(self.written)

    @property
    def height(self) -> float:
        """As high as box or gates, whichever need more."""
        asked = sum(STEP + 6 + sum(STEP * len(written(line)) for line in each.lines) for each in self.gates)
        return max(self.box_height, asked)


def rows_of(process: Process) -> tuple[Row, list[Row], list[Row]]:
    """The opening, the stages, and how deals end."""
    opened = f"in {' or '.join(process.moves.open_in)}"
    asked = _asked(
        gate(process, "open", "to open"), gate(process, "own", "to own"), gate(process, "moves", "to move at all")
    )
    reasons = ", ".join(reason.id for reason in process.lost_reasons)
    won, lost = (_any_of(process, stages) for stages in (process.won_from, process.lost_from))
    ends = [
        Row("Won", (f"from {won}",), "box won", _asked(gate(process, "won", "to win"))),
        Row("Lost", (f"from {lost}", *([f"because of {reasons}"] if reasons else [])), "box lost",
            _asked(gate(process, "lost", "to lose"))),
        Row("Reopened", (reopening_of(process),), "box some", _asked(gate(process, "reopen", "to reopen"))),
    ]  # fmt: skip
    return Row("Opened", (opened,), "box", asked), [_of_stage(process, stage) for stage in process.stages], ends


def _any_of(process: Process, stages: tuple[str, ...]) -> str:
    return "any stage" if stages == process.stage_ids else ", ".join(stages)


def _asked(*gates: Gate) -> tuple[Gate, ...]:
    return tuple(each for each in gates if each.lines)


def _of_stage(process: Process, stage: Stage) -> Row:
    notes = [stage.id] if stage.title.casefold() not in ("", stage.id.casefold()) else []
    if stage.applies_text:
        notes.append(f"only where {stage.applies_text}")
    told = [f"{(stage.win_probability * 100).normalize():f} %"] if stage.win_probability is not None else []
    told += [f"service level {_span(stage.service_level)}"] if stage.service_level else []
    notes += [" · ".join(told)] if told else []
    look = "box some" if stage.applies is not None else "box"
    return Row(name_of(stage), tuple(notes), look, _asked(entering(process, stage), leaving(process, stage)))


def _span(span: Span) -> str:
    return f"{span.amount.normalize():f}{span.unit}"


def written(line: Line) -> list[Written]:
    """A rule as the lines it takes: its name with who approves, what it checks, where it applies."""
    beside = [each for each in (line.approval, line.severity if line.severity != "block" else "") if each]
    head = " · ".join(each for each in (line.label, *beside) if each)
    return [*((part, "", SIZE) for part in broken(head, GATE_WIDTH - 20, SIZE)), *_dim(line)]


def _dim(line: Line) -> Iterator[Written]:
    for text in (line.text, f"when {line.when}" if line.when else ""):
        parts = broken(text, GATE_WIDTH - 20, SMALL) if text else []
        for number, part in enumerate(parts[:_MOST_LINES], 1):
            cut = number == _MOST_LINES and len(parts) > _MOST_LINES
            yield f"{part} …" if cut else part, "dim", SMALL
