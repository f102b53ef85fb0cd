"""A process as a picture: the way of a deal with what each gate asks, for Mermaid and as SVG."""

from pipeline_engine.process.drawing.mermaid import mermaid_of
from pipeline_engine.process.drawing.svg import svg_of

__all__ = ["mermaid_of", "svg_of"]
