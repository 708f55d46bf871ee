"""Readout errors: each measured bit is flipped on its own, with known probabilities.

Covers both ways: what a noisy readout makes of a distribution, and what undoes that on average
(mitigation). Bit i of an index is measured with `flips[i]`, the probabilities to read 1 for 0 and
0 for 1. Does not cover errors that depend on other bits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from quasar.core.errors import InputError
from quasar.simulate.noisy.channels import FloatMatrix
from quasar.simulate.noisy.model import Flips

FloatVector = npt.NDArray[np.float64]


def matrix(flips: Flips) -> FloatMatrix:
    """A[read, true], shape [2, 2]; columns sum to 1."""
    up, down = flips
    return np.array([[1 - up, down], [up, 1 - down]])


def inverse(flips: Flips) -> FloatMatrix:
    """The inverse of `matrix`.

    Raises:
        InputError: the readout tells nothing, both probabilities together being 1.
    """
    up, down = flips
    told = 1 - up - down
    if abs(told) < 1e-9:
        raise InputError("a readout that gives the same answer for 0 and 1 cannot be inverted.")
    return np.array([[1 - down, -down], [-up, 1 - up]]) / told


def confused(distribution: FloatVector, flips: Sequence[Flips]) -> FloatVector:
    """What is read of a distribution, shape [2**w]."""
    return on_each_bit(distribution, [matrix(f) if any(f) else None for f in flips])


def corrected(frequencies: FloatVector, flips: Sequence[Flips]) -> FloatVector:
    """A quasi-distribution whose means are those before readout, shape [2**w]; sums to 1.

    Entries may be below 0. Exact for the distribution that `confused` makes.
    """
    return on_each_bit(frequencies, [inverse(f) if any(f) else None for f in flips])


def pulled_back(values: FloatVector, flips: Sequence[Flips]) -> FloatVector:
    """Values v' of the answers read, shape [2**w], with E[v'(read)] = E[v(true)]."""
    return on_each_bit(values, [inverse(f).T if any(f) else None for f in flips])


def on_each_bit(vector: FloatVector, matrices: Sequence[FloatMatrix | None]) -> FloatVector:
    """The tensor product of matrices, shape [2, 2] each, on a vector of shape [2**w]."""
    for bit, found in enumerate(matrices):
        if found is not None:
            cut = vector.reshape(-1, 2, 1 << bit)
            vector = np.einsum("ij,ajb->aib", found, cut).reshape(-1)
    return vector
