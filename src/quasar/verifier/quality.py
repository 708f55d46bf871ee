"""What a person wants to know of a circuit beyond the reward (SPEC: metrics).

Size as written and what of it has an effect, what the final state is, how many numbers the circuit
carries, its most probable answers in the user's own terms, and remarks on common slips.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Literal

from quasar.circuits.circuit import Circuit
from quasar.circuits.circuit_facts import circuit_facts
from quasar.circuits.statistics import Statistics, statistics
from quasar.core.bits import index_to_bitstring, index_to_ket
from quasar.core.documented import Documented
from quasar.core.hamiltonian import Spectrum
from quasar.problems.base import EncodedProblem
from quasar.simulate.distributions import shape_of
from quasar.simulate.engine import ComplexVector, FloatVector
from quasar.simulate.state_facts import ENTANGLED_FROM, state_facts

LISTED_STATES = 8
_MOST_KNOWN = 4096  # decoded states that are kept
_ATOMS = (str, int, float, bool, type(None))


class DecodedState(Documented):
    """One basis state and what it says about the problem."""

    bitstring: str
    """Variable order: character i is variable i, 1 = selected (a qubit measured as 0)."""
    ket: str
    """Raw measured bits, last qubit first, as Qiskit prints counts."""
    probability: float | None = None
    """Chance of measuring it; None where it is only named."""
    energy: float
    """Energy without the constant."""
    optimal: bool
    """Whether it is one of the best (`problems.optimality`)."""
    solution: Any = None
    """In the user's node and edge names; None when the variables are unknown."""
    feasible: bool | None = None
    """Whether the solution obeys every constraint."""
    objective: float | None = None
    """The user's own number for the solution."""


class Optimum(Documented):
    """The best and worst that any measurement can give."""

    status: Literal["proven", "infeasible"]
    """`infeasible`: no valid solution exists, proved by enumerating all states."""
    e_min: float
    """Lowest energy."""
    e_max: float
    """Highest energy."""
    n_ground_states: int
    """Optimal basis states; 0 where no valid solution exists."""
    n_feasible: int
    """Basis states that decode to a valid solution; all where that is not known."""
    encoding_is_exact: bool
    """Whether optimal states and ground states are those of the best valid solutions; the flaws of
    `agent-q` can part them, and a penalty weight that is too small."""
    example: DecodedState
    """An optimal state; the state of lowest energy where no valid solution exists."""


class ShotStatistics(Documented):
    """How well numbers are known that were measured with shots. Errors are standard errors."""

    engine: str
    """What ran the circuit."""
    shots: int
    """Measurements."""
    energy_error: float
    """Of the energy."""
    approximation_ratio_error: float
    """Of r; the ends of its scale are exact."""
    p_optimal_error: float
    """Of the probability of an optimum: sqrt(q (1 - q)/(N + 2)) with q = (k + 1)/(N + 2) for k hits
    in N shots, so that it is not 0 where no shot or every shot is a hit."""


class Quality(Documented):
    """Measured properties of the circuit and its final state."""

    statistics: Statistics | None
    """Size of the circuit as written; None for a dynamic program."""
    effective: Statistics | None = None
    """Size without the gates that change nothing of the distribution; None where it was not asked
    for and for a dynamic program."""
    degrees_of_freedom: int | None = None
    """Different free angles among them, 2p for QAOA of p layers; None as for `effective`."""
    from_hamiltonian: bool | None = None
    """Whether structure and angles follow from the Hamiltonian, as those of QAOA do; None as for
    `effective`."""
    entanglement: float | None
    """Meyer-Wallach measure in [0, 1] (quant-ph/0305094); None for a dynamic program and
    where only counts are known."""
    product_state: bool | None = None
    """No qubit of the final state is entangled: a classical answer. None as for
    `entanglement`."""
    basis_state: bool
    """One bit string has probability >= 1 - 1e-6."""
    entropy_bits: float
    """Shannon entropy of the distribution, bits; n for a uniform one."""
    top_states: list[DecodedState]
    """The most probable basis states; empty where states are not decoded."""

    @property
    def classical(self) -> bool:
        """Whether the state is a product, or so near one that tuning has all but undone it.

        With a diagonal Hamiltonian it is then a classical answer written as gates.
        """
        return bool(self.product_state) or (
            self.entanglement is not None and self.entanglement < ENTANGLED_FROM
        )


