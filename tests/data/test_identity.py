"""Instances that are one up to names get one id and one split; near-copies do not."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from quasar.core.seeds import generator
from quasar.data.identity import instance_id, isomorphic, split_of
from quasar.data.settings import SPLITS
from quasar.data.source import problem_of
from quasar.problems.load import build_problem
from quasar.problems.maxcut import MaxCut
from quasar.problems.registry import PROBLEMS
from quasar.problems.sampling import permutation
from support.agentq import load_records
from support.renamed import renamed

Data = dict[str, Any]


def sample(problem_type: str, number: int) -> Data:
    rng = generator(7, "identity", problem_type, number)
    return PROBLEMS[problem_type].sample(rng, 12).to_data()


@pytest.mark.parametrize("problem_type", PROBLEMS)
@pytest.mark.parametrize("number", range(4))
def test_a_permuted_copy_is_the_same_instance(problem_type: str, number: int) -> None:
    data = sample(problem_type, number)
    original = build_problem(data)
    copied = build_problem(renamed(data, generator(8, problem_type, number)))
    assert instance_id(original) == instance_id(copied)
    assert isomorphic(original, copied)


@pytest.mark.parametrize("problem_type", PROBLEMS)
def test_samples_are_told_apart(problem_type: str) -> None:
    problems = [build_problem(sample(problem_type, number)) for number in range(12)]
    ids = [instance_id(p) for p in problems]
    for i in range(12):
        for j in range(i):
            assert (ids[i] == ids[j]) == isomorphic(problems[i], problems[j])


def _other_weight(data: Data) -> None:
    data["graph"]["edges"][0]["weight"] = 17.5


def _other_capacity(data: Data) -> None:
    data["graph"]["edges"][0]["capacity"] += 1


def _reversed_arc(data: Data) -> None:
    edges = data["graph"]["edges"]
    arcs = {(e["source"], e["target"]) for e in edges}
    edge = next(e for e in edges if (e["target"], e["source"]) not in arcs)
    edge["source"], edge["target"] = edge["target"], edge["source"]


def _attribute(name: str, value: Any) -> Callable[[Data], None]:
    def change(data: Data) -> None:
        data["problem_specific_attributes"][name] = value

    return change


def _swapped_ends(data: Data) -> None:
    attributes = data["problem_specific_attributes"]
    a, b = ("source", "sink")
    attributes[a], attributes[b] = attributes[b], attributes[a]


def _fewer_edges(data: Data) -> None:
    data["graph"]["edges"].pop()


def _smaller_hyperedge(data: Data) -> None:
    edge = next(e for e in data["graph"]["hyperedges"] if len(e) > 2)
    edge.pop()


def _coefficient(data: Data) -> None:
    entry = next(e for e in data[data["problem_type"]] if e[0])
    entry[1] += 0.25


def _ising(data: Data) -> None:
    data["hamiltonian"] += " + 0.125 * Z(0)"


def _literal(data: Data) -> None:
    clauses = data["problem_specific_attributes"]["clauses"]
    clauses[0][0] = -clauses[0][0]
    clauses.append(clauses[0])


def _item(data: Data) -> None:
    data["problem_specific_attributes"]["items"][0]["value"] += 1


def _covariance(data: Data) -> None:
    rows = data["problem_specific_attributes"]["covariance"]
    rows[0][1] = rows[1][0] = rows[0][1] + 0.01


def _number(data: Data) -> None:
    data["problem_specific_attributes"]["numbers"][0] += 1


NEAR_COPIES = [
    ("vertex_cover", _fewer_edges),
    ("edge_cover", _fewer_edges),
    ("matching", _other_weight),
    ("maxcut", _other_weight),
    ("tsp", _other_weight),
    ("community_detection", _attribute("number_of_communities", 5)),
    ("graph_coloring", _attribute("number_of_colors", 7)),
    ("kclique", _attribute("k", 2)),
    ("min_cut", _other_capacity),
    ("min_cut", _reversed_arc),
    ("min_cut", _swapped_ends),
    ("max_flow", _other_capacity),
    ("max_flow", _reversed_arc),
    ("hypermaxcut", _smaller_hyperedge),
    ("hamiltonian_path", _other_weight),
    ("qubo", _coefficient),
    ("hubo", _coefficient),
    ("ising", _ising),
    ("max_3sat", _literal),
    ("knapsack", _item),
    ("knapsack", _attribute("capacity", 99)),
    ("portfolio", _covariance),
    ("portfolio", _attribute("risk_aversion", 3.5)),
    ("number_partitioning", _number),
]


@pytest.mark.parametrize(("problem_type", "change"), NEAR_COPIES)
def test_a_near_copy_is_another_instance(problem_type: str, change: Callable[[Data], None]) -> None:
    data = next(
        data
        for data in (sample(problem_type, number) for number in range(20))
        if _changeable(data, change)
    )
    near = copy.deepcopy(data)
    change(near)
    a, b = build_problem(data), build_problem(near)
    assert instance_id(a) != instance_id(b)
    assert not isomorphic(a, b)


def _changeable(data: Data, change: Callable[[Data], None]) -> bool:
    try:
        change(copy.deepcopy(data))
    except StopIteration:
        return False
    return True


def test_marks_count() -> None:
    path = {
        "problem_type": "connected_components",
        "graph": {
            "nodes": [{"id": i} for i in range(4)],
            "edges": [{"source": 0, "target": 1}, {"source": 1, "target": 2}],
        },
    }
    ids = [
        instance_id(build_problem({**path, "problem_specific_attributes": {"node": node}}))
        for node in range(4)
    ]
    assert ids[0] == ids[2]
    assert len(set(ids)) == 3


def test_what_only_describes_does_not_count() -> None:
    plain = sample("matching", 0)
    weighted = copy.deepcopy(plain)
    for edge in weighted["graph"]["edges"]:
        edge["weight"] = edge.get("weight", 1.0)
    weighted["problem_specific_attributes"]["extra"] = "anything"
    assert instance_id(build_problem(plain)) == instance_id(build_problem(weighted))


def test_regular_graphs_that_look_alike_are_told_apart_by_the_exact_check() -> None:
    """Two triangles and a hexagon: the refinement alone cannot tell them apart."""

    def cycles(*lists: tuple[int, ...]) -> Data:
        edges = [(c[i], c[i - 1]) for c in lists for i in range(len(c))]
        return {
            "problem_type": "vertex_cover",
            "graph": {
                "nodes": [{"id": i} for i in range(6)],
                "edges": [{"source": u, "target": v} for u, v in edges],
            },
        }

    hexagon = build_problem(cycles((0, 1, 2, 3, 4, 5)))
    triangles = build_problem(cycles((0, 1, 2), (3, 4, 5)))
    assert instance_id(hexagon) == instance_id(triangles)
    assert not isomorphic(hexagon, triangles)
    assert isomorphic(hexagon, build_problem(cycles((2, 4, 0, 5, 1, 3))))


def test_shared_records_and_their_permuted_copies() -> None:
    for record in load_records()[:40]:
        problem = problem_of(dict(record))
        data = problem.to_data()
        again = build_problem(renamed(data, generator(3, record["sample_index"])))
        assert instance_id(problem) == instance_id(again)


def test_an_unlisted_type_is_read_off_its_hamiltonian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MaxCut, "counts", None)
    data = sample("maxcut", 1)
    a = build_problem(data)
    b = build_problem(renamed(data, generator(1, "unlisted")))
    assert instance_id(a) == instance_id(b)
    assert isomorphic(a, b)


def test_splits_follow_their_shares_and_the_salt() -> None:
    names = [f"{i:032x}" for i in range(4000)]
    counts = Counter(split_of(name, SPLITS, "a") for name in names)
    for split, share in SPLITS.items():
        assert abs(counts[split] / 4000 - share) < 0.02
    assert [split_of(n, SPLITS, "a") for n in names] != [split_of(n, SPLITS, "b") for n in names]


def test_ids_do_not_change_between_versions() -> None:
    """Splits of published data sets hang on this."""
    problem = build_problem(
        {
            "problem_type": "maxcut",
            "graph": {
                "nodes": [{"id": 0}, {"id": 1}, {"id": 2}],
                "edges": [
                    {"source": 0, "target": 1, "weight": 2},
                    {"source": 1, "target": 2, "weight": 1},
                ],
            },
        }
    )
    assert instance_id(problem) == "4593ba760b319e70c09579f6e6bb74d6"
    assert split_of(instance_id(problem), SPLITS, "quasar") == "train"


def test_the_order_of_json_keys_and_numbers_does_not_matter() -> None:
    data = sample("min_cut", 2)
    shuffled = json.loads(json.dumps(data, sort_keys=True))
    for edge in shuffled["graph"]["edges"]:
        edge["capacity"] = float(edge["capacity"])
    assert instance_id(build_problem(data)) == instance_id(build_problem(shuffled))


def test_permutations_in_this_file_do_permute() -> None:
    rng = np.random.default_rng(0)
    assert permutation(rng, range(10)) != list(range(10))
