"""A process as an SVG that needs nothing but itself: stages from top to bottom, beside each what its gate asks."""

from dataclasses import dataclass, field

from pipeline_engine.process.drawing.gates import Line, back_of, described, passed_by, skips_of
from pipeline_engine.process.drawing.rows import BOX_WIDTH, HEAD, STEP, Row, rows_of, written
from pipeline_engine.process.drawing.shapes import Canvas, broken, document
from pipeline_engine.process.model import Process

WIDTH, EDGE, GAP = 880, 24, 36
BOX_X, DOWN_X, BACK_X, AROUND_X = 96, 236, 176, 72
BOX_END = BOX_X + BOX_WIDTH
RAIL_X = {"won": BOX_END + 20, "lost": BOX_END + 38}
GATE_X = BOX_END + 66


def svg_of(process: Process) -> str:
    """The picture; every text of the file is escaped."""
    drawing = _Drawing(process, Canvas(), *rows_of(process))
    y = drawing.headed()
    for row in drawing.rows:
        row.y = y
        y += row.height + GAP
    drawing.ways()
    for row in drawing.rows:
        drawing.row(row)
    title = f"{process.title or process.name}: the way of a deal"
    return document(drawing.canvas, (WIDTH, y - GAP + EDGE), title, described(process))


@dataclass(slots=True)
class _Drawing:
    process: Process
    canvas: Canvas
    opening: Row
    stages: list[Row]
    ends: list[Row]
    rows: list[Row] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = [self.opening, *self.stages, *self.ends]

    def headed(self) -> float:
        """Write what stands above the picture; the height at which it begins."""
        process, y = self.process, float(EDGE)
        for line in broken(process.title or process.name, WIDTH - 2 * EDGE, 18):
            y += 20
            self.canvas.text(EDGE, y, line, "head", 18)
        said = [process.label, process.currency, skips_of(process)]
        for line in broken(" · ".join(each for each in said if each), WIDTH - 2 * EDGE, 12):
            y += STEP
            self.canvas.text(EDGE, y, line, "dim", 12)
        return y + 20

    def ways(self) -> None:
        """The arrows: on, back, past stages that only some deals have, out, and in again."""
        self._on(self.opening, self.stages[0], "deals are opened here")
        back = back_of(self.process)
        for earlier, later in zip(self.stages, self.stages[1:], strict=False):
            self._on(earlier, later, "moves:forward")
            if back:
                self._back(later, earlier, back)
        for start, end in passed_by(self.process):
            self._around(self.stages[start], self.stages[end])
        self._out("won", self.ends[0], self.process.won_from)
        self._out("lost", self.ends[1], self.process.lost_from)
        self._again()

    def _on(self, above: Row, below: Row, title: str) -> None:
        self.canvas.path(f"M{DOWN_X} {above.y + above.box_height:g} V{below.y - 6:g}", "line", title)
        self.canvas.tip(DOWN_X, below.y, "down")

    def _back(self, below: Row, above: Row, said: str) -> None:
        top, begin = above.y + above.box_height, below.y
        self.canvas.path(f"M{BACK_X} {begin:g} V{top + 6:g}", "line back", f"moves:back: {said}")
        self.canvas.tip(BACK_X, top, "up", "backtip")
        if below is self.stages[1]:
            self.canvas.text(BACK_X - 8, (top + begin) / 2 + 4, said, "dim end", 11)

    def _around(self, start: Row, end: Row) -> None:
        title = "for deals that do not have the stages between"
        begin, stop = start.middle, end.middle
        self.canvas.path(f"M{BOX_X} {begin:g} H{AROUND_X} V{stop:g} H{BOX_X - 6}", "line some", title)
        self.canvas.tip(BOX_X, stop, "right")

    def _out(self, name: str, end: Row, sources: tuple[str, ...]) -> None:
        x, look = RAIL_X[name], f"line to{name}"
        # The two rails leave a box at different heights, so that neither hides the other.
        shift = -5 if name == "won" else 5
        starts = [self.stages[self.process.index(source)].middle + shift for source in sources]
        for start in starts:
            self.canvas.path(f"M{BOX_END} {start:g} H{x}", look, f"{name}:from")
        if starts:
            self.canvas.path(f"M{x} {min(starts):g} V{end.middle:g} H{BOX_END + 6}", look, f"{name}:from")
            self.canvas.tip(BOX_END, end.middle, "left", f"tipto{name}")

    def _again(self) -> None:
        won, lost, again = self.ends
        for end in (won, lost):
            self.canvas.path(f"M{BOX_X} {end.middle:g} H{AROUND_X}", "line back", "reopening")
        self.canvas.path(f"M{AROUND_X} {won.middle:g} V{again.middle:g} H{BOX_X - 6}", "line back", "reopening")
        self.canvas.tip(BOX_X, again.middle, "right", "backtip")

    def row(self, row: Row) -> None:
        """The box with its text, and the gates beside it."""
        self.canvas.box(BOX_X, row.y, (BOX_WIDTH, row.box_height), row.look, row.name)
        y = row.y + 8
        for text, look, size in row.written:
            y += STEP
            self.canvas.text(BOX_X + BOX_WIDTH / 2, y - (2 if size == HEAD else 3), text, f"{look} middle", size)
        y = row.y
        for gate in row.gates:
            y += STEP
            self.canvas.text(GATE_X, y - 4, gate.title, "gate", 11.5)
            for line in gate.lines:
                y = self._rule(line, y)
            y += 6

    def _rule(self, line: Line, y: float) -> float:
        self.canvas.open(line.rule)
        soft = "soft" if line.severity != "block" else ""
        self.canvas.mark(GATE_X + 5, y + 9, soft or ("asks" if line.approval else "mark"))
        for text, look, size in written(line):
            y += STEP
            self.canvas.text(GATE_X + 18, y - 4, text, look, size)
        self.canvas.close()
        return y
