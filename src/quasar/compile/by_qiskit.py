"""Candidates by Qiskit's preset passes: each seed lays out and routes in another way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from quasar.compile.part import Part
from quasar.compile.placed import Placed
from quasar.core.errors import InputError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

LEVEL = 3


def by_qiskit(
    circuit: QuantumCircuit,
    part: Part,
    seeds: Sequence[int],
    level: int = LEVEL,
    layout: Sequence[int] | None = None,
) -> Iterator[Placed]:
    """Compiled circuits in the part's numbers, one a seed.

    Args:
        circuit: without measurements.
        layout: where each qubit starts; None: where the passes put it.

    Raises:
        InputError: the circuit cannot be written in the device's gates.
    """
    from qiskit.exceptions import QiskitError
    from qiskit.transpiler import generate_preset_pass_manager

    for seed in seeds:
        passes = generate_preset_pass_manager(
            level, target=part.target, seed_transpiler=seed, initial_layout=layout
        )
        try:
            done = passes.run(circuit)
        except QiskitError as error:
            raise cannot_compile(part, error) from error
        yield Placed(
            done,
            tuple(done.layout.initial_index_layout(filter_ancillas=True)),
            tuple(done.layout.final_index_layout(filter_ancillas=True)),
            f"Qiskit level {level}, seed {seed}",
        )


class NativeGates:
    """Writes circuits that are routed already in the device's gates; qubits stay where they are.

    Neighbouring gates of a pair, such as a rotation and a swap, become one block of the fewest
    native gates.
    """

    def __init__(self, part: Part) -> None:
        from qiskit.transpiler import generate_preset_pass_manager

        self.part = part
        self.passes = generate_preset_pass_manager(
            LEVEL,
            target=part.target,
            seed_transpiler=0,
            initial_layout=range(len(part.qubits)),  # which keeps later passes from moving it
        )
        self.passes.init = self.passes.routing = None  # the first would take swaps out

    def __call__(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """The circuit in native gates.

        Raises:
            InputError: as in `by_qiskit`.
        """
        from qiskit.exceptions import QiskitError

        try:
            return self.passes.run(circuit)
        except QiskitError as error:
            raise cannot_compile(self.part, error) from error


def cannot_compile(part: Part, error: Exception) -> InputError:
    """What is said where Qiskit finds no form of the circuit in the device's gates."""
    reason = str(getattr(error, "message", error)).strip(" '\"").partition(". ")[0].rstrip(".")
    device = part.device
    return InputError(
        f"the circuit cannot be compiled for {device.name} ({', '.join(device.basis)}): {reason}."
    )
