"""Three first experiments: what the simulators give, against what is known in closed form.

1. single-qubit rotations against the points of the Bloch sphere they lead to;
2. two-qubit gates against the entanglement they make;
3. standard ansätze against the optima that are known for them.

Every row is measured with all engines; its error is the largest over engines and angles. Run
`python -m benchmarks.experiments`; with `--docs` the tables of `docs/experiments.md` are rewritten.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import networkx as nx
import numpy as np
import numpy.typing as npt
from benchmarks._common import ROOT, markdown, print_table, with_tables, write_result

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.qaoa import qaoa
from quasar.circuits.sim19 import sim
from quasar.core.seeds import generator
from quasar.optimize.adapt_vqe import optimise_adaptive
from quasar.optimize.qaoa import optimise_qaoa
from quasar.optimize.vqe import optimise_vqe
from quasar.problems.base import EncodedProblem, Problem, encode
from quasar.problems.maxcut import MaxCut
from quasar.problems.vertex_cover import VertexCover
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import (
    AMPLITUDE_ENGINES,
    ComplexVector,
    FloatVector,
    probabilities,
)
from quasar.simulate.state_engine import StateEngine, state_engine
from quasar.simulate.state_facts import meyer_wallach

PAGE = ROOT / "docs" / "experiments.md"
ANGLES = np.linspace(-2 * math.pi, 2 * math.pi, 25)
"""Radians, at which a family of gates is measured."""
SHOWN = 1.0
"""The angle, radians, whose values stand in the tables."""

Row = dict[str, Any]
Family = Callable[[float], tuple[Gate, ...]]


def row(case: str, quantity: str, formula: str, expected: Any, measured: Any, error: float) -> Row:
    return {
        "case": case,
        "quantity": quantity,
        "formula": formula,
        "expected": expected,
        "measured": measured,
        "error": error,
    }


@cache
def engines() -> tuple[StateEngine, ...]:
    return tuple(map(state_engine, AMPLITUDE_ENGINES))


def states(circuit: Circuit) -> list[ComplexVector]:
    """Amplitudes by every engine, the fast one first."""
    return [engine.state(circuit) for engine in engines()]


# --- 1: single-qubit rotations -------------------------------------------------------------------


def bloch(state: ComplexVector) -> FloatVector:
    """Bloch vector (<X>, <Y>, <Z>) of one qubit, amplitudes of shape [2]."""
    cross = state[0].conj() * state[1]
    z = abs(state[0]) ** 2 - abs(state[1]) ** 2
    return np.array([2 * cross.real, 2 * cross.imag, z])


_H, _T = Gate("h", (0,)), math.pi / 3
ROTATIONS: tuple[tuple[str, str, Family, Callable[[float], tuple[float, float, float]]], ...] = (
    (
        "rx(θ) |0⟩",
        "(0, -sin θ, cos θ)",
        lambda t: (Gate("rx", (0,), (t,)),),
        lambda t: (0.0, -math.sin(t), math.cos(t)),
    ),
    (
        "ry(θ) |0⟩",
        "(sin θ, 0, cos θ)",
        lambda t: (Gate("ry", (0,), (t,)),),
        lambda t: (math.sin(t), 0.0, math.cos(t)),
    ),
    (
        "rz(θ) |+⟩",
        "(cos θ, sin θ, 0)",
        lambda t: (_H, Gate("rz", (0,), (t,))),
        lambda t: (math.cos(t), math.sin(t), 0.0),
    ),
    (
        "p(θ) |+⟩",
        "(cos θ, sin θ, 0)",
        lambda t: (_H, Gate("p", (0,), (t,))),
        lambda t: (math.cos(t), math.sin(t), 0.0),
    ),
    (
        "rx(θ) |+⟩",
        "(1, 0, 0)",
        lambda t: (_H, Gate("rx", (0,), (t,))),
        lambda t: (1.0, 0.0, 0.0),
    ),
    (
        "ry(θ) |+⟩",
        "(cos θ, 0, -sin θ)",
        lambda t: (_H, Gate("ry", (0,), (t,))),
        lambda t: (math.cos(t), 0.0, -math.sin(t)),
    ),
    (
        "U(π/3, θ, 0) |0⟩",
        "(sin π/3 cos θ, sin π/3 sin θ, cos π/3)",
        lambda t: (Gate("U", (0,), (_T, t, 0.0)),),
        lambda t: (math.sin(_T) * math.cos(t), math.sin(_T) * math.sin(t), math.cos(_T)),
    ),
    (
        "rz(π/3) ry(θ) |0⟩",
        "(sin θ cos π/3, sin θ sin π/3, cos θ)",
        lambda t: (Gate("ry", (0,), (t,)), Gate("rz", (0,), (_T,))),
        lambda t: (math.sin(t) * math.cos(_T), math.sin(t) * math.sin(_T), math.cos(t)),
    ),
)


def rotations() -> list[Row]:
    """Experiment 1."""
    rows = []
    for case, formula, gates, expected in ROTATIONS:
        error = max(
            float(np.abs(bloch(state) - expected(t)).max())
            for t in ANGLES
            for state in states(Circuit(1, gates(t)))
        )
        measured = bloch(states(Circuit(1, gates(SHOWN)))[0])
        shown = [round(float(x), 9) + 0.0 for x in measured]
        rows.append(row(case, "Bloch vector", formula, list(expected(SHOWN)), shown, error))
    return rows


# --- 2: two-qubit gates --------------------------------------------------------------------------


def concurrence(state: ComplexVector) -> float:
    """Concurrence 2 |ad - bc| of a pure state of two qubits (Wootters 1998), in [0, 1]."""
    a, b, c, d = state
    return float(2 * abs(a * d - b * c))


def _after(*before: Gate) -> Callable[..., Family]:
    """A family of gates on qubits 0 and 1 behind a preparation."""

    def family(name: str, angles: Callable[[float], tuple[float, ...]] = lambda t: (t,)) -> Family:
        return lambda t: (*before, Gate(name, (0, 1), angles(t)))

    return family


_PLUS_0 = _after(Gate("h", (0,)))
_PLUS_PLUS = _after(Gate("h", (0,)), Gate("h", (1,)))
_RY_0 = _after(Gate("ry", (0,), (_T,)))


def _none(_: float) -> tuple[float, ...]:
    return ()


def _half(t: float) -> float:
    return abs(math.sin(t / 2))


PAIRS: tuple[tuple[str, str, Family, Callable[[float], float]], ...] = (
    ("crx(θ) |+⟩|0⟩", "|sin θ/2|", _PLUS_0("crx"), _half),
    ("cry(θ) |+⟩|0⟩", "|sin θ/2|", _PLUS_0("cry"), _half),
    ("crz(θ) |+⟩|+⟩", "|sin θ/2|", _PLUS_PLUS("crz"), _half),
    ("cp(θ) |+⟩|+⟩", "|sin θ/2|", _PLUS_PLUS("cp"), _half),
    ("crz(θ) |+⟩|0⟩", "0", _PLUS_0("crz"), lambda t: 0.0),
    ("crx(θ) |+⟩|+⟩", "0", _PLUS_PLUS("crx"), lambda t: 0.0),
    (
        "cry(θ) (ry(π/3)|0⟩)|0⟩",
        "|sin π/3 sin θ/2|",
        _RY_0("cry"),
        lambda t: math.sin(_T) * _half(t),
    ),
    (
        "cu(θ, 0.3, 0.5, 0.7) |+⟩|0⟩",
        "|sin θ/2|",
        _PLUS_0("cu", lambda t: (t, 0.3, 0.5, 0.7)),
        _half,
    ),
    (
        "cx (ry(θ)|0⟩)|0⟩",
        "|sin θ|",
        lambda t: (Gate("ry", (0,), (t,)), Gate("cx", (0, 1))),
        lambda t: abs(math.sin(t)),
    ),
    (
        "exp(-iθ/2 ZZ) |+⟩|+⟩, as cx rz(θ) cx",
        "|sin θ|",
        lambda t: (
            *_PLUS_PLUS("cx", _none)(t),
            Gate("rz", (1,), (t,)),
            Gate("cx", (0, 1)),
        ),
        lambda t: abs(math.sin(t)),
    ),
    ("cz |+⟩|+⟩", "1", _PLUS_PLUS("cz", _none), lambda t: 1.0),
    ("ch |+⟩|0⟩", "1/√2", _PLUS_0("ch", _none), lambda t: math.sqrt(0.5)),
    ("swap |+⟩|0⟩", "0", _PLUS_0("swap", _none), lambda t: 0.0),
)


def ghz(n_qubits: int) -> Circuit:
    """(|0...0> + |1...1>)/√2."""
    ladder = tuple(Gate("cx", (i, i + 1)) for i in range(n_qubits - 1))
    return Circuit(n_qubits, (Gate("h", (0,)), *ladder))


def w_state(n_qubits: int) -> Circuit:
    """All states with a single 1, equally, by controlled rotations that pass the 1 on."""
    gates = [Gate("x", (0,))]
    for i in range(n_qubits - 1):
        angle = 2 * math.acos(math.sqrt(1 / (n_qubits - i)))
        gates += [Gate("cry", (i, i + 1), (angle,)), Gate("cx", (i + 1, i))]
    return Circuit(n_qubits, tuple(gates))


def entanglement() -> list[Row]:
    """Experiment 2."""
    rows = []
    for case, formula, gates, expected in PAIRS:
        error = 0.0
        for t in ANGLES:
            for state in states(Circuit(2, gates(t))):
                c = concurrence(state)
                # For two qubits in a pure state Meyer and Wallach's Q is the tangle C².
                deviations = (c - expected(t), meyer_wallach(state) - expected(t) ** 2)
                error = max(error, *map(abs, deviations))
        measured = concurrence(states(Circuit(2, gates(SHOWN)))[0])
        shown = round(measured, 9) + 0.0
        rows.append(row(case, "concurrence", formula, expected(SHOWN), shown, error))
    for n in (3, 5, 8):
        for name, circuit, formula, q in (
            ("GHZ", ghz(n), "1", 1.0),
            ("W", w_state(n), "4 (n-1)/n²", 4 * (n - 1) / n**2),
        ):
            found = [meyer_wallach(state) for state in states(circuit)]
            error = max(abs(value - q) for value in found)
            case = f"{name} state of {n} qubits"
            rows.append(row(case, "Meyer-Wallach Q", formula, q, round(found[0], 9), error))
    return rows


# --- 3: standard ansätze -------------------------------------------------------------------------


def cut_fraction(energy: float, problem: EncodedProblem) -> float:
    """Expected share of the edges cut at an energy, for unweighted maximum cut."""
    edges = len(problem.hamiltonian.terms)
    return (-energy - problem.hamiltonian.constant) / edges


def cut_formula(graph: nx.Graph, gamma: float, beta: float) -> float:
    """Expected cut of QAOA at p = 1, exact for every unweighted graph.

    Source: Wang, Hadfield, Jiang and Rieffel, Phys. Rev. A 97, 022304 (2018), theorem 1, for the
    cost Σ (1 - ZZ)/2 that is to be maximised; here H = Σ ZZ/2 is minimised, which is the same
    circuit at -γ.
    """
    total = 0.0
    for u, v in graph.edges:
        d, e = graph.degree[u] - 1, graph.degree[v] - 1
        triangles = len(set(graph[u]) & set(graph[v]))
        c = math.cos(gamma)
        single = -0.25 * math.sin(4 * beta) * math.sin(gamma) * (c**d + c**e)
        pairs = c ** (d + e - 2 * triangles) * (1 - math.cos(2 * gamma) ** triangles)
        total += 0.5 + single - 0.25 * math.sin(2 * beta) ** 2 * pairs
    return total


def regular_optimum(degree: int) -> tuple[float, float, float]:
    """Best γ, β (radians) and cut fraction at p = 1 on triangle-free regular graphs.

    From `cut_formula`: 1/2 - sin 4β sin γ cos^(d-1) γ / 2, largest at tan γ = 1/√(d-1), β = -π/8.
    """
    gamma = math.atan(1 / math.sqrt(degree - 1))
    best = 0.5 + 0.5 * math.sin(gamma) * math.cos(gamma) ** (degree - 1)
    return gamma, -math.pi / 8, best


def measured_energies(ansatz: Ansatz, theta: npt.ArrayLike, problem: EncodedProblem) -> list[float]:
    """E at θ by every engine."""
    diagonal = problem.hamiltonian.diagonal
    return [float(probabilities(state) @ diagonal) for state in states(ansatz.bind(theta))]


REGULAR: tuple[tuple[str, nx.Graph, str], ...] = (
    ("ring of 4", nx.cycle_graph(4), "3/4"),
    ("ring of 8", nx.cycle_graph(8), "3/4"),
    ("ring of 13", nx.cycle_graph(13), "3/4"),
    ("K₃,₃", nx.complete_bipartite_graph(3, 3), "1/2 + √3/9"),
    ("cube", nx.hypercube_graph(3), "1/2 + √3/9"),
    ("Petersen graph", nx.petersen_graph(), "1/2 + √3/9"),
    ("Heawood graph", nx.heawood_graph(), "1/2 + √3/9"),
    ("4-cube", nx.hypercube_graph(4), "1/2 + 3√3/32"),
)
"""Triangle-free regular graphs, and the p = 1 optimum written out."""

DEEP_RINGS = ((8, 2), (12, 2), (8, 3), (12, 3), (12, 4), (12, 5))
"""(n, p) with n ≥ 2p + 2: p layers see no more of the ring than a long path."""


def _encoded(problem: Problem) -> EncodedProblem:
    return encode(problem)


def fixed_angles() -> list[Row]:
    """QAOA at p = 1 with the known best angles."""
    rows = []
    for name, graph, formula in REGULAR:
        graph = nx.convert_node_labels_to_integers(graph)
        problem = _encoded(MaxCut(graph))
        gamma, beta, best = regular_optimum(graph.degree[0])
        found = [
            cut_fraction(energy, problem)
            for energy in measured_energies(qaoa(problem.hamiltonian, 1), (gamma, beta), problem)
        ]
        ((_, minimum),) = optimise_qaoa(problem.hamiltonian, 1)
        optimised = cut_fraction(minimum.energy, problem)
        error = max(*(abs(value - best) for value in found), abs(optimised - best))
        case = f"QAOA p=1, {name}"
        rows.append(row(case, "cut per edge", formula, best, round(found[0], 9), error))
    return rows


def any_angles() -> Row:
    """QAOA at p = 1 on graphs with triangles, at random angles."""
    rng = generator(0, "experiments", "any angles")
    error = 0.0
    expected = measured = 0.0
    for seed in range(20):
        graph = nx.gnp_random_graph(7, 0.5, seed=seed)
        problem = _encoded(MaxCut(graph))
        gamma, beta = rng.uniform(-2, 2, 2)
        expected = cut_formula(graph, gamma, beta)
        energies = measured_energies(qaoa(problem.hamiltonian, 1), (gamma, beta), problem)
        measured = -energies[0] - problem.hamiltonian.constant
        error = max(error, *(abs(-e - problem.hamiltonian.constant - expected) for e in energies))
    case = "QAOA p=1, 20 random graphs and angles"
    return row(case, "cut", "Wang et al., theorem 1", expected, round(measured, 9), error)


def deep_rings() -> list[Row]:
    """QAOA at p > 1 on rings, optimised: (2p+1)/(2p+2) of the edges, or all once p reaches n/2."""
    rows = []
    for n, p in (*DEEP_RINGS, (6, 3), (8, 4)):
        problem = _encoded(MaxCut(nx.cycle_graph(n)))
        energy, minimum = optimise_qaoa(problem.hamiltonian, p)[-1]
        exact = 2 * p >= n
        best = 1.0 if exact else (2 * p + 1) / (2 * p + 2)
        found = [
            cut_fraction(e, problem)
            for e in measured_energies(energy.ansatz, minimum.theta, problem)
        ]
        error = max(abs(value - best) for value in found)
        formula = "1" if exact else f"{2 * p + 1}/{2 * p + 2}"
        case = f"QAOA p={p}, ring of {n}"
        rows.append(row(case, "cut per edge", formula, best, round(found[0], 6), error))
    return rows


def ratio(energy: float, problem: EncodedProblem) -> float:
    spectrum = problem.hamiltonian.spectrum
    return (spectrum.e_max - energy) / (spectrum.e_max - spectrum.e_min)


def vqe() -> list[Row]:
    """VQE and adaptive VQE where the optimum is known."""
    rows = []
    problem = _encoded(VertexCover(nx.petersen_graph()))
    hamiltonian = problem.hamiltonian

    ansatz = sim(1, 10, 1)
    theta = generator(0, "experiments", "sim-1").uniform(-3, 3, ansatz.n_parameters)
    # Each qubit gets rx then rz, so <Z_i> is the cosine of its first angle.
    z = np.cos(theta[::2])
    expected = sum(c * float(np.prod(z[list(t)])) for t, c in hamiltonian.terms.items())
    energies = measured_energies(ansatz, theta, problem)
    error = max(abs(e - expected) for e in energies)
    rows.append(
        row(
            "Sim circuit 1, Petersen cover, random angles",
            "energy",
            "Σ c Π cos θᵢ",
            expected,
            round(energies[0], 9),
            error,
        )
    )

    ansatz = sim(10, 10, 1)
    ground = int(hamiltonian.spectrum.ground_states[0])
    bits = np.array([(ground >> i) & 1 for i in range(10)])
    theta = np.concatenate([math.pi * bits, np.zeros(10)])
    found = [ratio(e, problem) for e in measured_energies(ansatz, theta, problem)]
    error = max(abs(r - 1.0) for r in found)
    case = "Sim circuit 10, Petersen cover, θ = π · optimum"
    rows.append(row(case, "approximation ratio", "1", 1.0, round(found[0], 9), error))

    for number in (2, 10, 15):
        energy = energy_of(sim(number, 10, 1), hamiltonian)
        target = hamiltonian.spectrum.e_min + 1e-8
        minimum = optimise_vqe(
            energy, generator(0, "experiments", f"sim-{number}"), restarts=30, target=target
        )
        found = [
            ratio(e, problem) for e in measured_energies(energy.ansatz, minimum.theta, problem)
        ]
        error = max(abs(r - 1.0) for r in found)
        case = f"Sim circuit {number}, Petersen cover, optimised"
        rows.append(row(case, "approximation ratio", "1", 1.0, round(found[0], 6), error))

    for name, graph in (("house", nx.house_graph()), ("Petersen", nx.petersen_graph())):
        problem = _encoded(VertexCover(graph))
        grown, minimum = optimise_adaptive(problem.hamiltonian, target_ratio=1 - 1e-7)
        found = [ratio(e, problem) for e in measured_energies(grown, minimum.theta, problem)]
        error = max(abs(r - 1.0) for r in found)
        case = f"adaptive VQE, {name} cover, {grown.n_parameters} gates"
        rows.append(row(case, "approximation ratio", "1", 1.0, round(found[0], 6), error))
    return rows


def ansaetze() -> list[Row]:
    """Experiment 3."""
    return [*fixed_angles(), any_angles(), *deep_rings(), *vqe()]


EXPERIMENTS: dict[str, tuple[str, Callable[[], list[Row]]]] = {
    "rotations": ("Single-qubit rotations", rotations),
    "entanglement": ("Entanglement of two-qubit gates", entanglement),
    "ansaetze": ("Ansätze at known optima", ansaetze),
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--docs", action="store_true", help="rewrite the tables of the page")
    options = parser.parse_args(arguments)
    results = {name: run() for name, (_, run) in EXPERIMENTS.items()}
    for name, (title, _) in EXPERIMENTS.items():
        print_table(results[name], title)
    rows = [{"experiment": name, **entry} for name, found in results.items() for entry in found]
    worst = max(entry["error"] for entry in rows)
    extra = {"engines": list(AMPLITUDE_ENGINES), "worst_error": worst}
    path = write_result("experiments", rows, extra)
    print(f"worst error {worst:.1e}; written to {path.relative_to(ROOT)}")
    if options.docs:
        # Without the error, which differs from machine to machine.
        tables = {name: markdown(found, without=("error",)) for name, found in results.items()}
        PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")


if __name__ == "__main__":
    main()
