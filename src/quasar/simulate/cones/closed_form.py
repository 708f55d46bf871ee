"""QAOA of one layer in closed form: energies of fields and pairs, for any number of qubits.

For H = Σ h_i Z_i + Σ J_ij Z_i Z_j and exp(-iβΣX) exp(-iγH)|+...+> (Ozaeta, van Dam and McMahon,
arXiv 2012.03421, theorem 1):

    <Z_i>    = sin 2β sin 2γh_i Π_k cos 2γJ_ik
    <Z_iZ_j> = sin 4β/2 sin 2γJ_ij [cos 2γh_i Π_{k≠j} cos 2γJ_ik + cos 2γh_j Π_{k≠i} cos 2γJ_jk]
               + sin² 2β/2 [cos 2γ(h_i - h_j) Π_k cos 2γ(J_ik - J_jk)
                            - cos 2γ(h_i + h_j) Π_k cos 2γ(J_ik + J_jk)]

with k over the other neighbours of i or j. Products of three or more Z are left to the cones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian

FloatVector = npt.NDArray[np.float64]
_Vector = npt.NDArray[Any]

_MOST_ENTRIES = 50_000_000  # of the rows of all pairs: 400 MiB
_AT_ONCE = 4_000_000  # of them at once, for many γ: 32 MiB
_STEP = 1e-100  # of the complex step: its square vanishes beside 1, so slopes are exact


class OneLayer:
    """E(γ, β) of one layer of QAOA, with gradient.

    Args:
        hamiltonian: products of one and two Z.

    Raises:
        ValueError: a product of more.
        InputError: so dense that its pairs have over 50 million neighbours together.
    """

    def __init__(self, hamiltonian: IsingHamiltonian) -> None:
        from scipy.sparse import csr_array

        if any(len(qubits) > 2 for qubits in hamiltonian.terms):
            raise ValueError("the closed form covers products of at most two Z")
        n = hamiltonian.n_qubits
        pairs = [(q, c) for q, c in hamiltonian.terms.items() if len(q) == 2]
        fields = [(q[0], c) for q, c in hamiltonian.terms.items() if len(q) == 1]
        self.order = [q for q, _ in pairs] + [(i,) for i, _ in fields]
        self._weight = np.array([c for _, c in pairs])
        self._fields = np.array([c for _, c in fields])
        i, j = np.array([q for q, _ in pairs], dtype=np.int64).reshape(-1, 2).T
        both = np.concatenate([self._weight, self._weight])
        at = (np.concatenate([i, j]), np.concatenate([j, i]))
        coupling = csr_array((both, at), shape=(n, n))
        field = np.zeros(n)
        sites = np.array([site for site, _ in fields], dtype=np.int64)
        field[sites] = self._fields
        self._h_i, self._h_j = field[i], field[j]
        degree = np.diff(coupling.indptr)
        entries = int((degree[i] + degree[j]).sum())
        if entries > _MOST_ENTRIES:
            raise InputError(
                f"the {len(pairs):,} pairs have {entries:,} neighbours together; exact energies of "
                f"one layer stop at {_MOST_ENTRIES:,}: use a sparser problem, or "
                "`quasar solve` for a solution without a circuit."
            )
        self._entries = entries + len(fields)
        of_i, of_j = coupling[i], coupling[j]
        self._around_i = _Row(of_i, exclude=(j,))
        self._around_j = _Row(of_j, exclude=(i,))
        self._sum = _Row(of_i + of_j, exclude=(i, j))
        self._difference = _Row(of_i - of_j, exclude=(i, j))
        self._around_site = _Row(coupling[sites])

    def terms(self, gamma: float, beta: float) -> FloatVector:
        """<ZZ> of the pairs, then <Z> of the fields, in the order of `order`."""
        linear, square, alone = self._parts(2.0 * gamma)
        pair = np.sin(4 * beta) / 2 * linear + np.sin(2 * beta) ** 2 / 2 * square
        return np.concatenate([pair, np.sin(2 * beta) * alone]).real

    def parts(self, gammas: npt.ArrayLike) -> FloatVector:
        """What multiplies sin 4β/2, sin² 2β/2 and sin 2β in E at each γ, shape [3, G]."""
        turns = 2.0 * np.atleast_1d(np.asarray(gammas, dtype=np.float64))
        rows = max(1, _AT_ONCE // max(1, self._entries))
        found = [
            (linear @ self._weight, square @ self._weight, alone @ self._fields)
            for first in range(0, turns.size, rows)
            for linear, square, alone in [self._parts(turns[first : first + rows, None])]
        ]
        return np.array([np.concatenate(part) for part in zip(*found, strict=True)])

    def value(self, theta: npt.ArrayLike) -> float:
        """E at (γ, β), radians."""
        gamma, beta = np.asarray(theta, dtype=np.float64)
        linear, square, alone = map(np.real, self._sums(2.0 * gamma))
        return float(
            np.sin(4 * beta) / 2 * linear
            + np.sin(2 * beta) ** 2 / 2 * square
            + np.sin(2 * beta) * alone
        )

    def value_and_gradient(self, theta: npt.ArrayLike) -> tuple[float, FloatVector]:
        """E at (γ, β) and (dE/dγ, dE/dβ)."""
        gamma, beta = np.asarray(theta, dtype=np.float64)
        sums = np.array(self._sums(2.0 * gamma + 1j * _STEP))
        by_beta = np.array([np.sin(4 * beta) / 2, np.sin(2 * beta) ** 2 / 2, np.sin(2 * beta)])
        slope = np.array([2 * np.cos(4 * beta), np.sin(4 * beta), 2 * np.cos(2 * beta)])
        by_gamma = 2.0 * sums.imag / _STEP
        return float(by_beta @ sums.real), np.array([by_beta @ by_gamma, slope @ sums.real])

    def _sums(self, turn: float | complex) -> tuple[complex, complex, complex]:
        linear, square, alone = self._parts(turn)
        return (
            complex(self._weight @ linear),
            complex(self._weight @ square),
            complex(self._fields @ alone),
        )

    def _parts(self, turn: float | complex | _Vector) -> tuple[_Vector, _Vector, _Vector]:
        """What multiplies the functions of β, for each pair and each field; `turn` is 2γ, one or a
        column of them.
        """
        cos, sin = np.cos, np.sin
        near_i = cos(turn * self._h_i) * self._around_i.product(turn)
        near_j = cos(turn * self._h_j) * self._around_j.product(turn)
        linear = sin(turn * self._weight) * (near_i + near_j)
        square = cos(turn * (self._h_i - self._h_j)) * self._difference.product(turn)
        square = square - cos(turn * (self._h_i + self._h_j)) * self._sum.product(turn)
        alone = sin(turn * self._fields) * self._around_site.product(turn)
        return linear, square, alone


class _Row:
    """Rows of a sparse matrix with some columns left out: Π_k cos(turn * row_k) of each."""

    def __init__(self, rows: object, exclude: tuple[npt.NDArray[np.int64], ...] = ()) -> None:
        from scipy.sparse import csr_array

        matrix = csr_array(rows)
        number = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        kept = np.ones(number.size, dtype=bool)
        for columns in exclude:
            kept &= matrix.indices != columns[number]
        self._entries = matrix.data[kept]
        counts = np.bincount(number[kept], minlength=matrix.shape[0])
        self._full = np.flatnonzero(counts)
        self._first = np.concatenate([[0], np.cumsum(counts)])[:-1][self._full]
        self._n_rows = matrix.shape[0]

    def product(self, turn: float | complex | _Vector) -> _Vector:
        shape = np.broadcast_shapes(np.shape(turn), (self._n_rows,))
        out = np.ones(shape, dtype=np.result_type(turn, np.float64))
        if self._full.size:
            cosines = np.cos(turn * self._entries)
            out[..., self._full] = np.multiply.reduceat(cosines, self._first, axis=-1)
        return out