def read_state(
    index: int, problem: EncodedProblem, probability: float | None = None
) -> DecodedState:
    """A basis state in the user's terms."""
    energy = problem.hamiltonian.energy(index)
    decoded = problem.decode(index)
    return DecodedState.made(
        bitstring=index_to_bitstring(index, problem.n_qubits),
        ket=index_to_ket(index, problem.n_qubits),
        probability=probability,
        energy=energy,
        optimal=bool(problem.optimality.optimal[index]),
        solution=None if decoded is None else decoded.solution,
        feasible=None if decoded is None else decoded.feasible,
        objective=None if decoded is None else decoded.objective,
    )


class KnownStates:
    """Basis states of a problem that were read before: candidates share their likely answers."""

    def __init__(self, problem: EncodedProblem) -> None:
        self.problem = problem
        self._known: dict[int, tuple[DecodedState, Callable[[Any], Any]]] = {}

    def read(self, index: int, probability: float) -> DecodedState:
        """As `read_state`; nothing in it is shared with another."""
        known = self._known.get(index)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            state = read_state(index, self.problem)
            known = self._known[index] = state, _copier(state.solution)
        state, copied = known
        values = state.__dict__.copy()
        values["probability"] = probability
        values["solution"] = copied(values["solution"])
        return DecodedState.whole(values)


def _copier(value: Any) -> Callable[[Any], Any]:
    """What copies a value of this make: JSON, mostly flat."""
    if isinstance(value, _ATOMS):
        return _same
    if type(value) is list:
        kinds = {type(item) for item in value}
        if kinds.issubset(_ATOMS):
            return list.copy
        if kinds == {list} and all(type(atom) in _ATOMS for item in value for atom in item):
            return _copied_rows
    if type(value) is dict and all(type(item) in _ATOMS for item in value.values()):
        return dict.copy
    return copy.deepcopy


def _same(value: Any) -> Any:
    return value


def _copied_rows(rows: list[list[Any]]) -> list[list[Any]]:
    return [row.copy() for row in rows]


def read_optimum(problem: EncodedProblem, spectrum: Spectrum) -> Optimum:
    """The exact optimum, by full enumeration."""
    optimality = problem.optimality
    listed = optimality.states(1) if optimality.n_optimal else spectrum.ground_states
    return Optimum(
        status=optimality.status,
        e_min=spectrum.e_min,
        e_max=spectrum.e_max,
        n_ground_states=optimality.n_optimal,
        n_feasible=optimality.n_feasible,
        encoding_is_exact=optimality.is_exact,
        example=read_state(int(listed[0]), problem),
    )


def measure(
    p: FloatVector,
    state: ComplexVector | None,
    circuit: Circuit | None,
    problem: EncodedProblem,
    *,
    decode: bool = True,
    look_closely: bool = True,
    known: KnownStates | None = None,
) -> Quality:
    """All of the above for a circuit on the problem's qubits; p has shape [D].

    Args:
        decode: also decode the most probable states.
        look_closely: also find which gates have an effect, and how many numbers they carry.
        known: states of the problem that were decoded before.
    """
    shape = shape_of(p, LISTED_STATES if decode else 0)
    facts = state_facts(p, state, shape)
    known = known or KnownStates(problem)
    written = acting = free = None
    if circuit is not None and look_closely:
        written, acting, free = circuit_facts(circuit, problem.hamiltonian)
    elif circuit is not None:
        written = statistics(circuit)
    return Quality.whole(
        {
            "statistics": written,
            "effective": acting,
            "degrees_of_freedom": None if free is None else free.degrees,
            "from_hamiltonian": None if free is None else free.from_hamiltonian,
            "entanglement": facts.entanglement,
            "product_state": facts.product_state,
            "basis_state": facts.basis_state,
            "entropy_bits": shape.entropy_bits,
            "top_states": [known.read(k, float(p[k])) for k in shape.top],
        }
    )
