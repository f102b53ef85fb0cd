"""How many other open deals each owner has now, by the deals as they stand: for moves that nobody asked for yet."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pipeline_engine.facts import Facts, Words, flags

Ints = npt.NDArray[np.int64]
Place = tuple[str | None, str, str]


@dataclass(frozen=True)
class Census:
    """
    Open deals: where each stands, by its index in `deal_ids`.

    Args:
        places: Owner, process and stage of each.
    """

    places: dict[int, Place]

    @classmethod
    def of(cls, facts: Facts) -> "Census":
        """The open deals of the facts; those merged into others, or removed at their source, are none."""
        deals = facts.deals
        rows = np.flatnonzero(Words.of(deals["status"]).is_any("open") & ~flags(deals["removed"]))
        columns = (deals[name].take(rows).to_pylist() for name in ("owner", "process", "stage"))
        deal = facts.deal_ix("deals")[rows].tolist()
        return cls(dict(zip(deal, zip(*columns, strict=True), strict=True)))

    def moved(self, deal: Ints, process: str, stage: Words) -> "Census":
        """The same once some of them stand in other stages, under another process."""
        words = [stage.vocabulary[code] for code in stage.codes.tolist()]
        went = {
            ix: (self.places[ix][0], process, word)
            for ix, word in zip(deal.tolist(), words, strict=True)
            if ix in self.places
        }
        return Census({**self.places, **went})

    @cached_property
    def _in_all(self) -> Counter[tuple[str | None, str]]:
        return Counter(place[:2] for place in self.places.values())

    @cached_property
    def _in_stage(self) -> Counter[Place]:
        return Counter(self.places.values())

    def in_all(self, owner: Words, process: str, deal: Ints) -> Ints:
        """How many open deals of the process each owner has beside this one."""
        asked = zip(_texts(owner), deal.tolist(), strict=True)
        return np.array([self._in_all[who, process] - self._mine(ix, (who, process)) for who, ix in asked], np.int64)

    def in_stage(self, owner: Words, process: str, deal: Ints, stage: Words) -> Ints:
        """How many of them stand in a stage."""
        asked = zip(_texts(owner), _texts(stage), deal.tolist(), strict=True)
        return np.array(
            [
                self._in_stage[who, process, word or ""] - self._mine(ix, (who, process, word or ""))
                for who, word, ix in asked
            ],
            np.int64,
        )

    def _mine(self, deal: int, asked: tuple[str | None, ...]) -> bool:
        return self.places.get(deal, ("", "", ""))[: len(asked)] == asked


def _texts(words: Words) -> list[str | None]:
    return [words.vocabulary[code] if code >= 0 else None for code in words.codes.tolist()]
