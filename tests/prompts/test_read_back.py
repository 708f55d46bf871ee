"""Prompts back to problems: round trips, other wordings, and what is said of bad ones."""

from __future__ import annotations

import json
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.core.errors import InputError
from quasar.core.seeds import generator
from quasar.problems.base import EncodedProblem, Problem, encode
from quasar.problems.connected_components import ConnectedComponents
from quasar.problems.graph_isomorphism import GraphIsomorphism
from quasar.problems.hamiltonian_path import HamiltonianPath
from quasar.problems.hypermaxcut import HyperMaxCut
from quasar.problems.load import load_problem, same_hamiltonian
from quasar.problems.matching import KINDS, Matching
from quasar.problems.max_flow import MaxFlow
from quasar.problems.maxcut import MaxCut
from quasar.problems.min_cut import MinCut
from quasar.problems.registry import PROBLEMS
from quasar.problems.vertex_cover import VertexCover
from quasar.prompts.chat import Request
from quasar.prompts.published import published_prompt
from quasar.prompts.read_back import open_choices, read_prompt
from support.agentq import load_records
from support.cases import cases

ON_GRAPHS = [
    name for name, cls in PROBLEMS.items() if "graph" in cls.sample(generator(0), 9).to_data()
]
TRIANGLE = "[(0, 1), (1, 2), (2, 0)]"
ARCS = "[(0, 1, 3), (1, 2, 4)]"


def stated(problem: Problem) -> dict[str, Any]:
    """What a prompt can hold of a problem: all but the extra attributes of a matching's file."""
    data = problem.to_data()
    if problem.problem_type == "matching":
        data["problem_specific_attributes"].pop("extra", None)
    return data


def read(text: str) -> tuple[str, dict[str, Any]]:
    problem, _ = read_prompt(text)
    assert problem.problem is not None
    data = problem.problem.to_data()
    return data["problem_type"], data.get("problem_specific_attributes", {})


# --- round trips ----------------------------------------------------------------------------------


def test_every_record_is_read_back_to_its_problem_and_hamiltonian() -> None:
    for record in load_records():
        problem = load_problem(record)
        assert problem.encoding == "agent-q"
        request = Request(layers=record["number_of_layers"])
        again, asked = read_prompt(
            published_prompt(problem, request),
            encoding="agent-q",
            variable_order=problem.variable_order,
        )
        assert asked == request
        assert stated(again.problem) == stated(problem.problem)
        assert again.variables == problem.variables
        assert same_hamiltonian(again.hamiltonian, problem.hamiltonian)


def test_records_are_read_as_exact_problems_by_default() -> None:
    for record in load_records():
        again, _ = read_prompt(published_prompt(load_problem(record)))
        assert (again.encoding, again.variable_order) == ("exact", "natural")


@given(st.sampled_from(ON_GRAPHS), st.integers(0, 2**20), st.integers(1, 9), st.booleans())
@settings(max_examples=cases(200), deadline=None)
def test_samples_are_read_back(kind: str, seed: int, layers: int, last_encoding: bool) -> None:
    problem = PROBLEMS[kind].sample(generator(seed, "prompts"), 12)
    encoding = problem.encodings[-1 if last_encoding else 0]
    encoded = encode(problem, encoding)
    again, request = read_prompt(
        published_prompt(encoded, Request(layers=layers)), encoding=encoding
    )
    assert request == Request(layers=layers)
    assert stated(again.problem) == stated(problem)
    assert again.hamiltonian == encoded.hamiltonian


_names = st.one_of(
    st.integers(-5, 200),
    st.text("abc XYZ-'.é_\"{[", min_size=1, max_size=8).filter(lambda t: t == t.strip()),
)


@given(st.lists(_names, min_size=4, max_size=4, unique_by=str), st.sampled_from([json.dumps, str]))
@settings(deadline=None)
def test_any_node_names_are_read_back_or_refused(names: list[Any], write: Any) -> None:
    """A name that reads like the sentence around it may be refused, but is never taken wrongly."""
    graph = nx.relabel_nodes(nx.path_graph(4), dict(enumerate(names)))
    problem = HamiltonianPath(graph, names[0], names[3])
    text = published_prompt(encode(problem))
    text = text.replace(json.dumps(problem.to_data()["graph"]), write(problem.to_data()["graph"]))
    try:
        again, _ = read_prompt(text)
    except InputError:
        assert any(not str(name).isalnum() for name in names)
        return
    assert again.problem == problem


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_matching(kind: str) -> None:
    problem = Matching(nx.path_graph(4), kind)
    for text in (
        published_prompt(encode(problem)),
        published_prompt(encode(problem)).replace(kind, kind.replace("_", " ").title()),
        published_prompt(encode(problem)).replace(kind, kind.replace("_", "-")),
    ):
        again, _ = read_prompt(text)
        assert again.problem == problem


