"""Family `state`: a named or given state from |0...0>, graded by its fidelity.

Global phase does not count. Ancillas have to return to |0>: what is left on them is lost fidelity.
"""

from __future__ import annotations

import cmath
import math
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Self

import networkx as nx
import numpy as np
from pydantic import Field, field_validator, model_validator

from quasar.circuits.circuit import Circuit, Gate
from quasar.simulate.engine import ComplexVector
from quasar.tasks.constructions import prepare
from quasar.tasks.constructions.controlled import gate
from quasar.tasks.running import final_state
from quasar.tasks.task import (
    MAX_QUBITS,
    TOLERANCE,
    Construction,
    Submission,
    TargetTask,
    TaskScore,
    written,
)

_MOST_AMPLITUDES = 10
_MOST_STRINGS = 64
_NORM = 1e-6


class StateTask(TargetTask):
    """Prepare a state."""

    family: ClassVar[str] = "state"
    qubits: int = Field(ge=1, le=MAX_QUBITS)
    """Qubits of the state."""

    @property
    def n_qubits(self) -> int:
        """Qubits of the state."""
        return self.qubits

    @abstractmethod
    def described(self) -> str:
        """The state in words, to follow `Prepare`."""

    @abstractmethod
    def amplitude_map(self) -> dict[int, complex] | ComplexVector:
        """The state: a vector of shape [2**n], or the amplitudes that are not 0."""

    @abstractmethod
    def known(self) -> Iterator[tuple[str, list[Gate]]]:
        """Known circuits by name, the reference first."""

    def target(self) -> ComplexVector:
        """The state, shape [2**n]."""
        given = self.amplitude_map()
        if isinstance(given, np.ndarray):
            return given
        vector = np.zeros(1 << self.qubits, dtype=complex)
        for index, amplitude in given.items():
            vector[index] = amplitude
        return vector

    def text(self) -> str:
        """See `TargetTask.text`."""
        return (
            f"Prepare {self.described()} from |0...0>, up to global phase. Qubit 0 is the last "
            "letter of a ket. Further qubits may be used and must return to |0>."
        )

    def constructions(self) -> Iterator[Construction]:
        """See `TargetTask.constructions`."""
        for name, gates in self.known():
            yield written(name, Circuit(self.qubits, tuple(gates)))

    def grade(self, submission: Submission) -> TaskScore:
        """Fidelity |<target|state>|² with the ancillas in |0>."""
        state, ancillas = final_state(submission.program, self.qubits)
        fidelity = min(float(abs(np.vdot(self.target(), state)) ** 2), 1.0)
        kept = float(np.vdot(state, state).real)
        return TaskScore(
            score=fidelity,
            solved=fidelity >= 1.0 - TOLERANCE,
            measure="fidelity",
            value=fidelity,
            tolerance=TOLERANCE,
            ancillas=ancillas,
            details={"ancillas_in_zero": min(kept, 1.0)} if ancillas else {},
        )


def _drawn(rng: np.random.Generator, qubits: int | None, least: int = 2, most: int = 8) -> int:
    return int(rng.integers(least, most + 1)) if qubits is None else max(least, qubits)


class GhzState(StateTask):
    """(|0...0> + |1...1>)/√2."""

    name: ClassVar[str] = "ghz"
    title: ClassVar[str] = "GHZ state"

    def described(self) -> str:
        """See `StateTask.described`."""
        return f"the GHZ state (|0...0> + |1...1>)/sqrt(2) on {_on(self.qubits)}"

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
        return cls(qubits=_drawn(rng, qubits, 1))


class WState(StateTask):
    """Equal amplitudes of all strings with a single 1."""

    name: ClassVar[str] = "w"
    title: ClassVar[str] = "W state"

    def described(self) -> str:
        """See `StateTask.described`."""
        return (
            f"the W state on {_on(self.qubits)}: equal amplitudes of all basis states with a "
            "single 1"
        )

    def amplitude_map(self) -> dict[int, complex]:
        """See `StateTask.amplitude_map`."""
        each = complex(1 / math.sqrt(self.qubits))
        return {1 << qubit: each for qubit in range(self.qubits)}

    def known(self) -> Iterator[tuple[str, list[Gate]]]:
        """See `StateTask.known`."""
        yield "tree of splits", prepare.w_tree(self.qubits)
        yield "line of splits", prepare.w_line(self.qubits)

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        return cls(qubits=_drawn(rng, qubits, 1))


