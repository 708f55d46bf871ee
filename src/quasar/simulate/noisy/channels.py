"""Quantum channels as real matrices in the Pauli basis.

A channel on k qubits is its Pauli transfer matrix R_ij = tr(P_i E(P_j)) / 2**k, shape [4**k, 4**k],
with Paulis in the order I, X, Y, Z and the first qubit the most significant digit of an index. It
acts on the vector tr(P_i ρ). Composition is the product of matrices. See Greenbaum,
arXiv:1509.02921, section 2. Does not cover when a channel acts: see `model`.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt

from quasar.core.errors import InputError

FloatMatrix = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

_PAULIS = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
_SMALL = 1e-12  # Kraus operators of less weight are rounding errors


@functools.cache
def paulis(k: int) -> ComplexArray:
    """All Paulis on k qubits, shape [4**k, 2**k, 2**k]."""
    found = np.ones((1, 1, 1), dtype=np.complex128)
    for _ in range(k):
        found = np.einsum("aij,bkl->abikjl", found, _PAULIS).reshape(
            4 * found.shape[0], 2 * found.shape[1], -1
        )
    return found


def qubits_of(channel: FloatMatrix) -> int:
    """K, the number of qubits that a channel acts on."""
    return (int(channel.shape[0]).bit_length() - 1) // 2


def identity(k: int) -> FloatMatrix:
    """The channel that does nothing."""
    return np.eye(4**k)


def unitary(matrix: ComplexArray) -> FloatMatrix:
    """ρ -> U ρ U†; the matrix's first qubit is the most significant."""
    k = matrix.shape[0].bit_length() - 1
    basis = paulis(k)
    turned = matrix @ basis @ matrix.conj().T
    # tr(P_i T_j): sum over both indices of the matrices.
    found = np.einsum("iab,jba->ij", basis, turned, optimize=True).real / 2**k
    return np.ascontiguousarray(found)


def depolarizing(probability: float, k: int = 1) -> FloatMatrix:
    """ρ -> (1 - p) ρ + p I / 2**k; p up to 4**k / (4**k - 1)."""
    found = np.full(4**k, 1.0 - probability)
    found[0] = 1.0
    return np.diag(found)


def amplitude_damping(gamma: float) -> FloatMatrix:
    """|1> decays to |0> with probability γ."""
    found = np.diag([1.0, math.sqrt(1.0 - gamma), math.sqrt(1.0 - gamma), 1.0 - gamma])
    found[3, 0] = gamma
    return found


def relaxation(t1: float | None, t2: float | None, seconds: float) -> FloatMatrix:
    """Thermal relaxation to |0> over a time, T1 and T2 in seconds; None: never.

    T2 counts up to its bound 2 T1, as in Qiskit Aer.
    """
    if t1 is not None:
        t2 = 2 * t1 if t2 is None else min(t2, 2 * t1)
    stays = 1.0 if t1 is None else math.exp(-seconds / t1)
    coherent = 1.0 if t2 is None else math.exp(-seconds / t2)
    found = np.diag([1.0, coherent, coherent, stays])
    found[3, 0] = 1.0 - stays
    return found


def z_rotation(angle: float) -> FloatMatrix:
    """exp(-i angle Z / 2) as a channel, angle in radians."""
    found = np.eye(4)
    found[1:3, 1:3] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    return found


def tensor(*channels: FloatMatrix) -> FloatMatrix:
    """Channels side by side, the first on the first qubits."""
    found = channels[0]
    for channel in channels[1:]:
        found = np.asarray(np.kron(found, channel), dtype=np.float64)
    return found


def embedded(channel: FloatMatrix, places: tuple[int, ...], k: int) -> FloatMatrix:
    """A channel as one on k qubits that acts on those at `places`, in that order."""
    if places == tuple(range(k)):
        return channel
    m = len(places)
    rest = [place for place in range(k) if place not in places]
    whole = np.kron(channel, np.eye(4 ** (k - m))).reshape((4,) * (2 * k))
    order = [(*places, *rest).index(place) for place in range(k)]
    return np.ascontiguousarray(
        whole.transpose([*order, *(k + place for place in order)]).reshape(4**k, 4**k)
    )


def average_infidelity(channel: FloatMatrix) -> float:
    """1 - F of a channel to the identity, averaged over pure states."""
    d: int = 1 << qubits_of(channel)
    process = float(np.trace(channel)) / d**2
    return 1.0 - (d * process + 1.0) / (d + 1.0)


def kraus(channel: FloatMatrix) -> ComplexArray:
    """Kraus operators, orthogonal to each other, heaviest first: shape [r, 2**k, 2**k]."""
    k = qubits_of(channel)
    basis, d = paulis(k), 2**k
    # Choi matrix Σ_ij R_ij P_i ⊗ P_j^T / d**2 with rows (i, m): E(|m><n|) = Σ K|m><n|K†.
    choi = np.einsum("ij,iab,jdc->acbd", channel, basis, basis, optimize=True) / d
    weights, vectors = np.linalg.eigh(choi.reshape(d * d, d * d))
    if weights[0] < -1e-7:
        raise InputError("a noise channel is not physical: it would give negative probabilities.")
    kept = [i for i in range(d * d - 1, -1, -1) if weights[i] > _SMALL]
    found = [math.sqrt(weights[i]) * vectors[:, i].reshape(d, d) for i in kept]
    return np.array(found)


def probability(value: float, what: str, most: float = 1.0) -> float:
    """The value, if it is a probability.

    Raises:
        InputError: it is not in [0, `most`].
    """
    if not 0.0 <= value <= most:
        raise InputError(f"{what} is a probability from 0 to {most:g}, not {value:g}.")
    return float(value)
