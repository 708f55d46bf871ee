"""The state that warm-started QAOA begins in, and angles worth a try.

`relaxation` takes the semidefinite relaxation's vectors (Goemans and Williamson), of which each
spin keeps its part along their main direction; `annealing` takes the best bit string of simulated
annealing (Egger, Mareček and Woerner, Quantum 5, 479 (2021), arXiv 2009.10095). Both keep a
distance from 0 and 1, so that the circuit can still change every bit. The circuit is in
`circuits.warm_qaoa`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, get_args

import numpy as np

from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.optima import annealing, semidefinite
from quasar.optima.search import Search
from quasar.optima.solvers import installed
from quasar.optimize.qaoa_large import starting_angles
from quasar.optimize.warm_start import EPSILON, MAX_LAYERS, warm_angles
from quasar.problems.ising import Ising
from quasar.simulate.engine import FloatVector

WarmStart = Literal["relaxation", "annealing"]
"""What a circuit may start from."""

RELAXED_EPSILON = 0.25
"""Least probability of each bit, from a relaxation (Egger et al., section 3)."""
SECONDS = 10.0
"""Time limit of the relaxation, and of annealing."""


def warm_probabilities(
    hamiltonian: IsingHamiltonian,
    kind: WarmStart,
    *,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
) -> FloatVector:
    """Probability of |1> of each qubit at the start, shape [n].

    Args:
        seed: of the relaxation's start, or of annealing.
        stop: asked now and then whether to end early.

    Raises:
        InputError: annealing's library is missing, or a product that the relaxation does not cover.
    """
    if kind not in get_args(WarmStart):
        known = " or ".join(get_args(WarmStart))
        raise InputError(f"a circuit is warm-started from {known}, not from {kind!r}.")
    search = Search(time.monotonic() + SECONDS, seed, stop=stop or (lambda: False))
    if kind == "relaxation":
        spins, epsilon = _relaxed_spins(hamiltonian, search), RELAXED_EPSILON
    else:
        spins, epsilon = _annealed_spins(hamiltonian, search), EPSILON
    return np.clip((1.0 - spins) / 2.0, epsilon, 1.0 - epsilon)


def warm_starts(hamiltonian: IsingHamiltonian, layers: int) -> list[FloatVector]:
    """Angles γ_1..γ_p, β_1..β_p worth a try, each of shape [2p], as `circuits.warm_qaoa` has them.

    The table's γ for cold starts, less and more, each with β of cold and of warm starts.
    """
    cold = starting_angles(hamiltonian, layers, "table")
    gammas, betas = np.split(cold, 2)
    mixers = [betas]
    if layers <= MAX_LAYERS:
        mixers.append(-np.array(warm_angles(layers)[1]))
    return [np.concatenate([much * gammas, mixer]) for much in (0.5, 1.0, 2.0) for mixer in mixers]


def _relaxed_spins(hamiltonian: IsingHamiltonian, search: Search) -> FloatVector:
    """Each spin between -1 and 1, shape [n]: the part of its vector along the main direction."""
    n = hamiltonian.n_qubits
    if any(len(qubits) > 2 for qubits in hamiltonian.terms):
        raise InputError(
            "the relaxation covers products of at most two Z, and this problem has larger ones: "
            "warm-start from annealing."
        )
    if n >= semidefinite.MAX_SPINS:
        raise InputError(
            f"the relaxation covers up to {semidefinite.MAX_SPINS - 1:,} variables, not {n:,}: "
            "warm-start from annealing."
        )
    matrix = np.zeros((n + 1, n + 1))  # the last spin makes products of the fields
    for qubits, c in hamiltonian.terms.items():
        i, j = qubits if len(qubits) == 2 else (qubits[0], n)
        matrix[i, j] = matrix[j, i] = matrix[i, j] + c / 2
    rng = generator(search.seed, "relaxation")
    vectors = semidefinite.relaxed(matrix, rng, search)
    along = vectors[n]
    if not matrix[n].any():  # no field says which side is up
        along = np.linalg.svd(vectors[:n], full_matrices=False)[2][0]
    found = vectors[:n] @ along
    largest = float(np.abs(found).max())
    return np.asarray(found / largest if largest > 0.0 else found)


def _annealed_spins(hamiltonian: IsingHamiltonian, search: Search) -> FloatVector:
    """The best spins that annealing finds, 1 or -1, shape [n]."""
    problem = Ising(hamiltonian)
    if not installed(annealing.NAME):
        raise InputError(
            "a warm start from annealing needs dwave-samplers: pip install -e '.[optima]' in your "
            "clone of quasar, or warm-start from relaxation."
        )
    found = annealing.solve(problem, problem.native(), search)
    if found.solution is not None:
        return np.array(found.solution, dtype=np.float64)
    return np.array(problem.from_native(found.values or {}), dtype=np.float64)
