"""How the files that people write are read: YAML for its shape, every text with its place, every mistake explained."""

from pipeline_engine.notation.files import read_text
from pipeline_engine.notation.places import place_of
from pipeline_engine.notation.plain import plain_of
from pipeline_engine.notation.scalars import Unfit, decimal, field_name, iso_date, name, probability, zone
from pipeline_engine.notation.sections import Complaints, Section, Warned, described, entries, names, scalar
from pipeline_engine.notation.tree import Items, Node, Table, Text, elsewhere, place_within, read_tree
from pipeline_engine.notation.written import Place, Written

__all__ = [
    "Complaints", "Items", "Node", "Place", "Section", "Table", "Text", "Unfit", "Warned", "Written", "decimal",
    "described", "elsewhere", "entries", "field_name", "iso_date", "name", "names", "place_of", "place_within",
    "plain_of", "probability", "read_text", "read_tree", "scalar", "zone",
]  # fmt: skip
