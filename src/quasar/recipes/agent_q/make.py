"""The `agent-q` recipe: circuits like those of the benchmark's records (SPEC: recipes for data).

Made to match published data and checkpoints, not to be good: QAOA and VQE end as soon as the most
probable state is an optimum (`restarts.py`), adaptive circuits tune each angle once
(`adapt_published.py`), so many circuits are weak. For good ones see `quasar.optimize`.

Adaptive circuits are not random: those of the records come back gate by gate, but for the few whose
landscape is so steep that the tuning multiplies rounding errors up to the size of the angle.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from pydantic import AliasChoices, ConfigDict, Field

from quasar.circuits import adaptive
from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.qaoa import qaoa
from quasar.circuits.sim19 import sim
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.settings import Settings
from quasar.optimize.trace import Budget, Trace
from quasar.recipes.agent_q.adapt_published import PublishedAdaptSettings, adapt_published
from quasar.recipes.agent_q.restarts import AdamWRestarts, minimise_with_restarts
from quasar.recipes.spec import CircuitSpec
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import FloatVector, probabilities, top_is_optimal
from quasar.simulate.state_engine import state_engine


class AgentQSettings(Settings):
    """The recipe's numbers; the defaults are those of the published data."""

    # Manifests and fingerprints of data sets keep the spelling that they began with.
    model_config = ConfigDict(serialize_by_alias=True)

    descent: AdamWRestarts = Field(
        default=AdamWRestarts(),
        validation_alias=AliasChoices("descent", "bouts"),
        serialization_alias="bouts",
    )
    """How the angles of QAOA and VQE are found; formerly `bouts`."""
    growth: PublishedAdaptSettings = PublishedAdaptSettings()
    """How adaptive circuits grow."""
    decimals: int = Field(default=4, ge=1, le=15)
    """Digits of parameters and angles."""


@dataclass(frozen=True, eq=False)
class AgentQCircuit:
    """A finished circuit of the recipe, with its angles rounded as they are written.

    Attributes:
        circuit: the circuit.
        choice: what was asked for.
        ansatz: family and layers, e.g. `qaoa p=3`.
        theta: rounded parameters, shape [P], radians; for adaptive circuits the gates' angles.
        energy: E of the circuit.
        steps: optimiser steps from the last start (as a record's `total_optimization_steps`), or
            gates chosen.
        starts: how many there were; 1 for adaptive circuits.
        optimal: whether the circuit's most probable state is a ground state, see
            `engine.top_is_optimal`.
    """

    circuit: Circuit
    choice: CircuitSpec
    ansatz: str
    theta: FloatVector
    energy: float
    steps: int
    starts: int
    optimal: bool


def make_agent_q(
    hamiltonian: IsingHamiltonian,
    choice: CircuitSpec,
    rng: np.random.Generator,
    *,
    settings: AgentQSettings | None = None,
    budget: Budget | None = None,
    trace: Trace | None = None,
) -> AgentQCircuit:
    """Make one circuit by the recipe.

    Args:
        choice: algorithm, layers, template; see `choice.sample_spec`.
        rng: source of the first angles; adaptive circuits take none.
        budget: limits beyond the recipe's own, default none; a circuit comes back in any case.

    Raises:
        InputError: VQE without a template, or a choice that the ansatz refuses.
        ProblemError: more qubits than can be simulated exactly.
    """
    settings = settings or AgentQSettings()
    diagonal = hamiltonian.diagonal
    if choice.algorithm == "adaptive_vqe":
        growth = adapt_published(hamiltonian, settings=settings.growth, budget=budget, trace=trace)
        ansatz, theta = _without_zeros(hamiltonian.n_qubits, growth.gates, settings.decimals)
        steps, starts = len(growth.gates), 1
    else:
        ansatz = _ansatz(hamiltonian, choice)
        found = minimise_with_restarts(
            energy_of(ansatz, hamiltonian),
            hamiltonian,
            rng,
            settings=settings.descent,
            budget=budget,
            trace=trace,
            label=ansatz.name,
        )
        theta, steps, starts = _rounded(found.theta, settings.decimals), found.steps, found.starts
    circuit = _with_rounded_angles(ansatz.bind(theta), settings.decimals)
    p = probabilities(state_engine().state(circuit))
    return AgentQCircuit(
        circuit=circuit,
        choice=choice,
        ansatz=ansatz.name,
        theta=theta,
        energy=float(p @ diagonal),
        steps=steps,
        starts=starts,
        optimal=top_is_optimal(p, hamiltonian.ground),
    )


def _ansatz(hamiltonian: IsingHamiltonian, choice: CircuitSpec) -> Ansatz:
    if choice.algorithm == "qaoa":
        return qaoa(hamiltonian, choice.layers)
    if choice.template is None:
        raise InputError("vqe needs a template: choose one of the Sim circuits 1 to 19.")
    return sim(choice.template, hamiltonian.n_qubits, choice.layers)


def _without_zeros(
    n_qubits: int, gates: tuple[Gate, ...], decimals: int
) -> tuple[Ansatz, FloatVector]:
    """The adaptive ansatz of those gates whose rounded angle is not 0, and these angles."""
    ansatz = adaptive.start(n_qubits)
    kept: list[float] = []
    for gate in gates:
        angle = round(gate.params[0], decimals)
        if angle:
            ansatz = adaptive.append(ansatz, gate)
            kept.append(angle)
    return ansatz, np.array(kept)


def _with_rounded_angles(circuit: Circuit, decimals: int) -> Circuit:
    # Parameters were rounded before; angles that are multiples of them are rounded once more.
    gates = tuple(
        Gate(gate.name, gate.qubits, tuple(_rounded(gate.params, decimals).tolist()))
        for gate in circuit.gates
    )
    return replace(circuit, gates=gates)


def _rounded(values: npt.ArrayLike, decimals: int) -> FloatVector:
    """The decimal numbers nearest, none of them -0.0."""
    flat = np.asarray(values, dtype=np.float64).tolist()
    return np.array([round(value, decimals) + 0.0 for value in flat])
