"""Input that is not used is an error: every key is read, only describes, or is refused by name."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from quasar.core.errors import InputError, ProblemError
from quasar.core.jsonl import read_jsonl
from quasar.core.seeds import generator
from quasar.data.schema import PUBLIC
from quasar.problems.base import Problem
from quasar.problems.inputs import RECORD_FIELDS
from quasar.problems.keys import nearest
from quasar.problems.load import build_problem, load_problem
from quasar.problems.registry import PROBLEMS
from quasar.prompts.read_back import read_prompt
from support.agentq import load_records

GRAPH_TYPES = sorted(name for name, cls in PROBLEMS.items() if "graph" in cls.reads.fields)
ARCS = ("min_cut", "max_flow")


def sample(problem_type: str, seed: int = 0) -> dict[str, Any]:
    problem = PROBLEMS[problem_type].sample(generator(seed, "inputs", problem_type), 9)
    data: dict[str, Any] = json.loads(json.dumps(problem.to_data()))
    return data


def refused(data: Any, *words: str, **how: Any) -> str:
    with pytest.raises(ProblemError) as caught:
        load_problem(data, **how)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith((".", "?"))
    for word in words:
        assert word in message, message
    return message


def edge_list(data: dict[str, Any]) -> list[Any]:
    graph = data["graph"]
    key = "hyperedges" if "hyperedges" in graph else "edges"
    if key == "hyperedges":
        graph[key] = [e if isinstance(e, dict) else {"nodes": e} for e in graph[key]]
    edges: list[Any] = graph[key]
    return edges


def triangle(problem_type: str = "maxcut", **edge: Any) -> dict[str, Any]:
    return {
        "problem_type": problem_type,
        "graph": {
            "nodes": [{"id": v} for v in "abc"],
            "edges": [{"source": u, "target": v, **edge} for u, v in ("ab", "bc", "ca")],
        },
    }


# --- keys that nobody reads -----------------------------------------------------------------------


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
def test_unknown_keys_are_refused_at_the_top_and_among_the_attributes(problem_type: str) -> None:
    data = sample(problem_type)
    assert load_problem(data).problem == build_problem(data)
    refused({**data, "encodng": "exact"}, "the key 'encodng'", "did you mean 'encoding'?")
    refused(
        {**data, "problem_specific_attribute": {}}, "did you mean 'problem_specific_attributes'"
    )
    refused({**data, "wibble": 3}, "the key 'wibble'", "'problem_type'")
    attributes = {**(data.get("problem_specific_attributes") or {}), "wibble": 3}
    refused({**data, "problem_specific_attributes": attributes}, "'wibble'", problem_type)
    for name in PROBLEMS[problem_type].reads.attributes:
        known = data.get("problem_specific_attributes") or {}
        mistyped = {**known, name[:-1] + "zq": known.get(name, 1)}
        refused({**data, "problem_specific_attributes": mistyped}, f"{name[:-1]}zq")
        if name not in ("source",):
            refused({**data, name: 3}, name, "write it inside 'problem_specific_attributes'")


@pytest.mark.parametrize("problem_type", GRAPH_TYPES)
def test_unknown_keys_of_nodes_edges_and_graphs_are_refused(problem_type: str) -> None:
    reads = PROBLEMS[problem_type].reads
    for key in ("wieght", "distance", "capactiy", "wibble", "weights"):
        data = sample(problem_type)
        edge_list(data)[-1][key] = 2
        refused(data, f"the key {key!r}", problem_type, "edge")
        data = sample(problem_type)
        node = data["graph"]["nodes"][-1]
        node = node if isinstance(node, dict) else {"id": node}
        data["graph"]["nodes"][-1] = {**node, key: 2}
        refused(data, f"node {node['id']!r} has the key {key!r}", problem_type)
        data = sample(problem_type)
        data["graph"][key] = [1]
        refused(data, f"the graph has the key {key!r}")
    for known, wrong in (("weight", "wieght"), ("capacity", "capactiy")):
        if known in reads.edges:
            data = sample(problem_type)
            edge_list(data)[0][wrong] = 2
            refused(data, f"did you mean {known!r}?")


@pytest.mark.parametrize("problem_type", GRAPH_TYPES)
def test_weights_that_a_type_does_not_read_are_refused(problem_type: str) -> None:
    reads = PROBLEMS[problem_type].reads
    data = sample(problem_type)
    for node in data["graph"]["nodes"]:
        if isinstance(node, dict):
            node["weight"] = 3
    if "weight" not in reads.nodes and problem_type != "hypermaxcut":
        refused(data, "the key 'weight'", "emove it")
    data = sample(problem_type)
    for edge in edge_list(data):
        edge["weight"] = 3
    if "weight" in reads.edges:
        load_problem(data)
    else:
        refused(data, "the key 'weight'")


def test_the_second_graph_of_an_isomorphism_is_checked_too() -> None:
    data = sample("graph_isomorphism")
    data["problem_specific_attributes"]["autoisomorphic_graph"]["edges"][0]["weight"] = 2
    refused(data, "the key 'weight'", "nothing of edges")
    data = sample("graph_isomorphism")
    second = data["problem_specific_attributes"]["autoisomorphic_graph"]
    second["links"] = second["edges"]
    refused(data, "second graph has both 'edges' and 'links'")


@pytest.mark.parametrize("key", ["distance", "length", "cost", "Weight", "w"])
def test_a_number_under_another_name_is_not_ignored(key: str) -> None:
    for problem_type in ("tsp", "maxcut", "matching"):
        message = refused(triangle(problem_type, **{key: 3}), f"the key {key!r}", "'weight'")
        assert "edge 'a' - 'b'" in message


def test_what_people_try_gets_advice_of_its_own() -> None:
    data = {**triangle(), "problem_specific_attributes": {"k": 3}}
    refused(data, "'max_k_cut' with 'k'", "graph_coloring with 'number_of_colors'")
    coloring = triangle("graph_coloring")
    coloring["problem_specific_attributes"] = {"number_of_colors": 3}
    coloring["graph"]["nodes"][0]["color"] = 0
    refused(coloring, "node 'a'", "colours cannot be fixed")
    items = [{"name": "tin", "weight": 2, "value": 3, "quantity": 2}]
    knapsack = {
        "problem_type": "knapsack",
        "problem_specific_attributes": {"items": items, "capacity": 2},
    }
    refused(knapsack, "item 'tin'", "'quantity'", "once for each copy")
    items[0] = {"name": "tin", "wieght": 2, "value": 3}
    refused(knapsack, "item 'tin'", "did you mean 'weight'?")
    clause = {"clauses": [{"literals": [1], "wieght": 2}]}
    refused(
        {"problem_type": "max_3sat", "problem_specific_attributes": clause},
        "clause 1",
        "did you mean 'weight'?",
    )
    hyper = {"nodes": [0, 1], "hyperedges": [[0, 1]], "weights": [2]}
    refused({"problem_type": "hypermaxcut", "graph": hyper}, "with its hyperedge")
    refused({"problem_tpye": "maxcut", "graph": triangle()["graph"]}, "did you mean 'problem_type'")
    refused({**triangle(), "weight": "length"}, "inside 'problem_specific_attributes'")
    refused({**triangle(), "wieght": "length"}, "did you mean 'weight'? That goes inside")
    coloring["graph"]["nodes"][0] = "a"
    coloring["problem_specific_attributes"] = {"colors": 3}
    refused(coloring, "'number_of_colors'")
    costly = triangle(weight=2)
    costly["graph"]["edges"][1]["cost"] = 7
    refused(costly, "edge 'b' - 'c' has the key 'cost'", "Remove it")
    nameless = triangle()
    nameless["graph"]["edges"][0] = {"from": "a", "to": "b"}
    refused(nameless, "must be an object with 'source' and 'target'")
    hyper = {"nodes": [0, 1], "hyperedges": [{"members": [0, 1]}]}
    refused(
        {"problem_type": "hypermaxcut", "graph": hyper}, "must be a list of nodes, or an object"
    )
    attributes = {**triangle(), "problem_specific_attributes": {"encoding": "exact"}}
    refused(attributes, "at the top of the file")
    inside = triangle("kclique")
    inside["graph"]["graph"] = {"k": 3}
    refused({**inside, "problem_specific_attributes": {"k": 2}}, "the graph's own attributes")


def test_number_of_qubits_and_order_of_a_file_count() -> None:
    refused({**triangle(), "number_of_qubits": 4}, "is 4, but this 'exact' encoding has 3")
    assert load_problem({**triangle(), "number_of_qubits": 3}).n_qubits == 3
    nodes = [{"id": i} for i in range(11)]
    data = {"problem_type": "maxcut", "graph": {"nodes": nodes, "edges": []}}
    data["graph"]["edges"] = [{"source": 0, "target": 10}]  # type: ignore[index]
    assert load_problem(data).variables[2] == 2
    assert load_problem({**data, "variable_order": "lexicographic"}).variables[2] == 10
    refused({**data, "variable_order": "alphabetical"}, "unknown variable_order")


# --- keys that only describe ----------------------------------------------------------------------


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
def test_what_describes_is_welcome(problem_type: str) -> None:
    data = sample(problem_type)
    plain = load_problem(data)
    data |= {"name": "mine", "description": "…", "record_id": 7, "_run": {"k": 3}, "tags": ["x"]}
    data["problem_specific_attributes"] = {
        **(data.get("problem_specific_attributes") or {}),
        "comment": "…",
    }
    if "graph" in data:
        data["graph"]["name"] = "G"
        data["graph"]["graph"] = {"name": "G", "creator": "me"}
        nodes = data["graph"]["nodes"]
        for i, node in enumerate(nodes):
            nodes[i] = {
                **(node if isinstance(node, dict) else {"id": node}),
                "label": "A",
                "x": 1.5,
            }
            nodes[i] |= {"pos": [0, 1], "_mine": 3}
        for edge in edge_list(data):
            edge["label"] = "road"
    assert load_problem(data).hamiltonian == plain.hamiltonian


def test_a_label_that_is_a_number_may_be_a_weight() -> None:
    load_problem(triangle(label="road"))
    for label in (5, "5", 2.5):
        refused(triangle(label=label), "the key 'label'", '{"weight": "label"}')


@pytest.mark.parametrize(
    "graph",
    [
        nx.karate_club_graph(),
        nx.les_miserables_graph(),
        nx.florentine_families_graph(),
        nx.random_geometric_graph(6, 0.7, seed=1),
        nx.complete_multipartite_graph(2, 2, 2),
        nx.stochastic_block_model([3, 3], [[0.9, 0.1], [0.1, 0.9]], seed=1),
        nx.algorithms.bipartite.random_graph(3, 3, 0.9, seed=1),
    ],
    ids=str,
)
def test_graphs_that_networkx_makes_are_read(graph: nx.Graph) -> None:
    problem = load_problem({"problem_type": "maxcut", "graph": graph})
    assert problem.n_qubits == len(graph)


def test_attributes_of_graphs_from_python_are_checked() -> None:
    graph = nx.cycle_graph(3)
    nx.set_edge_attributes(graph, 2, "distance")
    refused({"problem_type": "tsp", "graph": graph}, "edge 0 - 1", "'distance'", "'weight'")
    refused({"problem_type": "vertex_cover", "graph": graph}, "nothing of edges")
    graph = nx.cycle_graph(3)
    nx.set_node_attributes(graph, 2, "weight")
    refused({"problem_type": "tsp", "graph": graph}, "node 0", "'weight' of edges")
    load_problem({"problem_type": "vertex_cover", "graph": graph})


@pytest.mark.parametrize("key", [3, None, (1, 2), 2.5])
def test_keys_that_are_no_text_are_refused_and_harm_nothing(key: Any) -> None:
    for place in ("nodes", "edges"):
        data = triangle("edge_cover")
        data["graph"][place][0][key] = None
        refused(data, f"the key {key!r}")
        assert load_problem({**data, "signature": "s"}).n_qubits == 3
    refused({**triangle(), key: 1}, f"the key {key!r}")


# --- records --------------------------------------------------------------------------------------


def test_records_keep_their_further_columns() -> None:
    assert {field.name for field in PUBLIC} < set(RECORD_FIELDS)
    record = {**triangle("vertex_cover"), "signature": "s", "split": "train", "my column": 3}
    record["graph"]["edges"][0]["weight"] = 5
    record["problem_specific_attributes"] = {"n": 7}
    problem = load_problem(record)
    assert problem.problem is not None
    assert problem.problem.to_data()["graph"]["edges"][0]["weight"] == 5
    assert build_problem({**record, "signature": None}, record=True) == problem.problem
    refused({**record, "signature": None, "split": None}, "'my column'")
    refused({**record, "encodng": "agent-q"}, "the record has the key 'encodng'")


def test_every_benchmark_record_is_read_with_all_it_carries() -> None:
    for record in load_records():
        problem = load_problem(record).problem
        assert problem is not None
        graph = json.loads(record["graph"])
        assert problem.to_data()["graph"]["nodes"] == graph["nodes"]


# --- naming the key of the weights ----------------------------------------------------------------


def weighted(problem_type: str, key: str) -> dict[str, Any]:
    """A sample whose weights stand under another key, beside a column that is not read."""
    data = sample(problem_type, 1)
    reads = PROBLEMS[problem_type].reads
    number = reads.naming[0]
    parts = data["graph"]["nodes"] if reads.nodes else edge_list(data)
    for i, part in enumerate(parts):
        part[key] = part.pop(number, 2 + i)
        part["minutes"] = 10 * i
    return data


@pytest.mark.parametrize(
    "problem_type", [name for name in GRAPH_TYPES if PROBLEMS[name].reads.naming]
)
def test_the_key_of_the_weights_can_be_named(problem_type: str) -> None:
    number = PROBLEMS[problem_type].reads.naming[0]
    data = weighted(problem_type, "distance")
    refused(data, "'distance'")
    plain = copy.deepcopy(data)
    for part in plain["graph"]["nodes"] if PROBLEMS[problem_type].reads.nodes else edge_list(plain):
        part[number] = part.pop("distance")
        del part["minutes"]
    expected = load_problem(plain)
    by_option = load_problem(data, weight="distance")
    attributes = {**(data.get("problem_specific_attributes") or {}), number: "distance"}
    by_file = load_problem({**data, "problem_specific_attributes": attributes})
    for problem in (by_option, by_file):
        assert problem.problem == expected.problem
        assert problem.hamiltonian == expected.hamiltonian
        assert isinstance(problem.problem, Problem)
        assert load_problem(json.loads(json.dumps(problem.problem.to_data()))) == problem
    refused(data, "has no 'distanze'", "did you mean 'distance'?", weight="distanze")
    attributes[number] = 3
    refused({**data, "problem_specific_attributes": attributes}, "must be text, not 3")


def test_the_key_can_be_named_for_graphs_from_python() -> None:
    graph = nx.cycle_graph(4)
    nx.set_edge_attributes(graph, {e: i + 1 for i, e in enumerate(graph.edges)}, "km")
    problem = load_problem({"problem_type": "tsp", "graph": graph}, weight="km")
    assert problem.decode(int(problem.hamiltonian.spectrum.ground_states[0])).objective == 10
    assert all("km" in has and "weight" not in has for *_, has in graph.edges(data=True))
    del graph.edges[0, 1]["km"]
    refused({"problem_type": "tsp", "graph": graph}, "edge 0 - 1 has no 'km'", weight="km")
    with pytest.raises(ProblemError, match="reads no weights"):
        load_problem({"problem_type": "kclique", "graph": graph}, weight="km")
    with pytest.raises(ProblemError, match="built already"):
        load_problem(problem, weight="km")


# --- one thing said twice -------------------------------------------------------------------------


def test_repeated_keys_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text('{"problem_type": "maxcut", "graph": {"nodes": [], "nodes": [{"id": 1}]}}')
    refused(path, "has the key 'nodes' twice in graph")
    strings = {**triangle(), "graph": '{"nodes": [{"id": 0, "id": 1}], "edges": []}'}
    refused(strings, "the field 'graph' has the key 'id' twice in nodes[0]")
    path = tmp_path / "r.jsonl"
    path.write_text('{"a": 1}\n{"signature": "x", "signature": "y"}\n')
    with pytest.raises(InputError, match="line 2 has the key 'signature' twice"):
        list(read_jsonl(path))
    for graph in ('{"nodes": [0, 1], "edges": [], "edges": []}', "{'nodes': [0], 'nodes': [1]}"):
        with pytest.raises(InputError, match=r"has the key '(edges|nodes)' twice"):
            read_prompt(f"solve the maxcut given the graph: {graph}")


@pytest.mark.parametrize("form", ["qubo", "hubo"])
@pytest.mark.parametrize("nested", [False, True])
def test_repeated_terms_add_up(tmp_path: Path, form: str, nested: bool) -> None:
    text = f'{{"{form}": {{"a": 0.1, "a": 0.2, "a*b": -3, "b*a": 1, "a*b": 0, "": 1, "": 2}}}}'
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"problem": text}) if nested else text)
    data = load_problem(path).problem.to_data()  # type: ignore[union-attr]
    assert data[form] == [[[], 3], [["a"], 0.3], [["a", "b"], -2]]
    lines = tmp_path / "r.jsonl"
    lines.write_text(path.read_text())
    (_, row), *_ = read_jsonl(lines)
    assert load_problem(row).problem.to_data() == data  # type: ignore[union-attr]
    path.write_text(f'{{"{form}": {{"a": 1, "a": "x"}}}}')
    refused(path, "the coefficient of 'a' must be a number")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"hamiltonian": "Z(0)", "qubo": {"a": 1}}, "both 'hamiltonian' and 'qubo'"),
        ({"problem_type": "ising", "hamiltonian": "Z(0)", "qubo": {"a": 1}}, "the key 'qubo'"),
        ({"problem_type": "qubo", "hubo": {"a": 1}, "qubo": {"a": 1}}, "the key 'hubo'"),
        ({**triangle(), "qubo": {"a": 1}}, "the key 'qubo'"),
        ({"problem": triangle(), "graph": triangle()["graph"]}, "'graph' stands both in 'problem'"),
        (
            {"problem_type": "maxcut", "graph": {**triangle()["graph"], "links": []}},
            "both 'edges' and 'links'",
        ),
        (
            {"problem_type": "hypermaxcut", "graph": {**triangle()["graph"], "hyperedges": []}},
            "both 'edges' and 'hyperedges'",
        ),
        (
            {
                "problem_type": "knapsack",
                "graph": triangle()["graph"],
                "problem_specific_attributes": {"items": [], "capacity": 3},
            },
            "the key 'graph'",
        ),
    ],
)
def test_two_spellings_of_one_thing_are_refused(data: Any, words: str) -> None:
    refused(data, words)


def test_nearest() -> None:
    assert nearest("wieght", ("weight", "capacity")) == "weight"
    assert nearest("WEIGHT", ("weight", "capacity")) == "weight"
    assert nearest("distance", ("weight", "capacity")) is None
    assert nearest(3, ("weight",)) is None
