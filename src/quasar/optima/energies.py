"""How low and how high an observable can be, beyond enumeration too: `core.bounds` with solvers."""

from __future__ import annotations

from quasar.core.bounds import Bounds, bounds
from quasar.core.hamiltonian import MAX_EXACT_QUBITS, IsingHamiltonian
from quasar.core.observable import Observable, PauliSum
from quasar.optima.solve import optimum
from quasar.problems.ising import Ising


def energy_bounds(observable: Observable, time_limit: float = 60.0, seed: int = 0) -> Bounds:
    """The range of an observable's expectation; energies are without the constant, as everywhere.

    Up to 24 qubits the exact one of `core.bounds`. Beyond, sums of products of Z are handed to the
    solvers of `optimum`, once for each end, and `exact` is set where both are proven. Others are
    enclosed by parts on few qubits (`core.local_bounds`).

    Args:
        time_limit: seconds, for both ends together.

    Raises:
        InputError: no solver is installed, and the sum is not quadratic.
    """
    if observable.n_qubits <= MAX_EXACT_QUBITS:
        return bounds(observable)
    paulis = PauliSum.of(observable)
    if not paulis.is_diagonal:
        return bounds(paulis, "windows")
    hamiltonian = IsingHamiltonian.from_observable(observable)
    ends = [_lowest(hamiltonian, sign, time_limit / 2, seed) for sign in (1, -1)]
    (low, low_proven, how), (negated_high, high_proven, also) = ends
    methods = " + ".join(dict.fromkeys([*how.split(" + "), *also.split(" + ")]))
    return Bounds(low, -negated_high, low_proven and high_proven, methods)


def _lowest(
    hamiltonian: IsingHamiltonian, sign: int, time_limit: float, seed: int
) -> tuple[float, bool, str]:
    """What no energy of ± the Hamiltonian is below, whether one reaches it, and how it is known."""
    terms = {qubits: sign * c for qubits, c in hamiltonian.terms.items()}
    exact_terms = {qubits: sign * c for qubits, c in hamiltonian.exact_terms.items()}
    signed = IsingHamiltonian(hamiltonian.n_qubits, terms, exact_terms=exact_terms)
    found = optimum(Ising(signed), time_limit=time_limit, seed=seed)
    if found.bound is None:
        return -sum(map(abs, terms.values())), False, "norm"
    return found.bound, found.status == "proven", found.bound_by or "norm"
