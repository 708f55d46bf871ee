"""One program of each kind that the project writes, and of those that its models write."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import networkx as nx
import numpy as np

from quasar.agent.generate import Generation, generate
from quasar.circuits.circuit import Circuit
from quasar.circuits.emit import emit
from quasar.circuits.qasm import parse
from quasar.circuits.sim19 import NUMBERS, sim
from quasar.models.designer import DesignerSettings, design
from quasar.optimize.decimation import SpinFix
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.problems.maxcut import MaxCut
from quasar.prompts.answer_plan import AnswerPlan
from quasar.prompts.compact_answer import answer_text, circuit_text
from quasar.simulate.engine import get_engine
from support.random_circuits import all_gates_circuit

HAND_WRITTEN = """OPENQASM 3;
include "stdgates.inc";
gate zz(t) a, b { cx a, b; rz(2 * t) b; cx a, b; }
qubit[2] a;
qubit[2] b;
bit[4] out;
h a;
h b;
for int i in [0:1] { zz(pi / 7) a, b; }
inv @ zz(0.3) a[0], a[1];
ctrl @ sx b[0], b[1];
negctrl @ ry(0.7) a[1], b[1];
cu(0.1, 0.2, 0.3, 0.4) b[0], a[0];
pow(2) @ t a[0];
out[0] = measure b[1];
out[1] = measure a[0];
out[2] = measure b[0];
out[3] = measure a[1];
"""


def small_problem() -> EncodedProblem:
    graph = nx.Graph([(0, 1), (1, 2), (2, 0), (2, 3)])
    for i, (_, _, data) in enumerate(graph.edges(data=True)):
        data["weight"] = 1.0 + i / 7
    return load_problem(MaxCut(graph))


@cache
def emitted(name: str) -> str:
    """The program of one of `KINDS`; those with a random part are the same in every run."""
    return KINDS[name]()


def distribution(text: str) -> np.ndarray:
    """Of the program's answer, shape [2**w], by the default engine."""
    return get_engine().run(parse(text, header="language")).distribution()


def _designed(algorithm: str, style: str) -> str:
    settings = DesignerSettings(style=style, algorithm=algorithm, max_evaluations=40)
    return next(iter(design(small_problem().hamiltonian, settings))).qasm


@cache
def _generation() -> Generation:
    return generate(small_problem(), "nano", refine={"max_evaluations": 60}, sandbox=False)


def _by_nano(origin: str) -> str:
    return next(made.qasm for made in _generation().candidates if made.origin == origin)


def _planned(plan: AnswerPlan) -> str:
    return answer_text(small_problem().hamiltonian, plan)


def _template(number: int, write: Callable[[Circuit], str]) -> str:
    ansatz = sim(number, 4, 1)
    angles = np.random.default_rng(number).uniform(-3, 3, ansatz.n_parameters)
    return write(ansatz.bind(angles))


_FIXED = tuple(SpinFix(qubit, 0.0, qubit % 2) for qubit in range(4))
KINDS: dict[str, Callable[[], str]] = {
    **{
        f"{algorithm}, {style}": partial(_designed, algorithm, style)
        for style in ("converged", "agent-q")
        for algorithm in ("qaoa", "vqe", "adaptive_vqe")
    },
    "nano": partial(_by_nano, "model"),
    "polished": partial(_by_nano, "polished"),
    "compact qaoa": partial(_planned, AnswerPlan("qaoa", angles=(0.4, 0.7, 0.8, 0.3), layers=2)),
    "compact warm": partial(_planned, AnswerPlan("warm", decisions=_FIXED)),
    "compact adaptive": partial(_planned, AnswerPlan("adaptive", decisions=_FIXED)),
    "compact gates": partial(_template, 2, circuit_text),
    **{f"sim {number}": partial(_template, number, emit) for number in NUMBERS},
    "every gate": partial(emit, all_gates_circuit(), decimals=3),
    "by hand": partial(str, HAND_WRITTEN),
}
