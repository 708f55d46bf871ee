"""What a person wants to know of a circuit beyond the reward (SPEC: metrics).

Size as written and what of it has an effect, what the final state is, how many numbers the circuit
carries, its most probable answers in the user's own terms, and remarks on common slips.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import BaseModel

from quasar.circuits.circuit import Circuit
from quasar.circuits.effective import effective
from quasar.circuits.freedom import freedom
from quasar.circuits.statistics import Statistics, statistics
from quasar.core.bits import index_to_bitstring, index_to_ket
from quasar.core.hamiltonian import Spectrum
from quasar.problems.base import EncodedProblem
from quasar.simulate.engine import ComplexVector, FloatVector
from quasar.simulate.state_facts import state_facts

ONE_STRING_PROBABILITY = 0.99  # from here on a remark says that the state is one bit string
UNIFORM_BITS = 0.1  # entropy this near to n bits counts as uniform
LISTED_STATES = 8


class DecodedState(BaseModel):
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


class Optimum(BaseModel):
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


class Quality(BaseModel):
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
    """Meyer-Wallach measure in [0, 1] (quant-ph/0305094); None for a dynamic program."""
    product_state: bool | None = None
    """No qubit of the final state is entangled: a classical answer in disguise. None for a dynamic
    program."""
    basis_state: bool
    """One bit string has probability >= 1 - 1e-6."""
    entropy_bits: float
    """Shannon entropy of the distribution, bits; n for a uniform one."""
    top_states: list[DecodedState]
    """The most probable basis states; empty where states are not decoded."""


def read_state(
    index: int, problem: EncodedProblem, probability: float | None = None
) -> DecodedState:
    """A basis state in the user's terms."""
    energy = problem.hamiltonian.energy(index)
    decoded = problem.decode(index)
    return DecodedState(
        bitstring=index_to_bitstring(index, problem.n_qubits),
        ket=index_to_ket(index, problem.n_qubits),
        probability=probability,
        energy=energy,
        optimal=bool(problem.optimality.optimal[index]),
        solution=None if decoded is None else decoded.solution,
        feasible=None if decoded is None else decoded.feasible,
        objective=None if decoded is None else decoded.objective,
    )


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


def entropy_bits(p: FloatVector) -> float:
    """Shannon entropy of a distribution, shape [D], in bits."""
    seen = p[p > 0]
    return float(-(seen * np.log2(seen)).sum())


def measure(
    p: FloatVector,
    state: ComplexVector | None,
    circuit: Circuit | None,
    problem: EncodedProblem,
    *,
    decode: bool = True,
    look_closely: bool = True,
) -> Quality:
    """All of the above for a circuit on the problem's qubits; p has shape [D].

    Args:
        decode: also decode the most probable states.
        look_closely: also find which gates have an effect, and how many numbers they carry.
    """
    facts = state_facts(p, state)
    ordered: list[int] = []
    if decode:
        count = min(LISTED_STATES, p.size)
        top = np.argpartition(-p, count - 1)[:count]
        ordered = sorted(top.tolist(), key=lambda k: (-p[k], k))
    acting = effective(circuit) if look_closely and circuit is not None else None
    free = None
    if acting is not None and circuit is not None:
        free = freedom(circuit, problem.hamiltonian, acting)
    return Quality(
        statistics=None if circuit is None else statistics(circuit),
        effective=None if acting is None else statistics(acting),
        degrees_of_freedom=None if free is None else free.degrees,
        from_hamiltonian=None if free is None else free.from_hamiltonian,
        entanglement=facts.entanglement,
        product_state=facts.product_state,
        basis_state=facts.basis_state,
        entropy_bits=entropy_bits(p),
        top_states=[read_state(k, problem, float(p[k])) for k in ordered],
    )


def remarks(
    p: FloatVector,
    circuit: Circuit | None,
    quality: Quality,
    problem: EncodedProblem,
) -> list[str]:
    """Plain sentences on what is likely wrong or worth knowing."""
    n = problem.n_qubits
    said = []
    if circuit is None:
        said.append("The program is dynamic: its exact mixture of outcomes was followed.")
    if quality.product_state and (n > 1 or quality.basis_state):
        what = "one bit string and a product state" if quality.basis_state else "a product state"
        said.append(
            f"The final state is {what}: a classical answer in disguise, whatever gates are "
            "written around it."
        )
    elif n > 1 and quality.effective is not None and quality.effective.two_qubit_gates == 0:
        said.append(
            "No gate on two qubits changes what is measured: the bits are independent, a classical "
            "answer in disguise."
        )
    if n > 1 and quality.entropy_bits > n - UNIFORM_BITS:
        said.append(
            f"The distribution is nearly uniform ({quality.entropy_bits:.2f} of {n} bits): "
            "measuring it is hardly better than guessing."
        )
    elif not quality.product_state and float(p.max()) > ONE_STRING_PROBABILITY:
        said.append(
            f"The final state is one bit string (probability {float(p.max()):.4f}): the gates "
            "found the answer, they do not superpose several."
        )
    slip = _convention_slip(p, problem)
    if slip:
        said.append(slip)
    if quality.top_states[0].feasible is False and problem.optimality.n_feasible:
        said.append("The most probable state decodes to a solution that breaks a constraint.")
    return said


def problem_remarks(problem: EncodedProblem) -> list[str]:
    """Plain sentences on the problem itself."""
    said = []
    optimality = problem.optimality
    if problem.encoding == "given":
        said.append(
            "The file's Hamiltonian matches neither encoding of its graph under either variable "
            "order, so states cannot be decoded."
        )
    if optimality.status == "infeasible":
        said.append(no_solution(problem))
    elif not optimality.is_exact and problem.encoding == "exact":
        said.append(
            "The penalty weight is too small: the ground states of the Hamiltonian are not the "
            "best solutions of the problem, so that a lower energy may be a worse answer."
        )
    elif not optimality.is_exact:
        said.append(
            f"The {problem.encoding} encoding is not exact here: the ground states of its "
            "Hamiltonian are not the best solutions of the problem."
        )
    if not problem.hamiltonian.spectrum.resolved:
        said.append(
            "The coefficients differ so much in size that float64 energies cannot tell an optimal "
            "state from others: the verdict is exact, but energy, ratio and optimisers are not."
        )
    return said


def no_solution(problem: EncodedProblem) -> str:
    """The verdict on a problem without any valid solution."""
    return f"No valid solution exists (proved: all {2**problem.n_qubits:,} states were checked)."


def _convention_slip(p: FloatVector, problem: EncodedProblem) -> str | None:
    """Whether the answer is right but written with bits flipped or in reverse order."""
    n = problem.n_qubits
    k = int(p.argmax())
    optimal = problem.optimality.optimal
    if optimal[k] or p[k] < 0.1:
        return None
    mask = (1 << n) - 1
    mirrored = int(format(k, f"0{n}b")[::-1], 2)
    slips = {
        "with every bit flipped (a qubit measured as 0 means selected)": k ^ mask,
        "with the qubits in reverse order (qubit 0 is the least significant bit)": mirrored,
    }
    for words, other in slips.items():
        if optimal[other]:
            return f"The most probable state would be optimal {words}."
    return None
