"""A result's measurements in words, one phrase each; `terminal` puts them in order."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from quasar.core.numerals import share
from quasar.problems.overlay import counted
from quasar.simulate.state_facts import ENTANGLED_FROM

if TYPE_CHECKING:
    from quasar.circuits.statistics import Statistics
    from quasar.verifier.estimates import SampledState
    from quasar.verifier.quality import DecodedState, Optimum, Quality
    from quasar.verifier.report import Report

_LISTED = 200
"""Elements of a solution that a summary lists; files and JSON have all."""


def solution_text(solution: Any) -> str:
    """A solution on one line, in full."""
    if not isinstance(solution, list):
        return json.dumps(solution, ensure_ascii=False)
    parts = (v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for v in solution)
    return ", ".join(parts) or "none"


def shortened(solution: Any) -> str:
    """A solution for a terminal: of a long list the beginning, and how much is left out."""
    if not isinstance(solution, list) or len(solution) <= _LISTED:
        return solution_text(solution)
    return f"{solution_text(solution[:_LISTED])}, … {len(solution) - _LISTED:,} more"


def values_text(values: Mapping[str, Any]) -> str:
    """Measurements by name, on one line."""
    shown = {k: f"{v:.6g}" if isinstance(v, float) else f"{v}" for k, v in values.items()}
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in shown.items())


def amount(value: float | None) -> str:
    """An objective in full: integers as such."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value == round(value) and abs(value) < 1e15 else f"{value:.6g}"


def optimum_text(optimum: Optimum, n_qubits: int) -> str:
    """The best there is, and how many states are as good."""
    if optimum.status == "infeasible":
        return f"no valid solution exists (proved: all {2**n_qubits:,} states were checked)"
    states = f"{optimum.n_ground_states:,} state{'s' * (optimum.n_ground_states != 1)}"
    return f"{states}; e.g. {decoded_text(optimum.example)}"


def size_text(quality: Quality) -> str:
    """Gates, what of them has an effect, and depth; empty for a dynamic program."""
    size, acting = quality.statistics, quality.effective
    if size is None:
        return ""
    text = f"{gates_text(size)}, depth {size.depth}"
    if acting is None or acting.gates == size.gates:
        return text
    have = "has" if acting.gates == 1 else "have"
    return f"{text}; {gates_text(acting)} {have} an effect"


def gates_text(size: Statistics) -> str:
    """How many gates, and how many of them on two qubits."""
    return f"{counted(size.gates, 'gate')} ({size.two_qubit_gates or 'none'} on two qubits)"


def freedom_text(quality: Quality) -> str:
    """How many numbers the circuit carries, and where they come from."""
    count = quality.degrees_of_freedom
    numbers = "one free angle" if count == 1 else f"{count or 'no'} free angles"
    if quality.from_hamiltonian:
        return f"{numbers}; all else follows from the Hamiltonian (QAOA)"
    return f"{numbers}; gates and angles do not follow from the Hamiltonian"


def shots_text(shots: int | None) -> str:
    """How often to run the circuit to see an optimum."""
    if shots is None:
        return "no number of shots shows an optimum"
    return f"{shots:,} to see an optimum with probability 0.99"


def measured_text(report: Report) -> str:
    """Probabilities of the answer and of all optimal states."""
    quality, optimum = report.quality, report.optimum
    if quality is None or optimum is None:
        return ""
    answer = quality.top_states[0]
    return (
        f"this answer with probability {share(answer.probability, 3)}, any of "
        f"{optimum.n_ground_states:,} optimal state{'s' * (optimum.n_ground_states != 1)} with "
        f"{share(report.p_optimal, 3)}"
    )


def answer_lines(answer: DecodedState | SampledState) -> Iterator[tuple[str, str]]:
    """An answer as lines of a summary: the solution and its objective, or the bits."""
    if answer.solution is None:
        yield "answer", answer.bitstring
    else:
        broken = "" if answer.feasible else " (breaks a constraint)"
        yield "answer", f"{shortened(answer.solution)}{broken}"
        yield "objective", amount(answer.objective)


def decoded_text(state: DecodedState) -> str:
    """One basis state: bits, probability, what it means."""
    parts = [state.bitstring]
    if state.probability is not None:
        parts.append(f"with probability {share(state.probability)}")
    if state.solution is not None:
        kind = "" if state.feasible else "infeasible "
        value = f" (objective {amount(state.objective)})" if state.objective is not None else ""
        parts.append(f"= {kind}{solution_text(state.solution)}{value}")
    return " ".join(parts)


def verdict_text(answer: DecodedState, optimum: Optimum, n_qubits: int) -> str:
    """What is proved of an answer."""
    every = f"all {2**n_qubits:,} states"
    if optimum.status == "infeasible":
        return optimum_text(optimum, n_qubits)
    if not answer.optimal:
        best = optimum.example
        if answer.feasible and best.feasible and answer.objective != best.objective:
            return (
                f"not optimal: objective {amount(answer.objective)}, best possible "
                f"{amount(best.objective)}"
            )
        if answer.energy <= optimum.e_min:
            return "not optimal, although its energy is the lowest: the Hamiltonian is not exact"
        return f"not optimal: energy {answer.energy:g}, best possible {optimum.e_min:g}"
    if optimum.encoding_is_exact:
        return f"proven optimal: best of {every}"
    broken = "" if answer.feasible else ", and breaks a constraint"
    return f"lowest energy of {every}, but the encoding is not exact{broken}"


def state_text(quality: Quality) -> str:
    """What the final state is."""
    if quality.basis_state:
        return "one bit string: a classical answer written as gates"
    if quality.product_state:
        return "a product state: a classical answer written as gates"
    if quality.entanglement is None:
        return "a mixture of measurement outcomes"
    measure = f"Meyer-Wallach {share(quality.entanglement, 3)}"
    if quality.classical:
        return f"nearly a product state ({measure}): a classical answer written as gates"
    return f"entangled ({measure})"


def state_word(report: Report) -> str:
    """What the final state is, in a word."""
    quality = report.quality
    if not report.feasible or quality is None:
        return "unusable"
    if quality.basis_state:
        return "bit string"
    if quality.product_state:
        return "product"
    if quality.entanglement is None:
        return "mixture"
    return "near product" if quality.classical else "entangled"


def ranking_text(reports: Sequence[Report]) -> str:
    """Why a circuit of fewer shots stands below one of more; empty where none does.

    Args:
        reports: in the order of the ranking.
    """
    most = 0.0
    for report in reports:
        quality, shots = report.quality, report.shots_to_optimum
        if not report.feasible or quality is None:
            continue
        if not quality.classical:
            most = max(most, math.inf if shots is None else shots)
        elif shots is not None and shots < most:
            return (
                "circuits that entangle come first. A product state, or one so near it that its "
                f"Meyer-Wallach measure is below {ENTANGLED_FROM:g}, is a classical answer written "
                "as gates, and stands below them however few shots it takes."
            )
    return ""
