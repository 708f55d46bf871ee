"""The trivial circuits, each against what it stands for."""

from __future__ import annotations

import numpy as np
import pytest

from quasar.circuits.qasm import parse
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.evaluation.baselines import (
    BASELINES,
    angle_table,
    fixed_angles,
    optimum,
    qaoa_fixed,
    random_angles,
    uniform,
)
from quasar.evaluation.inputs import EvaluationRecord, read_records
from quasar.problems.base import EncodedProblem
from quasar.simulate.engine import get_engine, probabilities
from support.small_evaluation import records


def record(
    terms: dict[tuple[int, ...], float], reference: str | None = None, layers: int | None = None
) -> EvaluationRecord:
    n = 1 + max(q for term in terms for q in term)
    problem = EncodedProblem(None, IsingHamiltonian(n, terms), (), "given", "natural", reference)
    return EvaluationRecord(5, problem, "qaoa", layers)


TRIANGLE = {(0, 1): 1.0, (1, 2): 1.0, (0, 2): 1.0, (2,): 0.25}


def distribution(text: str | None) -> np.ndarray:
    assert text is not None
    circuit = parse(text).circuit
    assert circuit is not None
    return probabilities(get_engine().state(circuit))


def test_uniform_is_uniform() -> None:
    assert distribution(uniform(record(TRIANGLE), 0)) == pytest.approx(np.full(8, 1 / 8))


def test_optimum_is_one_ground_state() -> None:
    given = record(TRIANGLE)
    p = distribution(optimum(given, 0))
    assert p.max() == pytest.approx(1.0)
    energies = IsingHamiltonian(3, TRIANGLE).diagonal
    assert energies[p.argmax()] == energies.min()
    assert "diagonal" not in vars(given.problem.hamiltonian)


def test_random_angles_keep_gates_and_ties_and_change_with_the_seed() -> None:
    reference = (
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nh q[0];\nrz(0.5) q[0];\n'
        "rz(0.5) q[1];\nry(0.7) q[2];\ncx q[0], q[1];\n"
    )
    given = record(TRIANGLE, reference)
    one, two = random_angles(given, 0), random_angles(given, 1)
    assert one is not None
    assert one != two
    assert random_angles(given, 0) == one
    circuit = parse(one).circuit
    assert circuit is not None
    assert [gate.name for gate in circuit.gates] == ["h", "rz", "rz", "ry", "cx"]
    assert circuit.gates[1].params == circuit.gates[2].params != circuit.gates[3].params


@pytest.mark.parametrize(
    "reference",
    [None, "broken", 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit q;\nreset q;\nh q;\nreset q;'],
)
def test_random_angles_need_a_static_reference(reference: str | None) -> None:
    assert random_angles(record(TRIANGLE, reference), 0) is None


@pytest.mark.parametrize("scale", [0.01, 1.0, 300.0])
def test_fixed_angles_do_not_mind_the_scale_of_the_energy(scale: float) -> None:
    scaled = {term: scale * c for term, c in TRIANGLE.items()}
    p = distribution(qaoa_fixed(record(scaled, layers=2), 0))
    assert p == pytest.approx(distribution(qaoa_fixed(record(TRIANGLE, layers=2), 0)), abs=1e-9)


def test_fixed_angles_serve_most_instances() -> None:
    better = []
    for given in read_records(records(12)).items:
        energy = distribution(qaoa_fixed(given, 0)) @ given.problem.hamiltonian.diagonal
        better.append(energy < 0.0)  # uniform gives 0
    assert sum(better) >= 10


@pytest.mark.parametrize(("layers", "used"), [(1, 1), (3, 3), (4, 4), (9, 4)])
def test_fixed_angles_go_as_deep_as_they_are_known(layers: int, used: int) -> None:
    gammas, betas = fixed_angles(layers)
    assert gammas.shape == betas.shape == (used,)
    assert (gammas > 0).all()
    assert (betas < 0).all()
    assert (np.diff(gammas) > 0).all()
    assert (np.diff(betas) > 0).all()


def test_the_angles_carry_their_provenance() -> None:
    table = angle_table()
    assert table["settings"]["seed"] == 0
    assert table["made_by"].startswith("python -m benchmarks.")
    ratios = [entry["held_out_ratio"] for entry in table["depths"].values()]
    best = [entry["held_out_ratio_optimised"] for entry in table["depths"].values()]
    assert ratios == sorted(ratios)
    assert all(a <= b for a, b in zip(ratios, best, strict=True))


def test_every_name_is_reserved() -> None:
    assert all(name.startswith("baseline:") for name in BASELINES)
