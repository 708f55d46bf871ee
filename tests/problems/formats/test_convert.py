"""Conversions lose nothing, or say what they would lose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from quasar.cli.main import app
from quasar.core.errors import InputError, ProblemError
from quasar.problems.base import Problem
from quasar.problems.formats.convert import convert, writable
from quasar.problems.load import load_problem
from support.cases import cases

GRAPHS = (
    ".json", ".edgelist", ".graphml", ".gml", ".gexf", ".dimacs", ".rud", ".mtx", ".metis", ".npy"
)  # fmt: skip
FROM_0 = (".npy",)
"""Formats that number nodes from 0."""
NAMED = (".json", ".edgelist", ".csv", ".graphml", ".gml", ".gexf")
NUMBERS = st.one_of(
    st.integers(-(10**6), 10**6).filter(bool), st.floats(-1e6, 1e6).filter(lambda x: abs(x) > 1e-3)
)
NAMES = st.one_of(st.integers(-9, 99), st.text("abcxyz_éß", min_size=1, max_size=5))


def problem_of(source: Any, **given: Any) -> Problem:
    problem = load_problem(source, **given).problem
    assert problem is not None
    return problem


@st.composite
def weighted_graphs(draw: Any, names: Any = None) -> nx.Graph:
    n = draw(st.integers(2, 6))
    labels = list(range(1, n + 1))
    if names is not None:
        labels = draw(st.lists(names, min_size=n, max_size=n, unique_by=str))
    graph = nx.Graph()
    graph.add_nodes_from(labels)
    pairs = [(u, v) for i, u in enumerate(labels) for v in labels[:i]]
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=1, unique=True))
    weighted = draw(st.booleans())
    for u, v in chosen:
        graph.add_edge(u, v, **({"weight": draw(NUMBERS)} if weighted else {}))
    return graph


def same(a: Problem, b: Problem) -> bool:
    """Equal up to the order in which nodes, edges and terms are listed."""
    one, two = load_problem(a), load_problem(b)
    return (
        one.variables == two.variables
        and dict(one.hamiltonian.exact_terms) == dict(two.hamiltonian.exact_terms)
        and one.hamiltonian.constant == two.hamiltonian.constant
    )


@settings(deadline=None, max_examples=cases(60))
@given(weighted_graphs(), st.sampled_from(GRAPHS), st.sampled_from(GRAPHS))
def test_graphs_of_numbered_nodes_go_through_all_formats(g: nx.Graph, a: str, b: str) -> None:
    for u, v, weight in g.edges(data="weight", default=1):
        if ".metis" in (a, b) and (weight != int(weight) or weight < 1):
            g[u][v]["weight"] = int(abs(weight)) + 1
    original = problem_of(g, problem_type="maxcut")
    first = convert(original, a, renumber=a in FROM_0)
    second = convert(first.file, b, problem_type="maxcut", renumber=True)
    last = convert(second.file, ".json", problem_type="maxcut", renumber=True)
    assert same(problem_of(last.text), original)


@settings(deadline=None, max_examples=cases(60))
@given(weighted_graphs(NAMES), st.sampled_from(NAMED))
def test_names_and_weights_come_back(tmp_path_factory: Any, g: nx.Graph, suffix: str) -> None:
    original = problem_of(g, problem_type="maxcut")
    if suffix == ".csv" and any(not g.degree(v) for v in g):
        with pytest.raises(ProblemError, match="has no edges"):
            convert(original, suffix)
        return
    found = convert(original, suffix)
    path = tmp_path_factory.mktemp("g") / f"g{suffix}"
    path.write_text(found.text)
    assert same(problem_of(path, problem_type="maxcut"), original)


@settings(deadline=None, max_examples=cases(60))
@given(
    st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 5)), NUMBERS, min_size=1),
    st.sampled_from([".qubo", ".coo", ".json"]),
    st.sampled_from(["BINARY", "SPIN"]),
)
def test_quadratic_models(q: dict[tuple[int, int], Any], suffix: str, vartype: str) -> None:
    terms = {tuple(sorted(pair)): c for pair, c in q.items()}
    if vartype == "SPIN":
        suffix = ".coo"
        terms = {(p[:1] if p[0] == p[1] else p): c for p, c in terms.items()}
    original = problem_of({"qubo": terms, "vartype": vartype})
    assert same(problem_of(convert(original, suffix).text), original)


@settings(deadline=None, max_examples=cases(60))
@given(
    st.lists(
        st.lists(st.integers(-6, 6).filter(bool), min_size=1, max_size=3, unique_by=abs),
        min_size=1,
        max_size=6,
    ),
    st.booleans(),
    st.data(),
)
def test_clauses(clauses: list[list[int]], weighted: bool, data: st.DataObject) -> None:
    attributes: dict[str, Any] = {"clauses": clauses}
    if weighted:
        n = len(clauses)
        attributes["weights"] = data.draw(st.lists(st.integers(1, 99), min_size=n, max_size=n))
    original = problem_of({"problem_type": "max_3sat", "problem_specific_attributes": attributes})
    assert same(problem_of(convert(original, ".cnf").text), original)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(1, 50), min_size=6, max_size=6))
def test_tours(lengths: list[int]) -> None:
    graph = nx.complete_graph(range(1, 5))
    for pair, length in zip(graph.edges, lengths, strict=True):
        graph.edges[pair]["weight"] = length
    original = problem_of(graph, problem_type="tsp")
    found = convert(original, ".tsp")
    assert not found.ask
    assert same(problem_of(found.text), original)


def test_directed_problems() -> None:
    text = "p max 3 2\nn 1 s\nn 3 t\na 1 2 3\na 2 3 2\n"
    assert convert(text, ".dimacs").text == text.replace("c\n", "")
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(
        [(i, j, 10 * i + j) for i in (1, 2, 3) for j in (1, 2, 3) if i != j]
    )
    original = problem_of(graph, problem_type="tsp")
    for suffix in (".atsp", ".graphml", ".gml"):
        again = convert(original, suffix).text
        assert same(problem_of(again, problem_type="tsp"), original)


def test_hard_clauses() -> None:
    attributes = {"clauses": [[1, -2, 3, 4]], "weights": [2.5], "hard_clauses": [[-1, 2]]}
    original = problem_of({"problem_type": "max_sat", "problem_specific_attributes": attributes})
    found = convert(original, ".wcnf")
    assert found.text.splitlines()[0] == "p wcnf 4 2 3"
    assert same(problem_of(found.text), original)


def test_long_decimals_keep_every_digit() -> None:
    digits = "0.12345678901234567890123"
    for suffix in (".json", ".csv", ".rud"):
        text = convert(f"1 2 {digits}\n2 3 1\n", suffix, problem_type="maxcut").text
        assert digits in text
        assert digits in convert(text, ".json", problem_type="maxcut").text


NAMED_GRAPH = "a b 2\nb c 3\n"
REFUSED: dict[str, tuple[Any, str, dict[str, Any], str]] = {
    "names": (NAMED_GRAPH, ".rud", {}, "name 'a' would be lost: --renumber"),
    "weights": ("0 1 2\n1 2 2\n", ".g6", {}, "no place for weights: .*--drop weight"),
    "attribute": ("1 2\n", ".gml", {"problem_type": "kclique", "attributes": {"k": 2}},
                  "no place for the attribute 'k'.* --drop k"),
    "zero": ("1 2 0\n2 3 1\n", ".mtx", {}, "cannot hold edge 1 - 2 of weight 0"),
    "label": ("graph [\n node [ id 0 label \"a\" x 2.5 ] node [ id 1 label \"b\" ] "
              "edge [ source 0 target 1 ] ]", ".edgelist", {}, "no place for 'x' of node 'a'"),
    "isolated": ("a b\nc\n", ".csv", {}, "node 'c', which has no edges"),
    "space": ("source;target\nx y;z\n", ".edgelist", {}, "cannot hold the name 'x y'"),
    "digits": ('{"nodes": [{"id": "1"}, {"id": 2}], "edges": [{"source": "1", "target": 2}]}',
               ".gml", {}, "cannot hold the name '1'"),
    "constant": ('{"qubo": {"0": 1, "": 2}}', ".qubo", {}, "QUBO.* --drop constant"),
    "spins": ('{"qubo": {"0": 1}, "vartype": "SPIN"}', ".qubo", {}, "holds 0/1 variables"),
    "variables": ('{"qubo": {"a": 1}}', ".qubo", {}, "variables by number from 0"),
    "literals": ('{"problem_type": "max_3sat", '
                 '"problem_specific_attributes": {"clauses": [["a"]]}}',
                 ".cnf", {}, "the name in 'a' would be lost"),
    "incomplete": ("1 2 1\n2 3 1\n3 4 1\n1 4 1\n", ".tsp", {"problem_type": "tsp"},
                   "this graph lacks some"),
    "tour": ("1 2\n", ".tsp", {}, "holds tours, and this is maxcut"),
    "no graph": ('{"qubo": {"a": 1}}', ".gml", {"problem_type": None}, "qubo has no graph"),
    "no clauses": ("1 2\n", ".cnf", {}, "holds clauses, and maxcut has none"),
    "no qubo": ("1 2\n", ".qubo", {}, "holds a QUBO, and this is maxcut"),
    "fields": ('{"qubo": {"0": 1}, "encoding": "exact"}', ".qubo", {}, "no place for 'encoding'"),
    "suffix": ("1 2\n", ".ham", {}, "are not written; these are: .json"),
    "no program": ("1 2\n", ".lp", {}, "LP holds integer programs, and this is maxcut"),
    "drop": ("1 2\n", ".gml", {"drop": ["wieght"]}, "nothing called 'wieght' to leave out"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_what_would_be_lost(name: str) -> None:
    source, suffix, given, message = REFUSED[name]
    stated = str(source).lstrip().startswith(('{"qubo', '{"problem'))
    options = {"problem_type": None if stated else "maxcut", **given}
    with pytest.raises(ProblemError, match=message):
        convert(source, suffix, **options)


def test_what_may_be_lost_is_named() -> None:
    options: dict[str, Any] = {"problem_type": "kclique", "attributes": {"k": 2}}
    text = convert("1 2 1\n2 3 1\n", ".g6", drop=["k"], renumber=True, **options).text
    assert problem_of(text.strip() + "\n", **options).objective([0, 1]) == 1  # type: ignore[call-arg]


def test_renumbering_keeps_the_problem_and_lists_the_names() -> None:
    found = convert(NAMED_GRAPH, ".rud", problem_type="maxcut", renumber=True)
    assert found.renamed == {"a": 1, "b": 2, "c": 3}
    assert found.text == "3 2\n1 2 2\n2 3 3\n"
    flow = convert(
        "s a 3\na t 2\n",
        ".dimacs",
        problem_type="max_flow",
        attributes={"source": "s", "sink": "t"},
        renumber=True,
    )
    assert "n 2 s" in flow.text
    assert convert('{"qubo": {"a": 1, "b": 2}}', ".qubo", renumber=True).renamed == {"a": 0, "b": 1}


def test_command(tmp_path: Path) -> None:
    source, out = tmp_path / "g.edges", tmp_path / "g.graphml"
    source.write_text(NAMED_GRAPH)
    arguments = ["convert", str(source), str(out), "--type", "maxcut"]
    run = CliRunner().invoke(app, arguments)
    assert run.exit_code == 0
    assert "read it with --type maxcut" in run.stdout
    assert same(problem_of(out, problem_type="maxcut"), problem_of(source, problem_type="maxcut"))
    again = CliRunner().invoke(app, arguments)
    assert isinstance(again.exception, InputError)
    assert "--force" in str(again.exception)
    back = tmp_path / "g.json"
    run = CliRunner().invoke(app, ["convert", str(out), str(back), "--type", "maxcut"])
    assert json.loads(back.read_text())["problem_type"] == "maxcut"
    assert "--type" not in run.stdout


def test_every_format_of_the_list_is_written() -> None:
    assert {".json", ".graphml", ".gml", ".edgelist", ".g6", ".dimacs", ".rud", ".mtx"} <= set(
        writable()
    )


def test_vehicle_routing_is_read_and_not_written(tmp_path: Path) -> None:
    assert ".vrp" not in writable()
    with pytest.raises(ProblemError, match=r"'\.vrp' are not written"):
        convert({"qubo": {"x": 1}}, ".vrp")


def test_packed_files_and_matrices_on_disk(tmp_path: Path) -> None:
    source = tmp_path / "g.edges"
    source.write_text("0 1 2\n1 2 3\n", encoding="utf-8")
    for name in ("g.npy", "g.rud.gz", "g.rud.bz2", "g.rud.xz", "g.metis"):
        out = tmp_path / name
        options = ["--renumber"] if name != "g.npy" else []
        call = ["convert", str(source), str(out), "--type", "maxcut", *options]
        result = CliRunner().invoke(app, call)
        assert result.exit_code == 0, result.output
        assert problem_of(out, problem_type="maxcut").objective([2 if options else 1]) == 5


@pytest.mark.parametrize(
    ("source", "suffix", "given", "message"),
    [
        ("1 2 0.5\n", ".metis", {}, "integer weights above 0"),
        ("1 2 2\n", ".npy", {}, "--renumber"),
        ('{"qubo": {"0": 1}, "vartype": "SPIN"}', ".npy", {"problem_type": None}, "no spins"),
        ("0 1 0\n1 2 1\n", ".npy", {}, "edge of weight 0"),
        ("0 1 0.1000000000000000000001\n", ".npy", {}, "would lose"),
    ],
)
def test_what_matrices_and_metis_cannot_hold(
    source: str, suffix: str, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ProblemError, match=message):
        convert(source, suffix, **{"problem_type": "maxcut", **given})
