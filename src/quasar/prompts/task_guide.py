"""Holds nano's answers to target tasks to programs that are well formed.

Which statements come, on which qubits, with which angles and how many ancillas, is the model's
choice; registers and operands fit together: qubits are in range and different, loops and gate
definitions are closed, an oracle has its operands. What the task states is filled in, so that the
model need not copy it: the phase and the flipped qubits of a cat state, the phase of a controlled
gate, the given phase of the basis state that is turned, the edges of a graph state, the Hamiltonian
and the time of an evolution. There the model decides how many steps are taken, and in which order;
the order of edges and flips is free too.

`allowed` gives the token texts that may come next (see `quasar.models.guide`).
"""

from __future__ import annotations

from collections.abc import Iterator

from quasar.circuits.circuit import GATES
from quasar.prompts.compact_answer import HEADER
from quasar.prompts.task_answer import arguments, half_step
from quasar.prompts.task_style import NAMED_FAMILIES, WRITTEN_PHASES
from quasar.prompts.task_vocabulary import (
    CLOSE,
    CONSTRUCTIONS,
    LOOP,
    MOST_QUBITS,
    NAMES,
    OPEN,
    PLAIN,
    TURNED,
    number,
)
from quasar.prompts.vocabulary import END
from quasar.tasks.evolution import Evolution
from quasar.tasks.given_states import CatState
from quasar.tasks.graph_states import GraphState
from quasar.tasks.oracle_task import OracleTask
from quasar.tasks.task import TargetTask
from quasar.tasks.unitaries import DiagonalPhases, MultiControlled

MOST_DIGITS = 3
"""Groups of two digits after the point."""
_Steps = Iterator[tuple[str, ...]]
_WHOLE = tuple(f"{whole}." for whole in range(20))
_ONE = tuple(str(digit) for digit in range(10))
_TWO = tuple(f"{pair:02d}" for pair in range(100))
_COUNTS = (*_ONE[1:], *_TWO[10:])
_POWERS = ("2", "4", "8", "16", "32", "64")


