"""The designer's QAOA with mixers that keep constraints, judged by the verifier."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

import quasar
from quasar.core.errors import InputError
from quasar.models.designer import DesignerSettings, design
from quasar.problems.base import EncodedProblem, encode
from quasar.problems.graphs import graph_data
from quasar.problems.registry import PROBLEMS

MIXERS = ["xy", "xy-complete", "grover"]
PORTFOLIO = {
    "problem_type": "portfolio",
    "problem_specific_attributes": {
        "expected_returns": [0.1, 0.05, 0.12, 0.07, 0.02],
        "covariance": (np.eye(5) * 0.05 + 0.01).tolist(),
        "risk_aversion": 0.5,
        "budget": 2,
    },
}


def coloring(graph: nx.Graph, colors: int) -> EncodedProblem:
    attributes = {"number_of_colors": colors}
    return quasar.load_problem(
        {
            "problem_type": "graph_coloring",
            "graph": graph_data(graph),
            "problem_specific_attributes": attributes,
        }
    )


@pytest.mark.parametrize("mixer", MIXERS)
def test_every_answer_is_feasible_where_the_mixer_keeps_all_constraints(mixer: str) -> None:
    settings = {"mixer": mixer, "layers": 2}
    found = quasar.generate(PORTFOLIO, "designer", settings=settings)
    (candidate,) = found.candidates
    report = candidate.report
    assert report.solutions.p_feasible == pytest.approx(1.0, abs=1e-12)
    assert candidate.name == f"{mixer}-mixer qaoa p=2"
    assert "every measured answer is feasible" in candidate.design.keeps
    assert "every measured answer" in " ".join(str(found).split())
    plain = quasar.generate(PORTFOLIO, "designer", settings={"mixer": "x", "layers": 2})
    assert plain.best.report.solutions.p_feasible < 0.95
    assert plain.best.report.p_optimal < report.p_optimal


@pytest.mark.parametrize("mixer", MIXERS)
def test_polishing_keeps_to_the_subspace(mixer: str) -> None:
    found = quasar.generate(
        PORTFOLIO,
        "designer",
        settings={"mixer": mixer, "layers": 1},
        refine={"max_evaluations": 60},
    )
    assert {c.origin for c in found.candidates} == {"designer", "polished"}
    for candidate in found.candidates:
        assert candidate.report.solutions.p_feasible == pytest.approx(1.0, abs=1e-12)
    assert found.best.origin == "polished"
    assert found.best.report.energy < found.candidates[1].report.energy


def test_the_verdict_is_of_the_whole_hamiltonian() -> None:
    """Phase layers without what is constant, the energy with it."""
    problem = coloring(nx.path_graph(3), 3)
    (made,) = quasar.generate(problem, "designer", settings={"mixer": "xy", "layers": 2}).candidates
    assert made.report.energy == pytest.approx(made.design.energy, abs=1e-3)
    assert made.report.problem.n_qubits == 9
    assert made.report.solutions.p_feasible < 1.0  # neighbours may share a colour


@pytest.mark.parametrize("problem_type", ["tsp", "quadratic_assignment", "kclique", "matching"])
def test_all_kinds_of_problems_are_written_for(problem_type: str) -> None:
    problem = encode(PROBLEMS[problem_type].sample(np.random.default_rng(3), 9))
    settings = DesignerSettings(mixer="xy", layers=1, max_evaluations=150)
    found = quasar.generate(problem, "designer", settings=settings).best
    plain = settings.model_copy(update={"mixer": "x"})
    other = quasar.generate(problem, "designer", settings=plain).best
    assert found.report.p_optimal > other.report.p_optimal


def test_a_problem_with_one_feasible_state_is_written_down() -> None:
    data = {**PORTFOLIO, "problem_specific_attributes": {
        **PORTFOLIO["problem_specific_attributes"], "budget": 5}}  # fmt: skip
    for mixer in MIXERS:
        report = quasar.generate(data, "designer", settings={"mixer": mixer}).best.report
        assert report.p_optimal == report.solutions.p_feasible == 1.0


def test_every_depth_is_given_where_that_is_asked_for() -> None:
    problem = coloring(nx.path_graph(2), 3)
    settings = {"mixer": "grover", "layers": 3, "every_depth": True}
    found = quasar.generate(problem, "designer", settings=settings)
    assert sorted(c.design.layers for c in found.candidates) == [1, 2, 3]


def test_cvar_goes_with_a_mixer() -> None:
    settings = {"mixer": "xy", "layers": 1, "cvar": 0.3}
    report = quasar.generate(PORTFOLIO, "designer", settings=settings).best.report
    assert report.solutions.p_feasible == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mixer": "xy", "warm_start": "annealing"}, "has a start of its own"),
        ({"mixer": "xy", "start": "ramp"}, "has a start of its own"),
        ({"mixer": "xy", "algorithm": "vqe"}, "not for vqe"),
        ({"mixer": "x", "algorithm": "adaptive_vqe"}, "not for adaptive_vqe"),
        ({"mixer": "grover", "style": "agent-q"}, "not for style agent-q"),
        ({"mixer": "ring"}, "mixer"),
    ],
)
def test_what_does_not_go_together_is_refused(settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        quasar.generate(PORTFOLIO, "designer", settings=settings)


def test_problems_that_fix_no_sum_are_refused_and_large_ones() -> None:
    with pytest.raises(InputError, match="fixes no sum of variables"):
        quasar.generate(
            quasar.load_problem(nx.path_graph(4), problem_type="maxcut"),
            "designer",
            settings={"mixer": "xy"},
        )
    with pytest.raises(InputError, match="up to 24 qubits"):
        quasar.generate(coloring(nx.path_graph(9), 3), "designer", settings={"mixer": "xy"})
    with pytest.raises(InputError, match="this is a ground state"):
        quasar.generate(
            {"problem_type": "tfim", "problem_specific_attributes": {"n": 3}},
            "designer",
            settings={"mixer": "xy"},
        )
    problem = coloring(nx.path_graph(2), 2)
    with pytest.raises(InputError, match="a bare Hamiltonian states none"):
        list(design(problem.hamiltonian, DesignerSettings(mixer="xy")))


def test_a_saved_generation_is_read_again(tmp_path) -> None:
    found = quasar.generate(PORTFOLIO, "designer", settings={"mixer": "xy", "layers": 1})
    found.save(tmp_path / "out")
    again = quasar.load_generation(tmp_path / "out")
    assert again.best.design.keeps == found.best.design.keeps
    assert again.best.qasm == found.best.qasm
