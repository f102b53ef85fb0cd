"""The few shapes an SVG of ours is made of, every text escaped and broken to a width."""

import re
import textwrap
from dataclasses import dataclass, field
from unicodedata import east_asian_width

# No font is asked for its widths: a letter is taken as this share of its size, which is wide enough for most.
_LETTER = 0.56
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FEWEST = 8

STYLE = """
    text { font-family: system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; fill: #1c2430 }
    .page { fill: #ffffff } .box { fill: #eef3fb; stroke: #3b64a8; stroke-width: 1.5 }
    .some { stroke-dasharray: 6 4 } .won { fill: #e6f4ea; stroke: #2c7a46 } .lost { fill: #fbeceb; stroke: #a8453b }
    .head { font-weight: 600 } .dim { fill: #566173 } .gate { fill: #566173; font-weight: 600 }
    .line { fill: none; stroke: #3b64a8; stroke-width: 1.6 } .tip { fill: #3b64a8 }
    .back { stroke: #7a8699; stroke-dasharray: 3 3; stroke-width: 1.2 } .backtip { fill: #7a8699 }
    .towon { stroke: #2c7a46 } .tolost { stroke: #a8453b; stroke-dasharray: 5 4; stroke-width: 1.2 }
    .tiptowon { fill: #2c7a46 } .tiptolost { fill: #a8453b }
    .mark { fill: #3b64a8 } .asks { fill: #b06a00 } .soft { fill: none; stroke: #566173; stroke-width: 1.3 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e4e9f1 } .page { fill: #161b22 } .box { fill: #1d2a40; stroke: #7aa2e0 }
      .won { fill: #16301f; stroke: #6cc38a } .lost { fill: #3a1f1d; stroke: #e2897f } .dim, .gate { fill: #a3adbd }
      .line { stroke: #7aa2e0 } .tip { fill: #7aa2e0 } .back { stroke: #8b96a8 } .backtip { fill: #8b96a8 }
      .towon { stroke: #6cc38a } .tolost { stroke: #e2897f } .tiptowon { fill: #6cc38a } .tiptolost { fill: #e2897f }
      .mark { fill: #7aa2e0 } .asks { fill: #e5a744 } .soft { stroke: #a3adbd }
    }"""


def escape(text: str) -> str:
    """Text as XML holds it; what XML cannot hold at all becomes a question mark."""
    fit = _NOT_XML.sub("?", text)
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        fit = fit.replace(char, entity)
    return fit


def broken(text: str, width: float, size: float) -> list[str]:
    """The text in lines that fit a width; a word that is longer than a line is cut."""
    text = " ".join(text.split())
    # Letters of East Asia are as wide as two of ours.
    cells = sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
    letters = int(width / (size * _LETTER) * len(text) / max(cells, 1))
    return textwrap.wrap(text, max(letters, _FEWEST)) or [""]


@dataclass(slots=True)
class Canvas:
    """Shapes in the order in which they are painted."""

    shapes: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, look: str = "", size: float = 13) -> None:
        """One line of text, its baseline at y; `look` names classes; `middle` and `end` say what is at x."""
        where = next((side for side in ("middle", "end") if side in look.split()), "")
        anchor = f' text-anchor="{where}"' if where else ""
        self.shapes.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" class="{look}"{anchor}>{escape(text)}</text>'
        )

    def box(self, x: float, y: float, size: tuple[float, float], look: str, title: str = "") -> None:
        """A box with round corners; its title is what a pointer shows."""
        width, height = size
        inside = f"<title>{escape(title)}</title>" if title else ""
        self.shapes.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="8" class="{look}">{inside}</rect>'
        )

    def path(self, points: str, look: str, title: str = "") -> None:
        """A line along points, written as SVG paths are."""
        inside = f"<title>{escape(title)}</title>" if title else ""
        self.shapes.append(f'<path d="{points}" class="{look}">{inside}</path>')

    def tip(self, x: float, y: float, to: str, look: str = "tip") -> None:
        """The head of an arrow that ends at a point and shows `down`, `up`, `left` or `right`."""
        along, across = {"down": (0, -1), "up": (0, 1), "left": (1, 0), "right": (-1, 0)}[to], 4
        back_x, back_y = x + 8 * along[0], y + 8 * along[1]
        one = (back_x + across * along[1], back_y + across * along[0])
        other = (back_x - across * along[1], back_y - across * along[0])
        points = f"M{x:g} {y:g} L{one[0]:g} {one[1]:g} L{other[0]:g} {other[1]:g} Z"
        self.shapes.append(f'<path d="{points}" class="{look}"/>')

    def mark(self, x: float, y: float, look: str) -> None:
        """The dot in front of a rule."""
        self.shapes.append(f'<circle cx="{x:g}" cy="{y:g}" r="4" class="{look}"/>')

    def open(self, title: str) -> None:
        """Begin a group with a title of its own."""
        self.shapes.append(f"<g><title>{escape(title)}</title>")

    def close(self) -> None:
        """End the group."""
        self.shapes.append("</g>")


def document(canvas: Canvas, size: tuple[float, float], title: str, desc: str) -> str:
    """The whole SVG: nothing in it is fetched from elsewhere."""
    width, height = size
    inside = "\n  ".join(canvas.shapes)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" \
viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="title desc">
  <title id="title">{escape(title)}</title>
  <desc id="desc">{escape(desc)}</desc>
  <style>{STYLE}
  </style>
  <rect class="page" width="{width:g}" height="{height:g}"/>
  {inside}
</svg>
"""
