"""Answers to target tasks in nano's style: how known ones are written, and what follows from them.

An answer is a program in the words of `task_vocabulary`, without the definition of an oracle, which
`task_program` puts in; or, for `NAMED_FAMILIES`, a comment that names a construction, whose gates
`task_program` writes. `known_answer` gives what nano learns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from quasar.circuits.circuit import Gate
from quasar.circuits.qasm import parse
from quasar.core.errors import CircuitError
from quasar.prompts.compact_answer import HEADER
from quasar.prompts.task_style import NAMED_FAMILIES, WRITTEN_PHASES, terms_by_value
from quasar.prompts.task_vocabulary import (
    CLOSE,
    LETTERS,
    LOOP,
    MOST_QUBITS,
    NAMES,
    OPEN,
    PAIRS,
    PLAIN,
    TURNED,
    angle,
    number,
)
from quasar.tasks.oracle_task import OracleTask
from quasar.tasks.task import TargetTask


def task_program(task: TargetTask, answer: str) -> tuple[str, bool]:
    """The program that an answer stands for, and whether it named a construction.

    Returns:
        The text as it is where nothing follows from it.
    """
    body = answer.removeprefix(HEADER)
    if body.startswith(NAMES):
        wanted = body.removeprefix(NAMES).strip()
        for made in task.constructions():
            if made.name == wanted:
                return f"// nano names the construction: {wanted}\n{made.qasm}", True
        return answer, False
    if isinstance(task, OracleTask) and answer.startswith(HEADER):
        return f"{HEADER}{task.oracle()}\n{body}", False
    return answer, False


def known_answer(task: TargetTask) -> str | None:
    """The answer that nano is taught; None where the style has no words for one."""
    special = _SPECIAL.get(task.name)
    if special is not None:
        return special(task)
    if task.name in NAMED_FAMILIES:
        return f"{HEADER}{NAMES}{_cheapest(task)}\n"
    chosen = _CHOSEN.get(task.name, 0)
    made = list(task.constructions())
    circuit = parse(made[min(chosen, len(made) - 1)].qasm).circuit
    if circuit is None or circuit.n_qubits > MOST_QUBITS:
        return None
    return program(circuit.n_qubits, circuit.gates)


def program(qubits: int, gates: Iterable[Gate]) -> str | None:
    """A program of gates; None where one is not among the style's words."""
    body = []
    for made in gates:
        text = statement(made)
        if text is None:
            return None
        body.append(text)
    return f"{HEADER}qubit[{qubits}] q;\n{''.join(body)}"


def statement(made: Gate) -> str | None:
    """A gate as one line; None where it is not among the style's words."""
    operands = ",".join(f"q[{qubit}]" for qubit in made.qubits)
    if made.name in PLAIN:
        return f"{made.name} {operands};\n"
    if made.name in TURNED:
        return f"{made.name}({angle(made.params[0])}) {operands};\n"
    return None


def _lines(*parts: str) -> str:
    return "".join((HEADER, *parts))


def _each(name: str, qubits: Iterable[int]) -> str:
    return "".join(f"{name} q[{q}];\n" for q in qubits)


def _whole(first: int, last: int) -> str:
    return f"{','.join(f'q[{q}]' for q in range(first, last))};\n"


def _cheapest(task: TargetTask) -> str:
    """The construction of the fewest gates on several qubits."""

    def cost(qasm: str) -> int:
        circuit = parse(qasm).circuit
        if circuit is None:
            raise CircuitError("a known construction measures midway.")
        return sum((len(g.qubits) - 1) ** 2 for g in circuit.gates)

    return min(task.constructions(), key=lambda made: cost(made.qasm)).name


def _multi_controlled(task: Any) -> str | None:
    """The controls gathered on clean ancillas, then one gate for the rest."""
    controls, target = list(range(task.qubits - 1)), task.qubits - 1
    kept = 2 if task.gate == "x" and len(controls) > 1 else 1  # controls of the last gate
    helpers = range(task.qubits, task.qubits + len(controls) - kept)
    chain: list[Gate] = []
    held = controls[0]
    for control, helper in zip(controls[1:], helpers, strict=False):
        chain.append(Gate("ccx", (held, control, helper)))
        held = helper
    if kept == 2:
        last = Gate("ccx", (held, controls[-1], target))
    else:
        angles = (task.angle,) if task.gate == "p" else ()
        last = Gate(f"c{task.gate}", (held, target), angles)
    return program(task.qubits + len(helpers), [*chain, last, *reversed(chain)])


def _diagonal(task: Any) -> str | None:
    """One basis state after the other is brought to |1...1> and turned."""
    n = task.qubits
    if n > WRITTEN_PHASES:
        return f"{HEADER}{NAMES}{_cheapest(task)}\n"
    parts, before = [], (1 << n) - 1
    head = "p(" if n == 1 else f"ctrl({n - 1}) @ p("
    for value, phase in enumerate(task.phases):
        parts.append(_each("x", [q for q in range(n) if (value ^ before) >> q & 1]))
        parts.append(f"{head}{number(phase)}) {_whole(0, n)}")
        before = value
    return _lines(f"qubit[{n}] q;\n", *parts)


