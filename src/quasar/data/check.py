"""Everything a record states, checked by other means than those that wrote it.

The circuit is read by the reference importer and simulated by Qiskit; energies are summed term by
term, not by the fast transform; gates are counted by Qiskit. What is checked of imported records is
what is ours, and what the public fields state to the digits that they have.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from quasar.circuits.circuit import Circuit
from quasar.circuits.qasm import import_reference
from quasar.circuits.to_qiskit import DynamicCircuit, from_qiskit
from quasar.core.bits import bitstring_to_index
from quasar.core.errors import CircuitError, ProblemError
from quasar.core.exact import BoolVector
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.data import schema
from quasar.data.identity import instance_id, split_of
from quasar.data.record import LISTED_GROUND_STATES, published_state, signature, statement
from quasar.data.settings import BuildSettings
from quasar.problems.base import EncodedProblem, Problem, encode
from quasar.problems.load import build_problem, load_problem, read_problem_data, same_hamiltonian
from quasar.simulate.engine import ComplexVector, FloatVector, probabilities
from quasar.simulate.state_engine import state_engine
from quasar.simulate.state_facts import BASIS_STATE_PROBABILITY, PRODUCT_IMPURITY

_CLOSE = 1e-9  # of the energy range, or of 1: both engines round differently
_PUBLISHED_ENERGY = 1e-2  # of the energy range: published energies are those before rounding
_PUBLISHED_PROBABILITY = 1e-3
_BASIS_STATE_BEFORE = 0.99  # of records without `product_state`, if no gate entangles
_SLACK = 0.05  # of the limits of a basis and a product state: both engines round differently
_DECODED = 64  # optimal states, and others, that are decoded


class _Broken(Exception):
    """The record is too damaged for further checks."""


def check_record(record: Mapping[str, Any], settings: BuildSettings | None) -> list[str]:
    """What is wrong with a record, a sentence each; empty if nothing is.

    Args:
        settings: of the data set; None for an imported one, whose splits are those of its source.
    """
    try:
        return list(_RecordCheck(record, settings).findings())
    except _Broken as error:
        return [str(error)]


class _RecordCheck:
    def __init__(self, record: Mapping[str, Any], settings: BuildSettings | None) -> None:
        self.record, self.settings = record, settings
        self.imported = record.get("recipe") == "imported"

    def findings(self) -> Iterator[str]:
        faults = schema.faults(self.record)
        if faults:
            yield from faults
            return
        self.problem = self._problem()
        yield from self._statement()
        self.loaded = self._loaded()
        yield from self._hamiltonian()
        yield from self._identity()
        if schema.is_large(self.record):
            yield from self._beyond()
            return
        self.diagonal = energies(self.loaded.hamiltonian)
        yield from self._exact_solution()
        yield from self._optimal()
        self.state = self._simulated()
        self.p = probabilities(self.state)
        yield from self._circuit()
        yield from self._measured()
        yield from self._solution()

    # --- the problem

    def _problem(self) -> Problem:
        try:
            data = read_problem_data({"problem": self.record["problem"]})
            return build_problem(data, record=True)
        except (ValueError, ProblemError) as error:
            raise _Broken(f"'problem' is not a problem file: {error}") from error

    def _loaded(self) -> EncodedProblem:
        try:
            return load_problem(self.record)
        except ProblemError as error:
            raise _Broken(f"the record is not a problem file: {error}") from error

    def _statement(self) -> Iterator[str]:
        """The fields of the public schema and the whole problem file say the same."""
        expected = statement(self.problem)
        for name in ("problem_type", "graph", "problem_specific_attributes"):
            if self.imported and name != "problem_type":
                continue
            if _read(self.record[name]) != _read(expected[name]):
                yield f"{name} differs from 'problem'"

    def _hamiltonian(self) -> Iterator[str]:
        record, given = self.record, self.loaded.hamiltonian
        if given.n_qubits != record["number_of_qubits"]:
            yield f"number_of_qubits is {record['number_of_qubits']}, not {given.n_qubits}"
        if record["encoding"] == "given":
            return
        try:
            encoded = encode(self.problem, record["encoding"], record["variable_order"])
        except ProblemError as error:
            yield f"encoding: {error}"
            return
        if not same_hamiltonian(encoded.hamiltonian, given):
            yield (
                f"cost_hamiltonian is not the problem in the {record['encoding']} encoding and "
                f"{record['variable_order']} order"
            )

    def _identity(self) -> Iterator[str]:
        record, settings = self.record, self.settings
        if not self.imported:
            expected = signature(
                self.problem,
                record["optimization_type"],
                record["number_of_layers"],
                record["encoding"],
            )
            if record["signature"] != expected:
                yield f"signature is {record['signature']}, not {expected}"
        found = instance_id(self.problem)
        if record["instance_id"] != found:
            yield f"instance_id is {record['instance_id']}, not {found}"
        if settings is not None:
            split = split_of(found, settings.split_shares(), settings.split_salt)
            if record["split"] != split:
                yield f"split is {record['split']}, but the instance belongs to {split}"

    def _beyond(self) -> Iterator[str]:
        """What is left without amplitudes; see `check_large`."""
        from quasar.data.check_large import check_large

        circuit = self._imported()
        yield from self._circuit()
        yield from check_large(self.record, self.loaded, circuit)

    # --- the optimum

    def _exact_solution(self) -> Iterator[str]:
        exact = self._json("exact_solution")
        e_min, e_max = float(self.diagonal.min()), float(self.diagonal.max())
        self.width = e_max - e_min
        self.ground = ground_states(self.loaded.hamiltonian)
        for name, value in (("e_min", e_min), ("e_max", e_max)):
            if not self._near(self.record[name], value):
                yield f"{name} is {self.record[name]}, not {value}"
        count = int(self.ground.sum())
        lowest = exact.get("smallest_eigenvalues")
        states = self._states(exact.get("smallest_bitstrings"))
        if not isinstance(lowest, list) or not all(self._near(e, e_min, 1e-6) for e in lowest):
            yield f"exact_solution: smallest_eigenvalues are not {e_min}"
        if states is None or not all(self._near(self.diagonal[k], e_min, 1e-6) for k in states):
            yield "exact_solution: smallest_bitstrings are not ground states"
        elif self.imported:
            return  # the published list distinguishes states that differ by rounding
        elif len(set(states)) != min(count, LISTED_GROUND_STATES):
            yield f"exact_solution: lists {len(set(states))} of {count} ground states"
        if not self.imported and exact.get("number_of_smallest_eigenvalues") != count:
            yield f"exact_solution: number_of_smallest_eigenvalues is not {count}"
        excited = None if self.ground.all() else float(self.diagonal[~self.ground].min())
        stated = exact.get("first_excited_energy")
        if not self.imported and (
            (excited is None) != (stated is None)
            or (excited is not None and not self._near(stated, excited))
        ):
            yield f"exact_solution: first_excited_energy is {stated}, not {excited}"

    def _optimal(self) -> Iterator[str]:
        """Which states are optimal; a sample of them and of the others is decoded."""
        loaded = self.loaded
        self.optimal = loaded.optimality.optimal
        if loaded.encoding != "exact" or loaded.problem is None:
            if not np.array_equal(self.optimal, self.ground):
                yield "the optimal states are not the ground states"
            return
        if not self.optimal[self.ground].all():
            yield "a ground state is not optimal"
        rng = np.random.default_rng(0)
        ranks: list[set[tuple[float, ...]]] = [set(), set()]
        for best, states in enumerate([~self.optimal, self.optimal]):
            found = np.flatnonzero(states)
            for state in rng.permutation(found)[:_DECODED].tolist():
                decoded = loaded.decode(state)
                if decoded is not None and decoded.feasible:
                    ranks[best].add(loaded.problem.rank(decoded.solution))
                elif best:
                    yield f"the optimal state {state} decodes to no valid solution"
        if len(ranks[1]) != 1 or any(other <= min(ranks[1]) for other in ranks[0]):
            yield "the states called optimal do not decode to the best solutions"

    # --- the circuit

    def _simulated(self) -> ComplexVector:
        return state_engine("qiskit").state(self._imported())

    def _imported(self) -> Circuit:
        text = self.record["circuit_with_params"]
        try:
            self.imported_circuit = import_reference(text)
            self.circuit = from_qiskit(self.imported_circuit)
        except (CircuitError, DynamicCircuit) as error:
            raise _Broken(f"circuit_with_params: the reference importer says: {error}") from error
        n = self.loaded.n_qubits
        if self.circuit.n_qubits != n:
            raise _Broken(
                f"circuit_with_params has {self.circuit.n_qubits} qubits, the problem {n}"
            )
        return self.circuit

    def _circuit(self) -> Iterator[str]:
        record = self.record
        limit = None if self.settings is None else self.settings.max_characters
        length = len(record["circuit_with_params"])
        if limit is not None and length > limit:
            yield f"circuit_with_params has {length} characters, more than {limit}"
        bare = self.imported_circuit.remove_final_measurements(inplace=False)
        sizes = {
            "gates": sum(bare.count_ops().values()),
            "two_qubit_gates": bare.num_nonlocal_gates(),
            "depth": bare.depth(),
        }
        for name, size in sizes.items():
            if record[name] != size:
                yield f"{name} is {record[name]}, not {size}"

    def _measured(self) -> Iterator[str]:
        record = self.record
        energy = float(self.p @ self.diagonal)
        e_max = float(self.diagonal.max())
        ratio = (e_max - energy) / self.width if self.width > 0 else 1.0
        p_optimal = float(self.p[self.optimal].sum())
        if not self._near(record["energy"], energy):
            yield f"energy is {record['energy']}, not {energy}"
        for name, value in (("approximation_ratio", ratio), ("p_optimal", p_optimal)):
            if not abs(record[name] - value) <= _CLOSE:
                yield f"{name} is {record[name]}, not {value}"
        yield from self._kind_of_state()
        top = self.p >= self.p.max() - _CLOSE
        if record["top_is_optimal"] != bool(self.optimal[top].all()):
            yield f"top_is_optimal is {record['top_is_optimal']}"
        if record["recipe"] == "agent-q" and not self.ground[top].any():
            yield "the most probable state is not a ground state, which the recipe requires"

    def _kind_of_state(self) -> Iterator[str]:
        """`basis_state` and `product_state`; earlier versions wrote the first by another rule."""
        record, top = self.record, float(self.p.max())
        if record.get("product_state") is None:
            basis = record["two_qubit_gates"] == 0 and top > _BASIS_STATE_BEFORE
            if record["basis_state"] != basis:
                yield f"basis_state is {record['basis_state']}, not {basis}"
            return
        impure = max(map(self._impurity, range(self.loaded.n_qubits)))
        for name, value, limit in (
            ("basis_state", 1.0 - top, 1.0 - BASIS_STATE_PROBABILITY),
            ("product_state", impure, PRODUCT_IMPURITY),
        ):
            if abs(value - limit) > _SLACK * limit and record[name] is not (value <= limit):
                yield f"{name} is {record[name]}, not {value <= limit}"

    def _impurity(self, qubit: int) -> float:
        """1 - Tr ρ² of one qubit, from the Schmidt coefficients of the state."""
        n = self.loaded.n_qubits
        split = np.moveaxis(self.state.reshape((2,) * n), n - 1 - qubit, 0).reshape(2, -1)
        schmidt = np.linalg.svd(split, compute_uv=False)
        return float(2.0 * (schmidt[0] * schmidt[-1]) ** 2) if schmidt.size > 1 else 0.0

    def _solution(self) -> Iterator[str]:
        solution = self._json("solution")
        energy_slack = _PUBLISHED_ENERGY if self.imported else _CLOSE
        slack = _PUBLISHED_PROBABILITY if self.imported else _CLOSE
        energy = float(self.p @ self.diagonal)
        if not self._near(solution.get("expectation_value"), energy, energy_slack):
            stated = solution.get("expectation_value")
            yield f"solution: expectation_value is {stated}, not {energy}"
        states = self._states(solution.get("bitstrings"))
        stated = solution.get("probabilities")
        if states is None or len(states) != 2 or len(set(states)) != 2:
            yield "solution: bitstrings must be two different states of the problem's qubits"
            return
        if solution.get("states") != [published_state(b) for b in solution["bitstrings"]]:
            yield "solution: states and bitstrings name different states"
        if not isinstance(stated, list) or len(stated) != 2 or not all(map(_is_number, stated)):
            yield "solution: probabilities must be two numbers"
            return
        for bits, state, value in zip(solution["bitstrings"], states, stated, strict=True):
            if not abs(self.p[state] - value) <= slack:
                yield f"solution: {bits} has the probability {self.p[state]}, not {value}"
        if stated[0] > stated[1] + slack:
            yield "solution: the states are not ascending by probability"
        others = np.delete(self.p, states)
        if others.size and others.max() > self.p[states].min() + slack:
            yield "solution: another state is more probable than those named"

    # --- helpers

    def _json(self, name: str) -> Mapping[str, Any]:
        value = _read(self.record[name])
        if not isinstance(value, Mapping):
            raise _Broken(f"{name} is not a JSON object")
        return value

    def _states(self, bitstrings: Any) -> list[int] | None:
        """Basis states of a list of bit strings; None if it is not such a list."""
        n = self.loaded.n_qubits
        if not isinstance(bitstrings, list):
            return None
        right: Callable[[Any], bool] = lambda b: (  # noqa: E731
            isinstance(b, str) and len(b) == n and set(b) <= {"0", "1"}
        )
        return [bitstring_to_index(b) for b in bitstrings] if all(map(right, bitstrings)) else None

    def _near(self, stated: Any, value: float, slack: float = _CLOSE) -> bool:
        scale = max(1.0, abs(value), getattr(self, "width", 0.0))
        return _is_number(stated) and abs(stated - value) <= slack * scale


def energies(hamiltonian: IsingHamiltonian) -> FloatVector:
    """Energies of all states, shape [D], each term added by the parity of its qubits."""
    indices = np.arange(1 << hamiltonian.n_qubits, dtype=np.uint64)
    total = np.zeros(indices.size)
    for qubits, c in hamiltonian.terms.items():
        mask = np.uint64(sum(1 << i for i in qubits))
        total += c * (1.0 - 2.0 * (np.bitwise_count(indices & mask) & 1))
    return total


def ground_states(hamiltonian: IsingHamiltonian) -> BoolVector:
    """Which states have the lowest energy, shape [D], summed term by term in integers."""
    terms = {t: Fraction(c) for t, c in hamiltonian.exact_terms.items()}
    unit = math.lcm(*(c.denominator for c in terms.values()))
    largest = sum(abs(c) for c in terms.values()) * unit
    kind = np.int64 if largest < 1 << 62 else object
    indices = np.arange(1 << hamiltonian.n_qubits, dtype=np.uint64)
    total = np.zeros(indices.size, dtype=kind)
    for qubits, c in terms.items():
        mask = np.uint64(sum(1 << i for i in qubits))
        signs = 1 - 2 * (np.bitwise_count(indices & mask) & 1).astype(np.int64)
        total += int(c * unit) * signs.astype(kind)
    ceiling = int(total.min()) + math.floor(hamiltonian.tolerance * unit)
    return np.asarray(total <= ceiling, dtype=np.bool_)


def _read(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
