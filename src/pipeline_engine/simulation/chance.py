"""Chance as a function: the same seed, subject and purpose give the same draw everywhere, in any order.

Draws come from BLAKE2b and exact decimal arithmetic, never from a random module or the platform's `exp`: a
year made today and one made in ten years agree to the byte.
"""

from collections.abc import Sequence
from decimal import Context
from hashlib import blake2b
from math import fsum

_EXACT = Context(prec=12)
_WORD = 2**32
_TERMS = 12
Weighted = Sequence[tuple[str, float]]


class Chance:
    """The draws of one subject (a deal, a rep) in one year."""

    def __init__(self, seed: int, subject: str) -> None:
        self._root = blake2b(f"{seed}/{subject}/".encode(), digest_size=4 * _TERMS)

    def _bytes(self, purpose: str) -> bytes:
        drawn = self._root.copy()
        drawn.update(purpose.encode())
        return drawn.digest()

    def uniform(self, purpose: str) -> float:
        """Evenly in [0, 1)."""
        return (int.from_bytes(self._bytes(purpose)[:8], "big") >> 11) / 2**53

    def between(self, purpose: str, low: float, high: float) -> float:
        """Evenly in [low, high)."""
        return low + (high - low) * self.uniform(purpose)

    def happens(self, purpose: str, odds: float) -> bool:
        """Yes with probability `odds`."""
        return self.uniform(purpose) < odds

    def pick(self, purpose: str, among: Weighted) -> str:
        """One name by its weight; weights need not add up to one."""
        # fsum is exact; the result of sum() over floats depends on the Python version.
        left = self.uniform(purpose) * fsum(weight for _, weight in among)
        for name, weight in among:
            left -= weight
            if left < 0:
                return name
        return among[-1][0]

    def skewed(self, purpose: str, median: float, spread: float) -> float:
        """Log-normal: half the draws are below `median`; `spread` is the deviation of the logarithm."""
        drawn = self._bytes(purpose)
        # Twelve even draws add up to a standard normal (Irwin–Hall) in whole numbers, so nothing is rounded.
        total = sum(int.from_bytes(drawn[4 * n : 4 * n + 4], "big") for n in range(_TERMS)) - _TERMS // 2 * _WORD
        power = _EXACT.divide(_EXACT.multiply(_EXACT.create_decimal_from_float(spread), total), _WORD)
        return median * float(_EXACT.exp(power))
