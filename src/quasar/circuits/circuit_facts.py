"""Size of a circuit as written and of what acts, and how many numbers it carries, at once.

Compiled code answers in one call where it can; see `statistics.py`, `effective.py`, `freedom.py`.
"""

from __future__ import annotations

from typing import NamedTuple

from quasar.circuits.circuit import Circuit
from quasar.circuits.compiled_facts import gate_facts
from quasar.circuits.effective import BUDGET, effective
from quasar.circuits.freedom import ANGLE_TOLERANCE, FREE_FROM, Freedom, freedom
from quasar.circuits.statistics import Statistics, statistics, statistics_of
from quasar.core.hamiltonian import IsingHamiltonian


class CircuitFacts(NamedTuple):
    """What a circuit's gates come to.

    Attributes:
        written: its size.
        acting: size without the gates that change nothing of the distribution.
        freedom: numbers that it carries.
    """

    written: Statistics
    acting: Statistics
    freedom: Freedom


def circuit_facts(circuit: Circuit, hamiltonian: IsingHamiltonian) -> CircuitFacts:
    """Of a circuit for a Hamiltonian on as many qubits."""
    found = gate_facts(
        circuit, hamiltonian, budget=BUDGET, tolerance=ANGLE_TOLERANCE, free_from=FREE_FROM
    )
    if found is None:
        acting = effective(circuit)
        free = freedom(circuit, hamiltonian, acting)
        return CircuitFacts(statistics(circuit), statistics(acting), free)
    n, layers = circuit.n_qubits, found.layers
    free = Freedom(found.free_angles if layers is None else 2 * layers, layers)
    return CircuitFacts(statistics_of(found.written, n), statistics_of(found.acting, n), free)
