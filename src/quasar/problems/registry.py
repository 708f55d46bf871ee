"""The problem types by name. Adding one is one file, its test, and one line here.

`PROBLEMS` are those whose answers are bit strings; `OBSERVABLES` those whose answer is the ground
state of an observable. What draws, encodes or trains on graph problems takes the first alone.
"""

from __future__ import annotations

import difflib
import re

from quasar.core.errors import ProblemError
from quasar.problems.base import Problem
from quasar.problems.bin_packing import BinPacking
from quasar.problems.community_detection import CommunityDetection
from quasar.problems.connected_components import ConnectedComponents
from quasar.problems.edge_cover import EdgeCover
from quasar.problems.exact_cover import ExactCover
from quasar.problems.feedback_vertex_set import FeedbackVertexSet
from quasar.problems.graph_coloring import GraphColoring
from quasar.problems.graph_isomorphism import GraphIsomorphism
from quasar.problems.graph_partitioning import GraphPartitioning
from quasar.problems.hamiltonian_path import HamiltonianPath
from quasar.problems.hubo import Hubo
from quasar.problems.hypermaxcut import HyperMaxCut
from quasar.problems.integer_program import IntegerProgram
from quasar.problems.ising import Ising
from quasar.problems.job_shop import JobShop
from quasar.problems.kclique import KClique
from quasar.problems.knapsack import Knapsack
from quasar.problems.labs import LowAutocorrelation
from quasar.problems.matching import Matching
from quasar.problems.max_3sat import MaxThreeSat
from quasar.problems.max_clique import MaxClique
from quasar.problems.max_flow import MaxFlow
from quasar.problems.max_independent_set import MaxIndependentSet
from quasar.problems.max_k_cut import MaxKCut
from quasar.problems.max_sat import MaxSat
from quasar.problems.max_weight_matching import MaxWeightMatching
from quasar.problems.maxcut import MaxCut
from quasar.problems.min_cut import MinCut
from quasar.problems.minimum_dominating_set import DominatingSet
from quasar.problems.number_partitioning import NumberPartitioning
from quasar.problems.portfolio import Portfolio
from quasar.problems.quadratic_assignment import QuadraticAssignment
from quasar.problems.quadratic_knapsack import QuadraticKnapsack
from quasar.problems.quantum.fermi_hubbard import FermiHubbard
from quasar.problems.quantum.molecule import Molecule
from quasar.problems.quantum.observable import ObservableGround, ObservableProblem
from quasar.problems.quantum.spin_models import Heisenberg, TransverseFieldIsing, Xxz
from quasar.problems.qubo import Qubo
from quasar.problems.set_cover import SetCover
from quasar.problems.set_packing import SetPacking
from quasar.problems.tsp import TravelingSalesperson
from quasar.problems.vehicle_routing import VehicleRouting
from quasar.problems.vertex_cover import VertexCover

_TYPES: tuple[type[Problem], ...] = (
    VertexCover,
    EdgeCover,
    Matching,
    KClique,
    ConnectedComponents,
    GraphColoring,
    CommunityDetection,
    GraphIsomorphism,
    HamiltonianPath,
    MinCut,
    MaxFlow,
    HyperMaxCut,
    MaxCut,
    MaxIndependentSet,
    TravelingSalesperson,
    NumberPartitioning,
    Knapsack,
    Portfolio,
    MaxThreeSat,
    Qubo,
    Hubo,
    Ising,
    LowAutocorrelation,
    SetCover,
    SetPacking,
    ExactCover,
    MaxKCut,
    GraphPartitioning,
    DominatingSet,
    MaxClique,
    MaxWeightMatching,
    FeedbackVertexSet,
    MaxSat,
    QuadraticKnapsack,
    QuadraticAssignment,
    BinPacking,
    VehicleRouting,
    JobShop,
    IntegerProgram,
)

ALIASES = {
    "mis": "max_independent_set",
    "independentset": "max_independent_set",
    "maximumindependentset": "max_independent_set",
    "mvc": "vertex_cover",
    "minvertexcover": "vertex_cover",
    "minimumvertexcover": "vertex_cover",
    "maximumcut": "maxcut",
    "mincut": "min_cut",
    "minimumcut": "min_cut",
    "maximumflow": "max_flow",
    "travelingsalesman": "tsp",
    "travellingsalesman": "tsp",
    "travelingsalesperson": "tsp",
    "travellingsalesperson": "tsp",
    "atsp": "tsp",
    "3sat": "max_3sat",
    "max3sat": "max_3sat",
    "coloring": "graph_coloring",
    "colouring": "graph_coloring",
    "graphcolouring": "graph_coloring",
    "vertexcoloring": "graph_coloring",
    "isomorphism": "graph_isomorphism",
    "numberpartition": "number_partitioning",
    "portfoliooptimization": "portfolio",
    "sat": "max_sat",
    "ksat": "max_sat",
    "maxclique": "max_clique",
    "maximumclique": "max_clique",
    "dominatingset": "minimum_dominating_set",
    "maximumweightmatching": "max_weight_matching",
    "maximumkcut": "max_k_cut",
    "binaryprogram": "integer_program",
    "integerprogramming": "integer_program",
    "quadraticprogram": "integer_program",
    "ilp": "integer_program",
    "bip": "integer_program",
    "pubo": "hubo",
    "hobo": "hubo",
    "spinglass": "ising",
    "transversefieldising": "tfim",
    "transverseising": "tfim",
    "hubbard": "fermi_hubbard",
}
"""Other names of problem types, without separators and capitals."""

PROBLEMS: dict[str, type[Problem]] = {cls.problem_type: cls for cls in _TYPES}
OBSERVABLES: dict[str, type[ObservableProblem]] = {
    cls.problem_type: cls
    for cls in (
        ObservableGround,
        TransverseFieldIsing,
        Heisenberg,
        Xxz,
        FermiHubbard,
        Molecule,
    )
}


def problem_class(problem_type: str) -> type[Problem]:
    """The class of a problem type, also by another name or spelling (`MaxCut`, `mis`).

    Raises:
        ProblemError: unknown name; the message lists the known ones.
    """
    types = all_types()
    try:
        return types[problem_type]
    except (KeyError, TypeError):
        pass
    plain = re.sub(r"[\W_]", "", str(problem_type)).lower()
    names = ALIASES | {name.replace("_", ""): name for name in types}
    if isinstance(problem_type, str) and plain in names:
        return types[names[plain]]
    near = difflib.get_close_matches(plain, names, 1, 0.6)
    meant = f"did you mean {names[near[0]]!r}? Known" if near else "known"
    raise ProblemError(
        f"unknown problem type {problem_type!r}; {meant}: {', '.join(sorted(types))}."
    )


def all_types() -> dict[str, type[Problem]]:
    """Every problem type by its name, in alphabetical order: bit strings, then quantum states."""
    return {**dict(sorted(PROBLEMS.items())), **dict(sorted(OBSERVABLES.items()))}
