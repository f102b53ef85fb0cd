"""How the engine is set up when nobody says: the environment, read once into frozen settings."""

from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_STORE = "sqlite:///sales.db"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the store is and who acts, unless a command says otherwise."""

    store: str = DEFAULT_STORE
    actor: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """`PIPELINE_ENGINE_STORE` and `PIPELINE_ENGINE_ACTOR`; what is empty counts as not set."""
        return cls(
            store=environment.get("PIPELINE_ENGINE_STORE") or DEFAULT_STORE,
            actor=environment.get("PIPELINE_ENGINE_ACTOR") or None,
        )
