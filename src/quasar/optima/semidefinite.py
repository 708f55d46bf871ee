"""A certified semidefinite bound on quadratic costs without constraints, and rounded solutions.

In spins s = 2x - 1, with one spin more that makes products of the linear terms, the cost is
constant + s'Cs, and for every vector y (Goemans and Williamson, Journal of the ACM 42, 1115 (1995);
Delorme and Poljak, Mathematical Programming 62, 557 (1993))

    s'Cs >= Σ y_i + N λ_min(C - Diag(y)),  N the number of spins,

since s's = N. So any y gives a bound; a good one comes from the semidefinite relaxation, solved by
the mixing method (Wang, Chang and Kolter, arXiv:1706.00476): a unit vector for each spin, moved in
turn against the sum of its neighbours, in √(2N) dimensions, where no local optimum is worse than
the global. No solver's tolerance enters: the eigenvalue is computed of the matrix at hand and taken
less LAPACK's backward error, and all sums are exact. Solutions are the better side of random
hyperplanes, improved one spin at a time.
"""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quasar.core.errors import InputError
from quasar.core.exact import Exact, FloatVector, exact
from quasar.core.labels import Label
from quasar.optima.lattice import next_multiple
from quasar.optima.search import Found, Search, Update
from quasar.problems.native import NativeModel

NAME = "semidefinite"
MAX_SPINS = 2_000
"""Most spins: the matrix of its eigenvalues is dense, 32 MB at this size."""

_SWEEPS = 2_000
_CHECK_EVERY = 25
_CONVERGED = 1e-7  # relative change of the objective between checks
_HYPERPLANES = 64

Matrix = npt.NDArray[np.float64]


class SpinCost(NamedTuple):
    """constant + s'Cs over N spins, of which the last stands for 1.

    Attributes:
        labels: of the other spins.
        matrix: C, symmetric with an empty diagonal, shape [N, N].
        constant: exact.
        lost: how much rounding C to float64 may have changed the cost.
    """

    labels: list[Label]
    matrix: Matrix
    constant: Exact
    lost: Exact


def covers(model: NativeModel) -> bool:
    """Whether the bound applies: quadratic, without constraints, and not too large."""
    small = len(model.variables) < MAX_SPINS
    return model.is_unconstrained and model.is_binary and model.order <= 2 and small


def spin_cost(model: NativeModel) -> SpinCost:
    """A quadratic cost in spins, x = (1 + s) / 2."""
    labels = list(model.variables)
    position = {label: i for i, label in enumerate(labels)}
    one = len(labels)
    entries: dict[tuple[int, int], Fraction] = {}
    constant = Fraction(0)
    for monomial, c in model.cost.coefficients.items():
        at = sorted(position[label] for label in monomial)
        part = Fraction(c) / 2 ** len(at)
        constant += part
        for pair in [(i, one) for i in at] + ([(at[0], at[1])] if len(at) == 2 else []):
            entries[pair] = entries.get(pair, Fraction(0)) + part
    matrix = np.zeros((one + 1, one + 1))
    lost = Fraction(0)
    for (i, j), c in entries.items():
        matrix[i, j] = matrix[j, i] = float(c / 2)
        lost += abs(c - 2 * Fraction(matrix[i, j]))
    return SpinCost(labels, matrix, exact(constant), exact(lost))


def solve(model: NativeModel, search: Search) -> Found:
    """A bound, and the best solution rounded from the relaxation; see `Found`.

    Raises:
        InputError: the model has constraints, terms of higher order, or too many variables.
    """
    if not covers(model):
        raise InputError(
            "the semidefinite bound is for quadratic costs of at most "
            f"{MAX_SPINS - 1:,} binary variables without constraints: choose another --method."
        )
    cost = spin_cost(model)
    rng = np.random.default_rng(search.seed)
    vectors = relaxed(cost.matrix, rng, search)
    gradient = cost.matrix @ vectors
    found = certified(cost, np.einsum("ik,ik->i", gradient, vectors))
    bound = next_multiple(model.cost, found)
    spins = _rounded(cost.matrix, vectors, rng)
    spins *= spins[-1]
    values = {label: int(s > 0) for label, s in zip(cost.labels, spins, strict=False)}
    search.tell(Update(float(model.evaluate(values)), float(bound)))
    return Found(NAME, values, bound, complete=not search.is_over)


def certified(cost: SpinCost, y: FloatVector) -> Exact:
    """The bound that a dual vector proves, shape of y [N]; exact arithmetic but for λ_min."""
    n = y.size
    shifted = cost.matrix - np.diag(y)
    lowest = float(np.linalg.eigvalsh(shifted)[0])
    # Backward error of LAPACK's symmetric eigensolver, p(n) eps |A|, with n for p(n) and a margin.
    error = 8 * n * sys.float_info.epsilon * float(np.linalg.norm(shifted))
    dual = sum(map(Fraction, y.tolist()), Fraction(0))
    return exact(cost.constant - cost.lost + dual + n * (Fraction(lowest) - Fraction(error)))


def relaxed(matrix: Matrix, rng: np.random.Generator, search: Search) -> Matrix:
    """Unit vectors v_i, shape [N, k], that minimise Σ C_ij v_i'v_j."""
    n = len(matrix)
    k = math.ceil(math.sqrt(2 * n)) + 1
    vectors = rng.normal(size=(n, k))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    around = [np.flatnonzero(row) for row in matrix]
    weights = [row[near] for row, near in zip(matrix, around, strict=True)]
    before = math.inf
    for sweep in range(_SWEEPS):
        for i, near in enumerate(around):
            if near.size:
                pull = weights[i] @ vectors[near]
                size = math.sqrt(pull @ pull)
                if size:
                    vectors[i] = pull / -size
        if search.is_over:
            break
        if sweep % _CHECK_EVERY == 0:
            value = float(np.vdot(vectors, matrix @ vectors))
            if before - value <= _CONVERGED * max(1.0, abs(value)):
                break
            before = value
    return vectors


def _rounded(matrix: Matrix, vectors: Matrix, rng: np.random.Generator) -> FloatVector:
    """The best side of random hyperplanes, each improved by single flips; shape [N]."""
    best, least = np.ones(len(matrix)), math.inf
    for _ in range(_HYPERPLANES):
        spins = np.where(vectors @ rng.normal(size=vectors.shape[1]) < 0, -1.0, 1.0)
        field = matrix @ spins
        while True:
            gain = spins * field  # flipping spin i changes s'Cs by -4 s_i (Cs)_i
            i = int(gain.argmax())
            if gain[i] <= _CONVERGED:
                break
            spins[i] = -spins[i]
            field += 2 * spins[i] * matrix[i]
        value = float(spins @ field)
        if value < least:
            best, least = spins, value
    return best
