"""What every problem type of the registry promises, on random small instances."""

from __future__ import annotations

import itertools
import json
import math

import pytest

from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.problems.base import Problem, encode
from quasar.problems.registry import PROBLEMS

ENCODED_TYPES = [(name, how) for name in sorted(PROBLEMS) for how in PROBLEMS[name].encodings]
BENCHMARK = (
    "vertex_cover edge_cover matching kclique connected_components graph_coloring min_cut max_flow "
    "community_detection graph_isomorphism hamiltonian_path hypermaxcut"
).split()


def _samples(problem_type: str, count: int, limit: int) -> list[Problem]:
    cls = PROBLEMS[problem_type]
    return [cls.sample(generator(seed, "contract"), limit) for seed in range(count)]


def test_the_twelve_benchmark_types_have_both_encodings() -> None:
    assert all(PROBLEMS[name].encodings == ("exact", "agent-q") for name in BENCHMARK)
    others = set(PROBLEMS) - set(BENCHMARK)
    assert all(PROBLEMS[name].encodings == ("exact",) for name in others)


@pytest.mark.parametrize(("problem_type", "encoding"), ENCODED_TYPES)
def test_every_state_decodes_to_json_in_user_terms(problem_type: str, encoding: str) -> None:
    for problem in _samples(problem_type, 5, 9):
        encoded = encode(problem, encoding)
        for index in range(1 << encoded.n_qubits):
            state = encoded.decode(index)
            assert json.loads(json.dumps(state.solution)) == state.solution
            assert type(state.feasible) is bool
            assert math.isfinite(state.objective)
            assert all(map(math.isfinite, problem.rank(state.solution)))


@pytest.mark.parametrize(("problem_type", "encoding"), ENCODED_TYPES)
def test_samples_keep_the_limit_in_each_encoding(problem_type: str, encoding: str) -> None:
    for limit in (10, 16, 24):
        sizes = {len(set(p.variables(encoding))) for p in _samples(problem_type, 60, limit)}
        assert max(sizes) <= limit


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
def test_samples_are_determined_by_the_seed(problem_type: str) -> None:
    first, again = _samples(problem_type, 20, 16), _samples(problem_type, 20, 16)
    assert first == again
    assert len({str(problem.to_data()) for problem in first}) > 5


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
def test_too_small_a_limit_names_the_smallest(problem_type: str) -> None:
    cls = PROBLEMS[problem_type]
    with pytest.raises(ProblemError) as caught:
        cls.sample(generator(0), 0)
    smallest = next(n for n in range(1, 25) if str(n) in str(caught.value).split())
    for seed in range(20):
        assert 0 < len(cls.sample(generator(seed), smallest).variables("exact")) <= smallest


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
def test_problem_files_survive_json(problem_type: str) -> None:
    for problem in _samples(problem_type, 20, 12):
        data = json.loads(json.dumps(problem.to_data(), allow_nan=False))
        assert data["problem_type"] == problem_type
        assert type(problem).from_data(data) == problem
        assert type(problem).from_data(data).to_data() == data


def test_titles_and_types_are_distinct() -> None:
    for one, other in itertools.combinations(PROBLEMS.values(), 2):
        assert one.title != other.title
    assert all(name == cls.problem_type for name, cls in PROBLEMS.items())


@pytest.mark.parametrize(("problem_type", "encoding"), ENCODED_TYPES)
def test_the_bound_on_qubits_is_one(problem_type: str, encoding: str) -> None:
    for problem in _samples(problem_type, 20, 16):
        assert problem.least_qubits() <= len(problem.variables(encoding))


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
def test_the_bound_on_qubits_is_tight_where_there_is_one(problem_type: str) -> None:
    for problem in _samples(problem_type, 20, 16):
        least = min(len(problem.variables(encoding)) for encoding in problem.encodings)
        assert problem.least_qubits() in {0, least}


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
def test_what_cannot_be_verified_is_refused_before_its_polynomial(
    problem_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = _samples(problem_type, 1, 16)[0]
    size = len(problem.variables("exact"))
    monkeypatch.setattr("quasar.core.hamiltonian.MAX_EXACT_QUBITS", size - 1)
    monkeypatch.setattr(type(problem), "polynomial", lambda *_: pytest.fail("was built"))
    monkeypatch.setattr(type(problem), "to_hamiltonian", lambda *_: pytest.fail("was built"))
    with pytest.raises(ProblemError, match=f"{size} qubits asked for"):
        encode(problem, "exact", verifiable=True)
