"""Trivial baselines: circuits that take no skill, in the same table as the runs.

* `baseline:uniform`: Hadamards on all qubits.
* `baseline:random-angles`: the reference's gates with random angles; equal angles stay equal.
* `baseline:qaoa-fixed`: QAOA at the record's depth, angles of `fixed_angles.json` scaled by σ(E).
* `baseline:optimum`: X gates that write a state of lowest energy, found classically.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from quasar.circuits.ansatz import tie_equal_angles
from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.emit import emit
from quasar.circuits.qaoa import qaoa
from quasar.circuits.qasm import parse
from quasar.core.errors import CircuitError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.core.seeds import generator
from quasar.evaluation.inputs import RESERVED, EvaluationRecord
from quasar.optimize.qaoa import sigma
from quasar.optimize.qaoa_large import transferred_angles

DEFAULT_LAYERS = 2
"""Depth of `qaoa-fixed` for records that name none."""


def uniform(record: EvaluationRecord, seed: int) -> str:
    """Uniform superposition over all bit strings."""
    n = record.problem.n_qubits
    return emit(Circuit(n, tuple(Gate("h", (i,)) for i in range(n)), n_measured=n))


def random_angles(record: EvaluationRecord, seed: int) -> str | None:
    """The reference's structure without its angles, each uniform in (-π, π).

    None without a reference, or where it is not a static circuit.
    """
    if record.problem.reference is None:
        return None
    try:
        circuit = parse(record.problem.reference).circuit
    except CircuitError:
        return None
    if circuit is None:
        return None
    ansatz, theta = tie_equal_angles(circuit)
    rng = generator(seed, "baseline", "random-angles", record.sample_index)
    return emit(ansatz.bind(rng.uniform(-np.pi, np.pi, theta.size)), decimals=4)


def qaoa_fixed(record: EvaluationRecord, seed: int) -> str:
    """QAOA at angles that do not depend on the instance but for the scale: σ(E), and beyond 24
    qubits that of `optimize.qaoa_large`, by degree and coefficients.
    """
    hamiltonian = record.problem.hamiltonian
    if hamiltonian.n_qubits > MAX_EXACT_QUBITS:
        layers = record.layers or DEFAULT_LAYERS
        return emit(qaoa(hamiltonian, layers).bind(transferred_angles(hamiltonian, layers)))
    gammas, betas = fixed_angles(record.layers or DEFAULT_LAYERS)
    theta = np.concatenate([gammas / sigma(hamiltonian), betas])
    return emit(qaoa(hamiltonian, len(betas)).bind(theta))


def optimum(record: EvaluationRecord, seed: int) -> str | None:
    """A ground state, written bit by bit: as good as measuring gets, and no quantum algorithm.

    None beyond 24 qubits: solvers answer there in the user's terms, not in bits.
    """
    if record.problem.n_qubits > MAX_EXACT_QUBITS:
        return None
    problem = record.problem.bare()  # so that what is computed is not kept with the record
    states = problem.optimality.states(1)
    state = int(states[0] if states.size else problem.hamiltonian.spectrum.ground_states[0])
    n = problem.n_qubits
    ones = [i for i in range(n) if (state >> i) & 1]
    return emit(Circuit(n, tuple(Gate("x", (i,)) for i in ones), n_measured=n))


BASELINES: dict[str, Callable[[EvaluationRecord, int], str | None]] = {
    f"{RESERVED}uniform": uniform,
    f"{RESERVED}random-angles": random_angles,
    f"{RESERVED}qaoa-fixed": qaoa_fixed,
    f"{RESERVED}optimum": optimum,
}
"""Makers by run name: (record, seed) to OpenQASM, None where it cannot be made."""


@cache
def angle_table() -> dict[str, Any]:
    """Content of `fixed_angles.json`, its provenance included."""
    text = resources.files("quasar.evaluation").joinpath("fixed_angles.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def fixed_angles(layers: int) -> tuple[np.ndarray, np.ndarray]:
    """γ·σ(E) and β, layer by layer, radians; the deepest known where `layers` is more."""
    depths = angle_table()["depths"]
    entry = depths[str(min(layers, len(depths)))]
    return np.array(entry["gamma_sigma"]), np.array(entry["beta"])
