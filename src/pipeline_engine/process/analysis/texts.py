"""What is known of one text: which it may be, which it is not, and what must hold of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from pipeline_engine.process.rules.compute.numbers import RELATIONS
from pipeline_engine.process.rules.literals import pattern

Holds = Callable[[str, str], bool]

PREDICATES: Mapping[str, Holds] = {
    "contains": str.__contains__,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "matches": lambda text, wanted: pattern(wanted).search(text) is not None,
    **RELATIONS,
}
_PARTS = ("contains", "startsWith", "endsWith")
_FILLERS = ("a", "b", "c", "d", "e", "x", "1", "A", "z", "0")


@dataclass(frozen=True, slots=True)
class Claim:
    """One predicate with its literal, and whether it holds."""

    function: str
    literal: str
    holds: bool

    def fits(self, text: str) -> bool:
        """Whether a text is as claimed."""
        return PREDICATES[self.function](text, self.literal) is self.holds


@dataclass(frozen=True, slots=True)
class Text:
    """One text: one of `allowed` (None: any), none of `excluded`, as all `claims` have it."""

    allowed: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()
    claims: tuple[Claim, ...] = ()

    def among(self, texts: frozenset[str]) -> "Text":
        """The same, and one of these."""
        return replace(self, allowed=texts if self.allowed is None else self.allowed & texts)

    def none_of(self, texts: frozenset[str]) -> "Text":
        """The same, and none of these."""
        return replace(self, excluded=self.excluded | texts)

    def claimed(self, claim: Claim) -> "Text":
        """The same, and as claimed."""
        return self if claim in self.claims else replace(self, claims=(*self.claims, claim))

    def joined(self, other: "Text") -> "Text":
        """What holds of both."""
        both = replace(self, excluded=self.excluded | other.excluded)
        for claim in other.claims:
            both = both.claimed(claim)
        return both if other.allowed is None else both.among(other.allowed)

    def fits(self, text: str) -> bool:
        """Whether it may be this text."""
        allowed = self.allowed is None or text in self.allowed
        return allowed and text not in self.excluded and all(claim.fits(text) for claim in self.claims)

    @property
    def impossible(self) -> bool:
        """Whether it is certain that no text fits."""
        if self.allowed is not None:
            return not any(self.fits(text) for text in self.allowed)
        return any(_clash(one, other) for one in self.claims for other in self.claims)

    def candidates(self, likes: str, pool: tuple[str, ...] = ()) -> Iterator[str]:
        """Texts that fit, the likeliest first; none does not mean that there is none."""
        tried = sorted(self.allowed) if self.allowed is not None else [likes, *pool, *self._made(likes)]
        yield from (text for text in dict.fromkeys(tried) if self.fits(text))

    def _made(self, likes: str) -> Iterator[str]:
        parts = {name: [c.literal for c in self.claims if c.holds and c.function == name] for name in _PARTS}
        start = max(parts["startsWith"], key=len, default="")
        end = max(parts["endsWith"], key=len, default="")
        middle = [part for part in parts["contains"] if part not in start and part not in end]
        bounds = [c.literal for c in self.claims if c.function in RELATIONS]
        for filler in ("", *_FILLERS, likes):
            yield start + filler.join(["", *middle, ""]) + end
            yield start + "".join(middle) + filler + end
            yield from (filler + bound + filler for bound in bounds)
        yield from (c.literal.strip("^$").replace("\\", "") for c in self.claims if c.function == "matches")
        yield from (bound[:-1] for bound in bounds)


def _clash(one: Claim, other: Claim) -> bool:
    """Whether two claims can never hold of one text."""
    if one.function == other.function and one.literal == other.literal:
        return one.holds is not other.holds
    if not one.holds:
        return False
    if other.holds:
        return _ends_clash(one, other)
    # What must be within the text makes any shorter part of it be there too.
    return other.function in _PARTS and one.function in _implying(other.function) and _part_of(other, one.literal)


def _implying(function: str) -> tuple[str, ...]:
    return _PARTS if function == "contains" else (function,)


def _part_of(denied: Claim, literal: str) -> bool:
    return PREDICATES[denied.function](literal, denied.literal)


def _ends_clash(one: Claim, other: Claim) -> bool:
    if one.function != other.function or one.function not in ("startsWith", "endsWith"):
        return False
    longer, shorter = sorted((one.literal, other.literal), key=len, reverse=True)
    return not PREDICATES[one.function](longer, shorter)
