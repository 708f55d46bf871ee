"""How nano is asked for a target task: its name and what an answer depends on, in few words.

    dicke n5 k2
    graph_state n3 q[0],q[1];
    q[1],q[2];

Kets have qubit 0 first, as `b0b1b1`. Of an oracle only its size is told: the program around it does
not depend on what it holds. Amplitudes, sets and permutations, from which no small model can
compute angles, are not told either: there it names a construction, and the gates follow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from quasar.core.errors import InputError
from quasar.prompts.chat import Message
from quasar.prompts.task_vocabulary import LETTERS, MOST_QUBITS, TAUGHT, number
from quasar.tasks.task import TargetTask

TASK_STYLE: Final = "compact-tasks"
"""What the profile of a model that was trained on this style calls it."""
LARGEST = 8
"""Most qubits of a task; codes may have more."""
WRITTEN_PHASES = 4
"""Most qubits of given phases that are told, and turned one by one."""
NAMED_FAMILIES = ("uniform", "amplitudes", "permutation", "diagonal")
"""Tasks whose answer may name a construction."""


def task_prompt(task: TargetTask) -> str:
    """The text of the user's turn.

    Raises:
        InputError: the task is larger than the style, or of a form that it has no words for.
    """
    if task.name not in TAUGHT:
        raise InputError(
            f"nano has not learnt the task {task.name!r}: use --model designer, or a larger model."
        )
    if task.n_qubits > LARGEST and task.family != "code":
        raise InputError(
            f"nano's style covers tasks of up to {LARGEST} qubits, not {task.n_qubits}: use "
            "--model designer, or a larger model."
        )
    given = _STATED.get(task.name)
    return f"{task.name} n{task.n_qubits} {'' if given is None else given(task)}"


def task_messages(task: TargetTask) -> list[Message]:
    """The chat that asks nano for a task; raises as `task_prompt`."""
    return [{"role": "user", "content": task_prompt(task)}]


def ket(bits: str) -> str:
    """A bit string, whose last letter is qubit 0, with qubit 0 first."""
    return "".join(f"b{bit}" for bit in reversed(bits))


def terms_by_value(task: Any) -> dict[str, list[tuple[tuple[int, str], ...]]]:
    """Pauli strings of an evolution's Hamiltonian, by the text of their coefficient.

    Raises:
        InputError: a string that the style cannot say, or too many different coefficients.
    """
    groups: dict[str, list[tuple[tuple[int, str], ...]]] = {}
    for pauli, coefficient in task.hamiltonian.pauli_terms().items():
        if len(pauli) > 2 or len({axis for _, axis in pauli}) > 1:
            raise InputError(
                "nano's style covers Hamiltonians of single letters and of pairs of equal "
                "letters (such as X0*X1): use --model designer."
            )
        if pauli:
            groups.setdefault(number(coefficient), []).append(pauli)
    if len(groups) > len(LETTERS):
        raise InputError(
            f"nano's style covers Hamiltonians of up to {len(LETTERS)} different coefficients, "
            f"not {len(groups)}: use --model designer."
        )
    return groups


def _evolution(task: Any) -> str:
    groups = terms_by_value(task)
    parts = [f"t {number(task.time)}e {number(task.error)}"]
    for value, strings in groups.items():
        listed = ", ".join("".join(f"{axis}{q}" for q, axis in pauli) for pauli in strings)
        parts.append(f"; {value}, {listed}")
    return "".join(parts)


def _diagonal(task: Any) -> str:
    if task.qubits > WRITTEN_PHASES:
        return ""
    return "".join(f"{number(phase)}, " for phase in task.phases)


_STATED: dict[str, Callable[[Any], str]] = {
    "dicke": lambda task: f"k{task.k} ",
    "cluster": lambda task: f"r{task.rows} ",
    "graph_state": lambda task: "".join(f"q[{u}],q[{v}];\n" for u, v in task.edges),
    "cat": lambda task: f"{ket(task.string)}, {number(task.phase)}",
    "uniform": lambda task: f"m{min(len(task.strings), MOST_QUBITS)} ",
    "qft": lambda task: "inverse " if task.inverse else "",
    "multi_controlled": lambda task: (
        f"p {number(task.angle)}" if task.gate == "p" else f"{task.gate} "
    ),
    "diagonal": _diagonal,
    "grover": lambda task: f"m{min(len(task.marked), MOST_QUBITS)} ",
    "hadamard_test": lambda task: f"{task.part} ",
    "evolution": _evolution,
    "encoder": lambda task: f"{task.code} ",
    "syndrome": lambda task: f"{task.code} ",
}
"""What is said beside name and size."""
