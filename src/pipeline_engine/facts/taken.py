"""The ledgers at one moment, by name: as they were written, or as corrections have left them."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from pipeline_engine.facts.arrays import Mask
from pipeline_engine.facts.intake import Intake
from pipeline_engine.facts.ledger import Ledger


class Column(NamedTuple):
    """One ledger, taken at one moment."""

    held: pa.Table

    def table(self) -> pa.Table:
        """All its rows."""
        return self.held


class Taken:
    """Every ledger by its name, and per event whether it did not happen."""

    def __init__(self, tables: Mapping[str, pa.Table], void: Mask) -> None:
        self.tables, self.void = dict(tables), void

    @classmethod
    def of(cls, intake: Intake) -> "Taken":
        """The ledgers as they were written."""
        tables = {name: each.table() for name, each in vars(intake).items() if isinstance(each, Ledger)}
        return cls(tables, np.zeros(tables["events"].num_rows, np.bool_))

    def __getattr__(self, name: str) -> Column:
        try:
            return Column(self.__dict__["tables"][name])
        except KeyError:
            raise AttributeError(name) from None
