"""Files of every format load to the problem that they state, in the names that they use."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import dimod
import networkx as nx
import numpy as np
import pytest
import scipy.io
import scipy.sparse
from dimod.serialization import coo
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.core.errors import ProblemError
from quasar.problems.base import EncodedProblem
from quasar.problems.formats.catalogue import FORMATS
from quasar.problems.formats.reading import parse_json
from quasar.problems.load import load_problem
from support.cases import cases

ALIKE = {".graph6", ".sparse6", ".hamiltonian", ".mm"}
"""Suffixes that explain themselves."""
TRIANGLE = nx.Graph([("a", "b"), ("b", "c"), ("a", "c")])
HEAVY = nx.Graph()
HEAVY.add_weighted_edges_from([(1, 2, 3), (2, 3, 0.5), (1, 3, 2), (3, 4, -1)])
CUT = 5.0  # of {1} in HEAVY


class Case(NamedTuple):
    """A file, how it is loaded, and what a solution of it is worth."""

    name: str
    text: str | bytes
    solution: Any
    value: float
    expected: str
    problem_type: str | None = None
    attributes: dict[str, Any] | None = None


SUFFIX_NEEDED = (
    "bare.g6", "gka.bqp", "b.coo", "k.kp", "g.clq", "be.sparse", "bqp.bqp", "p.gph", "column.clq",
    "commas.edges", "spaced.edges",
)  # fmt: skip


def plain_name(case: Case) -> str:
    return case.name


def by_networkx(write: Any, graph: nx.Graph) -> bytes:
    stream = io.BytesIO()
    write(graph, stream)
    return stream.getvalue()


def matrix_market(array: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    scipy.io.mmwrite(stream, array, **options)
    return stream.getvalue()


def npy(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


ADJACENCY = nx.to_numpy_array(HEAVY, nodelist=[1, 2, 3, 4])
Q = np.array([[-1, 2, 0], [0, -1, 2], [0, 0, -1.5]])
BQM = dimod.BinaryQuadraticModel({0: -1, 1: -1, 2: -1.5}, {(0, 1): 2, (1, 2): 2}, "BINARY")
SPINS = dimod.BinaryQuadraticModel({0: 0.5, 2: 1}, {(0, 2): -1}, "SPIN")
CQM = dimod.ConstrainedQuadraticModel()
CQM.set_objective(2 * dimod.Binary("x") * dimod.Binary("y") - dimod.Binary("x"))

COLOURS = "c remark\np edge 4 4\ne 1 2\ne 2 3\ne 3 4\ne 1 4\n"
ULYSSES4 = """NAME: ulysses4
TYPE: TSP
COMMENT: the first cities of ulysses16
DIMENSION: 4
EDGE_WEIGHT_TYPE: GEO
DISPLAY_DATA_TYPE: COORD_DISPLAY
NODE_COORD_SECTION
 1 38.24 20.42
 2 39.57 26.15
 3 40.56 25.32
 4 36.26 23.12
