"""What a simulator is given and what it gives: the protocols, and how to get one by name.

An engine runs a program and returns an `Outcome`, which answers questions by `Estimate`s; how an
engine holds its state is its own matter. Most give amplitudes: they derive from
`simulate.state_engine.StateEngine` and say how a circuit becomes a state. A further engine is one
module and one line in `ENGINES`.
"""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias, Union

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import Circuit
from quasar.circuits.measurement import Answer
from quasar.circuits.qasm import Program
from quasar.core.errors import InputError
from quasar.core.exact import BoolVector
from quasar.core.hamiltonian import IntVector, IsingHamiltonian
from quasar.core.observable import Observable, PauliSum
from quasar.core.seeds import generator

if TYPE_CHECKING:
    from qiskit.primitives import BaseEstimatorV2, BaseSamplerV2

ComplexVector = npt.NDArray[np.complex128]
FloatVector = npt.NDArray[np.float64]
Counts = Mapping[int, int]
"""How often each answer was measured."""

Feature = Literal["state", "shots", "dynamic", "noise", "gradient"]
"""What an engine can do: give amplitudes, sample by itself, run dynamic programs exactly, simulate
noise, give gradients of energies without further runs."""

TIE = 1e-9
"""Relative: probabilities closer than this are told apart by rounding only."""
MAX_QUBITS = 24
"""Largest circuit simulated exactly: 2**24 amplitudes take 256 MiB."""


class Estimate(NamedTuple):
    """A number and how well it is known.

    Attributes:
        value: the number.
        error: standard error where it is statistical, a bound where it is due to truncation; 0 for
            an exact value.
        kind: where the error comes from.
    """

    value: float
    error: float = 0.0
    kind: Literal["exact", "truncation", "statistical"] = "exact"


@dataclass(frozen=True)
class Readout:
    """Which bits of a program are asked for.

    Attributes:
        n_variables: bits that the answer should have; None: as many as the program writes.
        all_qubits: every qubit is the answer, even if the program measures fewer.
        misfits: also simulate a static circuit whose answer has another size than `n_variables`.
            Where not, it has no probabilities (shape [0]) and no state.
        max_qubits: qubits declared at most, and bits of an answer of another size than asked.
        amplitudes: of a static circuit; where not, an engine may leave the state out.
    """

    n_variables: int | None = None
    all_qubits: bool = False
    misfits: bool = True
    max_qubits: int = MAX_QUBITS
    amplitudes: bool = True


ALL_WRITTEN = Readout()
"""All bits that the program writes."""


