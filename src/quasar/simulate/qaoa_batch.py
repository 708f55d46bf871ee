"""QAOA energies of many angle sets at once: what a search over starts spends its time on.

Same energy as `QaoaEnergy`, for B columns of angles together: all amplitudes are one array [D, B],
and the mixer is diagonal between two Walsh-Hadamard transforms, which are real matrix products
over the whole batch. The forward run keeps every layer's amplitudes, so that the way back only
carries the bra. Memory is 4p + 4 arrays of D B amplitudes, which are kept between calls: fresh ones
of this size cost more, in page faults, than the arithmetic (measured). Callers choose B.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from quasar.simulate.engine import FloatVector

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]  # or the same in single precision

_BLOCK = 6  # qubits of one dense Hadamard block
_SCRATCH, _STATE, _BRA, _KEPT = 0, 2, 3, 4  # numbers of the work arrays; 2 and 4p of the outer ones


class QaoaBatch:
    """E(γ, β) and gradient of p-layer QAOA for B angle sets at a time.

    Args:
        diagonal: energies h, shape [D], D = 2**n.
        layers: p.
        single_precision: two to three times as fast, energies right to about 1e-6 of their range:
            enough to tell good starts from bad ones.
    """

    def __init__(
        self, diagonal: FloatVector, layers: int, *, single_precision: bool = False
    ) -> None:
        self._real = np.dtype(np.float32 if single_precision else np.float64)
        self._complex = np.dtype(np.complex64 if single_precision else np.complex128)
        n = int(diagonal.size).bit_length() - 1
        self.diagonal = diagonal.astype(self._real, copy=False)
        self.layers = layers
        self.evaluations = 0
        self._levels, self._level_of = np.unique(diagonal, return_inverse=True)
        self._x_levels = np.arange(n, -n - 1, -2, dtype=np.float64)
        self._x_level_of = np.array([k.bit_count() for k in range(diagonal.size)])
        self._x_sum = self._x_levels[self._x_level_of].astype(self._real)
        count = max(1, -(-n // _BLOCK))
        widths = [len(part) for part in np.array_split(np.arange(n), count)]
        self._blocks = [_hadamard(width).astype(self._real) for width in widths]
        self._work: dict[int, ComplexArray] = {}

    def _array(self, number: int, batch: int) -> ComplexArray:
        """Work array of a number, shape [D, B]; not cleared."""
        size = self.diagonal.size * batch
        flat = self._work.get(number)
        if flat is None or flat.size < size:
            flat = self._work[number] = np.empty(size, dtype=self._complex)
        return flat[:size].reshape(-1, batch)

    def _transform(self, state: ComplexArray, out: ComplexArray) -> None:
        """Walsh-Hadamard transform of every column, shape [D, B]; its own inverse.

        Args:
            state: neither a scratch array nor `out`.
        """
        batch = state.shape[1]
        real = state.view(self._real)
        inner = 1
        for position, block in enumerate(self._blocks):
            size = block.shape[0]
            shape = (-1, size, inner * 2 * batch)
            last = position == len(self._blocks) - 1
            target = out if last else self._array(_SCRATCH + position % 2, batch)
            result = target.view(self._real)
            np.matmul(block, real.reshape(shape), out=result.reshape(shape))
            real = result
            inner *= size

    def _forward(self, theta: FloatArray) -> ComplexArray:
        """Final amplitudes, shape [D, B]; of every layer the phases and what they made are kept."""
        batch, p = theta.shape[0], self.layers
        self.evaluations += batch
        state = self._array(_STATE, batch)
        state[:] = self.diagonal.size**-0.5
        for layer in range(p):
            cost, after_cost, mixer, after_mixer = self._kept(layer, batch)
            _spread(self._phases(self._levels, theta[:, layer]), self._level_of, cost)
            _spread(self._phases(self._x_levels, theta[:, p + layer]), self._x_level_of, mixer)
            np.multiply(state, cost, out=after_cost)
            self._transform(after_cost, after_mixer)
            after_mixer *= mixer
            self._transform(after_mixer, state)
        return state

    def _phases(self, levels: FloatVector, angles: FloatArray) -> ComplexArray:
        """exp(-i angle * level), shape [levels, B]."""
        turns = np.outer(levels, angles)
        if self._real == np.float32:
            turns -= 2 * np.pi * np.round(turns * (0.5 / np.pi))  # while there are digits for it
            turns = turns.astype(np.float32)
        out = np.empty(turns.shape, dtype=self._complex)
        np.cos(turns, out=out.real)
        np.sin(-turns, out=out.imag)
        return out

    def _kept(self, layer: int, batch: int) -> list[ComplexArray]:
        """Arrays of a layer: phases of the cost, amplitudes after them, and of the mixer."""
        return [self._array(_KEPT + 4 * layer + k, batch) for k in range(4)]

    def value(self, theta: FloatArray) -> FloatVector:
        """E of every row of θ = (γ_1..γ_p, β_1..β_p), shapes [B, 2p] to [B]."""
        state = self._forward(theta)
        return _overlap(state, state * self.diagonal[:, None])

    def value_and_gradient(self, theta: FloatArray) -> tuple[FloatVector, FloatArray]:
        """E of every row of θ = (γ_1..γ_p, β_1..β_p), and its gradient.

        Args:
            theta: radians, shape [B, 2p].

        Returns:
            Energies, shape [B], and gradients, shape [B, 2p].
        """
        batch, p = theta.shape[0], self.layers
        state = self._forward(theta)
        bra, other = self._array(_BRA, batch), state
        np.multiply(state, self.diagonal[:, None], out=bra)
        energy = _overlap(state, bra)
        gradient = np.empty_like(theta)
        for layer in range(p - 1, -1, -1):
            cost, after_cost, mixer, after_mixer = self._kept(layer, batch)
            self._transform(bra, other)
            gradient[:, p + layer] = 2.0 * self._imaginary(other, after_mixer, self._x_sum)
            np.multiply(other, np.conjugate(mixer, out=mixer), out=other)
            self._transform(other, bra)
            gradient[:, layer] = 2.0 * self._imaginary(bra, after_cost, self.diagonal)
            if layer:
                bra *= np.conjugate(cost, out=cost)
        return energy, gradient

    def _imaginary(self, bra: ComplexArray, ket: ComplexArray, weights: FloatVector) -> FloatVector:
        """Im Σ_k bra_k* w_k ket_k of every column, shape [B]."""
        batch = bra.shape[1]
        halves = self._array(_SCRATCH, batch).view(self._real).ravel()
        first, second = halves.reshape(2, -1, batch)
        np.multiply(bra.real, ket.imag, out=first)
        np.multiply(bra.imag, ket.real, out=second)
        first -= second
        out: FloatVector = weights @ first
        return out


def _spread(values: ComplexArray, places: npt.NDArray[np.intp], out: ComplexArray) -> None:
    """Row places[k] of the values into row k, shapes [levels, B] and [D, B]."""
    np.take(values, places, axis=0, out=out, mode="clip")  # a checked mode would buffer


def _hadamard(width: int) -> FloatArray:
    block = np.ones((1, 1))
    for _ in range(width):
        block = np.kron(np.array([[1.0, 1.0], [1.0, -1.0]]) * 0.5**0.5, block)
    return block


def _overlap(left: ComplexArray, right: ComplexArray) -> FloatVector:
    """Re <left|right> of every column, shape [B]."""
    out: FloatVector = np.einsum("db,db->b", left.real, right.real).astype(np.float64)
    out += np.einsum("db,db->b", left.imag, right.imag)
    return out
