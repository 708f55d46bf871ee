"""The ground energy of an observable as an optimum: exact by Lanczos, or between bounds."""

from __future__ import annotations

import time

from quasar.core.local_bounds import lower_bound, product_state_energy
from quasar.optima.result import BoundedOptimum
from quasar.problems.base import encode
from quasar.problems.quantum.observable import EncodedObservable, ObservableProblem


def ground_optimum(problem: ObservableProblem, seed: int = 0) -> BoundedOptimum:
    """The ground energy, the constant included; there is no solution to name.

    Raises:
        ProblemError: a sector without any state.
    """
    begun = time.monotonic()
    encoded = encode(problem)
    if not isinstance(encoded, EncodedObservable):
        raise TypeError(f"{problem.problem_type} has no observable")
    constant = encoded.hamiltonian.constant
    if encoded.is_exact:
        ground = encoded.ground
        low = high = ground.energy + constant
        by, bound_by = ground.method, ground.method
    else:
        low = lower_bound(encoded.hamiltonian) + constant
        high = product_state_energy(encoded.hamiltonian, seed) + constant
        by, bound_by = "product state", "windows"
    return BoundedOptimum(
        problem.problem_type,
        "min",
        "proven" if encoded.is_exact else "bounded",
        value=high,
        bound=low,
        solution_by=by,
        bound_by=bound_by,
        variables=encoded.n_qubits,
        seconds=time.monotonic() - begun,
        note="The value is an energy: the ground state is no bit string.",
    )