@dataclass(eq=False, slots=True)
class Outcome:
    """Result of running a program: exact probabilities, or counts of shots.

    Engines whose state is neither may derive from it and answer the questions their own way.

    Attributes:
        probabilities: distribution of the answer's w bits, shape [2**w]; None where only samples
            are known.
        answer: which bits of the program they are.
        circuit: the static circuit that was simulated: qubit i is bit i of the answer where the
            bits hold different qubits, further qubits come after them, and those that are neither
            answer nor acted on are left out. None for a dynamic program.
        state: its amplitudes, shape [2**m]; None for a dynamic program, which leaves a mixture.
        index: the answer that each of its basis states gives, shape [2**m]; None where m = w and
            each gives its own index.
        counts: how often each answer was measured, None where the result is exact.
        shots: how many measurements that were.
    """

    probabilities: FloatVector | None
    answer: Answer
    circuit: Circuit | None = None
    state: ComplexVector | None = None
    index: IntVector | None = None
    counts: Counts | None = None
    shots: int | None = None

    def by_state(self, values: FloatVector) -> FloatVector:
        """Values of the answers (shape [2**w]) as values of the basis states of `circuit`."""
        return values if self.index is None else values[self.index]

    def distribution(self) -> FloatVector:
        """Probabilities of the answers, shape [2**w]; relative frequencies where only counts are
        known.
        """
        if self.probabilities is not None:
            return self.probabilities
        if self.answer.width > MAX_QUBITS:
            raise InputError(
                f"{self.answer.width} bits have too many answers to list: ask for the counts."
            )
        frequencies = np.zeros(1 << self.answer.width)
        counts, shots = self._sampled()
        for index, count in counts.items():
            frequencies[index] = count / shots
        return frequencies

    def probability(self, index: int) -> Estimate:
        """Probability of one answer, given as the index of its basis state."""
        if self.probabilities is not None:
            return Estimate(float(self.probabilities[index]))
        counts, shots = self._sampled()
        p = counts.get(index, 0) / shots
        return Estimate(p, math.sqrt(p * (1.0 - p) / shots), "statistical")

    def expectation(self, observable: Observable) -> Estimate:
        """Mean of an observable on the answer's w qubits, without its constant.

        Raises:
            InputError: an observable of another number of qubits, or one with X or Y in it where no
                state of different qubits is known: measured bits tell only Z.
        """
        if observable.n_qubits != self.answer.width:
            raise InputError(
                f"the observable has {observable.n_qubits} qubits, the program's answer "
                f"{self.answer.width} bits: measure one bit for each qubit."
            )
        h = PauliSum.of(observable)
        if h.is_diagonal:
            return self._diagonal_expectation(IsingHamiltonian.from_observable(h))
        if self.state is None or not self._bits_are_qubits():
            raise InputError(
                "X and Y cannot be read off measured bits: take an engine that gives a state, and "
                "a program that measures each of its qubits once, at the end."
            )
        # Bit i is qubit i of the state; the qubits beyond the answer are left alone.
        whole = PauliSum(self.state.size.bit_length() - 1, h.pauli_terms())
        return Estimate(whole.expectation(self.state))

    def _bits_are_qubits(self) -> bool:
        size = 1 << self.answer.width
        return self.index is None or np.array_equal(self.index[:size], np.arange(size))

    def sample(self, shots: int, seed: int = 0) -> Counts:
        """Counts of `shots` measurements; where only counts are known, by their frequencies."""
        random = generator(seed, "shots")
        if self.probabilities is None:
            counts, known = self._sampled()
            drawn = random.multinomial(shots, np.array(list(counts.values())) / known)
            return {index: int(n) for index, n in zip(counts, drawn, strict=True) if n}
        drawn = random.multinomial(shots, self.probabilities / self.probabilities.sum())
        return {int(index): int(drawn[index]) for index in np.flatnonzero(drawn)}

    def _diagonal_expectation(self, hamiltonian: IsingHamiltonian) -> Estimate:
        if self.probabilities is not None:
            return Estimate(float(self.probabilities @ hamiltonian.diagonal))
        counts, shots = self._sampled()
        energies = np.array([hamiltonian.energy(index) for index in counts])
        weights = np.array(list(counts.values())) / shots
        mean = float(weights @ energies)
        variance = float(weights @ (energies - mean) ** 2) * shots / max(shots - 1, 1)
        return Estimate(mean, math.sqrt(variance / shots), "statistical")

    def _sampled(self) -> tuple[Counts, int]:
        if self.counts is None or self.shots is None:
            raise ValueError("an outcome has probabilities or counts of shots")
        return self.counts, self.shots


class Values(Protocol):
    """E(θ) of an ansatz under an observable, without its gradient."""

    ansatz: Ansatz

    @property
    def n_parameters(self) -> int:
        """P."""
        ...

    def value(self, theta: npt.ArrayLike) -> float:
        """E(θ), θ of shape [P] in radians."""
        ...


class Energy(Values, Protocol):
    """E(θ) of an ansatz under an observable, with gradient.

    Attributes:
        unit: in which an optimiser's tolerances are meant.
    """

    unit: float

    def value_and_gradient(self, theta: npt.ArrayLike) -> tuple[float, FloatVector]:
        """E(θ) and dE/dθ, shape [P]."""
        ...

    def bind(self, theta: npt.ArrayLike) -> Circuit:
        """The circuit at θ."""
        ...


class StateEnergy(Energy, Protocol):
    """An energy that gives the state too."""

    def state(self, theta: npt.ArrayLike) -> ComplexVector:
        """Amplitudes at θ, shape [D]."""
        ...