# --- other wordings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wording",
    [
        "Generate a quantum circuit in QASM 3.0 with {n} qubits and 2 layers that solves the "
        "{task} for the graph: {graph}. The answer must be correct and in valid QASM 3.0 code.",
        "Given the graph: {graph}, design a QASM 3.0 quantum circuit using {n} qubits and 2 layers "
        "to solve the {task}. Output valid QASM 3.0 code with optimal parameters.",
        "Construct a circuit with {n} qubits and 2 layers to address the {task} for the graph: "
        "{graph}.",
        "Your task is to generate a quantum circuit with {n} qubits and 2 layers that solves the "
        "{task} problem for the following graph: {graph}. Only return the full QASM code.",
    ],
)
@pytest.mark.parametrize("kind", ["graph_coloring", "matching", "min_cut", "hypermaxcut"])
def test_other_wordings_of_the_training_data(wording: str, kind: str) -> None:
    problem = PROBLEMS[kind].sample(generator(3, "wordings"), 12)
    encoded = encode(problem)
    task = f"{kind} {problem.prompt_details()}"
    graph = json.dumps(problem.to_data()["graph"])
    again, request = read_prompt(wording.format(n=encoded.n_qubits, task=task, graph=graph))
    assert stated(again.problem) == stated(problem)
    assert request == Request(layers=2)


def test_attributes_as_an_object() -> None:
    for record in load_records():
        if record["problem_specific_attributes"]:
            text = (
                f"with {record['number_of_qubits']} qubits and {record['number_of_layers']} layers "
                f"that solves the {record['problem_type']} {record['problem_specific_attributes']} "
                f"problem for the following graph: {record['graph']}. Then"
            )
            again, _ = read_prompt(text)
            assert again.problem == load_problem(record).problem


@pytest.mark.parametrize(
    ("words", "kind", "attributes"),
    [
        ("vertex cover", "vertex_cover", {}),
        ("Vertex-Cover", "vertex_cover", {}),
        ("max cut", "maxcut", {}),
        ("Maximum Cut", "maxcut", {}),
        ("MaxCut", "maxcut", {}),
        ("maximum independent set", "max_independent_set", {}),
        ("traveling salesman", "tsp", {}),
        ("travelling-salesperson", "tsp", {}),
        ("edge covers", "edge_cover", {}),
        ("k-clique with 3-sized clique", "kclique", {"k": 3}),
        ("kclique of size 3, a clique of size 3,", "kclique", {"k": 3}),
        ("k clique with k = 2", "kclique", {"k": 2}),
        ("graph colouring with 3 colours", "graph_coloring", {"number_of_colors": 3}),
        ("graph coloring with 2 colors", "graph_coloring", {"number_of_colors": 2}),
        (
            "community detection with 2 communities",
            "community_detection",
            {"number_of_communities": 2},
        ),
        ("connected component for node 1", "connected_components", {"node": 1}),
        ("connected-components for node '1'", "connected_components", {"node": 1}),
        (
            "Hamiltonian path from node 0 to node 2",
            "hamiltonian_path",
            {"start_node": 0, "end_node": 2},
        ),
        (
            "hamiltonian_path starting at 0 and ending in 2",
            "hamiltonian_path",
            {"start_node": 0, "end_node": 2},
        ),
        ("matching", "matching", {"matching": "maximum"}),
    ],
)
def test_spellings(words: str, kind: str, attributes: dict[str, Any]) -> None:
    assert read(f"Solve the {words} given the graph: {TRIANGLE}") == (kind, attributes)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"min cut from source node 0 to sink node 2 given the graph: {ARCS}", "min_cut"),
        (f"maximum flow, source 0, sink 2, graph {ARCS}", "max_flow"),
        (f"max-flow from node 0 to node 2 for edges = {ARCS}", "max_flow"),
    ],
)
def test_arcs_with_capacities(text: str, kind: str) -> None:
    problem, _ = read_prompt(text)
    arcs = nx.DiGraph()
    arcs.add_edge(0, 1, capacity=3)
    arcs.add_edge(1, 2, capacity=4)
    assert problem.problem == {"min_cut": MinCut, "max_flow": MaxFlow}[kind](arcs, 0, 2)


