"""What is measured of every record beside its candidates: reference, extremes, best QAOA.

The reference's own circuit is judged like any candidate and must be usable: likeness to a broken
reference means nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, NamedTuple

from quasar.core.errors import InputError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS, IsingHamiltonian
from quasar.core.parallel import map_unordered
from quasar.core.progress import Progress
from quasar.evaluation.inputs import EvaluationRecord
from quasar.optimize.qaoa import optimise_qaoa
from quasar.optimize.trace import Budget
from quasar.simulate.qaoa_kernel import compiled_energy_of, library
from quasar.verifier.energy_range import EnergyRange, find_energy_range
from quasar.verifier.measurement import Measurement, Reference
from quasar.verifier.pool import VerifierPool
from quasar.verifier.sandbox import Job

QAOA_MAX_QUBITS = 16
"""Largest record whose best QAOA energy is looked for, as large as the benchmark's."""
QAOA_MAX_LAYERS = 8
QAOA_EVALUATIONS = 250
"""Energy evaluations for each layer of that search."""
_WORTH_SPREADING = 2_000_000
"""Of `_search_work`, about ten seconds: from there on processes of their own search."""
_BY_NUMPY = 4
"""Times as long without compiled energies."""


class _Facts(NamedTuple):
    position: int
    e_min: float | None
    e_max: float | None
    n_ground_states: int | None
    qaoa_energy: float | None
    known: dict[str, Any] | None = None


class ReferenceSearch(AbstractContextManager["ReferenceSearch"]):
    """Measures every record: circuits first, the rest in a thread while others are judged.

    Args:
        records: the records.
        pool: knows their problems, in their order.

    Attributes:
        circuits: measurements of the reference circuits, by the record's position.
        is_quick: the best QAOA energies are found sooner than processes start.
        large: what is known of the energies of records beyond 24 qubits, by position.
    """

    def __init__(self, records: Sequence[EvaluationRecord], pool: VerifierPool) -> None:
        self.records = records
        self.pool = pool
        self.circuits: dict[int, Measurement] = {}
        self.is_quick = _search_work(records) <= _WORTH_SPREADING
        self.large: dict[int, EnergyRange] = {}
        self._facts: dict[int, _Facts] = {}
        self._waiting: list[Future[_Facts]] = []
        self._thread = ThreadPoolExecutor(1)

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(cancel_futures=True)

    def start(self, progress: Progress) -> None:
        """Measure all circuits, and everything else that is not quick.

        Raises:
            InputError: a reference circuit is not usable; names the record.
        """
        self.large = {
            position: find_energy_range(record.problem, self.pool.settings.large)
            for position, record in enumerate(self.records)
            if record.problem.n_qubits > MAX_EXACT_QUBITS
        }
        self.pool.know(self.large)
        small = [item for item in enumerate(self.records) if item[0] not in self.large]
        if self.is_quick:
            self._waiting = [self._thread.submit(_facts, item) for item in small]
        progress.start("measuring the references", len(self.records))
        self.circuits = dict(_circuits(self.records, self.pool, progress.advance))
        if not self.is_quick:
            progress.start("searching the references' best QAOA energies", len(small))
            for found in map_unordered(_facts, small, jobs=self.pool.workers):
                self._facts[found.position] = found
                progress.advance()

    @property
    def is_done(self) -> bool:
        """Whether `found` has to wait for nothing."""
        return not self._waiting or self._waiting[-1].done()

    def found(self) -> list[Reference]:
        """What was measured, in the order of the records; waits until everything is."""
        facts = {found.position: found for found in (w.result() for w in self._waiting)}
        facts |= self._facts
        facts |= {position: _large_facts(position, known) for position, known in self.large.items()}
        return [_reference(r, facts[i], self.circuits) for i, r in enumerate(self.records)]


def _circuits(
    records: Sequence[EvaluationRecord], pool: VerifierPool, tick: Callable[[], None]
) -> Iterator[tuple[int, Measurement]]:
    """(position, measurement) of every reference circuit."""
    jobs = [
        Job(position, position, record.problem.reference, compared=False)
        for position, record in enumerate(records)
        if record.problem.reference is not None
    ]
    for _ in range(len(records) - len(jobs)):
        tick()
    if not jobs:
        return
    for position, report in pool.run(jobs):
        if not report.feasible:
            raise InputError(
                f"the reference circuit of record {records[position].sample_index} is not usable: "
                f"{report.fault} Fix the record, or set its 'circuit_with_params' to null."
            )
        yield position, Measurement.from_report(report)
        tick()


def _facts(item: tuple[int, EvaluationRecord]) -> _Facts:
    position, record = item
    # A copy, so that the diagonal is dropped after use; no term of size 0, no gate for it.
    problem = replace(record.problem, hamiltonian=record.problem.hamiltonian.simplified())
    hamiltonian = problem.hamiltonian
    spectrum = hamiltonian.spectrum
    return _Facts(
        position,
        spectrum.e_min,
        spectrum.e_max,
        problem.optimality.n_optimal,
        _best_qaoa(record, hamiltonian),
    )


def _search_work(records: Sequence[EvaluationRecord]) -> float:
    """How long the search for the records' best QAOA energies takes, in no unit: depths, layers of
    each, evaluations for each, amplitudes.
    """
    wanted = [r for r in records if _is_searched(r)]
    work = sum((r.layers or 0) ** 3 * (32 << min(r.problem.n_qubits, 30)) for r in wanted) / 100
    return work * (_BY_NUMPY if library() is None else 1)


def _is_searched(record: EvaluationRecord) -> bool:
    """Whether the record asks for QAOA that is small enough to be looked for."""
    if record.algorithm != "qaoa" or record.layers is None:
        return False
    return record.layers <= QAOA_MAX_LAYERS and record.problem.n_qubits <= QAOA_MAX_QUBITS


def _large_facts(position: int, known: EnergyRange) -> _Facts:
    """Of a record beyond exact enumeration: what is proven."""
    e_min, e_max = (None if end is None else end.value for end in (known.lowest, known.highest))
    infeasible = known.optimum is not None and known.optimum.status == "infeasible"
    return _Facts(position, e_min, e_max, 0 if infeasible else None, None, known.to_json())


def _best_qaoa(record: EvaluationRecord, hamiltonian: IsingHamiltonian) -> float | None:
    """Lowest energy found for QAOA at the record's depth; None where it is not looked for."""
    layers = record.layers
    if layers is None or not _is_searched(record) or not hamiltonian.terms:
        return None
    budget = Budget(QAOA_EVALUATIONS * (layers + 1))
    found = optimise_qaoa(hamiltonian, layers, budget=budget, energies=compiled_energy_of)
    return min(minimum.energy for _, minimum in found)


def _reference(
    record: EvaluationRecord, facts: _Facts, circuits: Mapping[int, Measurement]
) -> Reference:
    circuit = circuits.get(facts.position)
    best = facts.qaoa_energy
    if best is not None and circuit is not None and circuit.energy is not None:
        best = min(best, circuit.energy)
    source = record.problem.problem
    return Reference(
        sample_index=record.sample_index,
        problem_type="ising" if source is None else source.problem_type,
        algorithm=record.algorithm,
        n_qubits=record.problem.n_qubits,
        layers=record.layers,
        e_min=facts.e_min,
        e_max=facts.e_max,
        n_ground_states=facts.n_ground_states,
        qaoa_energy=best,
        circuit=circuit,
        known=facts.known,
    )