class Engine(Protocol):
    """A simulator, or a device: programs start from |0...0>.

    Attributes:
        name: as in `ENGINES`.
        supports: what it can do.
    """

    name: str
    supports: frozenset[Feature]

    def run(
        self,
        program: Program,
        readout: Readout = ALL_WRITTEN,
        *,
        shots: int | None = None,
        seed: int = 0,
    ) -> Outcome:
        """Run a program.

        Args:
            readout: which of its bits are asked for.
            shots: measurements; None: exact, or as many as the engine takes by itself.
            seed: of the shots.

        Raises:
            CircuitError: the program cannot be run within the limits.
        """
        ...

    def energy(self, ansatz: Ansatz, observable: Observable) -> Energy:
        """E(θ) of an ansatz by this engine."""
        ...


SINGLE = "aer-single"
"""The engine of state vectors in single precision, to 28 qubits."""
ENGINES: dict[str, str | Callable[[], Engine]] = {
    "qulacs": "quasar.simulate.qulacs_engine:QulacsEngine",
    "qiskit": "quasar.simulate.qiskit_engine:QiskitEngine",
    "aer": "quasar.simulate.qiskit_engine:AerEngine",
    SINGLE: "quasar.simulate.aer_single:AerSingleEngine",
    "cones": "quasar.simulate.cones.engine:ConesEngine",
    "mps": "quasar.simulate.mps_engine:MpsEngine",
    "noisy": "quasar.simulate.noisy.engine:NoisyEngine",
}
"""Engines by name: what makes one, or module and class, imported when asked for."""


_WITH_ARGUMENT = ("noisy",)

AMPLITUDE_ENGINES = ("qulacs", "qiskit", "aer")
"""Those that give amplitudes in double precision; they stop at `MAX_QUBITS`."""


EngineSource: TypeAlias = Union[str, Engine, "BaseSamplerV2", "BaseEstimatorV2"]
"""A name, an engine, or a V2 primitive of Qiskit."""


def get_engine(name: EngineSource = "qulacs") -> Engine:
    """The engine of that name; its library is imported here and not before.

    An engine is returned as it is, and a primitive gets one around it. What follows a colon is for
    the engine, such as the noise of `noisy:fake_torino`.

    Raises:
        InputError: unknown name, its library is not installed, or nothing that measures.
    """
    if not isinstance(name, str):
        return _engine_of(name)
    given = name
    name, colon, argument = given.partition(":")
    if name not in ENGINES or (colon and name not in _WITH_ARGUMENT):
        raise InputError(
            f"unknown engine {given!r}; known: {', '.join(ENGINES)}. Processes with limits do not "
            "know those that only one process adds to ENGINES."
        )
    made = ENGINES[name]
    if not isinstance(made, str):
        return made()
    try:
        engine: Engine = pkgutil.resolve_name(made)(*([argument] if colon else []))
    except ImportError as error:
        extra = name.partition("-")[0]
        raise InputError(
            f"engine {name!r} needs {error.name}: pip install -e '.[{extra}]' in your "
            "clone of quasar."
        ) from error
    return engine


def _engine_of(source: Any) -> Engine:
    if hasattr(source, "supports") and callable(getattr(source, "run", None)):
        engine: Engine = source
        return engine
    # By its name, like the engines above: the module builds on this one.
    module = importlib.import_module("quasar.simulate.primitive_engine")
    found: Engine | None = module.primitive_engine(source)
    if found is None:
        raise InputError(
            f"the engine must be one of {', '.join(ENGINES)}, or a Qiskit V2 sampler or estimator, "
            f"not {type(source).__name__}."
        )
    return found


def top_is_optimal(p: FloatVector, optimal: BoolVector) -> bool:
    """Whether the most probable state is one of the optimal states; shapes [D].

    Where several share the largest probability all must be: a tie between an optimal state and
    another is not an answer, and states that only rounding tells apart tie on every simulator.
    """
    return bool(np.all(optimal[p >= p.max() * (1.0 - TIE)]))


def probabilities(state: ComplexVector) -> FloatVector:
    """Distribution of measuring every qubit, shape [D]."""
    out: FloatVector = state.real**2 + state.imag**2
    return out
