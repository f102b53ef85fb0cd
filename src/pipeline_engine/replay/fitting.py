"""Which deals a variant is for, in columns: the bulk twin of `process.fitting`."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline_engine.facts import Instants, Probes
from pipeline_engine.process import Process

Mask = npt.NDArray[np.bool_]


def meant_for(target: Process, variants: Sequence[Process], instants: Instants, probes: Probes) -> Mask:
    """Deals that the target is meant for: those it is for, of a base those that none of its variants is for."""
    if target.extends is not None:
        return fitting(target, instants, probes)
    others = [fitting(variant, instants, probes) for variant in variants if variant.name != target.name]
    return ~np.any(others, axis=0) if others else np.ones(len(probes.deal), np.bool_)


def fitting(process: Process, instants: Instants, probes: Probes) -> Mask:
    """Deals with a value that fits in every field that a variant names; a value that is missing fits nothing."""
    fits = np.ones(len(probes.deal), np.bool_)
    for name, wanted in process.variant_for.items():
        found = instants.value_before(name, probes)
        if found.kind == "bool":
            fitting = np.isin(found.values.astype(np.bool_), [word == "true" for word in wanted])
        elif found.kind == "text":
            codes = [code for code, word in enumerate(found.vocabulary) if word in wanted]
            fitting = np.isin(found.values, np.array(codes, np.int64))
        else:
            fitting = np.zeros(len(fits), np.bool_)
        fits &= np.asarray(fitting & ~found.missing, dtype=np.bool_)
    return fits
