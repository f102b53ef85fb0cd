"""In which order the stages of a sales process usually come, by the words in their names. Pure."""

from pipeline_engine.exchange.plain import plain

_RANK = (
    "suspect",
    "prospect",
    "lead",
    "new",
    "neu",
    "contact",
    "kontakt",
    "engag",
    "discover",
    "qualif",
    "need",
    "bedarf",
    "analys",
    "demo",
    "present",
    "value",
    "decision",
    "perception",
    "proposal",
    "quote",
    "angebot",
    "offer",
    "review",
    "negot",
    "verhandl",
    "contract",
    "vertrag",
    "verbal",
    "commit",
)


def rank(name: str) -> int:
    """Where a stage usually stands; the middle where its name says nothing."""
    place = _place(name)
    return len(_RANK) // 2 if place is None else place


def ranked(name: str) -> bool:
    """Whether the name says where the stage stands."""
    return _place(name) is not None


def _place(name: str) -> int | None:
    bare = plain(name).lower()
    return next((number for number, sign in enumerate(_RANK) if sign in bare), None)
