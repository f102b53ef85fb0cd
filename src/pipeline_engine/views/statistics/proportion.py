"""How sure a share is: k out of n, with an interval that stays honest where n is small."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`; `share`, `low` and `high` (95 %) are None where `of` is 0: nothing can be said."""

    hits: int
    of: int
    share: float | None
    low: float | None
    high: float | None

    def to_json(self) -> dict[str, Any]:
        """The share with its n: {hits, of, share, low, high}, four decimals."""
        return {
            "hits": self.hits,
            "of": self.of,
            "share": rounded(self.share, 4),
            "low": rounded(self.low, 4),
            "high": rounded(self.high, 4),
        }


def rounded(number: float | None, digits: int = 2) -> float | None:
    """The number as it is printed; None, what cannot be known, stays None."""
    return None if number is None else round(float(number), digits)


def wilson(hits: int, of: int, z: float = Z95) -> Share:
    """
    A share with its Wilson score interval, two-sided, no continuity correction.

    Returns:
        The share; at 0 hits the interval begins at 0 exactly, at `of` hits it ends at 1 exactly.

    Raises:
        ValueError: `hits` is not between 0 and `of`.

    Source:
        Wilson (1927), JASA 22(158).
    """
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of} is no share")
    if of == 0:
        return Share(hits, of, None, None, None)
    share = hits / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    low = 0.0 if hits == 0 else middle - half
    high = 1.0 if hits == of else middle + half
    return Share(hits, of, share, low, high)
