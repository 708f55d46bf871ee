"""Family `state`: named states, and all tasks of the family."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from quasar.circuits.circuit import Gate
from quasar.circuits.dicke import dicke, w_line, w_tree
from quasar.simulate.engine import ComplexVector
from quasar.tasks.constructions import prepare
from quasar.tasks.given_states import CatState, GivenState, UniformState
from quasar.tasks.graph_states import ClusterState, GraphState
from quasar.tasks.state_task import StateTask, drawn_size, on


class GhzState(StateTask):
    """(|0...0> + |1...1>)/√2."""

    name: ClassVar[str] = "ghz"
    title: ClassVar[str] = "GHZ state"

    def described(self) -> str:
        """See `StateTask.described`."""
        return f"the GHZ state (|0...0> + |1...1>)/sqrt(2) on {on(self.qubits)}"

    def amplitude_map(self) -> dict[int, complex]:
        """See `StateTask.amplitude_map`."""
        return dict.fromkeys((0, (1 << self.qubits) - 1), complex(math.sqrt(0.5)))

    def known(self) -> Iterator[tuple[str, list[Gate]]]:
        """See `StateTask.known`."""
        yield "CX tree", prepare.ghz_tree(self.qubits)
        yield "CX line", prepare.ghz_line(self.qubits)

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        return cls(qubits=drawn_size(rng, qubits, 1))


class WState(StateTask):
    """Equal amplitudes of all strings with a single 1."""

    name: ClassVar[str] = "w"
    title: ClassVar[str] = "W state"

    def described(self) -> str:
        """See `StateTask.described`."""
        return (
            f"the W state on {on(self.qubits)}: equal amplitudes of all basis states with a "
            "single 1"
        )

    def amplitude_map(self) -> dict[int, complex]:
        """See `StateTask.amplitude_map`."""
        each = complex(1 / math.sqrt(self.qubits))
        return {1 << qubit: each for qubit in range(self.qubits)}

    def known(self) -> Iterator[tuple[str, list[Gate]]]:
        """See `StateTask.known`."""
        yield "tree of splits", w_tree(self.qubits)
        yield "line of splits", w_line(self.qubits)

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        return cls(qubits=drawn_size(rng, qubits, 1))


class DickeState(StateTask):
    """Equal amplitudes of all strings with k ones."""

    name: ClassVar[str] = "dicke"
    title: ClassVar[str] = "Dicke state: all strings with k ones"
    k: int = Field(ge=0)
    """Number of ones."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.k > self.qubits:
            raise ValueError(f"k = {self.k} ones do not fit on {on(self.qubits)}")
        return self

    def described(self) -> str:
        """See `StateTask.described`."""
        ones = "a single 1" if self.k == 1 else f"exactly {self.k} ones"
        return (
            f"the Dicke state on {on(self.qubits)}: equal amplitudes of all basis states with "
            f"{ones}"
        )

    def amplitude_map(self) -> ComplexVector:
        """See `StateTask.amplitude_map`."""
        wanted = np.bitwise_count(np.arange(1 << self.qubits)) == self.k
        return np.asarray(wanted / math.sqrt(math.comb(self.qubits, self.k)), dtype=complex)

    def known(self) -> Iterator[tuple[str, list[Gate]]]:
        """See `StateTask.known`."""
        yield "split and cyclic shift", dicke(self.qubits, self.k)

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = drawn_size(rng, qubits)
        return cls(qubits=n, k=int(rng.integers(1, n)))


STATES: tuple[type[StateTask], ...] = (
    GhzState,
    WState,
    DickeState,
    ClusterState,
    GraphState,
    CatState,
    UniformState,
    GivenState,
)
"""The family's tasks."""
