"""A circuit under noise in words: the machine, ideal beside noisy beside mitigated, the cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from quasar.core.numerals import share
from quasar.problems.overlay import counted

if TYPE_CHECKING:
    from quasar.verifier.device_report import DeviceFigures, DeviceReport
    from quasar.verifier.report import Report

HEADINGS = ("under noise", "energy", "ratio", "P(opt)", "P(valid)", "shots to optimum")
"""Of the table of figures."""


def device_facts(report: Report) -> Iterator[tuple[str, str]]:
    """The device, the figures and what they cost, by label; nothing where none were asked for."""
    if "device" in report.skipped:
        yield "device", f"not judged: {report.skipped['device']}"
    found = report.device
    if found is None:
        return
    yield "device", _machine(found)
    for name, figures in _rows(found):
        yield name, _line(figures)
    if found.mitigation:
        yield "mitigation", _mitigation(found)
    yield "noise by", _method(found)


def device_rows(found: DeviceReport) -> list[list[str]]:
    """The figures as rows of a table."""
    return [
        [
            name,
            _value(f.energy, f.energy_error),
            share(f.approximation_ratio),
            _value(f.p_optimal, f.p_optimal_error),
            "-" if f.p_feasible is None else _value(f.p_feasible, f.p_feasible_error or 0.0),
            _shots(f) or "-",
        ]
        for name, f in _rows(found)
    ]


def _rows(found: DeviceReport) -> list[tuple[str, DeviceFigures]]:
    rows = [("ideal", found.ideal), ("noisy", found.noisy)]
    return rows if found.mitigated is None else [*rows, ("mitigated", found.mitigated)]


def _line(f: DeviceFigures) -> str:
    parts = [
        f"energy {_value(f.energy, f.energy_error)}",
        f"ratio {share(f.approximation_ratio)}",
        f"P(opt) {_value(f.p_optimal, f.p_optimal_error)}",
    ]
    if f.p_feasible is not None:
        parts.append(f"P(valid) {_value(f.p_feasible, f.p_feasible_error or 0.0)}")
    shots = _shots(f)
    return ", ".join([*parts, f"{shots} shots"] if shots else parts)


def _value(value: float, error: float) -> str:
    """A number with its standard error, where it has one."""
    if not error:
        return f"{value:.4f}"
    return f"{value:.4f} ± {error:.1g}"


def _shots(f: DeviceFigures) -> str:
    """Shots to an optimum, with their interval."""
    if f.shots_to_optimum is None:
        return ""
    low, high = f.shots_to_optimum_low, f.shots_to_optimum_high
    if low == f.shots_to_optimum == high:
        return f"{low:,}"
    ends = ["?" if end is None else f"{end:,}" for end in (low, high)]
    return f"{f.shots_to_optimum:,} [{ends[0]}, {ends[1]}]"


def _machine(found: DeviceReport) -> str:
    made = found.compiled
    if made is None:
        return f"none; noise {found.noise}"
    noise = "" if found.noise == "device" else f", noise {found.noise}"
    time = "" if made.duration_s is None else f", {made.duration_s * 1e6:.3g} µs"
    esp = "" if made.esp is None else f", estimated success {share(made.esp)}"
    return (
        f"{found.device}{noise}: {counted(len(made.qubits), 'qubit')}, "
        f"{made.two_qubit_gates} two-qubit gates, depth {made.depth}{time}{esp}"
    )


def _mitigation(found: DeviceReport) -> str:
    shots = "" if found.total_shots is None else f", {found.total_shots:,} shots in all"
    return f"{', '.join(found.mitigation)}: {counted(found.circuits, 'circuit')}{shots}"


def _method(found: DeviceReport) -> str:
    many = "" if found.trajectories is None else f"{found.trajectories:,} "
    shots = "exact means" if found.shots is None else f"{found.shots:,} shots a circuit"
    if found.shots is None and found.trajectories is not None:
        shots = "errors of the trajectories"
    return f"{many}{found.method}, {shots}, {found.cost_s:.1f} s"
