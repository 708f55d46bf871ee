"""The mean of the lowest energies (CVaR) beyond 24 qubits, from samples of a matrix product state.

Each value is a sample with the same seed, so that values at nearby angles compare. Where the state
is not held by the bond dimension, samples say nothing, and there is no value but a sentence.
"""

from __future__ import annotations

import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.qasm import Program
from quasar.core.energies import energies_of
from quasar.core.errors import CircuitError, InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.simulate.engine import Readout
from quasar.simulate.mps_engine import MpsEngine
from quasar.simulate.tail_energy import tail_of_counts

LEAST_FIDELITY = 0.9
"""Least estimated fidelity of a state whose samples count."""
SHOTS = 1024
"""Samples for each value."""
_MAX_SECONDS = 20.0  # of one value's gates; beyond, the bond dimension is lowered


class SampledTail:
    """CVaR_α(θ) of an ansatz, from samples.

    Args:
        ansatz: n qubits, P parameters.
        hamiltonian: on n qubits.
        alpha: fraction of the samples that counts, above 0 to 1.
        seed: of the samples.

    Attributes:
        fidelity: the lowest estimate so far.

    Raises:
        InputError: quimb is not installed.
    """

    def __init__(
        self, ansatz: Ansatz, hamiltonian: IsingHamiltonian, alpha: float, seed: int = 0
    ) -> None:
        try:
            self._engine = MpsEngine(max_seconds=_MAX_SECONDS)
        except ImportError as error:
            raise InputError(
                "CVaR beyond 24 qubits needs samples, and samples need quimb: "
                "pip install -e '.[mps]' in your clone of quasar."
            ) from error
        self.ansatz = ansatz
        self.hamiltonian = hamiltonian
        self.alpha = alpha
        self.seed = seed
        self.fidelity = 1.0

    def value(self, theta: npt.ArrayLike) -> float:
        """CVaR_α at θ (shape [P], radians).

        Raises:
            InputError: the samples would be worthless, or take too long.
        """
        n = self.ansatz.n_qubits
        program = Program(n, self.ansatz.bind(theta), None, "fast")
        try:
            found = self._engine.run(
                program, Readout(n, True, True, n), shots=SHOTS, seed=self.seed
            )
        except CircuitError as error:
            raise InputError(f"CVaR needs samples, but {error.message}") from error
        self.fidelity = min(self.fidelity, found.fidelity)
        if found.fidelity < LEAST_FIDELITY:
            raise InputError(
                f"CVaR needs samples, and those of bond dimension {found.bond} are worthless here: "
                f"the state's fidelity is estimated at {found.fidelity:.2g}, below "
                f"{LEAST_FIDELITY}. Use fewer layers, or leave CVaR out and optimise the mean, "
                "which is exact."
            )
        counts = found.counts or {}
        energies = energies_of(list(counts), self.hamiltonian)
        return tail_of_counts(counts, energies, self.alpha)
