"""The converged recipe: the same circuit for the same instance, at its optimum, in plain angles."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from quasar.circuits.qaoa import qaoa
from quasar.core.errors import InputError, ProblemError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.optimize.decimation import guided_index
from quasar.optimize.minimize import lbfgs
from quasar.optimize.qaoa import sigma
from quasar.problems.base import encode
from quasar.problems.registry import PROBLEMS
from quasar.recipes.converged.adapt_target import TARGET_RATIO, quarter_turns
from quasar.recipes.converged.converge import CONVERGED_TEMPLATES, Converged, converge
from quasar.simulate.engine import FloatVector, get_engine, probabilities
from quasar.simulate.qaoa_energy import QaoaEnergy

ALGORITHMS: tuple[Literal["qaoa", "vqe", "adaptive_vqe"], ...] = ("qaoa", "vqe", "adaptive_vqe")
TYPES = ("vertex_cover", "hypermaxcut", "min_cut", "edge_cover", "matching", "kclique")


def instances(count: int, max_qubits: int = 8) -> list[IsingHamiltonian]:
    out = []
    for number in range(count):
        cls = PROBLEMS[TYPES[number % len(TYPES)]]
        problem = cls.sample(generator(7, "test", number), max_qubits)
        out.append(encode(problem, "agent-q").hamiltonian.simplified())
    return out


def distribution(found: Converged, decimals: int = 4) -> FloatVector:
    return probabilities(get_engine().state(found.ansatz.bind(np.round(found.theta, decimals))))


def p_optimal(hamiltonian: IsingHamiltonian, found: Converged) -> float:
    return float(distribution(found)[hamiltonian.spectrum.ground_states].sum())


def relabelled(hamiltonian: IsingHamiltonian, order: list[int]) -> IsingHamiltonian:
    terms = {tuple(sorted(order[i] for i in t)): c for t, c in hamiltonian.terms.items()}
    return IsingHamiltonian(hamiltonian.n_qubits, terms)


def cut_of_a_path(n: int) -> IsingHamiltonian:
    return IsingHamiltonian(n, {(i, i + 1): 1.0 for i in range(n - 1)})


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_same_arguments_same_circuit(algorithm: Literal["qaoa", "vqe", "adaptive_vqe"]) -> None:
    for hamiltonian in instances(2, 6):
        one, two = (converge(hamiltonian, algorithm, layers=2) for _ in range(2))
        assert one.label == two.label
        assert one.ansatz.gates == two.ansatz.gates
        np.testing.assert_array_equal(one.theta, two.theta)


@pytest.mark.parametrize("template", CONVERGED_TEMPLATES)
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_templates_write_the_chosen_ground_state(template: int, layers: int) -> None:
    for hamiltonian in instances(6, 7):
        found = converge(hamiltonian, "vqe", template=template, layers=layers)
        assert found.label == f"sim-{template} L={layers}"
        assert found.energy == pytest.approx(hamiltonian.spectrum.e_min, abs=1e-9)
        assert set(np.unique(found.theta)) <= {0.0, np.pi}
        assert distribution(found).max() > 1 - 1e-6


def test_adaptive_circuits_are_short_and_optimal() -> None:
    for hamiltonian in instances(6):
        found = converge(hamiltonian, "adaptive_vqe")
        spectrum = hamiltonian.spectrum
        limit = spectrum.e_min + (1 - TARGET_RATIO) * (spectrum.e_max - spectrum.e_min)
        assert found.energy <= limit
        assert p_optimal(hamiltonian, found) >= 0.99
        assert len(found.ansatz.gates) <= 4 * hamiltonian.n_qubits
        assert (np.abs(found.theta) > 0).all()


def test_of_several_ground_states_the_planned_one_is_prepared() -> None:
    hamiltonian = cut_of_a_path(5)
    for algorithm in ("vqe", "adaptive_vqe"):
        found = converge(hamiltonian, algorithm)
        assert int(distribution(found).argmax()) == guided_index(hamiltonian)
        assert distribution(found).max() > 0.99


@pytest.mark.parametrize("template", [2, 4, 14, 15])
def test_all_ground_states_of_a_cut_become_an_entangled_state(template: int) -> None:
    hamiltonian = cut_of_a_path(4)
    p = distribution(converge(hamiltonian, "vqe", template=template, ground="all"))
    assert p[hamiltonian.spectrum.ground_states].sum() > 1 - 1e-6
    assert (p > 0.4).sum() == 2


def test_free_variables_are_left_free() -> None:
    hamiltonian = IsingHamiltonian(4, {(0,): 1.0, (1, 2): -0.5, (1,): 0.25})
    for algorithm in ("vqe", "adaptive_vqe"):
        found = converge(hamiltonian, algorithm, ground="all")
        p = distribution(found)
        assert p[hamiltonian.spectrum.ground_states].sum() > 1 - 1e-6
        np.testing.assert_allclose(p[hamiltonian.spectrum.ground_states], 0.5, atol=1e-4)


@pytest.mark.parametrize("ground", ["one", "all"])
def test_angles_lie_in_their_range(ground: Literal["one", "all"]) -> None:
    for hamiltonian in instances(4, 6):
        for found in (
            converge(hamiltonian, "adaptive_vqe", ground=ground),
            converge(hamiltonian, "vqe", template=6, ground=ground),
        ):
            for slot in found.ansatz.slots:
                reach = np.pi * len(found.ansatz.gates[slot.gate].qubits)
                assert -reach < found.theta[slot.parameter] <= reach


def test_canonical_qaoa_angles_have_one_sign() -> None:
    for hamiltonian in instances(3, 6):
        found = converge(hamiltonian, "qaoa", layers=2, slack=1.0)
        gamma, beta = found.theta[:2] * sigma(hamiltonian), found.theta[2:]
        assert (gamma > -1e-6).all()
        assert (gamma <= 4.0).all()
        assert (beta < 1e-6).all()
        assert (beta >= -np.pi / 3).all()


def test_slack_only_ever_costs_that_much() -> None:
    for hamiltonian in instances(3, 5):
        width = hamiltonian.spectrum.e_max - hamiltonian.spectrum.e_min
        best = converge(hamiltonian, "qaoa", layers=2)
        near = converge(hamiltonian, "qaoa", layers=2, slack=0.02)
        assert best.energy - 1e-9 * width <= near.energy <= best.energy + 0.02 * width


def test_a_canonical_search_gives_canonical_angles_whatever_the_seed() -> None:
    for hamiltonian in instances(4, 6):
        width = hamiltonian.spectrum.e_max - hamiltonian.spectrum.e_min
        one, two = (
            converge(hamiltonian, "qaoa", layers=3, search="canonical", seed=seed)
            for seed in (0, 1)
        )
        np.testing.assert_array_equal(one.theta, two.theta)
        gamma, beta = one.theta[:3] * sigma(hamiltonian), one.theta[3:]
        assert gamma.min() > -1e-6
        assert gamma.max() <= 4.0 + 1e-9
        assert -np.pi / 3 <= beta.min()
        assert beta.max() < 1e-6
        energy = QaoaEnergy(qaoa(hamiltonian, 3), hamiltonian.diagonal)
        assert energy.value(one.theta) == pytest.approx(one.energy, abs=1e-9 * width)
        wide = converge(hamiltonian, "qaoa", layers=3)
        assert wide.energy <= one.energy + 1e-6 * width
        assert one.evaluations < wide.evaluations / 20


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_qaoa_is_as_good_as_random_starts(layers: int) -> None:
    for hamiltonian in instances(2, 5):
        energy = QaoaEnergy(qaoa(hamiltonian, layers), hamiltonian.diagonal)
        rng = np.random.default_rng(0)
        starts = rng.uniform(-np.pi, np.pi, (10, 2 * layers))
        found = converge(hamiltonian, "qaoa", layers=layers)
        width = hamiltonian.spectrum.e_max - hamiltonian.spectrum.e_min
        assert energy.value(found.theta) == pytest.approx(found.energy, abs=1e-9 * width)
        assert found.energy <= min(lbfgs(energy, s).energy for s in starts) + 1e-6 * width


def test_relabelled_qubits_get_the_same_qaoa_angles() -> None:
    rng = np.random.default_rng(3)
    for hamiltonian in instances(2, 5):
        twin = relabelled(hamiltonian, rng.permutation(hamiltonian.n_qubits).tolist())
        one, two = (converge(h, "qaoa", layers=2, slack=0.02) for h in (hamiltonian, twin))
        np.testing.assert_allclose(one.theta, two.theta, atol=1e-4 / sigma(hamiltonian))


def test_relabelled_qubits_get_the_same_bits() -> None:
    rng = np.random.default_rng(4)
    for hamiltonian in instances(12, 7):
        if hamiltonian.spectrum.n_ground_states > 1:
            continue
        n = hamiltonian.n_qubits
        order = rng.permutation(n).tolist()
        one = converge(hamiltonian, "vqe", template=10).theta[-n:]
        two = converge(relabelled(hamiltonian, order), "vqe", template=10).theta[-n:]
        np.testing.assert_array_equal(one, two[order])


@pytest.mark.parametrize("n", [4, 11])
@pytest.mark.parametrize("ground", ["one", "all"])
def test_energies_of_written_circuits_are_those_of_their_states(
    n: int, ground: Literal["one", "all"]
) -> None:
    hamiltonian = cut_of_a_path(n)
    found = converge(hamiltonian, "vqe", template=4, layers=2, ground=ground)
    p = probabilities(get_engine("qiskit").state(found.ansatz.bind(found.theta)))
    assert found.energy == pytest.approx(float(p @ hamiltonian.diagonal), abs=1e-9)
    assert found.evaluations == 1


def test_template_nine_is_searched_and_stays_short_of_the_optimum() -> None:
    hamiltonian = instances(1, 5)[0]
    found = converge(hamiltonian, "vqe", template=9)
    assert found.evaluations > 1
    assert found.energy > hamiltonian.spectrum.e_min


def test_flat_and_tiny_hamiltonians() -> None:
    for hamiltonian in (IsingHamiltonian(1, {(0,): 2.0}), IsingHamiltonian(2, {})):
        for algorithm in ALGORITHMS:
            found = converge(hamiltonian, algorithm)
            assert found.energy >= hamiltonian.spectrum.e_min - 1e-12
            assert np.isfinite(found.theta).all()


def test_growth_has_a_last_resort() -> None:
    ansatz, theta = quarter_turns(3, 0b101)
    p = probabilities(get_engine().state(ansatz.bind(theta)))
    assert p[0b101] > 1 - 1e-9


def test_wrong_arguments_are_named() -> None:
    hamiltonian = cut_of_a_path(3)
    with pytest.raises(InputError, match="unknown algorithm"):
        converge(hamiltonian, "annealing")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="unknown ground"):
        converge(hamiltonian, "vqe", ground="some")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="unknown search"):
        converge(hamiltonian, "qaoa", search="narrow")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="goes with vqe"):
        converge(hamiltonian, "qaoa", template=3)
    with pytest.raises(InputError, match="no Sim circuit"):
        converge(hamiltonian, "vqe", template=20)
    with pytest.raises(ProblemError):
        converge(IsingHamiltonian(30, {(0, 29): 1.0}), "vqe", template=1)
