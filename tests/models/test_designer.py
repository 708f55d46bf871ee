"""The classical designer: it finds what is known to be there, and keeps to its settings."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

import quasar
from quasar.circuits.qasm import parse
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.models.designer import DesignerSettings, design
from quasar.problems.graphs import graph_data
from quasar.simulate.engine import get_engine, probabilities


def maxcut(graph: nx.Graph) -> quasar.EncodedProblem:
    return quasar.load_problem({"problem_type": "maxcut", "graph": graph_data(graph)})


def test_qaoa_cuts_three_quarters_of_a_ring_at_one_layer() -> None:
    problem = maxcut(nx.cycle_graph(8))
    (found,) = design(problem.hamiltonian, DesignerSettings(algorithm="qaoa", layers=1))
    # H = Σ Z_u Z_v / 2: energy -2 per ring of 8 is (2 * 3/4 - 1) * 8 / -2.
    assert found.energy == pytest.approx(-2.0, abs=1e-6)
    assert found.ansatz == "qaoa p=1"


@pytest.mark.parametrize("algorithm", ["qaoa", "vqe", "adaptive_vqe"])
def test_the_text_has_the_energy_that_was_optimised(algorithm: str) -> None:
    problem = maxcut(nx.petersen_graph())
    for found in design(problem.hamiltonian, DesignerSettings(algorithm=algorithm)):
        circuit = parse(found.qasm).circuit
        p = probabilities(get_engine().state(circuit))
        energy = float(p @ problem.hamiltonian.diagonal)
        assert energy == pytest.approx(found.energy, abs=2e-2)
        assert min(found.trace.energies) == pytest.approx(found.energy)
        assert not found.out_of_time


def test_a_seed_repeats_and_a_sample_varies() -> None:
    problem = maxcut(nx.path_graph(4))
    settings = DesignerSettings(algorithm="vqe", restarts=1, seed=3)
    first = [d.qasm for d in design(problem.hamiltonian, settings)]
    assert first == [d.qasm for d in design(problem.hamiltonian, settings)]
    assert first != [d.qasm for d in design(problem.hamiltonian, settings, sample=1)]


def test_the_budget_is_kept() -> None:
    problem = maxcut(nx.cycle_graph(6))
    settings = DesignerSettings(algorithm="qaoa", layers=4, max_evaluations=40)
    (found,) = design(problem.hamiltonian, settings)
    assert len(found.trace.energies) <= 40


def test_adaptive_takes_no_layers() -> None:
    problem = maxcut(nx.path_graph(3))
    with pytest.raises(InputError, match="takes no --layers"):
        list(design(problem.hamiltonian, DesignerSettings(algorithm="adaptive_vqe", layers=2)))


def test_one_qubit_and_a_flat_spectrum_are_no_trouble() -> None:
    for data in (
        {"hamiltonian": "0.5 * Z(0)"},
        {"hamiltonian": "0.0 * Z(0)", "number_of_qubits": 2},
    ):
        generation = quasar.generate(data, "designer")
        assert generation.best.report.feasible
        assert generation.best.report.top_is_optimal


def test_the_ranking_prefers_an_optimal_answer() -> None:
    generation = quasar.generate(maxcut(nx.petersen_graph()), "designer")
    assert {c.design.algorithm for c in generation.candidates} == {"qaoa", "vqe", "adaptive_vqe"}
    best = generation.best.report
    assert best.top_is_optimal
    assert best.p_optimal == pytest.approx(
        max(c.report.p_optimal for c in generation.candidates), abs=0.05
    )
    assert np.isfinite(best.reward.value)


@pytest.mark.parametrize("algorithm", ["qaoa", "vqe", "adaptive_vqe"])
def test_the_size_of_the_coefficients_costs_nothing(algorithm: str) -> None:
    rng = np.random.default_rng(5)
    pairs = [(i, j) for i in range(5) for j in range(i + 1, 5)]
    terms = dict(zip(pairs, rng.normal(size=10).tolist(), strict=True))
    settings = DesignerSettings(algorithm=algorithm, layers=2 if algorithm == "qaoa" else None)
    ratios = []
    for size in (1.0, 1e-9, 1e6):
        hamiltonian = IsingHamiltonian(5, {pair: size * c for pair, c in terms.items()})
        diagonal = hamiltonian.diagonal
        *_, found = design(hamiltonian, settings)
        ratios.append((diagonal.max() - found.energy) / np.ptp(diagonal))
        # The angles are written with four decimals.
        p = probabilities(get_engine().state(parse(found.qasm).circuit))
        assert float(p @ diagonal) == pytest.approx(found.energy, abs=1e-5 * np.ptp(diagonal))
    # Two layers have several local optima; which one is found is a matter of the last digits.
    assert min(ratios) > ratios[0] - (0.15 if algorithm == "qaoa" else 1e-3)


def test_coefficients_of_unlike_sizes_lose_nothing_by_rounding() -> None:
    rng = np.random.default_rng(6)
    sizes = 10.0 ** rng.uniform(-2, 6, 15)
    pairs = [(i, j) for i in range(6) for j in range(i + 1, 6)]
    hamiltonian = IsingHamiltonian(6, dict(zip(pairs, sizes.tolist(), strict=True)))
    for found in design(hamiltonian, DesignerSettings()):
        p = probabilities(get_engine().state(parse(found.qasm).circuit))
        loss = float(p @ hamiltonian.diagonal) - found.energy
        assert abs(loss) < 1e-5 * np.ptp(hamiltonian.diagonal)
