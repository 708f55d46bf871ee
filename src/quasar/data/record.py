"""One record: everything that it states about a circuit, measured on the circuit's text.

What is written is measured, not what the optimiser believed: the text is parsed and simulated
again. No time stamps and no timings, so that a record can be reproduced.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from quasar.circuits.qasm import parse
from quasar.circuits.statistics import statistics
from quasar.core.bits import index_to_bitstring
from quasar.core.errors import CircuitError
from quasar.core.hamiltonian import Spectrum
from quasar.core.version import __version__
from quasar.data.recipes import MadeCircuit
from quasar.data.sampling import RecordSpec
from quasar.problems.base import EncodedProblem, Problem
from quasar.simulate.engine import (
    FloatVector,
    probabilities,
    top_is_optimal,
)
from quasar.simulate.state_engine import state_engine
from quasar.simulate.state_facts import state_facts
from quasar.verifier.measurement import Measurement

LISTED_GROUND_STATES = 64
MEASURED = (
    "approximation_ratio", "p_optimal", "top_is_optimal", "basis_state", "product_state", "gates",
    "two_qubit_gates", "depth",
)  # fmt: skip
"""Columns that are fields of a `Measurement`, in the schema's order."""
_ROUNDING = 12  # decimals; probabilities closer than this differ by rounding only


def measure(qasm: str, problem: EncodedProblem) -> tuple[Measurement, FloatVector]:
    """Parse, simulate and measure a circuit.

    Returns:
        What the verifier measures too, by its definitions; and the distribution, shape [D].

    Raises:
        CircuitError: not a static circuit on the problem's qubits.
    """
    circuit = parse(qasm).circuit
    if circuit is None:
        raise CircuitError("the circuit is dynamic; a record needs a static one.")
    if circuit.n_qubits != problem.n_qubits:
        raise CircuitError(
            f"the circuit has {circuit.n_qubits} qubits, the problem {problem.n_qubits}.",
            kind="qubits",
        )
    state = state_engine().state(circuit)
    p = probabilities(state)
    spectrum, optimal = problem.hamiltonian.spectrum, problem.optimality.optimal
    width = spectrum.width
    energy = float(p @ problem.hamiltonian.diagonal)
    size, facts = statistics(circuit), state_facts(p, state)
    measured = Measurement(
        parses=True,
        feasible=True,
        n_qubits=circuit.n_qubits,
        energy=energy,
        approximation_ratio=(spectrum.e_max - energy) / width if width > 0 else 1.0,
        p_optimal=float(p[optimal].sum()),
        top_is_optimal=top_is_optimal(p, optimal),
        gates=size.gates,
        two_qubit_gates=size.two_qubit_gates,
        depth=size.depth,
        entanglement=facts.entanglement,
        product_state=bool(facts.product_state),
        basis_state=facts.basis_state,
    )
    return measured, p


def most_probable(p: FloatVector) -> list[int]:
    """The two most probable states, ascending; of equals, the lower index is the more probable."""
    rounded = np.round(p, _ROUNDING)
    first = int(rounded.argmax())
    rounded[first] = -1.0
    return [int(rounded.argmax()), first]


def make_record(
    spec: RecordSpec,
    made: MadeCircuit,
    measured: Measurement,
    p: FloatVector,
    *,
    split: str,
    recipe: str,
) -> dict[str, Any]:
    """The record of a circuit made for a spec; `measured` and `p` as from `measure`."""
    problem, encoded = spec.problem, spec.encoded
    algorithm, layers = spec.choice.algorithm, spec.choice.layers
    return {
        "signature": signature(problem, algorithm, layers, encoded.encoding),
        "optimization_type": algorithm,
        "number_of_layers": layers,
        "cost_hamiltonian": encoded.hamiltonian.to_text(),
        "circuit_with_params": made.qasm,
        "solution": _text(solution(measured, p, made)),
        "exact_solution": _text(exact_solution(encoded.hamiltonian.spectrum, encoded.n_qubits)),
        **statement(problem),
        **own_fields(encoded, measured),
        "index": spec.index,
        "split": split,
        "recipe": recipe,
        "instance_id": spec.instance_id,
        "ansatz": made.ansatz,
        "template": spec.choice.template,
        "attempt": spec.attempt,
    }


def statement(problem: Problem) -> dict[str, Any]:
    """The fields that state the problem."""
    data = problem.to_data()
    attributes = data.get("problem_specific_attributes")
    return {
        "problem_type": problem.problem_type,
        "graph": _text(data.get("graph")),
        "problem_specific_attributes": None if attributes is None else _text(attributes),
        "problem": _text(data),
    }


def own_fields(encoded: EncodedProblem, measured: Measurement) -> dict[str, Any]:
    """The fields that are measured, for circuits made here and elsewhere."""
    spectrum = encoded.hamiltonian.spectrum
    return {
        "number_of_qubits": encoded.n_qubits,
        "encoding": encoded.encoding,
        "variable_order": encoded.variable_order,
        "energy": measured.energy,
        "e_min": spectrum.e_min,
        "e_max": spectrum.e_max,
        **{name: getattr(measured, name) for name in MEASURED},
        "quasar_version": __version__,
    }


def solution(measured: Measurement, p: FloatVector, made: MadeCircuit) -> dict[str, Any]:
    """The public field of that name; see `schema` for the order of its bits."""
    top = most_probable(p)
    n_qubits = int(p.size).bit_length() - 1
    bitstrings = [index_to_bitstring(index, n_qubits) for index in top]
    return {
        "states": [published_state(bits) for bits in bitstrings],
        "expectation_value": measured.energy,
        "params": made.params,
        "bitstrings": bitstrings,
        "total_optimization_steps": made.steps,
        "probabilities": [float(p[index]) for index in top],
        "optimization_time": None,
    }


def exact_solution(spectrum: Spectrum, n_qubits: int) -> dict[str, Any]:
    """The public field of that name."""
    listed = spectrum.ground_states[:LISTED_GROUND_STATES].tolist()
    return {
        "smallest_eigenvalues": [spectrum.e_min] * len(listed),
        "number_of_smallest_eigenvalues": spectrum.n_ground_states,
        "first_excited_energy": spectrum.first_excited,
        "smallest_bitstrings": [index_to_bitstring(index, n_qubits) for index in listed],
    }


def published_state(bitstring: str) -> int:
    """The number by which the records call a state: qubit 0 is the most significant bit."""
    return int("".join("1" if x == "0" else "0" for x in bitstring), 2)


def signature(problem: Problem, algorithm: str, layers: int, encoding: str) -> str:
    """Name of a record's task: instance as it is written, algorithm, depth and encoding."""
    content = [problem.to_data(), algorithm, layers, encoding]
    return hashlib.sha256(canonical(content).encode()).hexdigest()[:32]


def canonical(value: Any) -> str:
    """JSON in the one form that is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def record_line(record: Mapping[str, Any]) -> bytes:
    """A record in the one form that is hashed."""
    return canonical(record).encode() + b"\n"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
