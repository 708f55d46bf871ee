"""QAOA angles of the packaged network, for instances of any size."""

from __future__ import annotations

from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.models.angle_network import find_angle_networks
from quasar.models.registry import packaged_folder
from quasar.simulate.engine import FloatVector


def nano_angles(hamiltonian: IsingHamiltonian, layers: int) -> FloatVector:
    """γ_1..γ_p, β_1..β_p by the packaged network, shape [2p], radians; no energy is computed.

    Raises:
        InputError: this installation has no packaged network.
        ProblemError: the Hamiltonian has no terms.
    """
    network = find_angle_networks(packaged_folder()).get("converged")
    if network is None:
        raise InputError("this installation has no packaged angles: choose another start.")
    return network.angles(hamiltonian, layers)
