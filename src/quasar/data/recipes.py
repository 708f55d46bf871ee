"""Makes the circuit of a spec, by one of the two recipes (SPEC: recipes for data).

Says how the optimisers are called and what each recipe drops; the optimisers themselves are in
`optimize`. No limit here is in seconds: a slow machine makes the same circuits as a fast one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from quasar.circuits.emit import emit
from quasar.circuits.qaoa import qaoa
from quasar.circuits.sim19 import sim
from quasar.data.sampling import RecordSpec
from quasar.data.settings import BuildSettings
from quasar.optimize.qaoa import sigma
from quasar.recipes.agent_q.make import make_agent_q
from quasar.recipes.converged.converge import converge
from quasar.simulate.engine import FloatVector

DECIMALS = 4
"""Digits after the point of the angles written; of QAOA's γ more where energies are large."""
_SHORTEST_LINE = 8  # characters of `h q[0];` with its line end
_LONGEST_LINE = 30  # of `crz(0.0) q[15], q[14];`, rounded up
_FRAME_LINES = 36  # header and measurements, of up to 16 qubits


@dataclass(frozen=True, eq=False)
class MadeCircuit:
    """A circuit and how it came about.

    Attributes:
        qasm: OpenQASM 3 text.
        ansatz: family and depth, e.g. `qaoa p=3`.
        params: angles as the records state them: [γ's, β's] for QAOA, one list for VQE, None for
            adaptive circuits (radians).
        steps: what the optimiser used, in its own unit (steps, gates or evaluations).
    """

    qasm: str
    ansatz: str
    params: Any
    steps: int


def too_long(spec: RecordSpec, settings: BuildSettings) -> bool:
    """Whether the circuit's text is over the limit at any angles; False for adaptive circuits,
    whose length is not known yet.
    """
    choice, hamiltonian = spec.choice, spec.encoded.hamiltonian
    if choice.algorithm == "qaoa":
        ansatz = qaoa(hamiltonian, choice.layers)
    elif choice.template is not None:
        ansatz = sim(choice.template, hamiltonian.n_qubits, choice.layers)
    else:
        return False
    if (len(ansatz.gates) + _FRAME_LINES) * _LONGEST_LINE <= settings.max_characters:
        return False
    if len(ansatz.gates) * _SHORTEST_LINE > settings.max_characters:
        return True
    return len(emit(ansatz.bind(np.zeros(ansatz.n_parameters)))) > settings.max_characters


def make(spec: RecordSpec, settings: BuildSettings) -> MadeCircuit | str:
    """Make the circuit; or the reason, in two or three words, why the recipe drops the spec."""
    if settings.recipe == "agent-q":
        return _agent_q(spec, settings)
    return _converged(spec, settings)


def _agent_q(spec: RecordSpec, settings: BuildSettings) -> MadeCircuit | str:
    found = make_agent_q(
        spec.encoded.hamiltonian, spec.choice, spec.rng(settings), settings=settings.agent_q
    )
    if not found.optimal:
        return "not optimal"
    return MadeCircuit(
        qasm=emit(found.circuit, decimals=settings.agent_q.decimals),
        ansatz=found.ansatz,
        params=_params(spec, found.theta),
        steps=found.steps,
    )


def _converged(spec: RecordSpec, settings: BuildSettings) -> MadeCircuit | str:
    choice = spec.choice
    found = converge(
        spec.encoded.hamiltonian,
        choice.algorithm,
        layers=choice.layers,
        template=choice.template,
        seed=int(spec.rng(settings).integers(1 << 32)),
        ground=settings.ground,
        slack=settings.slack,
        search=settings.search,
    )
    decimals = DECIMALS
    if choice.algorithm == "qaoa":
        # γ is of the size of 1/σ(E): as many digits for large energies as for small ones.
        decimals += max(0, math.ceil(math.log10(sigma(spec.encoded.hamiltonian))))
    theta = np.round(found.theta, decimals) + 0.0
    return MadeCircuit(
        qasm=emit(found.ansatz.bind(theta), decimals=decimals),
        ansatz=found.label,
        params=_params(spec, theta),
        steps=found.evaluations,
    )


def _params(spec: RecordSpec, theta: FloatVector) -> Any:
    values = [float(angle) for angle in theta]
    if spec.choice.algorithm == "qaoa":
        layers = len(values) // 2
        return [values[:layers], values[layers:]]
    return values if spec.choice.algorithm == "vqe" else None
