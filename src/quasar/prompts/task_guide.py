"""Holds nano's answers to target tasks to programs that are well formed.

Which statements come, on which qubits, with which angles and how many ancillas, is the model's
choice; registers and operands fit together: qubits are in range and different, loops and gate
definitions are closed, an oracle has its operands. `allowed` gives the token texts that may come
next (see `quasar.models.guide`).
"""

from __future__ import annotations

from collections.abc import Iterator

from quasar.circuits.circuit import GATES
from quasar.prompts.compact_answer import HEADER
from quasar.prompts.task_style import NAMED_FAMILIES
from quasar.prompts.task_vocabulary import (
    CLOSE,
    CONSTRUCTIONS,
    LETTERS,
    LOOP,
    MOST_QUBITS,
    NAMES,
    OPEN,
    PAIRS,
    PLAIN,
    TURNED,
)
from quasar.prompts.vocabulary import END
from quasar.tasks.oracle_task import OracleTask
from quasar.tasks.task import TargetTask

MOST_DIGITS = 3
"""Groups of two digits after the point."""
_Steps = Iterator[tuple[str, ...]]
_WHOLE = tuple(f"{whole}." for whole in range(20))
_ONE = tuple(str(digit) for digit in range(10))
_TWO = tuple(f"{pair:02d}" for pair in range(100))
_COUNTS = (*_ONE[1:], *_TWO[10:])
_POWERS = ("2", "4", "8", "16", "32", "64")
_SINGLE = ("rx(", "ry(", "rz(")


class TaskGuide:
    """Follows one answer; see `quasar.models.guide.Guide`."""

    def __init__(self, task: TargetTask) -> None:
        self._task = task
        self._oracle = task.oracle_qubits if isinstance(task, OracleTask) else 0
        self._least = max(task.n_qubits, self._oracle)
        self._defined: list[str] = []
        self._letters = 0
        self._came = ""
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
        evolves = self._task.family == "evolution"
        lines = tuple(PAIRS.values()) if evolves else ()
        half = ("gate half(",) if evolves else ()
        yield (*registers, *names, *lines, *half)
        if self._came == NAMES:
            known = {made.name for made in self._task.constructions()}
            yield tuple(f"{name}\n" for name in CONSTRUCTIONS if name in known)
            yield (END,)
            return
        while self._came in lines:
            self._defined.append(next(n for n, line in PAIRS.items() if line == self._came))
            left = tuple(line for n, line in PAIRS.items() if n not in self._defined)
            yield (*registers, *left, *half)
        if self._came in half:
            yield from self._definition()
            yield registers
        yield from self._body(int(self._came[6 : self._came.index("]")]))

    def _definition(self) -> _Steps:
        """The gate `half` on the task's qubits."""
        n = self._task.n_qubits
        while self._came != ") ":
            yield (LETTERS[self._letters],)
            self._letters += 1
            yield (") ", ",") if self._letters < len(LETTERS) else (") ",)
        letters = tuple(LETTERS[: self._letters])
        yield (f"{','.join(f'q{q}' for q in range(n))}{{\n",)
        pairs = tuple(f"{name}(" for name in self._defined) if n > 1 else ()
        yield (*_SINGLE, *pairs)
        while self._came != CLOSE:
            two = self._came in pairs
            yield letters
            yield (") ",)
            if two:
                yield tuple(f"q{q}," for q in range(n))
                first = self._came[:-1]
                yield tuple(f"q{q};\n" for q in range(n) if f"q{q}" != first)
            else:
                yield tuple(f"q{q};\n" for q in range(n))
            yield (*_SINGLE, *pairs, CLOSE)

    def _body(self, m: int) -> _Steps:
        """Statements on m qubits, with loops that are not nested."""
        arity = {f"{name} ": GATES[name].n_qubits for name in PLAIN if name in GATES}
        arity |= {f"{name}(": GATES[name].n_qubits for name in TURNED}
        arity |= {f"{name}(": 2 for name in self._defined}
        for k in range(1, MOST_QUBITS):
            arity |= {f"ctrl({k}) @ z ": k + 1, f"ctrl({k}) @ p(": k + 1}
        if self._oracle:
            arity["oracle "] = self._oracle
        if self._letters:
            arity |= dict.fromkeys(("half(", "inv @ half("), self._task.n_qubits)
        statements = tuple(name for name, size in arity.items() if size <= m)
        inside, empty = False, False
        while True:
            if inside:
                yield statements if empty else (*statements, CLOSE)
            else:
                yield (*statements, LOOP, END)
            begun = self._came
            if begun == LOOP:
                yield _COUNTS
                yield (OPEN,)
                inside, empty = True, True
                continue
            if begun == CLOSE:
                inside = False
                continue
            empty = False
            if begun.endswith("half("):
                for place in range(self._letters):
                    yield from self._product(last=place == self._letters - 1)
            elif begun.endswith("("):
                yield from self._angle()
            yield from self._operands(arity[begun], m)

    def _angle(self) -> _Steps:
        """An angle and the parenthesis after it."""
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

    def _product(self, *, last: bool) -> _Steps:
        """One argument of `half`: a coefficient times the time over the steps."""
        yield ("-", *_WHOLE)
        if self._came == "-":
            yield _WHOLE
        yield from self._decimals(("*",))
        yield _WHOLE
        yield from self._decimals(("/",))
        yield _COUNTS
        yield (") ",) if last else (",",)

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
