"""What a network of QAOA angles reads of a Hamiltonian.

Optimal angles do not change with the names of the qubits, nor when a qubit's 0 and 1 change places,
and so are no function of the coefficients one by one. What is read does not change either: the
energies of one layer over a grid of angles, the best two points of that grid, and sums over
neighbourhoods. Energies count a qubit and γ in units of `field_scale`, so that small instances and
large ones of their kind are read alike.

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
from quasar.optimize.qaoa import root_of_squares
from quasar.simulate.cones.closed_form import OneLayer
from quasar.simulate.engine import FloatVector
from quasar.simulate.qaoa_kernel import compiled_energy_of

FloatArray = npt.NDArray[np.float64]

MOST_SIMULATED = 12
"""Qubits up to which energies of longer products are simulated."""
GAMMAS: FloatArray = np.arange(1.0, 65.0) / 16
"""γ of the grid, times `field_scale`."""
BETAS: FloatArray = np.array([-1.0, -2.0, -3.0, -4.0, 1.0, 2.0, 3.0, 4.0]) * (np.pi / 16)
"""β of the grid, radians; the first half is what is read."""
_READ_BETAS = 4
_CANONICAL = 32  # points along γ: as far as optima lie to which ramps lead
N_VALUES = 64 * _READ_BETAS + 14
"""Length of a description, without its two points; its last value is log `field_scale`."""


class AngleFeatures(NamedTuple):
    """A Hamiltonian as a network of angles reads it.

    Attributes:
        values: shape [N_VALUES].
        canonical: γ, β and E, in the grid's units, of its best point with small γ and negative β,
            shape [3].
        wide: the same of the best point of all, shape [3].
    """

    values: FloatVector
    canonical: FloatVector
    wide: FloatVector


def is_readable(hamiltonian: IsingHamiltonian) -> bool:
    """Whether it has terms, and energies of one layer can be had."""
    longest = max((len(qubits) for qubits in hamiltonian.terms), default=0)
    few = longest <= 2 or hamiltonian.n_qubits <= MOST_SIMULATED
    return few and any(hamiltonian.terms.values())


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
    scale = [np.log(field_scale(hamiltonian))]
    values = np.concatenate([read, _coefficients(hamiltonian), _neighbourhoods(hamiltonian), scale])
    return AngleFeatures(values, canonical, _lowest(landscape))


def field_scale(hamiltonian: IsingHamiltonian) -> float:
    """Root mean square, over qubits and states, of the energy that flips with a qubit's sign.

    Optimal γ go with its inverse at any size and density, where those in units of 1/σ(E) grow with
    the number of qubits (arXiv 2305.15201).
    """
    acting = ((c, len(qubits)) for qubits, c in hamiltonian.terms.items())
    return root_of_squares(acting, hamiltonian.n_qubits) or 1e-12


def one_layer_landscape(hamiltonian: IsingHamiltonian) -> FloatArray:
    """Energies of one layer at `GAMMAS` and `BETAS`, in units of n `field_scale`; shape [64, 8]."""
    unit = field_scale(hamiltonian)
    per = unit * hamiltonian.n_qubits
    if all(len(qubits) <= 2 for qubits in hamiltonian.terms):
        of_beta = np.array([np.sin(4 * BETAS) / 2, np.sin(2 * BETAS) ** 2 / 2, np.sin(2 * BETAS)])
        return np.asarray(OneLayer(hamiltonian).parts(GAMMAS / unit).T @ of_beta) / per
    energy = compiled_energy_of(qaoa(hamiltonian, 1), hamiltonian)
    return np.array([[energy.value([g / unit, b]) for b in BETAS] for g in GAMMAS]) / per


def _lowest(landscape: FloatArray) -> FloatVector:
    gamma, beta = np.unravel_index(int(landscape.argmin()), landscape.shape)
    return np.array([GAMMAS[gamma], BETAS[beta], landscape[gamma, beta]])


def _coefficients(hamiltonian: IsingHamiltonian) -> FloatVector:
    """How large and how even the coefficients are, all a qubit; shape [9]."""
    n, unit = hamiltonian.n_qubits, field_scale(hamiltonian)
    sizes = np.abs(np.array(list(hamiltonian.terms.values()))) / unit
    orders = np.minimum([len(qubits) for qubits in hamiltonian.terms], 4)
    squares = np.bincount(orders, sizes**2, minlength=5)[1:] / n
    means = [(sizes**4).sum() / n, sizes.sum() / n]
    return np.array([1.0 / n, np.log(sizes.size / n), sizes.max(), *means, *squares])


def _neighbourhoods(hamiltonian: IsingHamiltonian) -> FloatVector:
    """Unevenness, triangles and squares of fields h and couplings J, all a qubit; shape [4]."""
    from scipy.sparse import coo_array

    n, unit = hamiltonian.n_qubits, field_scale(hamiltonian)
    field, acting = np.zeros(n), np.zeros(n)
    pairs: list[tuple[int, int, float]] = []
    for qubits, coefficient in hamiltonian.terms.items():
        c = coefficient / unit
        acting[list(qubits)] += c * c
        if len(qubits) == 1:
            field[qubits[0]] = c
        elif len(qubits) == 2:
            pairs += [(*qubits, c), (*qubits[::-1], c)]
    rows, columns, weights = np.array(pairs).reshape(-1, 3).T
    coupling = coo_array((weights, (rows.astype(int), columns.astype(int))), shape=(n, n)).tocsr()
    square = coupling @ coupling
    triangles = float((square * coupling).sum())
    squares = float((square * square).sum() - (square.diagonal() ** 2).sum())
    along = coupling @ field
    return np.array([(acting**2).sum(), triangles, squares, field @ along]) / n
