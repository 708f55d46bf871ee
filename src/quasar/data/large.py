"""Records beyond exact enumeration: sparse instances, QAOA at polished angles, energies by cones.

Angles are transferred from a table and polished on exact energies; what is too wide or too
expensive for causal cones is dropped. The written text is measured again, as any circuit, and the
optimum is that of the solvers: proven, between bounds, or best known. No record has a distribution:
what needs one is null. Instances are drawn here, since random ones of the problem types are dense.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import networkx as nx
import numpy as np

from quasar.circuits.emit import emit
from quasar.circuits.qaoa import qaoa
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.version import __version__
from quasar.data.identity import instance_id, split_of
from quasar.data.record import signature, statement
from quasar.data.sampling import RecordSpec, pick, record_stream, terms_in_text_order
from quasar.data.settings import BuildSettings
from quasar.optimize.minimize import lbfgs
from quasar.optimize.qaoa_large import affordable_evaluations, transferred_angles
from quasar.optimize.trace import Budget, Trace
from quasar.problems.base import Problem, encode
from quasar.problems.ising import Ising
from quasar.problems.registry import PROBLEMS
from quasar.recipes.spec import CircuitSpec
from quasar.simulate.cones.energy import ConeEnergy
from quasar.simulate.cones.expectation import TooWide
from quasar.verifier.energy_range import find_energy_range
from quasar.verifier.large import LargeVerifier
from quasar.verifier.settings import LargeSettings, VerifierSettings

Sampler = Callable[[np.random.Generator, int], Problem]
"""From randomness and a number of variables to an instance of that size."""

DECIMALS = 4
_EVALUATIONS = 200
_WEIGHTED = 0.5  # of the graphs of types that read weights
_UNIT_COUPLINGS = 0.5  # of the spin glasses: couplings ±1, the others are drawn with one decimal
_FIELDS = 0.5  # of the spin glasses have fields


def large_record(
    settings: BuildSettings, index: int, attempt: int, excluded: frozenset[str]
) -> dict[str, Any] | str:
    """A record, or the reason in two or three words why the attempt is dropped."""
    spec = _spec(settings, index, attempt)
    if spec.instance_id in excluded:
        return "excluded"
    hamiltonian, layers = spec.encoded.hamiltonian, spec.choice.layers
    if not any(hamiltonian.terms.values()):
        return "flat"
    try:
        energy = ConeEnergy(qaoa(hamiltonian, layers), hamiltonian, max_width=settings.max_width)
    except TooWide:
        return "too wide"
    except InputError:
        return "too dense"
    if energy.cones is not None and energy.cones.cost > settings.max_cost:
        return "too expensive"
    budget = Budget(affordable_evaluations(energy, _EVALUATIONS))
    start = transferred_angles(hamiltonian, layers)
    found = lbfgs(energy, start, budget=budget, trace=Trace(), gradient_tolerance=1e-4)
    theta = np.round(found.theta, DECIMALS) + 0.0
    qasm = emit(energy.bind(theta), decimals=DECIMALS)
    if len(qasm) > settings.max_characters:
        return "too long"
    return _record(settings, spec, qasm, theta.tolist(), found.evaluations)


def _record(
    settings: BuildSettings, spec: RecordSpec, qasm: str, theta: list[float], steps: int
) -> dict[str, Any] | str:
    problem, encoded, layers = spec.problem, spec.encoded, spec.choice.layers
    large = LargeSettings(
        sample=False,
        time_limit=settings.solve_seconds,
        solver_threads=1,
        max_width=settings.max_width,
    )
    known = find_energy_range(encoded, large)
    if known.optimum is not None and known.optimum.status == "infeasible":
        return "no solution"
    rules = VerifierSettings(measurement="all-qubits")
    report = LargeVerifier(encoded, rules, large, known=known).verify(qasm)
    measured = report.estimates
    if measured is None or measured.energy_known != "exact" or measured.statistics is None:
        return "not measured"
    size = measured.statistics
    solution = {
        "states": [],
        "expectation_value": measured.energy,
        "params": [theta[:layers], theta[layers:]],
        "bitstrings": [],
        "total_optimization_steps": steps,
        "probabilities": [],
        "optimization_time": None,
    }
    exact = {
        "smallest_eigenvalues": [] if measured.e_min is None else [measured.e_min],
        "number_of_smallest_eigenvalues": None,
        "first_excited_energy": None,
        "smallest_bitstrings": [],
    }
    return {
        "signature": signature(problem, "qaoa", layers, encoded.encoding),
        "optimization_type": "qaoa",
        "number_of_layers": layers,
        "cost_hamiltonian": encoded.hamiltonian.to_text(),
        "circuit_with_params": qasm,
        "solution": _text(solution),
        "exact_solution": _text(exact),
        **statement(problem),
        "number_of_qubits": encoded.n_qubits,
        "encoding": encoded.encoding,
        "variable_order": encoded.variable_order,
        "energy": measured.energy,
        "e_min": measured.e_min,
        "e_max": measured.e_max,
        "approximation_ratio": report.approximation_ratio,
        "p_optimal": None,
        "top_is_optimal": None,
        "basis_state": None,
        "product_state": None,
        "gates": size.gates,
        "two_qubit_gates": size.two_qubit_gates,
        "depth": size.depth,
        "quasar_version": __version__,
        "index": spec.index,
        "split": split_of(spec.instance_id, settings.split_shares(), settings.split_salt),
        "recipe": settings.recipe,
        "instance_id": spec.instance_id,
        "ansatz": f"qaoa p={layers}",
        "template": None,
        "attempt": spec.attempt,
        "ratio_low": measured.ratio_low,
        "ratio_high": measured.ratio_high,
        "known": _text(known.to_json()),
    }


def _spec(settings: BuildSettings, index: int, attempt: int) -> RecordSpec:
    rng = record_stream(settings, "large", index, attempt)
    problem_type = pick(rng, settings.problems)
    n = pick(rng, settings.sizes)
    layers = pick(rng, settings.layers["qaoa"])
    problem = sample_large(rng, problem_type, n)
    encoded = terms_in_text_order(encode(problem, "exact"))
    return RecordSpec(
        index, attempt, problem, encoded, instance_id(problem), CircuitSpec("qaoa", layers, None)
    )


def sample_large(rng: np.random.Generator, problem_type: str, n: int) -> Problem:
    """A sparse instance of n variables.

    Raises:
        InputError: a type without such instances.
    """
    if problem_type not in LARGE_PROBLEMS:
        raise InputError(
            f"problems: {problem_type} has no instances beyond 24 qubits here: take "
            f"{', '.join(LARGE_PROBLEMS)}."
        )
    return LARGE_PROBLEMS[problem_type](rng, n)


def _graph(rng: np.random.Generator, n: int) -> nx.Graph:
    """3-regular, a random sparse graph of mean degree 3, a strip of a square lattice, or a tree."""
    seed = int(rng.integers(1 << 31))
    kind = rng.choice(4, p=(0.4, 0.3, 0.2, 0.1))
    if kind == 0 and n % 2 == 0:
        return nx.random_regular_graph(3, n, seed=seed)
    if kind == 2:
        lattice = nx.grid_2d_graph(int(rng.integers(2, 5)), -(-n // 2))
        nodes = sorted(lattice, key=lambda place: (place[1], place[0]))[:n]
        return nx.convert_node_labels_to_integers(lattice.subgraph(nodes), ordering="sorted")
    if kind == 3:
        return nx.random_labeled_tree(n, seed=seed)
    return nx.gnm_random_graph(n, 3 * n // 2, seed=seed)


def _on_graph(problem_type: str, *, weighted: bool) -> Sampler:
    def draw(rng: np.random.Generator, n: int) -> Problem:
        graph = _graph(rng, n)
        if weighted and rng.random() < _WEIGHTED:
            for _, _, data in graph.edges(data=True):
                data["weight"] = int(rng.integers(1, 10))
        data = {"problem_type": problem_type, "graph": nx.node_link_data(graph, edges="edges")}
        return PROBLEMS[problem_type].from_data(data)

    return draw


def _spin_glass(rng: np.random.Generator, n: int) -> Problem:
    graph = _graph(rng, n)
    unit, fields = rng.random() < _UNIT_COUPLINGS, rng.random() < _FIELDS

    def coefficient() -> float:
        size = 1.0 if unit else round(float(rng.uniform(0.1, 2.0)), 1)
        return size if rng.random() < 0.5 else -size

    terms: dict[tuple[int, ...], float] = {
        tuple(sorted(edge)): coefficient() for edge in sorted(graph.edges)
    }
    if fields:
        terms |= {(i,): coefficient() for i in range(n) if rng.random() < 0.5}
    return Ising(IsingHamiltonian(n, terms))


LARGE_PROBLEMS: Mapping[str, Sampler] = {
    "maxcut": _on_graph("maxcut", weighted=True),
    "max_independent_set": _on_graph("max_independent_set", weighted=False),
    "vertex_cover": _on_graph("vertex_cover", weighted=False),
    "ising": _spin_glass,
}
"""By problem type."""


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
