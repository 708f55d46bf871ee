"""The formats by name: suffixes, how each is told from its content, and the module that reads it.

What a text says of itself decides (a banner, a keyword, a bracket); where it says nothing, the
file's suffix does; and where that is unknown, counts of words and lines do. Adding a format is one
module, its test, and one line here. Modules are imported when they are used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from quasar.core.errors import ProblemError
from quasar.problems.formats.content import Content
from quasar.problems.formats.written import Export

_Said = Literal["itself", "counts", "suffix"]


@dataclass(frozen=True)
class FileFormat:
    """A file format.

    Attributes:
        title: what people call it.
        suffixes: of its files, lower case, the first being the usual one.
        module: in this package.
        told_by: whether `sniff` recognises what the text says of itself, or merely counts words
            and lines; `suffix`: it cannot be told from its content.
        read: the module's function that reads it.
        sniff: the one that tells it.
        only_for: counts of words tell it only where this problem type is asked for.
        binary: it reads bytes.
        write: the function that writes it, behind its module and a dot where that is another one;
            empty: it is not written.
        unwritten: suffixes of files that are read only.
        first: the lowest of the numbers by which it calls nodes or variables.
    """

    title: str
    suffixes: tuple[str, ...]
    module: str
    told_by: _Said = "itself"
    read: str = "read"
    sniff: str = "sniff"
    only_for: str | None = None
    binary: bool = False
    write: str = ""
    unwritten: tuple[str, ...] = ()
    first: int = 1

    @property
    def written(self) -> tuple[str, ...]:
        """The suffixes of files that can be written."""
        return tuple(s for s in self.suffixes if self.write and s not in self.unwritten)

    def function(self, name: str) -> Callable[..., Any]:
        """A function of its module, or by `MODULE.NAME` of another one of this package."""
        module, _, own = f"{self.module}.{name}".rpartition(".")
        home = import_module(f"quasar.problems.formats.{module.rpartition('.')[2]}")
        found: Callable[..., Any] = getattr(home, own)
        return found

    def content(self, source: str | bytes) -> Content:
        """What a file of this format states.

        Raises:
            ProblemError: it is not of this format, or not read; the message names the format.
        """
        try:
            found: Content = self.function(self.read)(source)
        except ProblemError as error:
            raise ProblemError(f"read as {self.title}: {error}") from None
        return found

    def file(self, written: Export) -> str | bytes:
        """A problem in this format.

        Raises:
            ProblemError: the format has no place for something in it.
        """
        out: str | bytes = self.function(self.write)(written)
        return out


FORMATS: tuple[FileFormat, ...] = (
    FileFormat("GraphML", (".graphml",), "graphml", write="write"),
    FileFormat("GEXF", (".gexf",), "gexf", write="write"),
    FileFormat("GML", (".gml",), "gml", write="write"),
    FileFormat("Matrix Market", (".mtx", ".mm"), "matrix_market", write="write"),
    FileFormat("DIMACS graph", (".dimacs", ".col", ".clq", ".gph"), "dimacs_graph", write="write"),
    FileFormat("DIMACS CNF", (".cnf", ".wcnf"), "cnf", write="write"),
    FileFormat(".qubo", (".qubo",), "qubo_file", write="write", first=0),
    FileFormat("dimod's COO", (".coo",), "coo", write="write", first=0),
    FileFormat("TSPLIB", (".tsp", ".atsp", ".vrp"), "tsplib", write="write", unwritten=(".vrp",)),
    FileFormat(
        "LP", (".lp",), "highs", read="read_lp", sniff="sniff_lp", write="program_text.write_lp"
    ),
    FileFormat(
        "MPS",
        (".mps",),
        "highs",
        read="read_mps",
        sniff="sniff_mps",
        write="program_text.write_mps",
    ),
    FileFormat(
        "graph6 or sparse6", (".g6", ".s6", ".graph6", ".sparse6"), "graph6", write="write", first=0
    ),
    FileFormat("Gset (rudy)", (".rud", ".rudy", ".gset", ".mc"), "gset", "counts", write="write"),
    FileFormat(
        "a quadratic problem of the Biq Mac library",
        (".sparse",),
        "gset",
        "suffix",
        read="read_minimised",
    ),
    FileFormat("Beasley's quadratic problem", (".bqp",), "gset", "suffix", read="read_maximised"),
    FileFormat("QOBLIB's sparse QUBO", (".qs",), "qubo_sparse"),
    FileFormat("QOBLIB's market split", (".dat",), "market_split", "counts"),
    FileFormat("METIS", (".metis", ".graph"), "metis", "counts", write="write"),
    FileFormat(
        "an OR-Library portfolio",
        (".port",),
        "or_library",
        "counts",
        read="read_portfolio",
        sniff="sniff_portfolio",
    ),
    FileFormat(
        "an OR-Library knapsack",
        (".mknap",),
        "or_library",
        "counts",
        read="read_knapsack",
        sniff="sniff_mknap",
    ),
    FileFormat(
        "a knapsack file",
        (".kp", ".knapsack"),
        "or_library",
        "counts",
        read="read_knapsack",
        sniff="sniff_items",
        only_for="knapsack",
    ),
    FileFormat("a Hamiltonian", (".ham", ".hamiltonian"), "hamiltonian_text", "counts"),
    FileFormat("CSV", (".csv", ".tsv"), "delimited", "counts", write="write"),
    FileFormat(
        "an edge list", (".edgelist", ".edges", ".el"), "edge_list", "counts", write="write"
    ),
    FileFormat(
        "NumPy", (".npy",), "matrices", binary=True, sniff="sniff_npy", write="write", first=0
    ),
)
_PARTLY_READ = {
    ".qasm": "a circuit is not a problem; `quasar verify CIRCUIT --problem FILE` takes both",
    ".npz": "save one matrix by numpy.save (.npy)",
    ".xml": "export it as GraphML",
    ".dot": "convert it to GraphML, e.g. by networkx.nx_pydot.read_dot and networkx.write_graphml",
    ".gv": "convert it to GraphML, e.g. by networkx.nx_pydot.read_dot and networkx.write_graphml",
    ".net": "convert it, e.g. by networkx.read_pajek and networkx.write_graphml",
    ".adjlist": "convert it, e.g. by networkx.read_adjlist and networkx.write_edgelist",
    ".multiline_adjlist": "convert it, e.g. by networkx.read_multiline_adjlist and "
    "networkx.write_edgelist",
    ".xlsx": "export it as CSV",
    ".pkl": "pickles run code on loading: write GraphML or JSON from Python",
    ".pickle": "pickles run code on loading: write GraphML or JSON from Python",
}
"""Suffixes of files that are not read, and what to do."""

KNOWN = ", ".join([".json", *(f.suffixes[0] for f in FORMATS)])


def by_suffix(suffix: str) -> FileFormat | None:
    """The format of a suffix; None for JSON and unknown ones."""
    return next((f for f in FORMATS if suffix.lower() in f.suffixes), None)


def detect(source: bytes | str, suffix: str = "", problem_type: str | None = None) -> FileFormat:
    """The format of a file that is not JSON.

    Args:
        source: the content; bytes where it is no UTF-8.
        suffix: of the file's name, with its dot; empty for text without a name.
        problem_type: the type that is asked for, if one is.

    Raises:
        ProblemError: none that is read; the message says what to do.
    """
    suffix = suffix.lower()
    if suffix in _PARTLY_READ:
        raise ProblemError(f"{suffix} files are not read: {_PARTLY_READ[suffix]}.")
    named = by_suffix(suffix)
    if isinstance(source, bytes):
        found = next((f for f in FORMATS if f.binary and f.function(f.sniff)(source)), None)
        if found is None:
            raise ProblemError(
                "is not a text file in UTF-8: save it as UTF-8; a set of records goes with "
                "--records."
            )
        return found
    text = source.lstrip("\ufeff")
    if not text.strip():
        raise ProblemError("the file is empty.")
    texts = [f for f in FORMATS if not f.binary]
    # A graph6 line may look like anything; only its header or its suffix tells it.
    for told_by in ("itself", "counts"):
        likely = [f for f in texts if f.told_by == told_by and f.only_for in (None, problem_type)]
        found = next((f for f in likely if f.function(f.sniff)(text)), None)
        if found is not None and (told_by == "itself" or named is None):
            return found
        if named is not None and told_by == "itself":
            return named
    raise ProblemError(
        f"the format is not recognised; what is read is {KNOWN} (docs/formats.md has an example "
        "of each). Give the file the suffix of its format."
    )
