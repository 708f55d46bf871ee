"""What a summary says of circuits on a device, and why deeper ones lost there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from quasar.agent.candidate import Candidate
from quasar.agent.device_judge import better_without_noise
from quasar.agent.generate import Generation
from quasar.core.numerals import share
from quasar.problems.overlay import counted

_LOST = 3  # circuits whose loss is explained

Line = tuple[str, str]

TRIED_ON_DEVICE = ("tried", "P(opt)", "on device", "shots", "ratio", "2q", "depth", "ESP")
"""Headings of the table of circuits; P(opt) is without noise, all else of the compiled circuit."""


def device_facts(found: Generation) -> Iterator[Line]:
    """The best circuit with and without noise, its compiled size, and what lost to noise alone."""
    best = found.best
    if found.device is None:
        return
    if best.on_device is None:
        why = best.obstacle or "no usable circuit"
        yield "on device", f"{found.device}: not possible ({why})"
        return
    there, report = best.on_device, best.report
    shots = there.shots_to_optimum
    seen = "no number of shots shows an optimum" if shots is None else f"{shots:,} shots to one"
    yield (
        "on device",
        f"{found.device}: P(opt) {share(there.p_optimal, 3)} with noise, "
        f"{share(report.p_optimal, 3)} without; {seen}; ratio "
        f"{share(there.approximation_ratio)} and {share(report.approximation_ratio)}",
    )
    yield (
        "compiled",
        f"{counted(there.two_qubit_gates, 'two-qubit gate')}, depth {there.depth}, estimated "
        f"success {share(there.esp, 3)}, {1e6 * there.duration_s:.3g} µs, on qubits "
        f"{', '.join(map(str, there.qubits))}",
    )
    for text in lost_texts(found):
        yield "lost", text


def lost_texts(found: Generation) -> list[str]:
    """Why circuits that are better without noise stand below the best."""
    best = found.best.on_device
    if best is None:
        return []
    return [
        _lost(made, best.p_optimal, best.two_qubit_gates)
        for made in better_without_noise(found.candidates)[:_LOST]
    ]


def _lost(made: Candidate, p_best: float, gates_best: int) -> str:
    there = made.on_device
    if there is None:
        return ""
    size = f"{counted(there.two_qubit_gates, 'two-qubit gate')} ({gates_best} of the best)"
    return (
        f"{made.name} has P(opt) {share(made.report.p_optimal, 3)} without noise; its {size} and "
        f"estimated success {share(there.esp, 3)} leave {share(there.p_optimal, 3)} on the "
        f"device, against {share(p_best, 3)}"
    )


def device_row(made: Candidate) -> Sequence[str]:
    """A row of the table, without the name."""
    there = made.on_device
    ideal = share(made.report.p_optimal or 0.0, 3)
    if there is None:
        return (ideal, *["-"] * 6)
    shots = there.shots_to_optimum
    return (
        ideal,
        share(there.p_optimal, 3),
        "-" if shots is None else f"{shots:,}" if shots < 10**6 else f"{shots:.1e}",
        share(there.approximation_ratio),
        str(there.two_qubit_gates),
        str(there.depth),
        share(there.esp, 3),
    )


def device_data(found: Generation) -> dict[str, Any]:
    """What `report.json` says of the device; empty without one."""
    if found.device is None:
        return {}
    best = found.best
    quality = None if best.on_device is None else best.on_device.model_dump(mode="json")
    return {
        "on_device": {
            "device": found.device,
            "best": quality,
            "obstacle": best.obstacle,
            "lost": lost_texts(found),
        }
    }
