"""How low and how high an observable can be, and how that is known.

Every score that is a fraction of a range needs both ends. Methods stand in a registry: a further
one is a function from observable to `Bounds` and one line in `METHODS`. Energies are without the
constant, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian, require_exact
from quasar.core.local_bounds import lower_bound
from quasar.core.observable import Observable, PauliSum

_DENSE_QUBITS = 6  # up to here the matrix is diagonalised; Lanczos needs room for its vectors


class Bounds(NamedTuple):
    """The range of an observable's expectation.

    Attributes:
        low: no state has less.
        high: no state has more.
        exact: both are reached (up to rounding); else they only enclose the range.
        method: how they were found: a name in `METHODS`, or another such as `given`.
    """

    low: float
    high: float
    exact: bool
    method: str

    @property
    def width(self) -> float:
        """High - low."""
        return self.high - self.low


def by_enumeration(observable: Observable) -> Bounds:
    """Of a diagonal observable, from all its 2**n energies.

    Raises:
        ProblemError: an X or Y in it, or more qubits than are enumerated.
    """
    spectrum = IsingHamiltonian.from_observable(observable).spectrum
    return Bounds(spectrum.e_min, spectrum.e_max, True, "enumeration")


def by_lanczos(observable: Observable) -> Bounds:
    """From the extreme eigenvalues, by ARPACK's implicitly restarted Lanczos (`eigsh`).

    Converges to rounding; the start is a fixed random vector, so that no symmetry hides a state and
    equal observables get equal bounds.

    Raises:
        ProblemError: more qubits than are enumerated.
    """
    from scipy.sparse.linalg import LinearOperator, eigsh

    require_exact(observable.n_qubits)
    h = PauliSum.of(observable)
    size = 1 << h.n_qubits
    if h.n_qubits <= _DENSE_QUBITS:
        columns = [h.apply(row) for row in np.eye(size, dtype=np.complex128)]
        energies = np.linalg.eigvalsh(np.array(columns).T)
        return Bounds(float(energies[0]), float(energies[-1]), True, "eigsh")
    operator = LinearOperator((size, size), matvec=h.apply, dtype=np.complex128)
    start = np.random.default_rng(0).normal(size=size).astype(np.complex128)
    low, high = (
        float(eigsh(operator, k=1, which=end, v0=start, return_eigenvectors=False)[0])
        for end in ("SA", "LA")
    )
    return Bounds(low, high, True, "eigsh")


def by_windows(observable: Observable) -> Bounds:
    """Enclosing the range of any size, from parts on few qubits; see `core.local_bounds`."""
    negated = {pauli: -c for pauli, c in observable.pauli_terms().items()}
    high = -lower_bound(PauliSum(observable.n_qubits, negated))
    return Bounds(lower_bound(observable), high, False, "windows")


METHODS: dict[str, Callable[[Observable], Bounds]] = {
    "enumeration": by_enumeration,
    "eigsh": by_lanczos,
    "windows": by_windows,
}
"""Ways to know the bounds, by name."""


def bounds(observable: Observable, method: str = "auto") -> Bounds:
    """The bounds by the method of that name.

    Args:
        method: `auto`: enumeration where every product is of Z alone, else `eigsh`.

    Raises:
        InputError: no such method.
        ProblemError: the method does not cover the observable.
    """
    if method == "auto":
        method = "enumeration" if PauliSum.of(observable).is_diagonal else "eigsh"
    if method not in METHODS:
        raise InputError(f"unknown method {method!r}; known: auto, {', '.join(METHODS)}.")
    return METHODS[method](observable)
