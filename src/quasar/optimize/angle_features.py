"""What a network of QAOA angles reads of a Hamiltonian.

Optimal angles do not change with the names of the qubits, nor when a qubit's 0 and 1 change places,
and so are no function of the coefficients one by one. What is read does not change either: the
energies of one layer over a grid of angles, the best two points of that grid, and how coefficients
and energies are spread. All energies are in units of σ(E), γ in units of 1/σ(E).

Energies of one layer have a closed form for products of at most two Z (`simulate.cones`), for
hundreds of qubits; with longer products states are simulated, to `MOST_SIMULATED` qubits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quasar.circuits.qaoa import qaoa
from quasar.core.errors import ProblemError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.optimize.qaoa import CANONICAL_GAMMA, sigma
from quasar.simulate.cones.closed_form import OneLayer
from quasar.simulate.engine import FloatVector
from quasar.simulate.qaoa_kernel import compiled_energy_of

FloatArray = npt.NDArray[np.float64]

MOST_SIMULATED = 12
"""Qubits up to which energies of longer products are simulated."""
GAMMAS: FloatArray = 0.125 * np.arange(1, 65)
"""γσ of the grid."""
BETAS: FloatArray = np.array([-1.0, -2.0, -3.0, -4.0, 1.0, 2.0, 3.0, 4.0]) * (np.pi / 16)
"""β of the grid, radians; the first half is what is read."""
_READ_BETAS = 4
_CANONICAL = int(CANONICAL_GAMMA / 0.125)  # points along γ
_LEVELS = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
_EXACT = 14  # qubits up to which all energies are read
_SAMPLED = 1 << _EXACT
N_VALUES = 64 * _READ_BETAS + 11 + len(_LEVELS) + 1
"""Length of a description, without its two points; its last value is log σ(E)."""


class AngleFeatures(NamedTuple):
    """A Hamiltonian as a network of angles reads it.

    Attributes:
        values: shape [N_VALUES].
        canonical: γσ, β and E/σ of the grid's best point with small γ and negative β, shape [3].
        wide: the same of the best point of all, shape [3].
    """

    values: FloatVector
    canonical: FloatVector
    wide: FloatVector


def is_readable(hamiltonian: IsingHamiltonian) -> bool:
    """Whether it has terms, and energies of one layer can be had."""
    longest = max((len(qubits) for qubits in hamiltonian.terms), default=0)
    return longest > 0 and (longest <= 2 or hamiltonian.n_qubits <= MOST_SIMULATED)


def angle_features(hamiltonian: IsingHamiltonian) -> AngleFeatures:
    """Describe a Hamiltonian.

    Raises:
        ProblemError: it has no terms, or long products on more than `MOST_SIMULATED` qubits.
        InputError: it is too dense for the closed form.
    """
    if not is_readable(hamiltonian):
        raise ProblemError(
            "angles are read off Hamiltonians with terms, and with products of more than two Z on "
            f"at most {MOST_SIMULATED} qubits."
        )
    landscape = one_layer_landscape(hamiltonian)
    canonical = _lowest(landscape[:_CANONICAL, :_READ_BETAS])
    read = landscape[:, :_READ_BETAS].ravel()
    scale = [np.log(sigma(hamiltonian))]
    values = np.concatenate([read, _coefficients(hamiltonian), _spread(hamiltonian), scale])
    return AngleFeatures(values, canonical, _lowest(landscape))


def one_layer_landscape(hamiltonian: IsingHamiltonian) -> FloatArray:
    """E/σ of one layer at `GAMMAS` and `BETAS`, shape [64, 8]."""
    unit = sigma(hamiltonian)
    if all(len(qubits) <= 2 for qubits in hamiltonian.terms):
        of_beta = np.array([np.sin(4 * BETAS) / 2, np.sin(2 * BETAS) ** 2 / 2, np.sin(2 * BETAS)])
        return np.asarray(OneLayer(hamiltonian).parts(GAMMAS / unit).T @ of_beta) / unit
    energy = compiled_energy_of(qaoa(hamiltonian, 1), hamiltonian)
    return np.array([[energy.value([g / unit, b]) for b in BETAS] for g in GAMMAS]) / unit


def _lowest(landscape: FloatArray) -> FloatVector:
    gamma, beta = np.unravel_index(int(landscape.argmin()), landscape.shape)
    return np.array([GAMMAS[gamma], BETAS[beta], landscape[gamma, beta]])


def _coefficients(hamiltonian: IsingHamiltonian) -> FloatVector:
    """Size, and how large the coefficients are by order, shape [9]."""
    sizes = np.abs(np.array(list(hamiltonian.terms.values()))) / sigma(hamiltonian)
    orders = np.minimum([len(qubits) for qubits in hamiltonian.terms], 4)
    squares = np.bincount(orders, sizes**2, minlength=5)[1:]
    n, count = hamiltonian.n_qubits, sizes.size
    known = [n / 10, np.log(count / n), sizes.max(), (sizes**4).sum(), sizes.sum() / count**0.5]
    return np.array([*known, *squares])


def _spread(hamiltonian: IsingHamiltonian) -> FloatVector:
    """Skewness, kurtosis and quantiles of the energies, shape [2 + len(_LEVELS)]."""
    energies = _energies(hamiltonian) / sigma(hamiltonian)
    energies = energies - energies.mean()
    moments = [(energies**3).mean(), (energies**4).mean()]
    return np.array([*moments, *np.quantile(energies, _LEVELS)])


def _energies(hamiltonian: IsingHamiltonian) -> FloatVector:
    """Of all states, or of many drawn ones, always the same."""
    if hamiltonian.n_qubits <= _EXACT:
        return hamiltonian.diagonal
    rng = generator(0, "angle features")
    spins = 1.0 - 2.0 * rng.integers(2, size=(hamiltonian.n_qubits, _SAMPLED))
    total = np.zeros(_SAMPLED)
    for qubits, coefficient in hamiltonian.terms.items():
        total += coefficient * np.prod(spins[list(qubits)], axis=0)
    return total