class TaskGuide:
    """Follows one answer; see `quasar.models.guide.Guide`."""

    def __init__(self, task: TargetTask) -> None:
        self._task = task
        self._oracle = task.oracle_qubits if isinstance(task, OracleTask) else 0
        self._least = max(task.n_qubits, self._oracle)
        self._edges = [*task.edges] if isinstance(task, GraphState) else []
        ones = task.string[::-1] if isinstance(task, CatState) else ""
        self._flips = [q for q, bit in enumerate(ones) if bit == "1"]
        self._flipped = 0  # qubits under an X, bit by bit
        self._times = ""  # of the last loop
        self._came = ""
        self._of_edges = isinstance(task, GraphState)
        self._values: list[str] = []
        self._steps = self._follow()
        self._allowed: tuple[str, ...] | None = next(self._steps)

    def allowed(self) -> tuple[str, ...] | None:
        """Token texts that may come next; a single one is forced."""
        return self._allowed

    def advance(self, text: str) -> None:
        """The token that came."""
        self._came = text
        self._allowed = next(self._steps, (END,))

    def rest(self) -> str | None:
        """Nothing: what follows from an answer is in `task_answer.task_program`."""
        return None

    def _follow(self) -> _Steps:
        yield (HEADER,)
        registers = tuple(f"qubit[{n}] q;\n" for n in range(self._least, MOST_QUBITS + 1))
        names = (NAMES,) if self._task.name in NAMED_FAMILIES else ()
        if isinstance(self._task, Evolution):
            yield from self._half(self._task)
            names = ()
        yield (*registers, *names)
        if self._came == NAMES:
            known = {made.name for made in self._task.constructions()}
            yield tuple(f"{name}\n" for name in CONSTRUCTIONS if name in known)
            yield (END,)
            return
        yield from self._body(int(self._came[6 : self._came.index("]")]))

    def _half(self, task: Evolution) -> _Steps:
        """The gate of half a step, as the Hamiltonian has it."""
        lines, self._values = half_step(task)
        yield ("".join(lines),)

    def _body(self, m: int) -> _Steps:
        """Statements on m qubits, with loops that are not nested."""
        arity = {f"{name} ": GATES[name].n_qubits for name in PLAIN if name in GATES}
        arity |= {f"{name}(": GATES[name].n_qubits for name in TURNED}
        for k in range(1, MOST_QUBITS):
            arity |= {f"ctrl({k}) @ z ": k + 1, f"ctrl({k}) @ p(": k + 1}
        if self._oracle:
            arity["oracle "] = self._oracle
        if self._values:
            arity |= dict.fromkeys(("half(", "inv @ half("), self._task.n_qubits)
        if self._stated_angle() == "":
            arity = {name: size for name, size in arity.items() if not name.endswith("p(")}
        inside, empty = False, False
        while True:
            statements = tuple(
                name for name, size in arity.items() if size <= m and self._may_begin(name)
            )
            left = bool(self._edges or self._flips)
            if inside:
                yield statements if empty else (*statements, CLOSE)
            else:
                yield (*statements, LOOP, *(() if left else (END,)))
            begun = self._came
            if begun == LOOP:
                yield _COUNTS
                self._times = self._came
                yield (OPEN,)
                inside, empty = True, True
                continue
            if begun == CLOSE:
                inside = False
                continue
            empty = False
            if begun.endswith("half("):
                yield from self._arguments(backwards=begun.startswith("inv"))
            elif begun.endswith("("):
                yield from self._angle(begun)
            if begun == "cz " and self._of_edges:
                yield from self._edge()
            elif begun == "x " and self._flips:
                yield tuple(f"q[{q}];\n" for q in self._flips)
                self._flips.remove(_qubit(self._came))
            else:
                yield from self._operands(arity[begun], m)
                if begun == "x ":
                    self._flipped ^= 1 << _qubit(self._came)

    def _may_begin(self, name: str) -> bool:
        """Whether a statement is of use: edges and flips come once."""
        if name == "cz " and self._of_edges:
            return bool(self._edges)
        return name != "x " or bool(self._flips) or not isinstance(self._task, CatState)

    def _stated_angle(self) -> str | None:
        """The angle of `p(` that the task states; empty: it states that there is none."""
        task = self._task
        if isinstance(task, CatState):
            return number(task.phase) if task.phase else ""
        if isinstance(task, MultiControlled):
            return number(task.angle) if task.gate == "p" else None
        if isinstance(task, DiagonalPhases) and task.qubits <= WRITTEN_PHASES:
            turned = (1 << task.qubits) - 1 ^ self._flipped
            return number(task.phases[turned % len(task.phases)])
        return None

    def _angle(self, begun: str) -> _Steps:
        """An angle and the parenthesis after it."""
        stated = self._stated_angle() if begun.endswith("p(") else None
        if stated is not None:
            yield (f"{stated}) ",)
            return
        yield ("-", "pi", "pi/", *_WHOLE)
        if self._came == "-":
            yield ("pi", "pi/", *_WHOLE)
        if self._came == "pi":
            yield (") ",)
        elif self._came == "pi/":
            yield _POWERS
            yield (") ",)
        else:
            yield from self._decimals((") ",))

    def _decimals(self, after: tuple[str, ...]) -> _Steps:
        """Digits after the point, and one of what may follow."""
        yield (*_ONE, *_TWO)
        for _ in range(MOST_DIGITS - 1):
            if self._came not in _TWO:
                break
            yield (*_ONE, *_TWO, *after)
            if self._came in after:
                return
        yield after

    def _arguments(self, *, backwards: bool) -> _Steps:
        """The angles of half a step: as many steps as the loop around it takes."""
        if not self._times:
            yield _COUNTS
            self._times = self._came
        yield (f"{arguments(self._values, self._times, backwards=backwards)}) ",)

    def _edge(self) -> _Steps:
        """One of the edges that are left."""
        whole = ("q[0],q[1];\n",) if (0, 1) in self._edges else ()
        first = {f"q[{u}],": u for u, _ in self._edges if (u, _) != (0, 1)}
        yield (*dict.fromkeys((*first, *whole)),)
        if self._came in whole:
            self._edges.remove((0, 1))
            return
        u = first[self._came]
        yield tuple(f"q[{v}];\n" for w, v in self._edges if w == u and (w, v) != (0, 1))
        self._edges.remove((u, _qubit(self._came)))

    def _operands(self, count: int, m: int) -> _Steps:
        """Different qubits; the first ones of the register, in order, may be one token."""
        whole = (f"{','.join(f'q[{q}]' for q in range(count))};\n",) if count > 1 else ()
        used: list[str] = []
        for place in range(count - 1):
            free = [f"q[{q}]," for q in range(m) if f"q[{q}]," not in used]
            yield (*free, *(whole if place == 0 else ()))
            if self._came in whole:
                return
            used.append(self._came)
        yield tuple(f"q[{q}];\n" for q in range(m) if f"q[{q}]," not in used)


def _qubit(text: str) -> int:
    """The qubit of an operand such as `q[3];`."""
    return int(text[2 : text.index("]")])
