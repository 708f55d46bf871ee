"""Prompts for general language models: what is wanted, worked examples, then the problem.

A system message states the task, the dialect of OpenQASM 3.0, the meaning of the bits and the form
of the answer; three solved problems follow as turns of the chat; the last turn is the problem with
its Hamiltonian. The problem's turn is written by the same code as the examples', so that a model
sees one form only. The next turns of a refinement are worded by `observation.py`.

The examples' circuits are frozen text of this project's own optimiser (`converge` with 4 decimals,
`ground="all"` for the last two): a prompt must not change with a machine's rounding. A test holds
them to their problems with the verifier.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import networkx as nx

from quasar.core.labels import to_json
from quasar.problems.base import EncodedProblem, Problem, encode
from quasar.problems.max_independent_set import MaxIndependentSet
from quasar.problems.maxcut import MaxCut
from quasar.problems.vertex_cover import VertexCover
from quasar.prompts.chat import Message, Request
from quasar.prompts.observation import ANSWER_FORM, InWords
from quasar.prompts.published import graph_text

SYSTEM = f"""\
You design quantum circuits that solve optimisation problems. You write one OpenQASM 3.0 program \
whose final state has the lowest energy <H> you can reach; measuring it then gives the solution.

Energy and bits
- H is a weighted sum of products of Z(i); Z(i) acts on qubit q[i] and is +1 where q[i] is \
measured as 0 and -1 where it is measured as 1.
- Qubit q[i] stands for a binary variable that is 1 (selected, true) where q[i] is measured as 0.
- The angles are yours to choose: they are not optimised afterwards.

Program
- It starts with `OPENQASM 3.0;` and `include "stdgates.inc";`, then declares `bit[n] c;` and \
`qubit[n] q;` with exactly the n of the task.
- Gates, one a line: h x y z s sdg t tdg sx, rx ry rz p (one angle), cx cy cz ch swap, cp crx cry \
crz (one angle), ccx cswap. There is no rzz, rxx or ryy: exp(-i a Z(0)Z(1)) is \
`cx q[1], q[0]; rz(2a) q[0]; cx q[1], q[0];`.
- Every angle is a number in radians: no free parameters, loops, functions or branches.
- It ends by measuring every qubit: `c[0] = measure q[0];` and so on.

{ANSWER_FORM}"""

_WAYS = {
    "qaoa": "QAOA: h on every qubit, then in each layer exp(-i gamma H) and exp(-i beta X) on "
    "every qubit, with a gamma and a beta of its own",
    "vqe": "VQE: a fixed pattern of rotations and entangling gates, every rotation with an angle "
    "of its own",
    "adaptive_vqe": "adaptive VQE: h on every qubit, then only such rx, ry, rz, crx, cry, crz as "
    "lower the energy, one after the other",
}

_STYLES = {
    "converged": "Choose the angles that give this circuit its lowest energy.",
    "agent-q": "Choose the angles as in the Agent-Q data set: those of a gradient descent from "
    "angles near 0 that stops as soon as the most probable state is optimal.",
}


class FewShot(InWords):
    """Style `few-shot`: system message, examples as turns, the problem."""

    name = "few-shot"

    def render(self, problem: EncodedProblem, request: Request) -> list[Message]:
        """The chat, see `PromptStyle`.

        Raises:
            InputError: a request that cannot be met, or a graph that JSON cannot hold.
        """
        task = task_text(problem, request)
        return [*_opening(), {"role": "user", "content": task}]


def task_text(problem: EncodedProblem, request: Request) -> str:
    """The problem, its Hamiltonian and the request in words: the user's turn.

    Raises:
        InputError: a request that cannot be met, or a graph that JSON cannot hold.
    """
    request = request.checked()
    lines = [*_problem_lines(problem.problem), f"Qubits: {problem.n_qubits}"]
    if problem.variables:
        meaning = (f"q[{i}]: {to_json(label)}" for i, label in enumerate(problem.variables))
        lines.append(f"Variables: {', '.join(meaning)}")
    return "\n".join(
        [*lines, f"H = {_hamiltonian_text(problem)}", _way(request), _STYLES[request.style]]
    )


def _problem_lines(source: Problem | None) -> list[str]:
    if source is None:
        return ["Find a state of lowest energy of the Hamiltonian below."]
    details = source.prompt_details().rstrip(".")
    lines = [f"{source.title}.", f"Problem: {source.problem_type} {details}".rstrip()]
    graph = source.to_data().get("graph")
    return lines if graph is None else [*lines, f"Graph: {graph_text(graph)}"]


def _hamiltonian_text(problem: EncodedProblem) -> str:
    """The records' notation with six digits, which is more than a written angle needs."""
    terms = sorted(problem.hamiltonian.terms.items(), key=lambda item: (-len(item[0]), item[0]))
    parts = []
    for qubits, c in terms:
        zs = " @ ".join(f"Z({i})" for i in qubits)
        parts.append(f"{c:.6g} * {f'({zs})' if len(qubits) > 1 else zs}")
    return " + ".join(parts) or "0"