def _minus_asked(task: Any) -> str:
    """Bernstein-Vazirani and Deutsch-Jozsa: one call with the output in |->."""
    n = task.n_qubits
    around = _each("h", range(n))
    ready = f"x q[{n}];\nh q[{n}];\n"
    return _lines(f"qubit[{n + 1}] q;\n", ready, around, f"oracle {_whole(0, n + 1)}", around)


def _simon(task: Any) -> str:
    n = task.n_qubits
    around = _each("h", range(n))
    return _lines(f"qubit[{2 * n}] q;\n", around, f"oracle {_whole(0, 2 * n)}", around)


def _loop(times: int, *parts: str) -> str:
    return "".join((f"{LOOP}{times}{OPEN}", *parts, CLOSE))


def _grover(task: Any) -> str:
    n = task.n_qubits
    h, x = _each("h", range(n)), _each("x", range(n))
    turn = f"ctrl({n - 1}) @ z {_whole(0, n)}"
    body = (f"oracle {_whole(0, n)}", h, x, turn, x, h)
    return _lines(f"qubit[{n}] q;\n", h, _loop(task.known_calls(), *body))


def _phase_estimation(task: Any) -> str | None:
    t = task.qubits
    made = next(iter(task.known()))[2]
    calls = [place for place, found in enumerate(made) if found.name == "oracle"]
    back = [statement(found) for found in made[calls[-1] + 1 :]]
    if any(line is None for line in back):
        return None
    powers = [_loop(1 << q, f"oracle q[{q}],q[{t}];\n") for q in range(t)]
    return _lines(
        f"qubit[{t + 1}] q;\nx q[{t}];\n", _each("h", range(t)), *powers, *filter(None, back)
    )


def _hadamard_test(task: Any) -> str:
    turn = "sdg q[0];\n" if task.part == "imaginary" else ""
    return _lines("qubit[2] q;\nh q[0];\noracle q[0],q[1];\n", turn, "h q[0];\n")


def _evolution(task: Any) -> str | None:
    """Steps of order 2: each half a step forwards, then one in the opposite order.

    A quarter more steps are taken than the fewest, and one at least: their number is learnt from
    the problem, and one too few is not accurate enough.
    """
    name = next(iter(task.known()))[0]  # "order 2, 7 steps"
    if not name.startswith("order 2"):
        return None
    fewest = int(name.split()[2])
    steps = fewest + max(1, fewest // 4)
    lines, values = half_step(task)
    n = task.qubits
    body = (
        f"half({arguments(values, str(steps))}) {_whole(0, n)}",
        f"inv @ half({arguments(values, str(steps), backwards=True)}) {_whole(0, n)}",
    )
    return _lines(*lines, f"qubit[{n}] q;\n", _loop(steps, *body))


def half_step(task: Any) -> tuple[list[str], list[str]]:
    """Lines that define the gate `half`, half a step of an evolution, and what its parameters are:
    a coefficient times the time, each.
    """
    groups = terms_by_value(task)
    n, letters = task.qubits, LETTERS[: len(groups)]
    used = {axis for strings in groups.values() for p in strings if len(p) == 2 for _, axis in p}
    lines = [PAIRS[f"r{axis.lower()}{axis.lower()}"] for axis in "XYZ" if axis in used]
    formal = ",".join(f"q{q}" for q in range(n))
    lines.append(f"gate half({','.join(letters)}) {formal}{{\n")
    for letter, strings in zip(letters, groups.values(), strict=True):
        for pauli in strings:
            kind = "r" + "".join(axis.lower() for _, axis in pauli)
            lines.append(f"{kind}({letter}) {','.join(f'q{q}' for q, _ in pauli)};\n")
    lines.append(CLOSE)
    return lines, [f"{value}*{number(task.time)}" for value in groups]


def arguments(values: Sequence[str], steps: str, *, backwards: bool = False) -> str:
    """What `half` is called with for a number of steps."""
    signed = values
    if backwards:
        signed = [text[1:] if text.startswith("-") else f"-{text}" for text in values]
    return ",".join(f"{text}/{steps}" for text in signed)


_SPECIAL: dict[str, Callable[[Any], str | None]] = {
    "multi_controlled": _multi_controlled,
    "diagonal": _diagonal,
    "bernstein_vazirani": _minus_asked,
    "deutsch_jozsa": _minus_asked,
    "simon": _simon,
    "grover": _grover,
    "phase_estimation": _phase_estimation,
    "hadamard_test": _hadamard_test,
    "evolution": _evolution,
}
_CHOSEN = {"graph_state": 1}
"""Place among the known constructions, where it is not the first."""