class DickeState(StateTask):
    """Equal amplitudes of all strings with k ones."""

    name: ClassVar[str] = "dicke"
    title: ClassVar[str] = "Dicke state: all strings with k ones"
    k: int = Field(ge=0)
    """Number of ones."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.k > self.qubits:
            raise ValueError(f"k = {self.k} ones do not fit on {_on(self.qubits)}")
        return self

    def described(self) -> str:
        """See `StateTask.described`."""
        ones = "a single 1" if self.k == 1 else f"exactly {self.k} ones"
        return (
            f"the Dicke state on {_on(self.qubits)}: equal amplitudes of all basis states with "
            f"{ones}"
        )

    def amplitude_map(self) -> ComplexVector:
        """See `StateTask.amplitude_map`."""
        wanted = np.bitwise_count(np.arange(1 << self.qubits)) == self.k
        return np.asarray(wanted / math.sqrt(math.comb(self.qubits, self.k)), dtype=complex)

    def known(self) -> Iterator[tuple[str, list[Gate]]]:
        """See `StateTask.known`."""
        yield "split and cyclic shift", prepare.dicke(self.qubits, self.k)

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = _drawn(rng, qubits)
        return cls(qubits=n, k=int(rng.integers(1, n)))


class _OnGraph(StateTask):
    """CZ on the edges of a graph, from |+>."""

    def edge_list(self) -> list[tuple[int, int]]:
        """The edges."""
        raise NotImplementedError

    def amplitude_map(self) -> ComplexVector:
        """See `StateTask.amplitude_map`."""
        index = np.arange(1 << self.qubits)
        parity = np.zeros_like(index)
        for u, v in self.edge_list():
            parity ^= (index >> u) & (index >> v) & 1
        return np.asarray((1.0 - 2.0 * parity) / math.sqrt(index.size), dtype=complex)

    def known(self) -> Iterator[tuple[str, list[Gate]]]:
        """See `StateTask.known`."""
        edges = self.edge_list()
        yield "CZ in layers", prepare.graph_state(prepare.in_layers(edges), self.qubits)
        yield "CZ as listed", prepare.graph_state(edges, self.qubits)


class ClusterState(_OnGraph):
    """The graph state of a grid."""

    name: ClassVar[str] = "cluster"
    title: ClassVar[str] = "Cluster state: graph state of a line or grid"
    rows: int = Field(default=1, ge=1)
    """Rows of the grid, which divide the qubits; qubit = row x columns + column."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.qubits % self.rows:
            raise ValueError(f"{self.qubits} qubits do not fill {self.rows} rows")
        return self

    def described(self) -> str:
        """See `StateTask.described`."""
        columns = self.qubits // self.rows
        where = "a line" if self.rows == 1 else f"a grid of {self.rows} rows and {columns} columns"
        numbered = "" if self.rows == 1 else f"; qubit r * {columns} + c is in row r, column c"
        return (
            f"the cluster state on {where} of {_on(self.qubits)} (CZ between neighbours, all "
            f"qubits from |+>{numbered})"
        )

    def edge_list(self) -> list[tuple[int, int]]:
        """The grid's."""
        columns = self.qubits // self.rows
        across = [(q, q + 1) for q in range(self.qubits) if (q + 1) % columns]
        return across + [(q, q + columns) for q in range(self.qubits - columns)]

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = _drawn(rng, qubits)
        return cls(qubits=n, rows=int(rng.choice([r for r in range(1, n) if n % r == 0])))