EOF
"""


def tsplib(kind: str, section: str, n: int = 4) -> str:
    return f"NAME: x\nTYPE: TSP\nDIMENSION: {n}\nEDGE_WEIGHT_TYPE: {kind}\n{section}\nEOF\n"


def explicit(form: str, rows: str) -> str:
    return tsplib("EXPLICIT", f"EDGE_WEIGHT_FORMAT: {form}\nEDGE_WEIGHT_SECTION\n{rows}")


SQUARE = "NODE_COORD_SECTION\n1 0 0\n2 3 4\n3 6 0\n4 3 -4.5"
LOOP = [1, 2, 3, 4]

CASES = [
    Case("plain.edgelist", "# remark\na b\nb c\n", ["b"], 2, "maxcut", "maxcut"),
    Case("weighted.edges", "1 2 3\n2 3 0.5\n1 3 2\n3 4 -1\n", [1], CUT, "maxcut", "maxcut"),
    Case("konect.txt", "% sym weighted\na b 2\nb c 3\n", ["b"], 5, "maxcut", "maxcut"),
    Case("own.edgelist", by_networkx(nx.write_edgelist, HEAVY), [1], CUT, "maxcut", "maxcut"),
    Case(
        "w.edgelist", by_networkx(nx.write_weighted_edgelist, HEAVY), [1], CUT, "maxcut", "maxcut"
    ),
    Case(
        "gephi.csv",
        "Source,Target,Type,Id,Weight\na,b,Undirected,0,2\n",
        ["a"],
        2,
        "maxcut",
        "maxcut",
    ),
    Case("t.tsv", "from\tto\tweight\na\tb\t2\nb\tc\t0.1\n", ["b"], 2.1, "maxcut", "maxcut"),
    Case("s.csv", "source;target\nx y;z\n", ["x y"], 1, "maxcut", "maxcut"),
    Case(
        "pipes.csv",
        "from,to,capacity\ns,a,3\na,t,2\n",
        [["s", "a", 2], ["a", "t", 2]],
        2,
        "max_flow",
        "max_flow",
        {"source": "s", "sink": "t"},
    ),
    Case(
        "arcs.edgelist",
        "s a 3\na t 2\n",
        ["s", "a"],
        2,
        "min_cut",
        "min_cut",
        {"source": "s", "sink": "t"},
    ),
    Case(
        "items.csv",
        "name,weight,value\nmap,2,3\nrope,1,1.5\n",
        ["map"],
        3,
        "knapsack",
        None,
        {"capacity": 2},
    ),
    Case("n.csv", "name,size\na,3\nb,1\nc,2\n", [["a"], ["b", "c"]], 0, "number_partitioning"),
    Case("q.csv", "-1,2\n0,-1\n", {"0": 1, "1": 1}, 0, "qubo", "qubo"),
    Case("named.csv", ",a,b\na,0,4\nb,4,0\n", ["a"], 4, "maxcut", "maxcut"),
    Case("g.graphml", by_networkx(nx.write_graphml, HEAVY), [1], CUT, "maxcut", "maxcut"),
    Case("named.graphml", by_networkx(nx.write_graphml, TRIANGLE), ["b"], 2, "maxcut", "maxcut"),
    Case("g.gml", by_networkx(nx.write_gml, HEAVY), [1], CUT, "maxcut", "maxcut"),
    Case(
        "ids.gml",
        "graph [\n node [ id 7 ]\n node [ id 9 ]\n edge [ source 7 target 9 ]\n]\n",
        [7],
        1,
        "maxcut",
        "maxcut",
    ),
    Case("g.gexf", by_networkx(nx.write_gexf, HEAVY), [1], CUT, "maxcut", "maxcut"),
    Case("g.g6", nx.to_graph6_bytes(nx.cycle_graph(5)), [0, 2], 4, "maxcut", "maxcut"),
    Case("g.s6", nx.to_sparse6_bytes(nx.cycle_graph(5)), [0, 2], 4, "maxcut", "maxcut"),
    Case("bare.g6", nx.to_graph6_bytes(nx.path_graph(3), header=False), [1], 2, "maxcut", "maxcut"),
    Case("nl.json", json.dumps(nx.node_link_data(HEAVY)), [1], CUT, "maxcut", "maxcut"),
    Case("ad.json", json.dumps(nx.adjacency_data(HEAVY)), [1], CUT, "maxcut", "maxcut"),
    Case("hj.json", '{"h": {"a": 1}, "J": {"a,b": -1}}', {"a": -1, "b": -1}, -2, "qubo"),
    Case(
        "g.col",
        COLOURS.replace("edge", "col"),
        [[1, 0], [2, 1], [3, 0], [4, 1]],
        0,
        "graph_coloring",
        None,
        {"number_of_colors": 2},
    ),
    Case("k.clq", COLOURS, [1, 2], 1, "kclique", "kclique", {"k": 2}),
    Case(
        "twice.dimacs",
        COLOURS.replace("4 4", "4 8") + "e 2 1\ne 3 2\ne 4 3\ne 4 1\n",
        [1, 3],
        4,
        "maxcut",
        "maxcut",
    ),
    Case("w.dimacs", "p edge 2 1\nn 1 5\nn 2 3\ne 1 2\n", [1], 5, "max_independent_set", "mis"),
    Case(
        "flow.max",
        "c\np max 3 2\nn 1 s\nn 3 t\na 1 2 3\na 2 3 2\n",
        [[1, 2, 2], [2, 3, 2]],
        2,
        "max_flow",
    ),
    Case("G1", "4 4\n1 2 3\n2 3 0.5\n1 3 2\n3 4 -1\n", [1], CUT, "maxcut"),
    Case("torus.rud", "3 2\n1 2\n2 3\n", [2], 2, "maxcut"),
    Case("be.sparse", "2 3\n1 1 5\n1 2 -3\n2 2 4\n", {"1": 1, "2": 1}, 3, "qubo"),
    Case("bqp.bqp", "2 3\n1 1 5\n1 2 -3\n2 2 4\n", {"1": 1, "2": 1}, -3, "qubo"),
    Case("gka.bqp", "1\n3 2\n1 2 4\n2 3 -1\n", {"1": 1, "2": 1, "3": 0}, -8, "qubo"),
    Case("g.graph", "3 2\n2\n1 3\n2\n", [2], 1, "vertex_cover", "vertex_cover"),
    Case("w.metis", "3 2 10\n5 2\n1 1 3\n4 2\n", [2], 1, "vertex_cover", "vertex_cover"),
    Case("e.metis", "% remark\n3 2 1\n2 7\n1 7 3 2\n2 2\n", [2], 9, "maxcut", "maxcut"),
    Case(
        "a.mtx",
        matrix_market(scipy.sparse.coo_array(ADJACENCY), symmetry="symmetric"),
        [1],
        CUT,
        "maxcut",
        "maxcut",
    ),
    Case("dense.mtx", matrix_market(ADJACENCY, symmetry="symmetric"), [1], CUT, "maxcut", "maxcut"),
    Case(
        "q.mtx",
        matrix_market(scipy.sparse.coo_array(Q)),
        {"1": 1, "2": 0, "3": 1},
        -2.5,
        "qubo",
        "qubo",
    ),
    Case(
        "pattern.mtx",
        "%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n3 2\n",
        [2],
        1,
        "vertex_cover",
        "vertex_cover",
    ),
    Case(
        "f.cnf",
        "c remark\np cnf 3 2\n1 -3 0\n2 3\n-1 0\n",
        {"1": True, "2": False, "3": False},
        1,
        "max_3sat",
    ),
    Case("satlib.cnf", "p cnf 2 1\n 1 -2 0\n%\n0\n\n", {"1": False, "2": True}, 0, "max_3sat"),
    Case("old.wcnf", "p wcnf 2 2\n2.5 1 0\n1 -1 2 0\n", {"1": True, "2": False}, 2.5, "max_3sat"),
    Case("new.wcnf", "c 2022\nh 1 0\nh -1 2 0\n", {"1": True, "2": True}, 0, "max_sat"),
    Case(
        "partial.wcnf",
        "p wcnf 2 3 9\n9 1 0\n1.5 -1 2 0\n2 -2 0\n",
        {"1": True, "2": False},
        2,
        "max_sat",
    ),
    Case("four.cnf", "p cnf 4 1\n1 2 3 -4 0\n", dict.fromkeys("1234", True), 1, "max_sat"),
    Case("g.clq", COLOURS, [1, 2], 2, "max_clique"),
    Case(
        "p43.atsp",
        "TYPE: ATSP\n"
        + explicit("FULL_MATRIX", "0 1 9\n8 0 2\n3 9 0")
        .replace("TYPE: TSP\n", "")
        .replace("4", "3"),
        [1, 2, 3],
        6,
        "tsp",
    ),
    Case("ways.csv", "0,1,9\n8,0,2\n3,9,0\n", [0, 1, 2], 6, "tsp", "tsp"),
    Case(
        "q.qubo",
        "c remark\np qubo 0 3 3 2\n0 0 -1\n1 1 -1\n2 2 -1.5\n0 1 2\n1 2 2\n",
        {"0": 1, "1": 0, "2": 1},
        -2.5,
        "qubo",
    ),
    Case("b.coo", coo.dumps(BQM), {"0": 1, "1": 0, "2": 1}, -2.5, "qubo"),
    Case(
        "s.coo",
        coo.dumps(SPINS, vartype_header=True),
        {"0": 1, "2": -1},
        0.5,
        "qubo",
    ),
    Case("u.tsp", ULYSSES4, LOOP, 509 + 126 + 541 + 312, "tsp"),
    Case("e.tsp", tsplib("EUC_2D", SQUARE), LOOP, 5 + 5 + 5 + 5, "tsp"),
    Case("c.tsp", tsplib("CEIL_2D", SQUARE), LOOP, 5 + 5 + 6 + 6, "tsp"),
    Case("m.tsp", tsplib("MAN_2D", SQUARE), LOOP, 7 + 7 + 8 + 8, "tsp"),
    Case("x.tsp", tsplib("MAX_2D", SQUARE), LOOP, 4 + 4 + 5 + 5, "tsp"),
    Case("a.tsp", tsplib("ATT", SQUARE), LOOP, 2 + 2 + 2 + 2, "tsp"),
    Case("f.tsp", explicit("FULL_MATRIX", "0 1 9 4\n1 0 2 9\n9 2 0 3\n4 9 3 0"), LOOP, 10, "tsp"),
    Case("ur.tsp", explicit("UPPER_ROW", "1 9 4\n2 9\n3"), LOOP, 10, "tsp"),
    Case("lr.tsp", explicit("LOWER_ROW", "1\n9 2\n4 9 3"), LOOP, 10, "tsp"),
    Case("ud.tsp", explicit("UPPER_DIAG_ROW", "0 1 9 4\n0 2 9\n0 3 0"), LOOP, 10, "tsp"),
    Case("ld.tsp", explicit("LOWER_DIAG_ROW", "0 1 0\n9 2 0\n4 9 3 0"), LOOP, 10, "tsp"),
    Case("uc.tsp", explicit("UPPER_COL", "1\n9 2\n4 9 3"), LOOP, 10, "tsp"),
    Case("f1_l-d_kp_3_5", "3 5\n3 2\n4 3\n5 4\n", [1, 2], 7, "knapsack", "knapsack"),
    Case("k.kp", "3 5\n3 2\n4 3\n5 4\n", [1, 2], 7, "knapsack"),
    Case("mknap1.txt", "1\n3 1 7\n3 4 5\n2 3 4\n5\n", [1, 2], 7, "knapsack"),
    Case(
        "port1.txt",
        "2\n.001 .04\n.002 .05\n1 1 1\n1 2 .5\n2 2 1\n",
        [1, 2],
        0.0016 + 0.0025 + 0.002 - 0.003,
        "portfolio",
        None,
        {"risk_aversion": 1, "budget": 2},
    ),
    Case("c.lp", dimod.lp.dumps(CQM), {"x": 1, "y": 0}, -1, "qubo"),
    Case(
        "m.lp",
        "Maximize\n obj: x + [ 4 x * y ] / 2\nBinary\n x y\nEnd\n",
        {"x": 1, "y": 1},
        -3,
        "qubo",
    ),
    Case(
        "c.mps",
        "NAME p\nOBJSENSE\n MAX\nROWS\n N obj\n L c\nCOLUMNS\n M 'MARKER' 'INTORG'\n"
        " x obj 3 c 2\n y[0] obj 2 c 3\n M 'MARKER' 'INTEND'\nRHS\n R c 7 obj -1\n"
        "BOUNDS\n UP B y[0] 9\nENDATA\n",
        {"x": 1, "y[0]": 1},
        6,
        "integer_program",
    ),
    Case(
        "p.lp",
        "Maximize\n obj: 3 x + 2 y[0] + 1\nSubject To\n c: 2 x + 3 y[0] <= 7\nBinary\n x\n"
        "General\n y[0]\nEnd\n",
        {"x": 1, "y[0]": 1},
        6,
        "integer_program",
    ),
    Case("commas.edges", "a,b,2\nb,c,3\n", ["b"], 5, "maxcut", "maxcut"),
    Case("spaced.edges", "1, 2, 2\n2, 3, 3\n", [2], 5, "maxcut", "maxcut"),
    Case("column.clq", "p col 3 2\ne 1 2\ne 2 3\n", [1, 2], 2, "max_clique"),
    Case("packed.cnf.gz", gzip.compress(b"p cnf 1 1\n1 0\n"), {"1": True}, 1, "max_3sat"),
    Case("packed.rud.xz", lzma.compress(b"3 2\n1 2 2\n2 3 3\n"), [2], 5, "maxcut"),
    Case("packed.bz2", bz2.compress(b"3 2\n1 2 2\n2 3 3\n"), [2], 5, "maxcut"),
    Case("p.gph", "c two\np edge 3 2\ne 1 2\ne 2 3\n", [1, 3], 2, "max_independent_set"),
    Case("ms.dat", "2 3\n1 2 3 3\n4 5 6 9\n", {"1": 1, "2": 1, "3": 0}, 0, "integer_program"),
    Case("ms", "2 3\n1 2 3 3\n4 5 6 9\n", {"1": 1, "2": 1, "3": 0}, 0, "integer_program"),
    Case(
        "E-n3-k1.vrp",
        "NAME : E-n3-k1\nTYPE : CVRP\nDIMENSION : 3\nEDGE_WEIGHT_TYPE : EUC_2D\nCAPACITY : 5\n"
        "NODE_COORD_SECTION\n1 0 0\n2 0 3\n3 4 0\nDEMAND_SECTION\n1 0\n2 2\n3 3\n"
        "DEPOT_SECTION\n 1\n -1\nEOF\n",
        [[2, 3]],
        12,
        "vehicle_routing",
        None,
        {"vehicles": 1},
    ),
    Case("q.npy", npy(Q), {"0": 1, "1": 0, "2": 1}, -2.5, "qubo", "qubo"),
    Case("a.npy", npy(ADJACENCY), [0], CUT, "maxcut", "maxcut"),
    Case("h.ham", "# Ising\n0.5*Z0*Z1\n- Z2 / 4\n", [1, -1, 1], -0.75, "ising"),
]


def loaded(case: Case, folder: Path) -> EncodedProblem:
    path = folder / case.name
    path.write_bytes(case.text if isinstance(case.text, bytes) else case.text.encode())
    return load_problem(path, problem_type=case.problem_type, attributes=case.attributes)


def test_names_differ() -> None:
    assert len({case.name for case in CASES}) == len(CASES) > 60


@pytest.mark.parametrize("case", CASES, ids=plain_name)
def test_file(case: Case, tmp_path: Path) -> None:
    problem = loaded(case, tmp_path).problem
    assert problem is not None
    assert problem.problem_type == case.expected
    assert problem.objective(case.solution) == pytest.approx(case.value, abs=1e-12)


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.name not in SUFFIX_NEEDED],
    ids=plain_name,
)
def test_content_is_enough(case: Case, tmp_path: Path) -> None:
    """What comes through standard input has no suffix."""
    text = case.text if isinstance(case.text, bytes) else case.text.encode()
    again = load_problem(text, problem_type=case.problem_type, attributes=case.attributes)
    assert again.problem == loaded(case, tmp_path).problem


def test_numbers_are_read_as_written() -> None:
    problem = load_problem("a b 0.1000000000000000000001\nb c 3\n", problem_type="maxcut")
    assert Fraction("0.1000000000000000000001") / 2 in problem.hamiltonian.exact_terms.values()


def test_names_that_are_no_plain_integers_stay_text() -> None:
    problem = load_problem("01 1\n1 1.0\n", problem_type="maxcut")
    assert set(problem.variables) == {"01", 1, "1.0"}


def test_names_in_a_table_that_are_no_plain_integers_stay_text() -> None:
    problem = load_problem("source,target,weight\n01,1,007\n1,1.0,2\n", problem_type="maxcut")
    assert set(problem.variables) == {"01", 1, "1.0"}
    assert problem.hamiltonian.constant == -4.5  # weights are numbers, however they are written
    items = load_problem("name,weight,value\n01,1,4\n1,2,1\n", attributes={"capacity": 2})
    assert {label[1] for label in items.variables if label[0] == "item"} == {"01", 1}


def test_weights_of_another_name_are_named_or_refused() -> None:
    text = "source,target,distance\na,b,2\nb,c,3\na,c,4\n"
    with pytest.raises(ProblemError, match="has the key 'distance'"):
        load_problem(text, problem_type="tsp")
    problem = load_problem(text, problem_type="tsp", weight="distance").problem
    assert problem is not None
    assert problem.objective(["a", "b", "c"]) == 9


def test_the_docs_list_every_suffix() -> None:
    docs = (Path(__file__).resolve().parents[3] / "docs" / "formats.md").read_text()
    listed = {suffix for f in FORMATS for suffix in f.suffixes}
    assert {suffix for suffix in listed if f"`{suffix}`" not in docs} <= ALIKE


@settings(deadline=None, max_examples=cases(400))
@given(
    st.sampled_from(CASES),
    st.integers(0, 10**6),
    st.integers(0, 12),
    st.text(st.sampled_from("0123456789 -.\n\tabeEpx:;,{}[]()<>/\\\"'%#&"), max_size=6),
)
def test_damaged_files_are_refused_in_a_sentence(
    tmp_path_factory: Any, case: Case, place: int, cut: int, inserted: str
) -> None:
    """Or are read, where the damage leaves a problem; nothing else is ever raised."""
    text = case.text if isinstance(case.text, bytes) else case.text.encode()
    at = place % (len(text) + 1)
    path = tmp_path_factory.getbasetemp() / f"damaged{Path(case.name).suffix}"
    path.write_bytes(text[:at] + inserted.encode() + text[at + cut :])
    with suppress(ProblemError):
        load_problem(path, problem_type=case.problem_type, attributes=case.attributes)


@pytest.mark.parametrize(
    ("text", "offered"),
    {
        "torn": ("{nope", False),
        "two on a line": ('{"a": 1} {"b": 2}', False),
        "torn later": ('{"a": 1,\n nope}', False),
        "one a line": ('{"a": 1}\n{"b": 2}', True),
    }.values(),
)
def test_one_record_a_line_is_offered_only_where_it_may_be(text: str, offered: bool) -> None:
    with pytest.raises(ProblemError, match="the file is not JSON: ") as caught:
        parse_json(text, "the file")
    assert ("--records" in str(caught.value)) is offered
