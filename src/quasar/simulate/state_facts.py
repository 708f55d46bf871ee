"""What a state is, decided from the state alone and not from its gates (SPEC: metrics).

* `basis_state`: one bit string has probability >= 1 - 1e-6.
* `product_state`: every one-qubit reduced state has purity >= 1 - 1e-9. With a diagonal
  Hamiltonian such a state says no more than a classical answer.
* `entanglement`: the Meyer-Wallach measure Q (quant-ph/0108104) as the mean linear entropy of one
  qubit (Brennen, quant-ph/0305094).

Covers pure states and, as far as a distribution tells, mixtures. Size and structure of the circuit
are not covered: see `circuits/effective.py` and `circuits/freedom.py`.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np

from quasar.simulate.distributions import DistributionShape, shape_of
from quasar.simulate.engine import ComplexVector, FloatVector
from quasar.simulate.small_state import MOST_QUBITS, address, library

BASIS_STATE_PROBABILITY = 1.0 - 1e-6
PRODUCT_IMPURITY = 1e-9
"""Largest 1 - purity of a qubit in a product state."""
ENTANGLED_FROM = 1e-3
"""Meyer-Wallach measure below which a state says no more than a product: tuning has all but undone
the entanglement. Ranking and reports both go by it."""


@dataclass(frozen=True)
class StateFacts:
    """What a final state is.

    Attributes:
        basis_state: measuring gives one bit string.
        product_state: no qubit is entangled with another; None for a mixture.
        entanglement: Meyer-Wallach measure Q in [0, 1]; None for a mixture.
    """

    basis_state: bool
    product_state: bool | None
    entanglement: float | None


def state_facts(
    p: FloatVector, state: ComplexVector | None, shape: DistributionShape | None = None
) -> StateFacts:
    """All of the above.

    Args:
        p: distribution of measuring every qubit, shape [D].
        state: the amplitudes, shape [D]; None where a dynamic program leaves a mixture.
        shape: of p, where it is known.
    """
    shape = shape or shape_of(p)
    basis = shape.largest >= BASIS_STATE_PROBABILITY * shape.total
    if state is None:
        return StateFacts(basis, None, None)
    impure = impurities(state)
    return StateFacts(basis, max(impure) <= PRODUCT_IMPURITY, _mean_entropy(impure))


def impurities(state: ComplexVector) -> list[float]:
    """1 - Tr ρ_k² of every qubit's reduced state ρ_k, of a state of shape [D], D >= 2.

    A 2x2 matrix of trace 1 has 1 - Tr ρ² = 2 det ρ. The determinant stays right to 1e-16 where the
    purity is near 1, and dividing by the squared trace takes out the rounding of the state's norm.
    """
    n, compiled = int(state.size).bit_length() - 1, library()
    if compiled is not None and 1 <= n <= MOST_QUBITS and _is_plain(state):
        found = (ctypes.c_double * n)()
        if not compiled.impurities(address(state), n, found):
            return found[:]
    return impurities_in_python(state)


def impurities_in_python(state: ComplexVector) -> list[float]:
    """The same without compiled code."""
    trace = float(np.vdot(state, state).real)
    out = []
    for k in range(int(state.size).bit_length() - 1):
        pairs = state.reshape(-1, 2, 1 << k)
        one = pairs[:, 1, :].ravel()
        excited = float(np.vdot(one, one).real)
        coherence = abs(complex(np.vdot(pairs[:, 0, :].ravel(), one)))
        determinant = excited * (trace - excited) - coherence * coherence
        out.append(2.0 * max(determinant, 0.0) / (trace * trace))
    return out


def _is_plain(state: ComplexVector) -> bool:
    """Whether C can read it."""
    return state.dtype == np.complex128 and state.flags.c_contiguous


def meyer_wallach(state: ComplexVector) -> float:
    """The measure Q in [0, 1] of a pure state of shape [D]."""
    return _mean_entropy(impurities(state))


def _mean_entropy(impure: list[float]) -> float:
    return min(2.0 * sum(impure) / len(impure), 1.0)
