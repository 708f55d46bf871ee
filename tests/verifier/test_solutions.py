"""Valid solutions alone: against sums over decoded states, whatever the size of the numbers."""

from __future__ import annotations

import itertools
import math
from typing import Any

import networkx as nx
import numpy as np
import pytest

import quasar
from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.load import load_problem
from quasar.problems.registry import PROBLEMS, problem_class
from quasar.verifier.solutions import SHOTS, SolutionScale, penalty_weight


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
def test_against_sums_over_decoded_states(problem_type: str) -> None:
    encoded = encode(problem_class(problem_type).sample(generator(5, "solutions"), 9))
    assert encoded.problem is not None
    p = generator(6, "p").dirichlet(np.full(1 << encoded.n_qubits, 0.3))
    found = SolutionScale(encoded).measure(p)
    assert found is not None
    decoded = [encoded.decode(k) for k in range(p.size)]
    valid = [k for k, d in enumerate(decoded) if d is not None and d.feasible]
    p_feasible = float(p[valid].sum())
    if found.p_feasible is None:
        assert len(valid) == p.size
    else:
        assert found.p_feasible == pytest.approx(p_feasible)
    ranked = sorted(valid, key=lambda k: encoded.problem.rank(decoded[k].solution))  # type: ignore[union-attr]
    for shots in SHOTS:
        none_better, expected = 1.0, 0.0
        reached = 0.0
        for k in ranked:
            reached += float(p[k])
            none_as_good = max(1.0 - reached, 0.0) ** shots
            expected += decoded[k].objective * (none_better - none_as_good)  # type: ignore[union-attr]
            none_better = none_as_good
        expected /= 1.0 - (1.0 - p_feasible) ** shots if p_feasible < 1 else 1.0
        assert found.expected_best[shots] == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("problem", "state", "ratio"),
    [
        ({"hamiltonian": "1000000000000000000 + 0.3 * Z(0) + 0.2 * Z(1)"}, 1, 0.6),
        ({"qubo": {"": 1e18, "a": -3, "b": -2}}, 1, 0.4),
        ({"qubo": {"": 1e15, "a": -0.3, "b": -0.2}}, 1, 0.4),
    ],
)
def test_constants_of_any_size_hide_no_ratio(problem: Any, state: int, ratio: float) -> None:
    encoded = load_problem(problem)
    p = np.zeros(4)
    p[state] = 1.0
    found = SolutionScale(encoded).measure(p)
    assert found is not None
    assert found.feasible_ratio == pytest.approx(ratio)


def test_penalties_are_no_part_of_the_ratio() -> None:
    """The worst tour has ratio 0 and the best 1, whatever the raw ratio is."""
    graph = nx.complete_graph(4)
    lengths = {(0, 1): 1, (0, 2): 9, (0, 3): 4, (1, 2): 2, (1, 3): 8, (2, 3): 3}
    nx.set_edge_attributes(graph, lengths, "weight")
    encoded = load_problem(graph, problem_type="tsp")
    ratios = {}
    for k in range(1 << encoded.n_qubits):
        decoded = encoded.decode(k)
        if decoded is not None and decoded.feasible:
            p = np.zeros(1 << encoded.n_qubits)
            p[k] = 1.0
            ratios[decoded.objective] = SolutionScale(encoded).measure(p).feasible_ratio  # type: ignore[union-attr]
    tours = {
        sum(lengths[tuple(sorted(leg))] for leg in itertools.pairwise((0, *order, 0)))  # type: ignore[index]
        for order in itertools.permutations((1, 2, 3))
    }
    worst, best = max(tours), min(tours)
    assert ratios == {t: pytest.approx((worst - t) / (worst - best)) for t in tours}


@pytest.mark.parametrize("numbers", [[0.1, 0.7, 0.8], [0.1, 0.2, 0.3], [0.3, 0.6, 0.9]])
def test_decimals_that_tie_leave_nothing(numbers: list[float]) -> None:
    encoded = load_problem(
        {"problem_type": "number_partitioning", "problem_specific_attributes": {"numbers": numbers}}
    )
    p = np.full(8, 1 / 8)
    found = SolutionScale(encoded).measure(p)
    assert found is not None
    assert found.expected_best[1000] == pytest.approx(0.0, abs=1e-12)
    assert all(math.isfinite(v) for v in found.expected_best.values() if v is not None)


def test_penalty_weights_are_told_and_can_be_chosen() -> None:
    data = {
        "problem_type": "vertex_cover",
        "graph": nx.node_link_data(nx.path_graph(3), edges="edges"),
    }
    own, chosen = load_problem(data), load_problem({**data, "penalty": 0.25})
    told = penalty_weight(own)
    assert told is not None
    assert told.weight == told.sufficient == 2.0
    changed = penalty_weight(chosen)
    assert changed is not None
    assert (changed.weight, changed.sufficient) == (0.25, 2.0)
    circuit = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nx q;\n'
    report = quasar.verify(circuit, chosen)
    assert report.optimum is not None
    assert not report.optimum.encoding_is_exact
    assert any("penalty weight is too small" in remark for remark in report.remarks)
    with pytest.raises(ProblemError, match="above 0"):
        load_problem({**data, "penalty": -1})


def test_hundred_and_thousand_shots_and_no_probability_above_one() -> None:
    assert SHOTS == (100, 1000)
    encoded = load_problem(nx.path_graph(2), problem_type="vertex_cover")
    p = np.array([0.5, 0.5 + 1e-12, 0.0, 0.0])
    found = SolutionScale(encoded).measure(p)
    assert found is not None
    assert found.p_feasible == 1.0
    assert found.expected_best[1000] == pytest.approx(1.0)
    nothing = SolutionScale(encoded).measure(np.array([0.0, 0.0, 0.0, 1.0]))
    assert nothing is not None
    assert (nothing.p_feasible, nothing.feasible_ratio) == (0.0, None)
    assert set(nothing.expected_best.values()) == {None}
