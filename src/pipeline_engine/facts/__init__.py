"""What is known: the log in columns, at any instant.

projector = Projector()
while projector.advance(store.rows(projector.position, 10_000)):
    pass
facts = projector.facts(as_of=None, known_at=None)            # .deals .stays .attempts … as Arrow tables
amounts = Instants(facts).value_before("amount", probes)      # how deals stood at any of their versions
"""

from pipeline_engine.facts.arrays import NOWHEN, Words, flags, ints, keys, last_within
from pipeline_engine.facts.awaited import asking, ending
from pipeline_engine.facts.holdings import Holding, Holdings, held
from pipeline_engine.facts.index import Clock, Probes, Slices
from pipeline_engine.facts.instants import Instants
from pipeline_engine.facts.kept import KeptFacts, Last, as_kept, last_kept
from pipeline_engine.facts.meanings import MEANINGS, ColumnMeaning, reference
from pipeline_engine.facts.pauses import PausedTime
from pipeline_engine.facts.projector import Projector, facts_of
from pipeline_engine.facts.snapshot import Facts, exact_sum, exact_sums
from pipeline_engine.facts.standing import FOREVER, grant_ends, request_ends
from pipeline_engine.facts.tables import TABLES
from pipeline_engine.facts.values_before import Items, Open, Values

__all__ = [
    "FOREVER",
    "MEANINGS",
    "NOWHEN",
    "TABLES",
    "Clock",
    "ColumnMeaning",
    "Facts",
    "Holding",
    "Holdings",
    "Instants",
    "Items",
    "KeptFacts",
    "Last",
    "Open",
    "PausedTime",
    "Probes",
    "Projector",
    "Slices",
    "Values",
    "Words",
    "as_kept",
    "asking",
    "ending",
    "exact_sum",
    "exact_sums",
    "facts_of",
    "flags",
    "grant_ends",
    "held",
    "ints",
    "keys",
    "last_kept",
    "last_within",
    "reference",
    "request_ends",
]
