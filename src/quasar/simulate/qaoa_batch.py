"""QAOA energies of many angle sets at once: what a search over starts spends its time on.

Same energy as `QaoaEnergy`, for B columns of angles together: all amplitudes are one array [D, B],
and the mixer is diagonal between two Walsh-Hadamard transforms, which are real matrix products
over the whole batch. The forward run keeps every layer's amplitudes, so that the way back only
carries the bra. Memory is 2p + 2 arrays of D B amplitudes: callers choose B.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from quasar.simulate.engine import FloatVector

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

_BLOCK = 6  # qubits of one dense Hadamard block


class QaoaBatch:
    """E(γ, β) and gradient of p-layer QAOA for B angle sets at a time.

    Args:
        diagonal: energies h, shape [D], D = 2**n.
        layers: p.
    """

    def __init__(self, diagonal: FloatVector, layers: int) -> None:
        n = int(diagonal.size).bit_length() - 1
        self.diagonal = diagonal
        self.layers = layers
        self.evaluations = 0
        self._levels, self._level_of = np.unique(diagonal, return_inverse=True)
        self._x_levels = np.arange(n, -n - 1, -2, dtype=np.float64)
        self._x_level_of = np.array([k.bit_count() for k in range(diagonal.size)])
        self._x_sum = self._x_levels[self._x_level_of]
        count = max(1, -(-n // _BLOCK))
        widths = [len(part) for part in np.array_split(np.arange(n), count)]
        self._blocks = [_hadamard(width) for width in widths]

    def _transform(self, state: ComplexArray) -> ComplexArray:
        """Walsh-Hadamard transform of every column, shape [D, B]; its own inverse."""
        batch = state.shape[1]
        real = state.view(np.float64)
        inner = 1
        for block in self._blocks:
            size = block.shape[0]
            real = np.matmul(block, real.reshape(-1, size, inner * 2 * batch))
            inner *= size
        return real.reshape(-1, 2 * batch).view(np.complex128)

    def value(self, theta: FloatArray) -> FloatVector:
        """E of every row of θ = (γ_1..γ_p, β_1..β_p), shapes [B, 2p] to [B]."""
        batch, p = theta.shape[0], self.layers
        self.evaluations += batch
        size = self.diagonal.size
        state = np.full((size, batch), size**-0.5, dtype=np.complex128)
        for gamma, beta in zip(theta[:, :p].T, theta[:, p:].T, strict=True):
            state *= _phases(self._levels, gamma)[self._level_of]
            state = self._transform(state)
            state *= _phases(self._x_levels, beta)[self._x_level_of]
            state = self._transform(state)
        return _overlap(state, state * self.diagonal[:, None])

    def value_and_gradient(self, theta: FloatArray) -> tuple[FloatVector, FloatArray]:
        """E of every row of θ = (γ_1..γ_p, β_1..β_p), and its gradient.

        Args:
            theta: radians, shape [B, 2p].

        Returns:
            Energies, shape [B], and gradients, shape [B, 2p].
        """
        batch, p = theta.shape[0], self.layers
        self.evaluations += batch
        gammas, betas = theta[:, :p].T, theta[:, p:].T
        size = self.diagonal.size
        state = np.full((size, batch), size**-0.5, dtype=np.complex128)
        kept: list[tuple[ComplexArray, ComplexArray, ComplexArray, ComplexArray]] = []
        for gamma, beta in zip(gammas, betas, strict=True):
            cost = _phases(self._levels, gamma)[self._level_of]
            mixer = _phases(self._x_levels, beta)[self._x_level_of]
            after_cost = state * cost
            after_mixer = self._transform(after_cost)
            after_mixer *= mixer
            kept.append((after_cost, cost, after_mixer, mixer))
            state = self._transform(after_mixer)
        bra = state * self.diagonal[:, None]
        energy = _overlap(state, bra)
        gradient = np.empty_like(theta)
        for layer in range(p - 1, -1, -1):
            after_cost, cost, after_mixer, mixer = kept[layer]
            bra = self._transform(bra)
            gradient[:, p + layer] = 2.0 * _imaginary(bra, after_mixer, self._x_sum)
            bra *= mixer.conj()
            bra = self._transform(bra)
            gradient[:, layer] = 2.0 * _imaginary(bra, after_cost, self.diagonal)
            if layer:
                bra *= cost.conj()
        return energy, gradient


def _phases(levels: FloatVector, angles: FloatArray) -> ComplexArray:
    """exp(-i angle * level), shape [levels, B]."""
    turns = np.outer(levels, angles)
    out = np.empty(turns.shape, dtype=np.complex128)
    np.cos(turns, out=out.real)
    np.sin(-turns, out=out.imag)
    return out


def _hadamard(width: int) -> FloatArray:
    block = np.ones((1, 1))
    for _ in range(width):
        block = np.kron(np.array([[1.0, 1.0], [1.0, -1.0]]) * 0.5**0.5, block)
    return block


def _overlap(left: ComplexArray, right: ComplexArray) -> FloatVector:
    """Re <left|right> of every column, shape [B]."""
    out: FloatVector = np.einsum("db,db->b", left.real, right.real)
    out += np.einsum("db,db->b", left.imag, right.imag)
    return out


def _imaginary(bra: ComplexArray, ket: ComplexArray, weights: FloatVector) -> FloatVector:
    """Im Σ_k bra_k* w_k ket_k of every column, shape [B]."""
    product = bra.real * ket.imag
    product -= bra.imag * ket.real
    out: FloatVector = weights @ product
    return out
