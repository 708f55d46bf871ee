"""What a new user gets wrong, and the one line that says what to do."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from quasar.core.errors import ProblemError
from quasar.problems.load import load_problem

EDGES = "a b\nb c\n"
WEIGHTED = "a b 2\nb c 3\n"
CNF = "p cnf 3 1\n1 2 3 0\n"
BANNER = "%%MatrixMarket matrix coordinate real symmetric\n"
DIRECTED = "\n".join(nx.generate_graphml(nx.DiGraph([("a", "b")])))

MPS = """NAME p
ROWS
 N obj
 L c
COLUMNS
 M 'MARKER' 'INTORG'
 x c 1
 y obj 2.0 c 1
 M 'MARKER' 'INTEND'
RHS
 R c 4
BOUNDS
 UP B x 4
ENDATA
"""
WRONG: dict[str, tuple[str | bytes, dict[str, Any], str]] = {
    # Which problem it is.
    "g.edges": (EDGES, {}, "does not say what to find in it: add --type .* e.g. maxcut"),
    "w.edges": (WEIGHTED, {}, "e.g. maxcut, tsp, matching"),
    "m.csv": ("0,1\n1,0\n", {}, "holds a matrix, .* e.g. qubo, maxcut"),
    "typo.edges": (EDGES, {"problem_type": "maxcot"}, "did you mean 'maxcut'"),
    "items.edges": (EDGES, {"problem_type": "knapsack"}, "knapsack is stated by items, capacity"),
    "sat.edges": (EDGES, {"problem_type": "max_3sat"}, "choose a type on graphs, e.g. maxcut"),
    "hyper.edges": (EDGES, {"problem_type": "hypermaxcut"}, "stated by a hypergraph"),
    "cut.cnf": (CNF, {"problem_type": "maxcut"}, "states a max_3sat and holds no graph"),
    "cut.qubo": (
        "p qubo 0 1 1 0\n0 0 1\n",
        {"problem_type": "maxcut"},
        "states a qubo, not a maxcut: leave --type out",
    ),
    "k.clq": ("p edge 2 1\ne 1 2\n", {"problem_type": "kclique"}, "lacks 'k': .* --attribute k=3"),
    "matrix.npy.csv": ("0,1\n1,0\n", {"problem_type": "knapsack"}, "holds a matrix"),
    # QOBLIB.
    "short.qs": ("2 2\n1 1 3\n", {}, "announces 2 entries and has 1: is it cut off"),
    "lower.qs": ("2 1\n2 1 3\n", {}, "line 2 is '2 1 3', but 1 <= i <= j <= 2 is expected"),
    "twice.qs": ("2 2\n1 2 3\n1 2 3\n", {}, "each pair once"),
    "words.qs": ("2 1\n1 2 many\n", {}, "must be a number, not 'many'"),
    "pairs.qs": ("2 1\n1 2\n", {}, "'i j number' is expected"),
    "none.qs": ("0 0\n", {}, "the file has no variables"),
    "counts.qs": ("2\n", {}, "'VARIABLES ENTRIES', two integers"),
    "huge.qs": ("900000 1\n1 1 1\n", {}, "at most 100,000 are read"),
    "topology_15_3.dat": ("15 3\n", {}, "network topology instance .* models"),
    "arcs.dat": ("# part of QOBLIB\n1 2 1\n2 1 1\n", {}, "Steiner tree packing"),
    "terms.dat": ("1 1\n2 1\n3 2\n", {}, "Steiner tree packing"),
    "demand.txt": ("    | 1, 2|\n|1 | 0, 24|\n", {}, "demand matrix of the network design"),
    "stock_prices.txt": ("# This is part of QOBLIB\n0 A 1.5\n", {}, "portfolio over several days"),
    "qbench_03_dense.json": ('{"_license": "part of QOBLIB", "5": {}}', {}, "Birkhoff"),
    # Shapes.
    "wide.csv": ("1,2,3\n4,5,6\n", {"problem_type": "qubo"}, "is 2 by 3, and only square ones"),
    "lopsided.csv": ("0,1\n2,0\n", {"problem_type": "maxcut"}, r"symmetric matrix, .*\(A \+ A.T\)"),
    "diagonal.csv": ("1,1\n1,0\n", {"problem_type": "maxcut"}, "Q of a QUBO has the type qubo"),
    "d.graphml": (DIRECTED, {"problem_type": "maxcut"}, r"graph.to_undirected\(\)"),
    "u.gml": (
        "\n".join(nx.generate_gml(nx.path_graph(2))),
        {"problem_type": "max_flow", "attributes": {"source": 0, "sink": 1}},
        r"graph.to_directed\(\)",
    ),
    "loop.edges": ("a a\n", {"problem_type": "maxcut"}, "has an edge to itself"),
    "twice.edges": ("a b\nb a\n", {"problem_type": "maxcut"}, "listed twice; merge"),
    "long.cnf": (
        "p cnf 4 1\n1 2 3 4 0\n",
        {"problem_type": "max_3sat"},
        "use problem type 'max_sat'",
    ),
    "some.edges": ("a b 2\nb c\n", {"problem_type": "maxcut"}, "give every edge a number"),
    "vain.edges": (WEIGHTED, {"problem_type": "vertex_cover"}, "has the key 'weight'"),
    "nodes.csv": ("id,label\n1,x\n", {}, "name two of them source and target"),
    "columns.csv": ("a,b,c\n1,2,3\n", {}, "name two of them source and target"),
    "ragged.csv": ("source,target\na,b\nc\n", {}, "row 3 has 1 columns"),
    # Cut off, or wrong in one place.
    "cut.mtx": (BANNER + "2 2 2\n2 1 1\n", {"problem_type": "qubo"}, "is it cut off"),
    "cut.rud": ("3 3\n1 2 1\n", {}, "announces 3 entries and has 1"),
    "big.rud": ("2 1\n1 5 1\n", {}, "node in line 2 is 5, but the file announces 1 to 2"),
    "cut.col": ("p edge 3 2\ne 1 2\n", {"problem_type": "maxcut"}, "is it cut off"),
    "open.cnf": ("p cnf 2 1\n1 2\n", {}, "not ended by 0"),
    "high.cnf": ("p cnf 2 1\n1 3 0\n", {}, "2 variables are announced"),
    "soft.wcnf": (
        "p wcnf 2 2 9\n9 1 0\n1 2 0\n",
        {"problem_type": "max_3sat"},
        "has the key 'hard_clauses', which max_3sat does not read",
    ),
    "word.edges": ("a b x y\n", {"problem_type": "maxcut"}, "'u v' or 'u v weight' is expected"),
    "diagonal.txt": ("2 2\n1 1 5\n1 2 3\n", {}, "name it .sparse if it is to be minimised"),
    "text.rud": ("2 1\n1 2 two\n", {}, "weight in line 2 must be a number, not 'two'"),
    "two.g6": ("A_\nA_\n", {"problem_type": "maxcut"}, "holds 2 graphs"),
    "bad.graphml": ("<graphml><graph>", {"problem_type": "maxcut"}, "this is not GraphML"),
    "bad.gml": ("graph [ node [ id ] ]", {"problem_type": "maxcut"}, "this is not GML"),
    "multi.gml": (
        "\n".join(nx.generate_gml(nx.MultiGraph([(0, 1), (0, 1)]))),
        {"problem_type": "maxcut"},
        "merge parallel edges",
    ),
    "road.tsp": (
        "TYPE: SOP\nDIMENSION: 2\nEDGE_WEIGHT_TYPE: EUC_2D\n",
        {},
        "of type SOP; TSP, ATSP and CVRP are read",
    ),
    "few.tsp": (
        "DIMENSION: 3\nEDGE_WEIGHT_TYPE: EXPLICIT\nEDGE_WEIGHT_FORMAT: UPPER_ROW\n"
        "EDGE_WEIGHT_SECTION\n1 2\nEOF\n",
        {},
        "need 3 distances, but there are 2",
    ),
    "limits.kp": ("1\n2 2 9\n3 4\n1 1\n2 2\n5 5\n", {}, "2 capacities at once"),
    "count.lp": ("Minimize\n obj: i\nGeneral\n i\nEnd\n", {}, "'i' has no highest value"),
    "real.lp": ("Minimize\n obj: x\nEnd\n", {}, "variable 'x' is continuous.* under General"),
    "square.lp": (
        "Minimize\n obj: x\nSubject To\n [ x * y ] <= 1\nBinary\n x y\nEnd\n",
        {},
        r"quadratic constraints are not supported by HiGHS \(line 4\)",
    ),
    "sets.lp": (
        "Minimize\n obj: x\nSOS\n s1: S1:: x:1 y:2\nBinary\n x y\nEnd\n",
        {},
        "SOS constraints are not supported",
    ),
    "end.lp": ("Minimize\n obj: x\nBinary\n x\n", {}, "must finish with the keyword `end`"),
    "cut.mps": ("NAME\nROWS\n N c\nCOLUMNS\n", {}, "cut off"),
    "word.mps": (MPS.replace("2.0", "two"), {}, "line 8 has 'two' where a number belongs"),
    "row.mps": (MPS.replace(" x c 1", " x d 1"), {}, "line 7 names 'd', which ROWS lacks"),
    "bound.mps": (MPS.replace("B x 4", "B z 4"), {}, "names 'z', which COLUMNS lacks"),
    "short.mps": (MPS.replace("ENDATA", "QUADOBJ\n x y3\nENDATA"), {}, "QUADOBJ has 2 words"),
    "section.mps": (MPS.replace("BOUNDS", "BO^UNDS"), {}, "no section that is read"),
    "space.mps": (MPS.replace(" y ", " y 1 "), {}, "with spaces"),
    "demand.tsp": (
        "TYPE: TSP\nDIMENSION: 2\nCAPACITY: 3\nEDGE_WEIGHT_TYPE: EUC_2D\n",
        {},
        "has CAPACITY, which a tour does not depend on",
    ),
    "depots.vrp": (
        "TYPE: CVRP\nDIMENSION: 2\nEDGE_WEIGHT_TYPE: EUC_2D\nNODE_COORD_SECTION\n1 0 0\n2 1 1\n"
        "DEPOT_SECTION\n1\n2\n-1\n",
        {},
        "has 2 depots",
    ),
    "short.dat": ("2 3\n1 2 3 3\n4 5 6\n", {}, "3 coefficients and the right side"),
    "cut.dat": ("2 3\n1 2 3 3\n", {}, "announces 2 equations and has 1"),
    "cut.gset": ("800 19176\n1 2 1\n2 3 1\n", {}, "announces 19176 entries and has 2"),
    "G1": ("800 19176\n1 2 1\n2 3 1\n", {"problem_type": "maxcut"}, "numbers of nodes and edges"),
    "word.txt": ("Bw\n", {"problem_type": "maxcut"}, "not recognised"),
    "net.adjlist": ("0 1 2\n1 2 3\n", {"problem_type": "maxcut"}, "read_adjlist"),
    "matrix.json": ("[[0, 1], [1, 0]]", {"problem_type": "qubo"}, "Write a matrix as"),
    "wide.edges": ("a b\n".encode("utf-16"), {"problem_type": "maxcut"}, "save it as UTF-8"),
    "cut.cnf.gz": (gzip.compress(b"p cnf 1 1\n1 0\n")[:-9], {}, "damaged packed file"),
    # Not a format.
    "c.qasm": ("OPENQASM 3.0;", {}, "a circuit is not a problem"),
    "g.dot": ("graph { a -- b }", {}, "GraphML"),
    "g.pickle": (b"\x80\x04\x95", {}, "run code"),
    "note.txt": ("Dear reader, this is a letter; it holds no graph at all.\n", {}, "recognised"),
    "empty.edges": ("", {"problem_type": "maxcut"}, "file is empty"),
    "cut.json": ('{"nodes": [', {}, "is not JSON"),
    "list.json": ("[1, 2]", {}, "must hold a JSON object, not list"),
    "nodes.edges": ("max bob\nbob cnf\n", {}, "holds a graph"),
    "zs.edges": ("Z1 Z2\nZ2 Z3\n", {}, "holds a graph"),
    "first.edges": ("3 2\n1 2\n2 3\n", {}, "holds a graph"),
    "bytes.dat": (b"\xff\xfe\x00", {}, "not a text file in UTF-8"),
}


@pytest.mark.parametrize("name", WRONG)
def test_message(name: str, tmp_path: Path) -> None:
    text, given, message = WRONG[name]
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ProblemError, match=message) as caught:
        load_problem(path, **given)
    said = str(caught.value)
    assert "\n" not in said
    assert said.endswith((".", "?", "'"))


def test_arrays_of_other_shapes() -> None:
    with pytest.raises(ProblemError, match=r"array of shape \(3,\) is no matrix"):
        load_problem(np.zeros(3), problem_type="qubo")
    with pytest.raises(ProblemError, match="real numbers, not complex128"):
        load_problem(np.eye(2) * 1j, problem_type="qubo")


def test_attributes_given_twice() -> None:
    text = "p max 2 1\nn 1 s\nn 2 t\na 1 2 3\n"
    with pytest.raises(ProblemError, match="source is given twice, as 1 and as 2"):
        load_problem(text, attributes={"source": 2})