class GraphState(_OnGraph):
    """The graph state of any graph."""

    name: ClassVar[str] = "graph_state"
    title: ClassVar[str] = "Graph state of given edges"
    edges: tuple[tuple[int, int], ...]
    """Pairs of qubits, each once."""

    @model_validator(mode="after")
    def _simple(self) -> Self:
        for u, v in self.edges:
            if u == v or not (0 <= u < self.qubits and 0 <= v < self.qubits):
                raise ValueError(f"edge {u} - {v} does not join two of the {self.qubits} qubits")
        if len({frozenset(edge) for edge in self.edges}) < len(self.edges):
            raise ValueError("an edge is given twice")
        return self

    def described(self) -> str:
        """See `StateTask.described`."""
        listed = ", ".join(f"{u}-{v}" for u, v in self.edges) or "no edges"
        return (
            f"the graph state on {_on(self.qubits)} (all from |+>, then CZ on each edge) with the "
            f"edges {listed}"
        )

    def edge_list(self) -> list[tuple[int, int]]:
        """As given."""
        return list(self.edges)

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = _drawn(rng, qubits)
        graph = nx.gnp_random_graph(n, 0.5, seed=int(rng.integers(1 << 31)))
        return cls(qubits=n, edges=tuple(graph.edges) or ((0, 1),))


class CatState(StateTask):
    """A bit string and its complement, with a phase between them."""

    name: ClassVar[str] = "cat"
    title: ClassVar[str] = "Cat state: a bit string and its complement, with a phase"
    string: str = Field(pattern="^[01]+$")
    """The bit string of the first term, qubit 0 last."""
    phase: float = Field(default=0.0, allow_inf_nan=False)
    """Phase of the second term, radians."""

    @model_validator(mode="before")
    @classmethod
    def _sized(cls, given: Any) -> Any:
        if (
            isinstance(given, dict)
            and "qubits" not in given
            and isinstance(given.get("string"), str)
        ):
            return {**given, "qubits": len(given["string"])}
        return given

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.string) != self.qubits:
            raise ValueError(f"the string has {len(self.string)} bits for {_on(self.qubits)}")
        return self

    def described(self) -> str:
        """See `StateTask.described`."""
        other = self.string.translate({48: 49, 49: 48})
        factor = "" if self.phase == 0 else f" e^(i {self.phase!r})"
        return f"the cat state (|{self.string}> +{factor} |{other}>)/sqrt(2) on {_on(self.qubits)}"

    def amplitude_map(self) -> dict[int, complex]:
        """See `StateTask.amplitude_map`."""
        index = int(self.string, 2)
        size = math.sqrt(0.5)
        return {
            index: complex(size),
            index ^ ((1 << self.qubits) - 1): size * cmath.exp(1j * self.phase),
        }

    def known(self) -> Iterator[tuple[str, list[Gate]]]:
        """See `StateTask.known`."""
        index = int(self.string, 2)
        flips = [gate("x", q) for q in range(self.qubits) if index >> q & 1]
        turn = [gate("p", 0, angles=(self.phase,))] if self.phase else []
        for name, made in (
            ("CX tree", prepare.ghz_tree(self.qubits)),
            ("CX line", prepare.ghz_line(self.qubits)),
        ):
            yield name, [made[0], *turn, *made[1:], *flips]

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = _drawn(rng, qubits, 1)
        bits = "".join(map(str, rng.integers(0, 2, n)))
        return cls(qubits=n, string=bits, phase=round(float(rng.uniform(0.2, 6.0)), 4))


class UniformState(StateTask):
    """Equal amplitudes of a set of bit strings."""

    name: ClassVar[str] = "uniform"
    title: ClassVar[str] = "Equal amplitudes of a set of bit strings"
    strings: tuple[str, ...] = Field(min_length=1, max_length=_MOST_STRINGS)
    """Different bit strings, qubit 0 last."""

    @model_validator(mode="before")
    @classmethod
    def _sized(cls, given: Any) -> Any:
        if isinstance(given, dict) and "qubits" not in given:
            strings = given.get("strings")
            if isinstance(strings, list | tuple) and strings and isinstance(strings[0], str):
                return {**given, "qubits": len(strings[0])}
        return given

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for string in self.strings:
            if len(string) != self.qubits or set(string) - {"0", "1"}:
                raise ValueError(f"{string!r} is not a string of {self.qubits} bits")
        if len(set(self.strings)) < len(self.strings):
            raise ValueError("a string is given twice")
        return self

    def described(self) -> str:
        """See `StateTask.described`."""
        kets = ", ".join(f"|{string}>" for string in self.strings)
        return f"the state on {_on(self.qubits)} with equal amplitudes of {kets} and no others"

    def amplitude_map(self) -> dict[int, complex]:
        """See `StateTask.amplitude_map`."""
        each = complex(1 / math.sqrt(len(self.strings)))
        return {int(string, 2): each for string in self.strings}

    def known(self) -> Iterator[tuple[str, list[Gate]]]:
        """See `StateTask.known`."""
        yield "merged in pairs", prepare.sparse(self.amplitude_map(), self.qubits)
        if self.qubits <= _MOST_AMPLITUDES:
            yield "multiplexed rotations", prepare.dense(self.target())

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = _drawn(rng, qubits, 1, 7)
        most = min(1 << n, 12)
        size = int(rng.integers(min(2, most), most + 1))
        if n < 16:
            chosen = rng.choice(1 << n, size, replace=False)
        else:
            chosen = np.unique(rng.integers(0, 1 << n, size))
        return cls(qubits=n, strings=tuple(format(int(i), f"0{n}b") for i in chosen))