def _way(request: Request) -> str:
    if request.algorithm is None:
        if request.layers is None:
            return "Algorithm: your choice."
        return f"Algorithm: your choice, with {_layers(request.layers)}."
    way = f"Algorithm: {_WAYS[request.algorithm]}"
    if request.layers is None or request.algorithm == "adaptive_vqe":  # which has no layers
        return f"{way}."
    return f"{way}; {_layers(request.layers)}."


def _layers(layers: int) -> str:
    return "1 layer" if layers == 1 else f"{layers} layers"


# --- examples -------------------------------------------------------------------------------------


class Example(NamedTuple):
    """A solved problem: what was asked, and the circuit."""

    problem: EncodedProblem
    request: Request
    qasm: str


@cache
def examples() -> tuple[Example, ...]:
    """The worked examples, one of each algorithm."""
    return (
        Example(encode(MaxCut(nx.path_graph(3))), Request("qaoa", 2), _program(3, _QAOA)),
        Example(encode(MaxIndependentSet(nx.cycle_graph(4))), Request("vqe", 1), _program(4, _VQE)),
        Example(
            encode(VertexCover(nx.path_graph(4))), Request("adaptive_vqe"), _program(4, _ADAPTIVE)
        ),
    )


def _opening() -> list[Message]:
    """System message and examples: the same for every problem."""
    chat: list[Message] = [{"role": "system", "content": SYSTEM}]
    for problem, request, qasm in examples():
        chat.append({"role": "user", "content": task_text(problem, request)})
        chat.append({"role": "assistant", "content": f"```qasm\n{qasm}\n```"})
    return chat


def _program(n_qubits: int, gates: str) -> str:
    """A whole program from gates separated by `;`."""
    return "\n".join(
        [
            "OPENQASM 3.0;",
            'include "stdgates.inc";',
            f"bit[{n_qubits}] c;",
            f"qubit[{n_qubits}] q;",
            *(f"{gate.strip()};" for gate in gates.split(";")),
            *(f"c[{i}] = measure q[{i}];" for i in range(n_qubits)),
        ]
    )


_QAOA = """\
h q[0]; h q[1]; h q[2];
cx q[1], q[0]; rz(1.0623) q[0]; cx q[1], q[0]; cx q[2], q[1]; rz(1.0623) q[1]; cx q[2], q[1];
h q[0]; rz(-1.0396) q[0]; h q[0]; h q[1]; rz(-1.0396) q[1]; h q[1]; h q[2]; rz(-1.0396) q[2];
h q[2];
cx q[1], q[0]; rz(1.7576) q[0]; cx q[1], q[0]; cx q[2], q[1]; rz(1.7576) q[1]; cx q[2], q[1];
h q[0]; rz(-0.718) q[0]; h q[0]; h q[1]; rz(-0.718) q[1]; h q[1]; h q[2]; rz(-0.718) q[2]; h q[2]"""

_VQE = """\
cx q[3], q[0]; cx q[2], q[3]; cx q[1], q[2]; cx q[0], q[1];
ry(1.5708) q[0]; ry(3.1416) q[1]; ry(3.1416) q[3];
cx q[3], q[2]; cx q[0], q[3]; cx q[0], q[1]; cx q[1], q[2]"""

_ADAPTIVE = """\
h q[0]; h q[1]; h q[2]; h q[3];
ry(-1.5708) q[1]; ry(1.5708) q[0]; cry(-3.1416) q[2], q[3]; ry(1.5708) q[2]"""
