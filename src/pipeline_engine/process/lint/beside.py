"""What is known beside the file, where it is at hand: how its rules judged, who holds which role, its base."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline_engine.process.variants import Bases, no_bases


@dataclass(frozen=True, slots=True)
class Used:
    """How often a rule was asked in the past, and what came of it."""

    passed: int = 0
    failed: int = 0
    unknown: int = 0
    waived: int = 0

    @property
    def asked(self) -> int:
        """How often it was asked."""
        return self.passed + self.failed + self.unknown + self.waived


@dataclass(frozen=True, slots=True)
class Standing:
    """The roles a person holds, who they report to, whether they own deals, and what they can do."""

    roles: frozenset[str] = frozenset()
    manager: str | None = None
    owns: bool = True
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Beside:
    """History by rule id, people by id, and what a variant may extend; empty where there is none."""

    use: Mapping[str, Used] = field(default_factory=dict)
    people: Mapping[str, Standing] = field(default_factory=dict)
    bases: Bases = no_bases
