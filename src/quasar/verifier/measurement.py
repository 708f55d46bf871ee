"""What is known of one circuit and of one record: raw measurements, one record for everybody.

The evaluation's rows, the data sets' records and the training signals are all made from it, so a
quantity has one name and one definition. Everything here is independent of the energy convention:
both energies are kept. Fields are None where they are not defined. Nothing is weighed here (that
is `reward.py`), and nothing is averaged (that is `metrics.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from quasar.verifier.report import Report

if TYPE_CHECKING:
    from quasar.verifier.estimates import Estimates


@dataclass(frozen=True, slots=True)
class Measurement:
    """Raw measurements of one circuit for one problem.

    Attributes:
        parses: the reference importer accepts it.
        feasible: it parses, simulates, and has the problem's number of qubits ("usable").
        n_qubits: qubits declared.
        dynamic: mid-circuit measurement, reset or branches.
        fault: kind of the fault that makes it infeasible, for limits with the limit's name.
        fault_message: what is wrong, for people.
        relative_entropy: KL(p‖q) in bits against the reference.
        energy: E_p, physical convention.
        energy_bit_reversed: E_p with the Hamiltonian's qubits in reversed order.
        approximation_ratio: r = (E_max - E_p)/(E_max - E_min).
        p_optimal: probability of a ground state.
        shots_to_optimum: shots that show one with probability 0.99; None where none can.
        p_feasible: probability of a valid solution; None where every state is one, or where states
            cannot be decoded.
        feasible_ratio: of the cost, given that a valid solution is measured.
        top_is_optimal: whether the most probable state is one.
        gates: gates as written; None for a dynamic program.
        two_qubit_gates: gates on two or more qubits among them.
        depth: longest path, every gate counting 1.
        effective_gates: gates that change something of the distribution; None for a dynamic
            program.
        effective_two_qubit_gates: gates on two or more qubits among them.
        degrees_of_freedom: different free angles among them, 2p for QAOA.
        from_hamiltonian: structure and angles follow from the Hamiltonian (QAOA).
        entropy_bits: of the distribution.
        entanglement: Meyer-Wallach measure of the final state.
        product_state: no qubit of the final state is entangled; None for a dynamic program.
        basis_state: the final state is one bit string.
        energy_known: beyond 24 qubits, how E_p is known: `exact` or `statistical`; else None.
        energy_error: its standard error, 0 where it is exact.
        ratio_low: there, r is at least this, by proven bounds; `approximation_ratio` is None where
            the ends of the energies are not proven.
        ratio_high: and at most this.
        p_best_known: probability of an answer as good as the best solution known, from samples.
        p_best_known_low: lower end of its 95% interval.
        p_best_known_high: upper end.
        best_objective: of the best valid answer among the samples.
    """

    parses: bool
    feasible: bool
    n_qubits: int | None = None
    dynamic: bool = False
    fault: str | None = None
    fault_message: str | None = None
    relative_entropy: float | None = None
    energy: float | None = None
    energy_bit_reversed: float | None = None
    approximation_ratio: float | None = None
    p_optimal: float | None = None
    shots_to_optimum: int | None = None
    p_feasible: float | None = None
    feasible_ratio: float | None = None
    top_is_optimal: bool | None = None
    gates: int | None = None
    two_qubit_gates: int | None = None
    depth: int | None = None
    effective_gates: int | None = None
    effective_two_qubit_gates: int | None = None
    degrees_of_freedom: int | None = None
    from_hamiltonian: bool | None = None
    entropy_bits: float | None = None
    entanglement: float | None = None
    product_state: bool | None = None
    basis_state: bool | None = None
    energy_known: str | None = None
    energy_error: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    p_best_known: float | None = None
    p_best_known_low: float | None = None
    p_best_known_high: float | None = None
    best_objective: float | None = None

    @classmethod
    def from_report(cls, report: Report) -> Self:
        """The verifier's report, without what depends on conventions, weights and clocks."""
        if report.estimates is not None:
            return cls._of_estimates(report, report.estimates)
        first, measured = report.stages.feasibility, report.stages.objective
        quality = report.quality
        size = None if quality is None else quality.statistics
        acting = None if quality is None else quality.effective
        found = report.solutions
        return cls(
            parses=report.parses,
            feasible=report.feasible,
            n_qubits=report.n_qubits,
            dynamic=first.dynamic,
            fault=None
            if report.fault is None
            else ":".join(filter(None, (report.fault.kind, report.fault.limit))),
            fault_message=None if report.fault is None else str(report.fault),
            relative_entropy=report.relative_entropy,
            energy=None if measured is None else measured.energy,
            energy_bit_reversed=None if measured is None else measured.energy_bit_reversed,
            approximation_ratio=report.approximation_ratio,
            p_optimal=report.p_optimal,
            shots_to_optimum=report.shots_to_optimum,
            p_feasible=None if found is None else found.p_feasible,
            feasible_ratio=None if found is None else found.feasible_ratio,
            top_is_optimal=report.top_is_optimal,
            gates=None if size is None else size.gates,
            two_qubit_gates=None if size is None else size.two_qubit_gates,
            depth=None if size is None else size.depth,
            effective_gates=None if acting is None else acting.gates,
            effective_two_qubit_gates=None if acting is None else acting.two_qubit_gates,
            degrees_of_freedom=None if quality is None else quality.degrees_of_freedom,
            from_hamiltonian=None if quality is None else quality.from_hamiltonian,
            entropy_bits=None if quality is None else quality.entropy_bits,
            entanglement=None if quality is None else quality.entanglement,
            product_state=None if quality is None else quality.product_state,
            basis_state=None if quality is None else quality.basis_state,
        )

    @classmethod
    def _of_estimates(cls, report: Report, found: Estimates) -> Self:
        """That of a circuit beyond 24 qubits: what only a distribution tells stays None."""
        samples, size = found.samples, found.statistics
        hits = None if samples is None else samples.p_best_known
        valid = None if samples is None else samples.p_feasible
        best = None if samples is None else samples.best
        return cls(
            parses=report.parses,
            feasible=report.feasible,
            n_qubits=report.n_qubits,
            energy=found.energy,
            approximation_ratio=report.approximation_ratio,
            p_feasible=None if valid is None or valid.value == 1.0 else valid.value,
            gates=None if size is None else size.gates,
            two_qubit_gates=None if size is None else size.two_qubit_gates,
            depth=None if size is None else size.depth,
            energy_known=found.energy_known,
            energy_error=found.energy_error,
            ratio_low=found.ratio_low,
            ratio_high=found.ratio_high,
            p_best_known=None if hits is None else hits.value,
            p_best_known_low=None if hits is None else hits.low,
            p_best_known_high=None if hits is None else hits.high,
            best_objective=best.objective if best is not None and best.feasible else None,
        )


