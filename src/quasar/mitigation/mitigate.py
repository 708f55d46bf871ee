"""Means of a circuit with mitigation, from anything that runs circuits.

`mitigate` is the bridge for every `executor(circuit) -> counts`: a simulator, a device, or one that
another package (mitiq, for one) wraps. Mitigation corrects means of observables; single shots
stay as noisy as they are. Beyond readout the means are estimates with a bias of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from quasar.core.errors import InputError
from quasar.mitigation.extrapolation import extrapolate
from quasar.mitigation.folding import fold_global, fold_local
from quasar.mitigation.m3 import m3_means
from quasar.mitigation.plan import Mitigation, read_mitigation
from quasar.mitigation.randomize import decoupled, twirled
from quasar.simulate.engine import Counts, Estimate
from quasar.simulate.noisy.confusion import pulled_back
from quasar.simulate.noisy.engine import of_groups
from quasar.simulate.noisy.model import Flips

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.transpiler import Target

FloatArray = npt.NDArray[np.float64]

Executor: TypeAlias = "Callable[[QuantumCircuit], Mapping[Any, int] | FloatArray]"
"""Runs a measured circuit. Returns counts by bit string (last bit first, as Qiskit prints them) or
by number; or a distribution, shape [2**w], or independent estimates of it, shape [G, 2**w]."""


@dataclass(frozen=True)
class Mitigated:
    """Means of K observables.

    Attributes:
        means: after all steps.
        factors: by which noise was made stronger; only 1 without extrapolation.
        at_factor: means at each factor, after the other steps.
        circuits: how many were run.
        shots: how many measurements in all; None where distributions were exact.
    """

    means: tuple[Estimate, ...]
    factors: tuple[float, ...]
    at_factor: tuple[tuple[Estimate, ...], ...]
    circuits: int
    shots: int | None


def mitigate(
    circuit: QuantumCircuit,
    executor: Executor,
    values: npt.ArrayLike,
    mitigation: Mitigation | str,
    *,
    flips: Sequence[Flips] | None = None,
    target: Target | None = None,
    seed: int = 0,
) -> Mitigated:
    """Means of observables of a circuit, with mitigation.

    Args:
        circuit: with measurements at its end, in the gates that the executor runs: it is not
            compiled again, or folded gates would cancel.
        executor: runs a circuit, see `Executor`.
        values: of each observable for each answer, shape [2**w] or [K, 2**w], such as
            `problem.hamiltonian.diagonal`.
        mitigation: steps, see `read_mitigation`.
        flips: probabilities to read 1 for 0, and 0 for 1, of each bit; `readout` and `m3` need
            them.
        target: gates and durations of the device; `dd` needs it, twirls are written in its gates.
        seed: of the twirls.

    Raises:
        InputError: a step without what it needs, or results of another size.
    """
    steps = read_mitigation(mitigation)
    rows = np.atleast_2d(np.asarray(values, dtype=np.float64))
    if steps.readout is not None and flips is None:
        raise InputError("readout errors can be undone where they are known: give flips.")
    if flips is not None and 1 << len(flips) != rows.shape[1]:
        raise InputError(f"{len(flips)} readout errors do not fit {rows.shape[1]} values.")
    factors = (1.0,) if steps.zne is None else steps.zne.factors
    shots = 0
    found: list[tuple[Estimate, ...]] = []
    for place, factor in enumerate(factors):
        circuits = _circuits(circuit, factor, steps, target, seed + place)
        results = [_Result.of(executor(each), rows.shape[1]) for each in circuits]
        shots += sum(result.shots for result in results)
        found.append(_means(results, rows, steps, flips))
    means = found[0]
    if steps.zne is not None:
        means = tuple(
            extrapolate(factors, points, steps.zne.fit, float(row.mean()))
            for row, points in zip(rows, zip(*found, strict=True), strict=True)
        )
    return Mitigated(means, factors, tuple(found), steps.circuits, shots or None)


def _circuits(
    circuit: QuantumCircuit, factor: float, steps: Mitigation, target: Target | None, seed: int
) -> list[QuantumCircuit]:
    """Folded, twirled, decoupled: all that is run at one factor."""
    if steps.zne is not None and factor != 1.0:
        fold = fold_global if steps.zne.folding == "global" else fold_local
        circuit = fold(circuit, factor)
    made = twirled(circuit, steps.twirls, seed, target) if steps.twirls else [circuit]
    if steps.decoupling is None:
        return made
    if target is None:
        raise InputError("dynamical decoupling needs the device's durations: give a target.")
    return [decoupled(each, target, steps.decoupling) for each in made]


@dataclass(frozen=True)
class _Result:
    """Of one circuit: independent estimates of the distribution, [G, 2**w]; shots, 0: exact."""

    groups: FloatArray
    shots: int
    counts: Counts | None = None

    @classmethod
    def of(cls, result: Any, size: int) -> _Result:
        if isinstance(result, Mapping):
            counts = {_index(key): int(count) for key, count in result.items()}
            shots = sum(counts.values())
            if not shots or not all(0 <= index < size for index in counts):
                raise InputError(f"the executor's counts are none of {size} answers.")
            frequencies = np.zeros(size)
            frequencies[list(counts)] = np.array(list(counts.values())) / shots
            return cls(frequencies[None], shots, counts)
        groups = np.atleast_2d(np.asarray(result, dtype=np.float64))
        if groups.shape[1] != size:
            raise InputError(f"the executor gave {groups.shape[1]} probabilities, not {size}.")
        return cls(groups, 0)


def _index(key: Any) -> int:
    if isinstance(key, str):
        text = key.replace(" ", "")
        return int(text, 16) if text.startswith("0x") else int(text, 2)
    return int(key)


def _means(
    results: Sequence[_Result], rows: FloatArray, steps: Mitigation, flips: Sequence[Flips] | None
) -> tuple[Estimate, ...]:
    """Means over the circuits at one factor, readout corrected."""
    if steps.readout == "m3":
        if any(result.counts is None for result in results):
            raise InputError("m3 corrects counts: ask for shots.")
        each = [m3_means(result.counts or {}, flips or (), rows) for result in results]
    else:
        if steps.readout == "inverse":
            rows = np.array([pulled_back(row, flips or ()) for row in rows])
        each = [[_mean(result, row) for row in rows] for result in results]
    return tuple(_combined([one[i] for one in each]) for i in range(len(rows)))


def _mean(result: _Result, row: FloatArray) -> Estimate:
    if len(result.groups) > 1:
        return of_groups(result.groups @ row)
    p = result.groups[0]
    mean = float(p @ row)
    if not result.shots:
        return Estimate(mean)
    variance = float(p @ (row - mean) ** 2) / max(result.shots - 1, 1)
    return Estimate(mean, math.sqrt(variance), "statistical")


def _combined(each: Sequence[Estimate]) -> Estimate:
    """Of several random circuits: their spread holds the choice of circuits and the shots."""
    if len(each) == 1:
        return each[0]
    values = np.array([one.value for one in each])
    return of_groups(values)
