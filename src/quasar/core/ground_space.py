"""Lowest eigenvalues and eigenvectors of an observable, also within a sector of basis states.

The matrix is stored sparse and, where no product has an odd number of Y, in real numbers. Small
ones are diagonalised, larger ones go to ARPACK's Lanczos (`eigsh`); eigenvectors that it has found
are shifted away and the search is repeated, so that degenerate levels are complete. Bounds of the
ends alone are in `core.bounds`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from quasar.core.errors import ProblemError
from quasar.core.observable import ComplexVector, PauliSum

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

IntVector = npt.NDArray[np.int64]
ComplexMatrix = npt.NDArray[np.complex128]

MAX_LANCZOS_QUBITS = 20
"""Largest n whose ground space is computed: some seconds, and a GiB of memory, on one core."""
MAX_DEGENERACY = 64
"""Most ground states that are listed."""
_DENSE = 256  # states up to which the matrix is diagonalised
_MOST_ENTRIES = 1 << 26  # of a stored matrix
_SAME_LEVEL = 1e-8  # relative to the width of the spectrum: eigenvalues this close are one level


@dataclass(frozen=True, eq=False)
class GroundSpace:
    """The lowest level, without the observable's constant.

    Attributes:
        energy: lowest eigenvalue.
        vectors: orthonormal ground states, shape [D, g], D = 2**n (0 outside the sector).
        gap: distance to the next level; None where there is no other level, or where more than
            `MAX_DEGENERACY` states are ground states.
        highest: largest eigenvalue.
        method: `dense` or `eigsh`.
    """

    energy: float
    vectors: ComplexMatrix
    gap: float | None
    highest: float
    method: str

    @property
    def degeneracy(self) -> int:
        """Number of independent ground states; at least so many if it is `MAX_DEGENERACY`."""
        return int(self.vectors.shape[1])

    def fidelity(self, state: ComplexVector) -> float:
        """Probability of finding a state (shape [D]) in the ground space."""
        overlaps = self.vectors.conj().T @ state
        return float((overlaps.real**2 + overlaps.imag**2).sum())


def ground_space(h: PauliSum, states: IntVector | None = None) -> GroundSpace:
    """The ground space of an observable.

    Args:
        states: basis states of a sector that the observable does not leave, ascending; default:
            all.

    Raises:
        ProblemError: more than `MAX_LANCZOS_QUBITS` qubits, or a matrix too large to be stored.
    """
    n = h.n_qubits
    if n > MAX_LANCZOS_QUBITS:
        raise ProblemError(
            f"the ground energy is computed up to {MAX_LANCZOS_QUBITS} qubits, not {n}: beyond, "
            "only bounds are given."
        )
    size = 1 << n if states is None else states.size
    matrix = sparse_matrix(h, states)
    found: tuple[npt.NDArray[Any], float | None]
    if not matrix.nnz:
        found, low, high, method = (
            (np.eye(size, min(size, MAX_DEGENERACY)), None),
            0.0,
            0.0,
            "dense",
        )
    elif size <= _DENSE:
        energies, vectors = np.linalg.eigh(matrix.toarray())
        found = _level(energies, vectors, float(energies[-1] - energies[0]))
        low, high, method = float(energies[0]), float(energies[-1]), "dense"
    else:
        low, high, found = _lanczos(matrix)
        method = "eigsh"
    columns, gap = found
    whole = np.zeros((1 << n, columns.shape[1]), dtype=np.complex128)
    whole[slice(None) if states is None else states] = columns
    return GroundSpace(low, whole, gap, high, method)


def lowest_energy(h: PauliSum) -> float:
    """The lowest eigenvalue alone, without the constant."""
    matrix = sparse_matrix(h)
    if matrix.shape[0] <= _DENSE:
        return float(np.linalg.eigvalsh(matrix.toarray())[0])
    from scipy.sparse.linalg import eigsh

    start = np.random.default_rng(0).normal(size=matrix.shape[0]).astype(matrix.dtype)
    return float(eigsh(matrix, k=1, which="SA", v0=start, return_eigenvectors=False)[0])


def sparse_matrix(h: PauliSum, states: IntVector | None = None) -> csr_matrix:
    """The matrix without the constant, in real numbers where it is real.

    Args:
        states: rows and columns to keep, ascending; default: all.

    Raises:
        ProblemError: too large to be stored.
    """
    from scipy.sparse import csr_matrix

    rows = np.arange(1 << h.n_qubits) if states is None else states
    by_flips: dict[int, list[tuple[int, complex]]] = {}
    for pauli, c in h.pauli_terms().items():
        # P|k> = i^(number of Y) (-1)^popcount(k & z) |k XOR x>, and entry (k XOR x, k) is that.
        x = sum(1 << qubit for qubit, axis in pauli if axis != "Z")
        z = sum(1 << qubit for qubit, axis in pauli if axis != "X")
        by_flips.setdefault(x, []).append((z, c * 1j ** sum(axis == "Y" for _, axis in pauli)))
    if len(by_flips) * rows.size > _MOST_ENTRIES:
        raise ProblemError(
            f"the matrix of this observable on {h.n_qubits} qubits has "
            f"{len(by_flips) * rows.size:,} entries, too many for Lanczos: use fewer qubits."
        )
    real = all(abs(c.imag) < 1e-300 for terms in by_flips.values() for _, c in terms)
    kind = np.float64 if real else np.complex128
    columns, values = [], []
    positions = None if states is None else _positions(states, h.n_qubits)
    for x, terms in sorted(by_flips.items()):
        to = rows ^ x  # row k holds the amplitude that comes from k XOR x
        entry = np.zeros(rows.size, dtype=kind)
        for z, factor in terms:
            sign = 1.0 - 2.0 * (np.bitwise_count(to & z) & 1)
            entry += np.asarray(factor.real if real else factor) * sign
        if positions is not None:
            to = positions[to]
            entry[to < 0] = 0.0
            to = np.maximum(to, 0)
        columns.append(to.astype(np.int32))
        values.append(entry)
    if not columns:
        return csr_matrix((rows.size, rows.size), dtype=kind)
    starts = np.arange(rows.size + 1) * len(columns)
    data = np.stack(values, axis=1).reshape(-1)
    indices = np.stack(columns, axis=1).reshape(-1)
    del values, columns
    matrix = csr_matrix((data, indices, starts), shape=(rows.size, rows.size))
    matrix.eliminate_zeros()
    return matrix


def _positions(states: IntVector, n_qubits: int) -> IntVector:
    out = np.full(1 << n_qubits, -1, dtype=np.int64)
    out[states] = np.arange(states.size)
    return out


def _level(
    energies: npt.NDArray[np.float64], vectors: npt.NDArray[Any], width: float
) -> tuple[npt.NDArray[Any], float | None]:
    """The lowest level of ascending energies, and its distance to the next."""
    lowest = energies <= energies[0] + _SAME_LEVEL * max(width, 1e-12)
    count = min(int(lowest.sum()), MAX_DEGENERACY)
    gap = None if count >= energies.size else float(energies[count] - energies[0])
    return vectors[:, :count], gap


def _lanczos(
    matrix: csr_matrix,
) -> tuple[float, float, tuple[npt.NDArray[Any], float | None]]:
    """Both ends, and the lowest level with its distance to the next."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    size = matrix.shape[0]
    start = np.random.default_rng(0).normal(size=size).astype(matrix.dtype)
    high = float(eigsh(matrix, k=1, which="LA", v0=start, return_eigenvectors=False)[0])
    kept = np.zeros((size, 0), dtype=matrix.dtype)
    low: float | None = None
    width = 0.0
    while True:
        energies, vectors = eigsh(
            _shifted(matrix, kept, width, LinearOperator), k=2, which="SA", v0=start
        )
        order = np.argsort(energies)
        energies, vectors = energies[order], vectors[:, order]
        if low is None:
            low = float(energies[0])
            width = 2.0 * max(high - low, 1e-12)
        same = energies <= low + _SAME_LEVEL * max(high - low, 1e-12)
        fresh = vectors[:, same]
        if fresh.shape[1]:
            kept, _ = np.linalg.qr(np.hstack([kept, fresh]))
        if not same.all():
            beyond = float(energies[~same][0])
            return low, high, (kept, beyond - low)
        if kept.shape[1] >= min(MAX_DEGENERACY, size - 2):
            return low, high, (kept[:, :MAX_DEGENERACY], None)


def _shifted(matrix: csr_matrix, kept: npt.NDArray[Any], shift: float, operator: Any) -> Any:
    """The matrix with the states in `kept` raised above all others."""
    if not kept.shape[1]:
        return matrix

    def apply(vector: npt.NDArray[Any]) -> npt.NDArray[Any]:
        flat = vector.reshape(-1)
        raised: npt.NDArray[Any] = matrix @ flat + shift * (kept @ (kept.conj().T @ flat))
        return raised

    return operator(matrix.shape, matvec=apply, dtype=matrix.dtype)