@dataclass(frozen=True, slots=True)
class Reference:
    """What is known of a record before any candidate is judged.

    Attributes:
        sample_index: identity of the record.
        problem_type: e.g. `vertex_cover`.
        algorithm: the record's `optimization_type`, None where it has none.
        n_qubits: qubits of the Hamiltonian.
        layers: the record's `number_of_layers`, None where it has none.
        e_min: lowest energy; None where it is not proven, beyond 24 qubits.
        e_max: highest energy; None likewise.
        n_ground_states: optimal basis states; None beyond 24 qubits, but 0 where the problem is
            proved to have no solution.
        qaoa_energy: lowest energy known for QAOA at the record's depth; None for other records.
        circuit: measurements of the reference circuit; None without one.
        known: beyond 24 qubits, what is known of the energies (`EnergyRange`, as JSON).
    """

    sample_index: int
    problem_type: str
    algorithm: str | None
    n_qubits: int
    layers: int | None
    e_min: float | None
    e_max: float | None
    n_ground_states: int | None
    qaoa_energy: float | None
    circuit: Measurement | None
    known: dict[str, Any] | None = None

    @property
    def is_large(self) -> bool:
        """Whether it is beyond exact enumeration, so that nothing needs a distribution."""
        return self.known is not None

    @property
    def width(self) -> float | None:
        """E_max - E_min; None where they are not both known."""
        return None if self.e_min is None or self.e_max is None else self.e_max - self.e_min
