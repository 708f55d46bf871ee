"""QAOA energies without gates: a cost layer is one phase multiplication.

|ψ> = Π_l exp(-iβ_l ΣX) exp(-iγ_l H) |+>. The mixer is applied as a few dense blocks of up to five
qubits each. Parameters γ_1..γ_p, β_1..β_p as of the ansatz of `circuits.qaoa`; the tests hold it
against energies gate by gate.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.simulate.ansatz_energy import AnsatzEnergy
from quasar.simulate.engine import ComplexVector, FloatVector, probabilities

_BLOCK = 5  # qubits a dense mixer block acts on: 32 x 32 keeps the products in cache


class QaoaEnergy(AnsatzEnergy):
    """E(γ, β) of p-layer QAOA.

    Args:
        ansatz: as built by `circuits.qaoa.qaoa` for the same Hamiltonian; only bound, not run.
        diagonal: energies h, shape [D]: of the cost layers, and of what is measured.
    """

    def __init__(self, ansatz: Ansatz, diagonal: FloatVector) -> None:
        super().__init__(ansatz, diagonal.size)
        self.diagonal = diagonal
        self.observable = diagonal
        self.n_qubits = ansatz.n_qubits
        self.layers = ansatz.n_parameters // 2
        # Few distinct energies are usual (integer weights): exponentials of levels, not of states.
        self._levels, self._level_of = np.unique(diagonal, return_inverse=True)
        self._plus = np.full(diagonal.size, diagonal.size**-0.5, dtype=np.complex128)
        self._blocks = [
            min(_BLOCK, self.n_qubits - start) for start in range(0, self.n_qubits, _BLOCK)
        ]
        # The mixer is diagonal in the Hadamard basis; per block: n_X counts as eigenvalues.
        self._hadamards = {}
        for width in set(self._blocks):
            h = np.array([[1.0]])
            for _ in range(width):
                h = np.kron(np.array([[1.0, 1.0], [1.0, -1.0]]) * 0.5**0.5, h)
            eigenvalues = np.array([width - 2 * k.bit_count() for k in range(1 << width)], float)
            self._hadamards[width] = (h, eigenvalues)

    def _phases(self, gamma: float) -> ComplexVector:
        """Diagonal of exp(-iγH), shape [D]."""
        phases: ComplexVector = np.exp(-1j * gamma * self._levels)[self._level_of]
        return phases

    def _mix(self, state: ComplexVector, beta: float) -> ComplexVector:
        """exp(-iβ ΣX) applied, shape [D]."""
        for position, width in enumerate(self._blocks):
            h, eigenvalues = self._hadamards[width]
            u = (h * np.exp(-1j * beta * eigenvalues)) @ h
            inner = 1 << (_BLOCK * position)
            if inner == 1:
                state = (state.reshape(-1, 1 << width) @ u).reshape(-1)
            else:
                state = np.matmul(u, state.reshape(-1, 1 << width, inner)).reshape(-1)
        return state

    def _x_sum(self, state: ComplexVector) -> ComplexVector:
        """ΣX applied, shape [D]."""
        out = np.zeros_like(state)
        for i in range(self.n_qubits):
            out.reshape(-1, 2, 1 << i)[:] += state.reshape(-1, 2, 1 << i)[:, ::-1, :]
        return out

    def state(self, theta: npt.ArrayLike) -> ComplexVector:
        """Amplitudes at θ = (γ_1..γ_p, β_1..β_p), radians, shape [D]."""
        values = np.asarray(theta, dtype=np.float64)
        state = self._plus
        for gamma, beta in zip(values[: self.layers], values[self.layers :], strict=True):
            state = self._mix(state * self._phases(float(gamma)), float(beta))
        self.evaluations += 1
        return state

    def measure(self, diagonal: FloatVector) -> None:
        """From now on, energies are those of another diagonal observable, shape [D]."""
        self.observable = diagonal

    def value(self, theta: npt.ArrayLike) -> float:
        """E(θ)."""
        return float(probabilities(self.state(theta)) @ self.observable)

    def value_and_gradient(self, theta: npt.ArrayLike) -> tuple[float, FloatVector]:
        """E(θ) and dE/dθ, shape [2p]; adjoint method, two states in memory."""
        values = np.asarray(theta, dtype=np.float64)
        gammas, betas = values[: self.layers], values[self.layers :]
        ket = self.state(values)
        energy = float(probabilities(ket) @ self.observable)
        bra = ket * self.observable
        gradient = np.zeros(2 * self.layers)
        for layer in range(self.layers - 1, -1, -1):
            gradient[self.layers + layer] = 2.0 * np.vdot(bra, self._x_sum(ket)).imag
            ket, bra = self._mix(ket, -float(betas[layer])), self._mix(bra, -float(betas[layer]))
            gradient[layer] = 2.0 * np.vdot(bra, self.diagonal * ket).imag
            phase = self._phases(-float(gammas[layer]))
            ket, bra = ket * phase, bra * phase
        return energy, gradient
