"""The energy of an ansatz under an observable: which implementation answers is decided here.

All give the same numbers up to rounding. The choice follows measured figures (milliseconds of one
core for compiling and 80 energies, as stage 4 of the verifier needs, or 50 gradients):

| qubits | circuit | by gates | by windows | by layers |
|---|---|---|---|---|
| 12 | QAOA p=1, 80 energies | 65 | 111 | 27 |
| 14 | QAOA p=3, 80 energies | 552 | 530 | 147 |
| 14 | template 5, 80 energies | 2405 | 1057 | 221 |
| 14 | adaptive, 15 gates, 80 energies | 229 | 79 | - |
| 10 | template 2, L=2, 50 gradients | 58 | 97 | - |
| 12 | template 14, L=2, 50 gradients | 956 | 257 | - |
| 14 | template 5, L=2, 50 gradients | 16856 | 4083 | - |

QAOA of its own Hamiltonian needs no gates at all, and QAOA inside a subspace no other amplitudes
(`subspace_energy`). Circuits that fall into parts, as adaptive ones
do while they grow, are simulated part by part from 14 qubits on, see `component_energy`. Under
other observables than sums of Z, real circuits go by layers, see `real_energy`, others by gates.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Literal, overload

import numpy as np

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.qaoa import QaoaAnsatz
from quasar.circuits.subspace_qaoa import SubspaceQaoa
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.observable import Observable, PauliSum
from quasar.simulate.ansatz_energy import unit_of
from quasar.simulate.component_energy import ComponentEnergy, components_of
from quasar.simulate.engine import FloatVector, StateEnergy, Values
from quasar.simulate.gate_energy import GateEnergy
from quasar.simulate.layered_energy import LayeredEnergy, NotLayered
from quasar.simulate.qaoa_energy import QaoaEnergy
from quasar.simulate.real_energy import NotReal, RealEnergy
from quasar.simulate.small_energy import SmallEnergy
from quasar.simulate.subspace_energy import SubspaceEnergy
from quasar.simulate.window_energy import WIDTH, WindowEnergy
from quasar.simulate.windows import cut

COMPILED_TO = 12
"""Qubits up to which energies without gradients are compiled ones, where that was built; above, of
those that are not by layers."""
LAYERED_FROM, LAYERED_TO = 10, 20
"""Qubits of energies by layers; above, the layers' tables take hundreds of MiB."""
GATES_PER_PASS, COMPILED_GATES_PER_PASS = 10, 20
"""Gates for each pass of the layers through the state, from which on they are faster: than gates of
qulacs, and than compiled ones."""
GRADIENT_WINDOWS_FROM, VALUE_WINDOWS_FROM = 11, 13
"""Qubits from which on windows are faster than gates, with gradients and without."""
REAL_FROM = 11
"""Qubits from which on real circuits under other observables than sums of Z are faster by layers
(16 qubits, 112 angles: 25 ms a gradient against 140)."""
COMPONENTS_FROM = 14
"""Qubits from which on a circuit in parts is faster part by part (1.7 to 1.9 times windows)."""
_MOST_ENTRIES = {True: 1 << 25, False: 1 << 22}  # of the windows' index arrays, 16 bytes each


@overload
def energy_of(
    ansatz: Ansatz, observable: Observable | FloatVector, *, gradient: Literal[True] = True
) -> StateEnergy: ...


@overload
def energy_of(
    ansatz: Ansatz, observable: Observable | FloatVector, *, gradient: Literal[False]
) -> Values: ...


def energy_of(
    ansatz: Ansatz, observable: Observable | FloatVector, *, gradient: bool = True
) -> StateEnergy | Values:
    """E(θ) of an ansatz under an observable, in the way that is fastest.

    Args:
        observable: on the ansatz's n qubits, or the energies of a diagonal one, shape [2**n].
        gradient: whether gradients and states are needed; without, some circuits are faster.

    Raises:
        ValueError: a free angle on a gate that is not a rotation, or an observable of another size.
        ProblemError: more qubits than can be simulated exactly.
    """
    found = _energy_of(ansatz, observable, gradient)
    if gradient:  # others have no use for it, and are computed in microseconds
        found.unit = unit_of(observable)
    return found


def _energy_of(
    ansatz: Ansatz, observable: Observable | FloatVector, gradient: bool
) -> StateEnergy | LayeredEnergy | SmallEnergy:
    if isinstance(observable, np.ndarray):
        return _diagonal_energy(ansatz, observable, gradient)
    total = PauliSum.of(observable)
    if not total.is_diagonal:
        if total.n_qubits >= REAL_FROM:
            with suppress(NotReal):
                return RealEnergy(ansatz, total)
        return GateEnergy(ansatz, total)
    hamiltonian = IsingHamiltonian.from_observable(total)
    if isinstance(ansatz, QaoaAnsatz) and ansatz.hamiltonian == hamiltonian:
        return QaoaEnergy(ansatz, hamiltonian.diagonal)
    return _diagonal_energy(ansatz, hamiltonian.diagonal, gradient)


def _diagonal_energy(
    ansatz: Ansatz, diagonal: FloatVector, gradient: bool
) -> StateEnergy | LayeredEnergy | SmallEnergy:
    n = ansatz.n_qubits
    if isinstance(ansatz, SubspaceQaoa):
        return SubspaceEnergy(ansatz, diagonal)
    if not gradient and n <= COMPILED_TO and SmallEnergy.covers(ansatz):
        return SmallEnergy(ansatz, diagonal)
    if not gradient and LAYERED_FROM <= n <= LAYERED_TO:
        try:
            layered = LayeredEnergy(ansatz, diagonal)
        except NotLayered:
            pass
        else:
            least = COMPILED_GATES_PER_PASS if SmallEnergy.covers(ansatz) else GATES_PER_PASS
            if len(ansatz.gates) >= least * layered.passes:
                return layered
    if not gradient and SmallEnergy.covers(ansatz):
        return SmallEnergy(ansatz, diagonal)
    if gradient and n >= COMPONENTS_FROM and max(map(len, components_of(ansatz))) <= n - 2:
        return ComponentEnergy(ansatz, diagonal)
    windows = n >= (GRADIENT_WINDOWS_FROM if gradient else VALUE_WINDOWS_FROM)
    if windows and _windows_fit(ansatz, _MOST_ENTRIES[gradient]):
        return WindowEnergy(ansatz, diagonal)
    return GateEnergy(ansatz, diagonal)


def _windows_fit(ansatz: Ansatz, most_entries: int) -> bool:
    """Whether all gates are narrow enough, and the windows' index arrays small enough."""
    qubits = [gate.qubits for gate in ansatz.gates]
    if max(map(len, qubits), default=0) > WIDTH:
        return False
    return len(cut(qubits, WIDTH)) << ansatz.n_qubits <= most_entries
