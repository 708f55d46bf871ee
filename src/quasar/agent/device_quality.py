"""What is measured of a circuit on a device; `device_judge` measures it."""

from __future__ import annotations

from quasar.core.documented import Documented


class DeviceQuality(Documented):
    """A circuit on a device."""

    device: str
    """Name of the device."""
    two_qubit_gates: int
    """Gates on two qubits of the compiled circuit."""
    depth: int
    """Layers of gates of the compiled circuit."""
    duration_s: float
    """Seconds from the first gate to the measurement."""
    esp: float
    """Estimated success probability, see `quasar.compile.success`."""
    qubits: list[int]
    """Physical qubit on which each variable is measured."""
    energy: float
    """Mean energy with noise, without the constant."""
    approximation_ratio: float
    """Of that energy."""
    p_optimal: float
    """Probability of an optimum with noise."""
    p_feasible: float | None = None
    """Probability of a valid solution with noise; None where nothing can break."""
    shots_to_optimum: int | None = None
    """Shots that show an optimum with probability 0.99."""
    simulated_by: str
    """`density matrix`, exact, or `trajectories`."""
    layouts: int = 1
    """Choices of physical qubits that were simulated."""
