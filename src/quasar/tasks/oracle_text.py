"""An oracle in a program: a gate definition that the task gives, found, compared, and counted.

A program that is judged gets the task's own definition in place of the one it holds, so what is
graded is what it does with the oracle. Calls are counted as the difference that one more gate in
the definition makes to the unrolled program.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from quasar.circuits.circuit import GATES, Circuit, Gate
from quasar.circuits.emit import statement
from quasar.circuits.qasm import Program, parse
from quasar.circuits.qasm_flat import COMMENT, in_place_of_comment
from quasar.circuits.qasm_gates import DEFINITION, GateBody, read_definition
from quasar.circuits.qasm_syntax import Unsure
from quasar.core.errors import CircuitError
from quasar.simulate.engine import ComplexVector
from quasar.simulate.state_engine import state_engine
from quasar.tasks.asking import static
from quasar.tasks.task import broken_rule

ORACLE = "oracle"
"""The gate whose calls are counted."""
_ANY = re.compile(r"\bgate\s+([A-Za-z_]\w*)\b[^{]*\{[^{}]*\}")
_SAME = 1e-9
_MOST_COMPARED = 9  # qubits of a definition that is compared as a unitary


def definition(name: str, n_qubits: int, gates: Sequence[Gate]) -> str:
    """A gate definition of OpenQASM 3 on qubits a0, a1 and so on."""
    formal = ", ".join(f"a{i}" for i in range(n_qubits))
    body = " ".join(re.sub(r"q\[(\d+)\]", r"a\1", statement(made)) for made in gates)
    return f"gate {name} {formal} {{ {body} }}"


def replaced(text: str, given: Mapping[str, str], put: Mapping[str, str]) -> str:
    """The program with other definitions in place of the given ones.

    Args:
        given: the task's definitions by name, with which those of the program must agree.
        put: what to write in their place.

    Raises:
        CircuitError: kind `rule` where a definition is missing or changed, used with a modifier
            (also by way of other gates), or built of gates that the program defines otherwise.
    """
    text = COMMENT.sub(in_place_of_comment, text)
    bodies = _bodies(text)
    _keep_standard_gates(bodies, given, put)
    for name, wanted in given.items():
        found = [match for match in _ANY.finditer(text) if match[1] == name]
        if len(found) != 1:
            raise broken_rule(
                f"the program does not define the gate '{name}' of the task.",
                f"Copy this into it: {wanted}",
            )
        for caller in _callers(name, bodies):
            if re.search(rf"@\s*{caller}\b", text):
                within = "" if caller == name else f" by way of '{caller}'"
                raise broken_rule(
                    f"'{name}' is used with a modifier{within}, which hides how often it is "
                    "called.",
                    "Call it as it is.",
                )
        if not _agree(found[0][0], wanted, _arity(wanted)):
            raise broken_rule(
                f"the definition of '{name}' was changed.", f"Copy it as given: {wanted}"
            )
        text = text[: found[0].start()] + put[name] + text[found[0].end() :]
    return text


def calls(text: str, given: Mapping[str, str], n_qubits: int) -> int:
    """How often the unrolled program uses the oracle; `text` as from `replaced`.

    Raises:
        CircuitError: kind `rule` where it never does; kind `measurement` where it cannot be told.
    """
    sizes = []
    for count in (1, 2):
        body = definition(ORACLE, n_qubits, [Gate("z", (0,))] * count)
        sizes.append(len(static(read(replaced(text, given, {**given, ORACLE: body}))).gates))
    if sizes[1] == sizes[0]:
        raise broken_rule("the program never calls the oracle.", f"Call '{ORACLE}'.")
    return sizes[1] - sizes[0]


def read(text: str) -> Program:
    """A program with any version statement."""
    return parse(text, header="language")


def _bodies(text: str) -> list[tuple[str, str]]:
    """Name and body of each gate definition; braces within a body are allowed."""
    found = []
    for match in re.finditer(r"\bgate\s+(\w+)[^{;]*\{", text):
        end, open_ = match.end(), 1
        while open_ and end < len(text):
            open_ += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        found.append((match[1], text[match.end() : end]))
    return found


def _callers(name: str, bodies: Sequence[tuple[str, str]]) -> list[str]:
    """A gate and all that call it, directly or by way of others."""
    callers = [name]
    for called in callers:  # grows
        uses = re.compile(rf"\b{called}\b")
        callers += [own for own, body in bodies if own not in callers and uses.search(body)]
    return callers


def _keep_standard_gates(
    bodies: Sequence[tuple[str, str]], given: Mapping[str, str], put: Mapping[str, str]
) -> None:
    """Refuse a program in which the task's definitions would mean something else."""
    used = set(re.findall(r"\w+", " ".join([*given.values(), *put.values()]))) & GATES.keys()
    for name, _ in bodies:
        if name in used - given.keys():
            raise broken_rule(
                f"the program defines '{name}' by itself, a gate that the task's definitions use.",
                "Include stdgates.inc in its place.",
            )


def _arity(text: str) -> int:
    """Qubits of a definition without parameters."""
    return text.partition("{")[0].count(",") + 1


def _agree(own: str, wanted: str, n_qubits: int) -> bool:
    """Whether two definitions are alike: the same text, or the same unitary."""
    if own.split() == wanted.split():
        return True
    if n_qubits > _MOST_COMPARED:
        return _plain(own) == _plain(wanted) is not None
    try:
        overlap = np.vdot(_paired(own, n_qubits), _paired(wanted, n_qubits))
    except CircuitError:
        return False
    return abs(float(abs(overlap)) - 1.0) < _SAME


def _plain(text: str) -> GateBody | None:
    """What a definition of standard gates says, whatever its qubits are called."""
    match = DEFINITION.fullmatch(re.sub(r"\b_", "u_", text.strip()))
    try:
        return None if match is None else read_definition(match, GATES, {})
    except Unsure:
        return None


def _paired(text: str, n: int) -> ComplexVector:
    """The unitary of a definition on halves of Bell pairs, shape [4**n]."""
    operands = ", ".join(f"q[{i}]" for i in range(n))
    name = _ANY.match(text)
    program = read(
        f'OPENQASM 3.0;\ninclude "stdgates.inc";\n{text}\nqubit[{n}] q;\n'
        f"{'' if name is None else name[1]} {operands};\n"
    )
    if program.circuit is None:
        raise CircuitError("a gate definition is no gate.")
    pairs = [g for i in range(n) for g in (Gate("h", (n + i,)), Gate("cx", (n + i, i)))]
    return state_engine().state(Circuit(2 * n, (*pairs, *program.circuit.gates)))
