"""Records are a function of settings and index, and are what they should be."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from quasar.circuits.emit import emit
from quasar.circuits.sim19 import sim
from quasar.core.errors import InputError
from quasar.data import shard
from quasar.data.recipes import too_long
from quasar.data.sampling import algorithm_shares, may_be_basis_state, sample_spec
from quasar.data.schema import faults
from quasar.data.settings import BuildSettings
from quasar.data.shard import build_record
from quasar.problems.load import load_problem
from quasar.verifier.api import verify
from support.small_data import records_of, small


def test_a_record_does_not_depend_on_order_or_count(small_set: Path) -> None:
    records = records_of(small_set)
    longer = small(count=1000, shard_size=50)
    for index in (17, 3, 29):
        assert build_record(longer, index) == records[index]


def test_seeds_and_recipes_have_their_own_randomness() -> None:
    a, b = (sample_spec(small(seed=seed), 0, 0) for seed in (5, 6))
    assert a is not None
    assert b is not None
    assert a.problem != b.problem or a.choice != b.choice


def test_records_are_complete_problem_files(small_set: Path) -> None:
    for record in records_of(small_set):
        assert faults(record) == []
        problem = load_problem(record)
        assert problem.problem is not None
        assert problem.encoding != "given"
        assert problem.n_qubits == record["number_of_qubits"]


def test_the_verifier_finds_what_the_record_states(small_set: Path) -> None:
    for record in records_of(small_set)[:8]:
        report = verify(record["circuit_with_params"], record)
        assert report.feasible
        assert report.energy == pytest.approx(record["energy"], abs=1e-9)
        assert report.approximation_ratio == pytest.approx(record["approximation_ratio"])
        assert report.p_optimal == pytest.approx(record["p_optimal"])
        assert report.top_is_optimal
        assert report.relative_entropy == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("problem_type", ["ising", "qubo", "hubo", "knapsack", "max_3sat", "tsp"])
def test_types_without_a_public_form_are_complete_too(problem_type: str) -> None:
    settings = small(
        recipe="converged",
        problems={problem_type: 1},
        algorithms={"vqe": 1},
        templates={"15": 1},
        max_basis_share=1.0,
    )
    record = build_record(settings, 0)
    problem = load_problem(record)
    assert problem.problem is not None
    assert problem.problem.problem_type == problem_type
    assert problem.encoding == "exact"
    assert faults(record) == []


def test_sizes_are_kept() -> None:
    settings = small(min_qubits=4, max_qubits=4)
    specs = [sample_spec(settings, index, 0) for index in range(20)]
    assert {d.encoded.n_qubits for d in specs if d is not None} == {4}


def test_sizes_of_the_additional_types_follow_their_shares() -> None:
    settings = small(
        recipe="converged", problems={"ising": 1}, max_qubits=8, sizes={"3": 3, "6": 1}
    )
    specs = [sample_spec(settings, index, 0) for index in range(120)]
    counts = Counter(d.encoded.n_qubits for d in specs if d is not None)
    assert set(counts) == {3, 6}
    assert counts[3] > counts[6]


def test_types_that_do_not_fit_are_left_out() -> None:
    settings = small(max_qubits=3, problems={"vertex_cover": 1, "graph_isomorphism": 50})
    specs = [sample_spec(settings, index, 0) for index in range(5)]
    assert {d.problem.problem_type for d in specs if d is not None} == {"vertex_cover"}
    with pytest.raises(InputError, match="widen the range"):
        sample_spec(small(max_qubits=3, problems={"graph_isomorphism": 1}), 0, 0)


def test_excluded_instances_do_not_occur() -> None:
    settings = small(problems={"vertex_cover": 1}, max_qubits=4)
    before = build_record(settings, 0)
    drops: Counter[str] = Counter()
    after = build_record(settings, 0, frozenset({before["instance_id"]}), drops)
    assert after["instance_id"] != before["instance_id"]
    assert after["attempt"] > before["attempt"]
    assert drops["excluded"] >= 1


def test_settings_that_allow_nothing_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard, "MAX_ATTEMPTS", 5)
    with pytest.raises(InputError, match="too long 5"):
        build_record(small(max_characters=100), 0)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 1 / 3, 1.0])
def test_basis_states_stay_below_their_share(share: float) -> None:
    allowed = 0
    for index in range(500):
        allowed += may_be_basis_state(index, share)
        assert allowed <= share * (index + 1) + 1e-6
    assert allowed >= share * 500 - 1


@pytest.mark.parametrize("share", [0.0, 0.05, 0.12, 0.2, 0.5, 1.0])
def test_the_algorithms_keep_their_shares_whatever_the_share_of_basis_states(share: float) -> None:
    settings = small(recipe="converged", max_basis_share=share)
    shares = [algorithm_shares(settings, index) for index in range(1000)]
    for name, wanted in {"qaoa": 0.4, "vqe": 0.4, "adaptive_vqe": 0.2}.items():
        assert sum(s[name] for s in shares) / 1000 == pytest.approx(wanted, abs=1e-3)
        assert all(0 <= s[name] <= 1 for s in shares)


def test_circuits_without_entangling_gates_are_dropped_beyond_their_share() -> None:
    """Template 1 has none: converged, it writes one bit string."""
    settings = small(
        recipe="converged",
        problems={"ising": 1},
        algorithms={"vqe": 1},
        templates={"1": 1, "15": 1},
        max_basis_share=0.25,
        count=16,
    )
    drops: Counter[str] = Counter()
    records = [build_record(settings, index, frozenset(), drops) for index in range(16)]
    bare = [record for record in records if record["two_qubit_gates"] == 0]
    assert len(bare) <= 4
    assert drops["no entangling gate"] > 0
    assert all(r["template"] == 1 and r["product_state"] for r in bare)
    # Template 15 finds the single optimum of most instances, and its state is no less classical.
    assert any(r["product_state"] and r["basis_state"] for r in records if r["template"] == 15)


def test_converged_settings_reach_the_recipe() -> None:
    base = {"recipe": "converged", "problems": {"maxcut": 1}, "max_basis_share": 1.0}
    vqe = {"algorithms": {"vqe": 1}, "templates": {"15": 1}, "layers": {"vqe": {"1": 1}}}
    one, many = (
        build_record(
            BuildSettings.parse({**base, **vqe, "count": 1, "max_qubits": 5, "ground": g}), 0
        )
        for g in ("one", "all")
    )
    assert one["problem"] == many["problem"]
    assert one["circuit_with_params"] != many["circuit_with_params"]


def test_the_search_reaches_the_recipe() -> None:
    base = {"recipe": "converged", "problems": {"maxcut": 1}, "count": 1, "max_qubits": 5}
    qaoa = {"algorithms": {"qaoa": 1}, "layers": {"qaoa": {"2": 1}}}
    wide, canonical = (
        build_record(BuildSettings.parse({**base, **qaoa, "search": search}), 0)
        for search in ("wide", "canonical")
    )
    assert wide["problem"] == canonical["problem"]
    steps = [json.loads(r["solution"])["total_optimization_steps"] for r in (wide, canonical)]
    assert steps[1] < steps[0] / 10
    gammas, betas = json.loads(canonical["solution"])["params"]
    assert min(gammas) >= 0 >= max(betas)
    assert faults(canonical) == []


@pytest.mark.parametrize("template", [2, 11, 13, 19])
def test_the_limit_on_characters_is_exact(template: int) -> None:
    """A spec is refused before its circuit is made exactly if its text at angles 0 is too long."""
    settings = small(
        recipe="converged",
        problems={"ising": 1},
        algorithms={"vqe": 1},
        templates={str(template): 1},
        layers={"vqe": {"2": 1}},
        max_qubits=16,
    )
    for index in range(4):
        spec = sample_spec(settings, index, 0)
        assert spec is not None
        ansatz = sim(template, spec.encoded.n_qubits, spec.choice.layers)
        length = len(emit(ansatz.bind(np.zeros(ansatz.n_parameters))))
        for limit in (length - 1, length, 2 * length, 3 * length):
            changed = settings.model_copy(update={"max_characters": limit})
            assert too_long(spec, changed) is (length > limit)