@pytest.mark.parametrize(
    "graph",
    [
        '{"nodes": [{"id": 0}, {"id": 1}, {"id": 2}], "edges": [{"source": 0, "target": 1}]}',
        '{"nodes": [0, 1, 2], "links": [{"source": 0, "target": 1}]}',
        "{'directed': False, 'nodes': [{'id': 0}, {'id': 1}, {'id': 2}], 'edges': [[0, 1]]}",
        "{'directed': false, 'multigraph': null, 'nodes': (0, 1, 2), 'edges': ((0, 1),)}",
        '{\\"nodes\\": [0, 1, 2], \\"edges\\": [[0, 1]]}',
    ],
)
def test_spellings_of_a_graph(graph: str) -> None:
    problem, _ = read_prompt(f"solve the vertex_cover  given the graph: {graph}.")
    assert sorted(problem.problem.graph.nodes) == [0, 1, 2]
    assert list(problem.problem.graph.edges) == [(0, 1)]


def test_a_prompt_pasted_out_of_a_json_string() -> None:
    problem = encode(Matching(nx.path_graph(3), "maximum_bipartite", '{"n": 3}'))
    text = published_prompt(problem)
    for pasted in (json.dumps(text), json.dumps(text)[1:-1]):
        again, _ = read_prompt(pasted)
        assert stated(again.problem) == stated(problem.problem)


def test_lists_of_edges_nodes_and_weights() -> None:
    problem, _ = read_prompt(
        "maxcut on the graph with nodes [0, 1, 2, 'x'] and edges [[0, 1, 2.5], (1, 2, 1), "
        "(0, 2, {'weight': 3})]"
    )
    graph = nx.Graph()
    graph.add_nodes_from([0, 1, 2, "x"])
    graph.add_weighted_edges_from([(0, 1, 2.5), (0, 2, 3), (1, 2, 1)])
    assert nx.utils.graphs_equal(problem.problem.graph, graph)


def test_hypergraphs() -> None:
    for graph in ("{'nodes': [0, 1, 2], 'hyperedges': [[0, 1, 2], [0, 1]]}", "[[0, 1, 2], [0, 1]]"):
        problem, _ = read_prompt(f"solve the hyper max-cut  given the graph: {graph}")
        assert isinstance(problem.problem, HyperMaxCut)
        assert problem.problem.graph.hyperedges == ((0, 1, 2), (0, 1))


def test_the_second_graph_may_come_first_or_last() -> None:
    first, second = nx.path_graph(3), nx.relabel_nodes(nx.path_graph(3), {0: 1, 1: 2, 2: 0})
    expected = GraphIsomorphism(first, second)
    one, two = [json.dumps(nx.node_link_data(g, edges="edges")) for g in (first, second)]
    for text in (
        f"solve the graph isomorphism given the graph: {one} with the second graph being {two}",
        f"solve the graph-isomorphism with the second graph: {two} given the graph: {one}",
    ):
        again, _ = read_prompt(text)
        assert again.problem == expected


@pytest.mark.parametrize(
    ("words", "request_"),
    [
        ("", Request()),
        ("with 3-layer QAOA", Request("qaoa", 3)),
        ("by VQE with 2 layers", Request("vqe", 2)),
        ("by adaptive VQE and 2 layers", Request("adaptive_vqe")),
        ("by QAOA or VQE", Request()),
    ],
)
def test_requests(words: str, request_: Request) -> None:
    _, request = read_prompt(f"Solve the maxcut {words} given the graph: {TRIANGLE}")
    assert request == request_


# --- encodings and orders -------------------------------------------------------------------------


def test_the_number_of_qubits_tells_the_encoding() -> None:
    """A path's spare variables exist in `agent-q` only."""
    problem = HamiltonianPath(nx.path_graph(5), 0, 4)
    counts = {name: encode(problem, name).n_qubits for name in problem.encodings}
    assert counts["exact"] != counts["agent-q"]
    for name in counts:
        again, _ = read_prompt(published_prompt(encode(problem, name)))
        assert again.encoding == name
        assert open_choices(again) == []


def test_open_choices_name_what_made_a_difference() -> None:
    plain, _ = read_prompt(f"solve the vertex_cover given the graph: {TRIANGLE}")
    assert open_choices(plain) == []
    hyper, _ = read_prompt("solve the hypermaxcut given the graph: [[0, 1, 2], [1, 2]]")
    [encoding] = open_choices(hyper)
    assert "'exact' was taken" in encoding
    assert "--problem" in encoding
    long, _ = read_prompt(published_prompt(encode(VertexCover(nx.path_graph(11)))))
    [order] = open_choices(long)
    assert "natural order" in order
    assert "lexicographic" in order
    given = EncodedProblem(None, plain.hamiltonian, (), "given", "natural")
    assert open_choices(given) == []


