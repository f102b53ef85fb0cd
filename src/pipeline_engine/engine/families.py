"""A process and its variants in force: which one a deal is opened under, and that no two are for the same deals."""

from collections.abc import Iterable, Mapping
from time import monotonic

from pipeline_engine.deal import OpenDeal
from pipeline_engine.engine.reads import PROCESS, Reads
from pipeline_engine.process import Process, VariantStanding, check_apart, check_no_base, chosen, standing
from pipeline_engine.store import Store
from pipeline_engine.values import Value

LATELY_SECONDS = 0.25


class Families:
    """The families of processes in one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.forget()

    def forget(self) -> None:
        """Look again the next time: something was published here."""
        self._lately, self._looked_at = list[Process](), float("-inf")

    def variants(self, base: str, reads: Reads) -> list[Process]:
        """The variants in force of a process, whichever version of it they extend, by name; retired ones are none."""
        return _of_base(base, self._in_force(reads))

    def _in_force(self, reads: Reads) -> list[Process]:
        """Every variant in force, of whatever process."""
        published = (reads.state(stream, PROCESS)[0] for stream in self._store.streams("process:"))
        latest = (each.in_force.process for each in published if each and each.versions and each.retired is None)
        return [process for process in latest if process.extends is not None]

    def _in_force_lately(self, reads: Reads) -> list[Process]:
        """The same for who only looks: as it was a moment ago, where that was asked for."""
        now = monotonic()
        if now - self._looked_at > LATELY_SECONDS:
            self._lately, self._looked_at = self._in_force(reads), now
        return self._lately

    def chosen(self, command: OpenDeal, named: Process, reads: Reads) -> Process:
        """
        What a deal is opened under: the variant that is for it, else the process that was named.

        Raises:
            BadValue: The variant that was named is not for such a deal, or a field that chooses cannot be read.
        """
        family = self.variants(named.name, reads) if named.extends is None else []
        return chosen(named, family, command.fields)

    def standing(
        self, process: Process, base: Process, fields: Mapping[str, Value], reads: Reads
    ) -> VariantStanding | None:
        """Where a deal that runs under a process stands among the variants of its base; None where there are none."""
        family = _of_base(base.name, self._in_force_lately(reads))
        return standing(process, family, base, fields) if family or process.extends else None

    def check(self, process: Process, reads: Reads, written: tuple[str, str]) -> None:
        """
        See that a process can be published beside the others.

        Args:
            written: Its text, and the file that it stands in.

        Raises:
            VariantsOverlap: Another variant in force is for the same deals.
            BadProcess: A variant would be the base of others.
        """
        if process.extends is not None:
            check_no_base(process, self.variants(process.name, reads), *written)
            check_apart(process, self.variants(process.extends.process, reads), *written)


def _of_base(base: str, variants: Iterable[Process]) -> list[Process]:
    return [process for process in variants if process.extends and process.extends.process == base]
