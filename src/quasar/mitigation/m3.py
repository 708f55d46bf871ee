"""Readout correction of counts on the answers that were seen, by mthree (the extra `mitigation`).

See Nation et al., PRX Quantum 2, 040326 (2021). The errors of each bit are given, not calibrated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from quasar.core.errors import InputError
from quasar.simulate.engine import Counts, Estimate
from quasar.simulate.noisy.confusion import matrix
from quasar.simulate.noisy.model import Flips

FloatVector = npt.NDArray[np.float64]


def m3_means(counts: Counts, flips: Sequence[Flips], values: FloatVector) -> list[Estimate]:
    """Means of observables after the correction, with mthree's bound as standard error.

    Args:
        values: of each observable for each answer, shape [K, 2**w].

    Raises:
        InputError: mthree is not installed.
    """
    try:
        import mthree
    except ImportError as error:
        raise InputError(
            "m3 needs mthree: pip install -e '.[mitigation]' in your clone of quasar."
        ) from error
    width, shots = len(flips), sum(counts.values())
    corrector = mthree.M3Mitigation(None)
    corrector.cals_from_matrices([matrix(f).astype(np.float32) for f in flips])
    strings = {format(index, f"0{width}b"): count for index, count in counts.items()}
    quasi = corrector.apply_correction(strings, list(range(width)), return_mitigation_overhead=True)
    indices = np.array([int(bits, 2) for bits in quasi])
    weights = np.array(list(quasi.values()))
    spread = math.sqrt(float(quasi.mitigation_overhead) / shots)
    out = []
    for row in values:
        half = float(row.max() - row.min()) / 2
        out.append(Estimate(float(weights @ row[indices]), spread * half, "statistical"))
    return out