# --- what is wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no problem type"),
        (f"Solve it given the graph: {TRIANGLE}", "no problem type.*vertex_cover"),
        (f"vertex cover and max cut of the graph {TRIANGLE}", "several problem types.*maxcut"),
        ("Solve the maxcut with 3 qubits", "no graph.*node"),
        ("Solve the knapsack with capacity 3", "without a graph.*--problem FILE"),
        ('Solve the maxcut given the graph: {"nodes": [{"id": 0}', "never closed"),
        ("Solve the maxcut given the graph: {foo: 1}", "the graph .* neither JSON nor"),
        (
            f"Solve the matching {{matching: 1}}, graph: {TRIANGLE}",
            "the object .* neither JSON nor",
        ),
        ("Solve the maxcut given the graph: {'nodes': [0, 1]}", "no list 'edges'"),
        ("Solve the maxcut given the graph: {'edges': 3}", "must be a list"),
        ("Solve the maxcut given the graph: [1, 2]", "list of two nodes"),
        ("Solve the maxcut given the graph: [({}, 1)]", "number or a string"),
        ("Solve the maxcut given the graph: [(0, 0)]", "edge to itself"),
        (f"Solve the maxcut given the graph: {TRIANGLE} or graph: {ARCS}", "2 graphs"),
        (f"Solve the maxcut with 7 qubits given the graph: {TRIANGLE}", "7 qubits.*3 as 'exact'"),
        (f"maxcut, 3 qubits, no, 4 qubits, graph {TRIANGLE}", "different numbers of qubits"),
        (
            f"maxcut, 3 qubits, 0 layers, graph {TRIANGLE}",
            "layers must be an integer of at least 1, not 0",
        ),
        (f"Solve the kclique given the graph: {TRIANGLE}", "'k'.*with 3 sized clique"),
        (f"Solve the graph_coloring given the graph: {TRIANGLE}", "with 3 colors"),
        (f"Solve the connected_components of the graph: {TRIANGLE}", "for node 3"),
        (f"connected_components for node 7 in the graph: {TRIANGLE}", "'7' as the node"),
        (f"connected_components for node 0 or of node 1, graph {TRIANGLE}", "several nodes"),
        (f"Solve the community_detection given the graph: {TRIANGLE}", "with 2 communities"),
        (f"Solve the graph_isomorphism given the graph: {TRIANGLE}", "the second graph being"),
        (f"min_cut from source node 0, graph: {ARCS}", "'sink'.*to sink node"),
        (f"hamiltonian_path starting from node 0, graph: {TRIANGLE}", "'end_node'"),
        (f"matching using stable matching, graph: {TRIANGLE}", "'stable' matching.*perfect"),
        (f"perfect matching, no, maximum matching, graph: {TRIANGLE}", "several kinds"),
        (
            "connected_components for node 1, graph: [(1, '1'), (1, 2)]",
            "1 and '1' .* read alike",
        ),
    ],
)
def test_bad_prompts_are_told_what_is_missing(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_prompt(text)


def test_an_encoding_that_the_type_lacks() -> None:
    with pytest.raises(InputError, match="no 'agent-q' encoding"):
        read_prompt(f"Solve the maxcut given the graph: {TRIANGLE}", encoding="agent-q")


_PIECES = st.sampled_from(
    [
        *("solve the ", "maxcut", "kclique", "min_cut", "hypermaxcut", "graph_isomorphism", " "),
        *(
            "given the graph: ",
            "second graph being ",
            "nodes ",
            "edges ",
            "with 3 colors",
            "node 0",
        ),
        *(
            "3 qubits",
            "2 layers",
            TRIANGLE,
            ARCS,
            "[[0, 1, 2]]",
            "{",
            "}",
            "[",
            "]",
            "'",
            '"',
            "\\",
        ),
        *('{"nodes": [0, 1], "edges": []}', "{'k': 3}", "[[], {}]", "{'edges': [[None, 1]]}", "0"),
        *("{'nodes': 1, 'edges': [[0, 1]]}", "from source 0", "to sink 1", "{'matching': []}"),
    ]
)


@given(st.one_of(st.text(), st.lists(_PIECES, max_size=14).map(" ".join)))
@settings(max_examples=cases(400), deadline=None)
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        problem, request = read_prompt(text)
    except InputError:
        return
    assert problem.n_qubits >= 1
    assert request == request.checked()


def test_samples_of_components_keep_the_node() -> None:
    graph = nx.relabel_nodes(nx.path_graph(3), {0: "Ada Lovelace", 1: "Ada", 2: "3.5"})
    for node in graph:
        problem = ConnectedComponents(graph, node)
        again, _ = read_prompt(published_prompt(encode(problem)))
        assert again.problem == problem


def test_isolated_nodes_survive() -> None:
    graph = nx.path_graph(3)
    graph.add_node(3)
    again, _ = read_prompt(published_prompt(encode(MaxCut(graph))))
    assert again.n_qubits == 4
