"""A process and its variants in force: which one a deal is opened under, and that no two are for the same deals."""

from pipeline_engine.deal import OpenDeal, first_values
from pipeline_engine.engine.reads import PROCESS, Reads
from pipeline_engine.errors import BadValue, VariantsOverlap, quoted
from pipeline_engine.process import Process, both_fit, fits
from pipeline_engine.store import Store


class Families:
    """The families of processes in one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def variants(self, base: str, reads: Reads) -> list[Process]:
        """The variants in force of a process, by name."""
        streams = (stream for stream in self._store.streams("process:") if stream != f"process:{base}")
        published = (reads.state(stream, PROCESS)[0] for stream in streams)
        latest = [each.in_force.process for each in published if each is not None]
        return [process for process in latest if process.extends and process.extends.process == base]

    def chosen(self, command: OpenDeal, named: Process, reads: Reads) -> Process:
        """
        What a deal is opened under: the variant that is for it, else the process that was named.

        Raises:
            BadValue: The variant that was named is not for such a deal, or a field cannot be read.
        """
        if named.extends is None:
            variants = self.variants(named.name, reads)
            fields = first_values(command, named) if variants else {}
            return next((variant for variant in variants if fits(variant, fields)), named)
        if not fits(named, first_values(command, named)):
            wanted = "; ".join(f"{name} {quoted(values)}" for name, values in named.variant_for.items())
            raise BadValue("process", command.process, f"a deal that it is for: {wanted}")
        return named

    def check_alone(self, process: Process, reads: Reads) -> None:
        """Raise VariantsOverlap where another variant in force would be for the same deals as this one."""
        for other in self.variants(process.extends.process, reads) if process.extends else ():
            example = both_fit(process, other)
            if other.name != process.name and example is not None:
                deal = ", ".join(f"{name} {value}" for name, value in example.items()) or "any fields"
                raise VariantsOverlap(process.name, other.label, deal)
