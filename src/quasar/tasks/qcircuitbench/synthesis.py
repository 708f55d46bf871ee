"""Oracles that the set asks for as circuits: |x>|y> -> |x>|y xor f(x)>, signs, and reflections."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from pydantic import PrivateAttr

from quasar.circuits.circuit import Gate
from quasar.core.errors import InputError
from quasar.core.seeds import generator
from quasar.tasks.running import keep_inputs, placed, run_from, within
from quasar.tasks.task import TOLERANCE, Submission, TaskScore
from quasar.tasks.unitary_task import Columns, UnitaryTask

Values = npt.NDArray[np.int64]
"""Values of a function for every input, shape [2**inputs]."""
_PROBES = 5


class GivenUnitary(UnitaryTask):
    """A unitary that is given as what it does to states side by side."""

    name: ClassVar[str] = "given_unitary"
    title: ClassVar[str] = "An oracle of QCircuitBench"
    _act: Callable[[Columns], Columns] = PrivateAttr()

    @classmethod
    def made(cls, qubits: int, act: Callable[[Columns], Columns]) -> Self:
        """From its action on columns of shape [2**n, count].

        Raises:
            InputError: more qubits than tasks may have.
        """
        out = cls(qubits=qubits)
        out._act = act
        return out

    def described(self) -> str:
        """See `UnitaryTask.described`; the set's description takes its place."""
        return self.title

    def apply(self, columns: Columns) -> Columns:
        """See `UnitaryTask.apply`."""
        return self._act(columns)

    def known(self) -> Iterator[tuple[str, int, list[Gate]]]:
        """None beyond the set's reference."""
        return iter(())

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """None is drawn.

        Raises:
            InputError: always.
        """
        raise InputError("tasks of QCircuitBench are read from a copy of the set, not drawn.")


class OnSomeInputs(GivenUnitary):
    """The same for certain basis states only, graded on random states of their span.

    A circuit that is wrong on the span is so for almost all of its states (see `unitary_task`).
    """

    name: ClassVar[str] = "given_on_inputs"
    _inputs: Values = PrivateAttr()

    def on(self, inputs: Sequence[int] | Values) -> Self:
        """This task, on those basis states."""
        self._inputs = np.asarray(inputs, dtype=np.int64)
        return self

    def grade(self, submission: Submission) -> TaskScore:
        """Mean fidelity of random states of the span, with one global phase."""
        made = placed(submission.program, self.qubits)
        keep_inputs(submission.text, submission.program, self.qubits)
        within(len(made.circuit.gates), made.circuit.n_qubits, _PROBES)
        rng, size = generator(0, "inputs", self.qubits), 1 << self.qubits
        places = np.zeros_like(self._inputs)
        for i, place in enumerate(made.inputs):
            places |= (self._inputs >> i & 1) << place
        overlaps = []
        for _ in range(_PROBES):
            psi = rng.normal(size=places.size) + 1j * rng.normal(size=places.size)
            psi /= np.linalg.norm(psi)
            wanted = np.zeros((size, 1), dtype=complex)
            wanted[self._inputs, 0] = psi
            start = np.zeros(1 << made.circuit.n_qubits, dtype=complex)
            start[places] = psi
            overlaps.append(np.vdot(self.apply(wanted), run_from(made.circuit, start)[:size]))
        fidelity = min(float(abs(np.mean(overlaps)) ** 2), 1.0)
        return TaskScore(
            score=fidelity,
            solved=fidelity >= 1.0 - TOLERANCE,
            measure="fidelity",
            value=fidelity,
            tolerance=TOLERANCE,
            known_by="probes",
            ancillas=made.ancillas,
        )


def adding(values: Values, inputs: int) -> Callable[[Columns], Columns]:
    """|x>|y> -> |x>|y xor f(x)>, with x on the first qubits."""

    def act(columns: Columns) -> Columns:
        index = np.arange(len(columns))
        x = index & ((1 << inputs) - 1)
        out = np.empty_like(columns)
        out[index ^ (values[x] << inputs)] = columns
        return out

    return act


def flipping(item: int) -> Callable[[Columns], Columns]:
    """The sign of one basis state."""

    def act(columns: Columns) -> Columns:
        out = columns.copy()
        out[item] *= -1
        return out

    return act


def about_mean(columns: Columns) -> Columns:
    """2|ψ><ψ| - 1 with ψ the equal superposition."""
    mean: Columns = 2 * columns.mean(axis=0, keepdims=True) - columns
    return mean


def inner_product(secret: int, n: int) -> Values:
    """s·x modulo 2."""
    return np.asarray(np.bitwise_count(np.arange(1 << n) & secret) & 1, dtype=np.int64)


def odd_ones(key: int, n: int) -> Values:
    """Whether x xor b has an odd number of ones."""
    return np.asarray(np.bitwise_count(np.arange(1 << n) ^ key) & 1, dtype=np.int64)


def folded(period: int, key: int, n: int) -> Values:
    """Input x or x xor s, by the lowest bit of s in x, then xor b."""
    x = np.arange(1 << n)
    lowest = period & -period
    return np.asarray(np.where(x & lowest, x ^ period, x) ^ key, dtype=np.int64)


def latin_square() -> Values:
    """Whether four cells of a 2 x 2 board hold two different values in each row and column."""
    x = np.arange(16)
    a, b, c, d = (x >> i & 1 for i in range(4))
    return np.asarray((a ^ b) & (c ^ d) & (a ^ c) & (b ^ d), dtype=np.int64)


def triangles(edges: Sequence[Sequence[int]], n: int) -> Values:
    """Number of edges among the chosen nodes, 1 where it is three."""
    x = np.arange(1 << n)
    inside = np.zeros_like(x)
    for a, b in edges:
        inside += (x >> a & 1) & (x >> b & 1)
    return np.asarray(inside == 3, dtype=np.int64)