class GivenState(StateTask):
    """Any state, by its amplitudes."""

    name: ClassVar[str] = "amplitudes"
    title: ClassVar[str] = "State of given amplitudes"
    qubits: int = Field(ge=1, le=_MOST_AMPLITUDES)
    """Qubits of the state."""
    amplitudes: tuple[tuple[float, float], ...]
    """Amplitudes of |0...0>, |0...01> and so on, normalised: numbers, or pairs of real and
    imaginary part."""

    @model_validator(mode="before")
    @classmethod
    def _sized(cls, given: Any) -> Any:
        if isinstance(given, dict) and "qubits" not in given:
            listed = given.get("amplitudes")
            if isinstance(listed, list | tuple) and len(listed) > 1:
                return {**given, "qubits": (len(listed) - 1).bit_length()}
        return given

    @field_validator("amplitudes", mode="before")
    @classmethod
    def _pairs(cls, given: Any) -> Any:
        if not isinstance(given, list | tuple | np.ndarray):
            return given
        return tuple(_pair(value) for value in given)

    @model_validator(mode="after")
    def _normalised(self) -> Self:
        if len(self.amplitudes) != 1 << self.qubits:
            raise ValueError(
                f"{len(self.amplitudes)} amplitudes for {_on(self.qubits)}: there must be "
                f"{1 << self.qubits}"
            )
        norm = sum(re * re + im * im for re, im in self.amplitudes)
        if not abs(norm - 1.0) < _NORM:
            raise ValueError(
                f"the amplitudes are not normalised: their squares sum to {norm:.6g}, not 1"
            )
        return self

    def described(self) -> str:
        """See `StateTask.described`."""
        listed = ", ".join(_number(re, im) for re, im in self.amplitudes)
        return (
            f"the state on {_on(self.qubits)} with the amplitudes [{listed}] of the basis states "
            "0, 1, 2 and so on"
        )

    def amplitude_map(self) -> ComplexVector:
        """See `StateTask.amplitude_map`."""
        pairs = np.array(self.amplitudes)  # [2**n, (real, imaginary)]
        vector = pairs[:, 0] + 1j * pairs[:, 1]
        return np.asarray(vector / np.linalg.norm(vector))

    def known(self) -> Iterator[tuple[str, list[Gate]]]:
        """See `StateTask.known`."""
        target = self.target()
        yield "multiplexed rotations", prepare.dense(target)
        held = {int(i): complex(target[i]) for i in np.flatnonzero(np.abs(target) > 1e-12)}
        if len(held) <= target.size // 4:
            yield "merged in pairs", prepare.sparse(held, self.qubits)

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = min(_drawn(rng, qubits, 1, 5), _MOST_AMPLITUDES)
        drawn = rng.normal(size=(1 << n, 2))
        if rng.random() < 0.5:
            drawn[:, 1] = 0.0
        pairs = np.round(drawn / np.linalg.norm(drawn), 7).tolist()
        return cls(qubits=n, amplitudes=tuple(map(tuple, pairs)))


def _pair(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = complex(value.replace(" ", "").replace("i", "j"))
        except ValueError:
            return value
    if isinstance(value, complex):
        return value.real, value.imag
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value), 0.0
    return value


def _number(re: float, im: float) -> str:
    return repr(re) if im == 0 else f"{re!r}{im:+}i"


def _on(qubits: int) -> str:
    return "1 qubit" if qubits == 1 else f"{qubits} qubits"


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
