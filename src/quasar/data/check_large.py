"""What records beyond 24 qubits state, checked without amplitudes.

The circuit was read by the reference importer and is counted by Qiskit. Its energy is contracted
again from the gates; single terms are also simulated by Qiskit, on the gates that reach them. The
stated optimum is decided by the problem itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.qasm import Program
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.problems.base import EncodedProblem
from quasar.simulate.cones.engine import ConesEngine
from quasar.simulate.engine import probabilities
from quasar.simulate.state_engine import state_engine
from quasar.verifier.energy_range import EnergyRange

_CLOSE = 1e-7  # of the sum of the coefficients' sizes
_TERMS = 4  # simulated on their own
_WIDEST = 16  # qubits of such a simulation


def check_large(
    record: Mapping[str, Any], loaded: EncodedProblem, circuit: Circuit
) -> Iterator[str]:
    """What is wrong with the energy, the optimum and the ratio, a sentence each.

    Args:
        circuit: as the reference importer reads it.
    """
    hamiltonian = loaded.hamiltonian
    scale = max(1.0, sum(map(abs, hamiltonian.terms.values())))
    outcome = ConesEngine().run(Program(circuit.n_qubits, circuit, None, "reference"))
    try:
        means = outcome.expectations(hamiltonian)
    except InputError as error:
        yield f"the energy cannot be computed: {error}"
        return
    energy = float(np.array(list(hamiltonian.terms.values())) @ means)
    if abs(energy - record["energy"]) > _CLOSE * scale:
        yield f"energy is {record['energy']}, not {energy}"
    stated = json.loads(record["solution"]).get("expectation_value")
    if not isinstance(stated, float) or abs(stated - energy) > _CLOSE * scale:
        yield f"solution: expectation_value is {stated}, not {energy}"
    yield from _single_terms(circuit, hamiltonian, means)
    for name in ("p_optimal", "top_is_optimal", "basis_state", "product_state"):
        if record.get(name) is not None:
            yield f"{name} is {record[name]}, but it is not defined beyond 24 qubits"
    yield from _known(record, loaded, energy)


def _single_terms(
    circuit: Circuit, hamiltonian: IsingHamiltonian, means: np.ndarray
) -> Iterator[str]:
    """Some terms by state vectors of the gates that reach them."""
    terms = list(hamiltonian.terms)
    rng = generator(0, "check", "terms")
    tried = 0
    for place in rng.permutation(len(terms)).tolist():
        if tried == _TERMS:
            return
        qubits = set(terms[place])
        kept: list[Gate] = []
        for gate in reversed(circuit.gates):
            if qubits & set(gate.qubits):
                qubits |= set(gate.qubits)
                kept.append(gate)
        if len(qubits) > _WIDEST:
            continue
        tried += 1
        number = {qubit: i for i, qubit in enumerate(sorted(qubits))}
        gates = tuple(
            Gate(g.name, tuple(number[q] for q in g.qubits), g.params) for g in reversed(kept)
        )
        p = probabilities(state_engine("qiskit").state(Circuit(len(number), gates)))
        own = IsingHamiltonian(len(number), {tuple(sorted(number[q] for q in terms[place])): 1.0})
        mean = float(p @ own.diagonal)
        if abs(mean - means[place]) > _CLOSE:
            yield f"the mean of the term on qubits {terms[place]} is {mean}, not {means[place]}"


def _known(record: Mapping[str, Any], loaded: EncodedProblem, energy: float) -> Iterator[str]:
    try:
        known = EnergyRange.from_json(json.loads(record["known"]))
    except (ValueError, TypeError, KeyError) as error:
        yield f"known is no range of energies: {error}"
        return
    found, problem = known.optimum, loaded.problem
    if found is not None and found.value is not None and problem is not None:
        if not problem.is_feasible(found.solution):
            yield "known: the stated solution breaks a constraint"
        elif problem.objective(found.solution) != found.value:
            yield f"known: the solution's objective is not {found.value}"
        if found.bound is not None and (found.low or 0.0) > (found.high or 0.0):
            yield "known: the bound is on the wrong side of the solution"
    ends = (("e_min", known.lowest), ("e_max", known.highest))
    for name, end in ends:
        if record[name] is not None and (end is None or end.value != record[name]):
            yield f"{name} is {record[name]}, which 'known' does not prove"
        if end is not None and not end.low <= end.high:
            yield f"known: the end {name} is empty"
    ratio = known.ratio(energy)
    for name, value in zip(("ratio_low", "ratio_high"), ratio or (None, None), strict=True):
        stated = record[name]
        if (stated is None) != (value is None) or (
            stated is not None and value is not None and abs(stated - value) > 1e-6
        ):
            yield f"{name} is {stated}, not {value}"
    if record["approximation_ratio"] is not None and record["e_min"] is None:
        yield "approximation_ratio is stated without a proven optimum"
