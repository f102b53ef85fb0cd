"""A range of numbers with open or closed ends, and the roundest number in it."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

Number = int | Fraction


@dataclass(frozen=True, slots=True)
class Span:
    """All numbers from `low` to `high`; None is no end. An open end is not in it itself."""

    low: Number | None = None
    high: Number | None = None
    low_open: bool = False
    high_open: bool = False

    def meet(self, other: "Span") -> "Span":
        """What lies in both."""
        low, low_open = self.low, self.low_open
        if other.low is not None and (low is None or (other.low, other.low_open) > (low, low_open)):
            low, low_open = other.low, other.low_open
        high, high_open = self.high, self.high_open
        if other.high is not None and (high is None or (other.high, not other.high_open) < (high, not high_open)):
            high, high_open = other.high, other.high_open
        return Span(low, high, low_open, high_open)

    @property
    def empty(self) -> bool:
        """Whether there is no number in it."""
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    def whole(self, step: int = 1) -> "Span":
        """The multiples of `step` in it, as a closed range of them."""
        low = None if self.low is None else step * _above(Fraction(self.low, step), self.low_open)
        high = None if self.high is None else -step * _above(Fraction(-self.high, step), self.high_open)
        return Span(low, high)

    def flipped(self) -> "Span":
        """The range of the negated numbers."""
        low = None if self.high is None else -self.high
        high = None if self.low is None else -self.low
        return Span(low, high, self.high_open, self.low_open)

    def moved(self, by: Number) -> "Span":
        """The range of the numbers, each so much greater."""
        low = None if self.low is None else self.low + by
        high = None if self.high is None else self.high + by
        return Span(low, high, self.low_open, self.high_open)

    def divided(self, by: int) -> "Span":
        """The range of the numbers divided by a number above zero."""
        low = None if self.low is None else Fraction(self.low, by)
        high = None if self.high is None else Fraction(self.high, by)
        return Span(low, high, self.low_open, self.high_open)

    def holds(self, number: Number) -> bool:
        """Whether the number lies in it."""
        return not self.meet(Span(number, number)).empty


def _above(value: Fraction, beyond: bool) -> int:
    return floor(value) + 1 if beyond else ceil(value)


def of_relation(relation: str, bound: Number) -> Span:
    """The numbers that stand in a relation to a bound; `_!=_` is no range."""
    return {
        "_<_": Span(None, bound, high_open=True),
        "_<=_": Span(None, bound),
        "_>_": Span(bound, None, low_open=True),
        "_>=_": Span(bound, None),
        "_==_": Span(bound, bound),
    }[relation]


def roundest(span: Span, likes: Number, step: int | None = 1, digits: bool = True) -> Number | None:
    """
    The number in the range that reads best: `likes` where it lies in it, else one with few digits near the nearest end.

    Args:
        step: Only multiples of it; None where fractions are wanted too.
        digits: Whether few digits read well; of moments the nearest one does.
    """
    span = span if step is None else span.whole(step)
    if span.empty:
        return None
    if span.holds(likes):
        return likes
    if span.low is not None and likes <= span.low:
        return _upwards(span, step, digits)
    found = _upwards(span.flipped(), step, digits)
    return None if found is None else -found


def _upwards(span: Span, step: int | None, digits: bool) -> Number | None:
    """The roundest number not far above the low end."""
    low = span.low
    assert low is not None
    if not span.low_open and (not digits or _is_round(low)):
        return low
    unit = Fraction("1" + "0" * (len(str(int(low if low >= 0 else -low))) - 1))
    for _ in range(40):
        found = Fraction(_above(low / unit, span.low_open) * unit)
        if span.holds(found) and (step is None or found % step == 0):
            return int(found) if found.denominator == 1 else found
        unit /= 10
    return None if span.low_open else low


def _is_round(number: Number) -> bool:
    return number == 0 or (number.denominator == 1 and len(str(abs(int(number))).rstrip("0")) <= 3)
