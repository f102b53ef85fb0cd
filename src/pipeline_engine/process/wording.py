"""How a process calls what its rules read: the words of its fields, the titles of its items."""

from pipeline_engine.process.model import Field, Process
from pipeline_engine.process.rules import Wording, spaced

_LONGEST_NAME = 40


def wording_of(process: Process) -> Wording:
    """The words that explanations of this process are told in."""
    fields = process.fields.values()
    return Wording(
        fields={f"deal.{field.name}": _name(field) for field in fields},
        percents=frozenset(f"deal.{field.name}" for field in fields if field.kind == "percent"),
        clocks=frozenset(f"deal.{field.name}" for field in fields if field.kind == "time"),
        titles={item.id: item.title for item in process.items if item.title},
        currency=process.currency,
        rates=process.rates,
    )


def _name(field: Field) -> str:
    """What the process says of a field where that is short enough to be a name, else its name with blanks."""
    says = field.says.strip().rstrip(".")
    return says if 0 < len(says) <= _LONGEST_NAME else spaced(field.name)
