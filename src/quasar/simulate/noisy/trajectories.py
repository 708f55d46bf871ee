"""Distributions under noise from quantum trajectories (the Monte Carlo wave function).

Each trajectory is a state vector: at each channel one Kraus operator is drawn with its probability
and applied (Dalibard, Castin and Mølmer, PRL 68, 580, 1992). Many go through the circuit together.
The mean of their distributions is unbiased; they come in independent groups, whose spread gives
standard errors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from quasar.core.errors import CircuitError
from quasar.core.seeds import generator
from quasar.simulate.noisy import channels
from quasar.simulate.noisy.pauli_state import measured_qubits
from quasar.simulate.noisy.steps import NoisyProgram

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

MAX_QUBITS = 20
"""State vectors of more qubits take too long, many times over."""
TRAJECTORIES = 256
"""Where no number is asked for."""
GROUPS = 32
"""Most groups; the standard error is known to one part in sqrt(2 groups)."""
_TOGETHER = 1 << 22  # amplitudes worked on at once: 64 MiB


def distributions(
    program: NoisyProgram,
    trajectories: int,
    seed: int,
    watch: Callable[[], None] = lambda: None,
) -> FloatArray:
    """Means over groups of trajectories, shape [G, 2**d], G at most 32.

    Of the measured qubits, each once, as `pauli_state.distribution` gives them.

    Args:
        watch: called before each block; what it raises ends the work.

    Raises:
        CircuitError: kind `limit`: too many qubits.
    """
    qubits = program.qubits
    if len(qubits) > MAX_QUBITS:
        raise CircuitError(
            f"noise acts on {len(qubits)} qubits here; trajectories stop at {MAX_QUBITS}.",
            kind="limit",
            limit="qubits",
            hint="Take fewer variables, or a device whose layout needs fewer qubits.",
        )
    drawn = [(block.qubits, channels.kraus(block.channel)) for block in program.blocks]
    groups = min(GROUPS, trajectories)
    sizes = [trajectories // groups + (i < trajectories % groups) for i in range(groups)]
    at_once = max(1, _TOGETHER >> len(qubits))
    wanted = measured_qubits(program)
    out = np.zeros((groups, 1 << len(wanted)))
    random = generator(seed, "trajectories")
    labels = np.repeat(np.arange(groups), sizes)
    for start in range(0, trajectories, at_once):
        part = labels[start : start + at_once]
        state = _States(len(part), qubits)
        for acted, operators in drawn:
            watch()
            state.apply(acted, operators, random)
        np.add.at(out, part, state.probabilities(wanted))
    return np.asarray(out / np.array(sizes)[:, None])


class _States:
    """Many state vectors, shape [B, 2, ..., 2] with an axis for each of `order`."""

    def __init__(self, count: int, qubits: Sequence[int]) -> None:
        self.order = list(qubits)
        self.data: ComplexArray = np.zeros((count, *(2 for _ in qubits)), dtype=np.complex128)
        self.data.reshape(count, -1)[:, 0] = 1.0

    def apply(
        self, qubits: tuple[int, ...], operators: ComplexArray, random: np.random.Generator
    ) -> None:
        """Draw one of the Kraus operators, shape [r, 2**k, 2**k], for each state and apply it."""
        rest = [qubit for qubit in self.order if qubit not in qubits]
        axes = [self.order.index(qubit) + 1 for qubit in (*qubits, *rest)]
        count = self.data.shape[0]
        data = self.data.transpose(0, *axes).reshape(count, 1 << len(qubits), -1)
        self.order = [*qubits, *rest]
        if len(operators) == 1:
            moved = np.matmul(operators[0], data)
        else:
            reduced = np.matmul(data, data.conj().transpose(0, 2, 1))  # of these qubits: [B, d, d]
            effects = np.einsum("rij,rik->rjk", operators.conj(), operators)
            weights = np.einsum("rjk,bkj->br", effects, reduced).real
            below = np.cumsum(np.maximum(weights, 0.0), axis=1)
            drawn = random.random(count) * below[:, -1]
            chosen = np.minimum((below <= drawn[:, None]).sum(axis=1), len(operators) - 1)
            scale = np.sqrt(weights[np.arange(count), chosen])
            moved = np.matmul(operators[chosen] / scale[:, None, None], data)
        self.data = moved.reshape(self.data.shape)

    def probabilities(self, qubits: Sequence[int]) -> FloatArray:
        """Of measuring qubits, the first least significant: shape [B, 2**d]."""
        wanted = [qubit for qubit in reversed(qubits) if qubit in self.order]
        rest = [qubit for qubit in self.order if qubit not in wanted]
        axes = [self.order.index(qubit) + 1 for qubit in (*wanted, *rest)]
        data = self.data.transpose(0, *axes).reshape(self.data.shape[0], 1 << len(wanted), -1)
        found = (data.real**2 + data.imag**2).sum(axis=2)
        found /= found.sum(axis=1, keepdims=True)
        out = np.zeros((len(found), *(2 for _ in qubits)))
        place = tuple(slice(None) if qubit in wanted else 0 for qubit in reversed(qubits))
        out[(slice(None), *place)] = found.reshape(-1, *(2 for _ in wanted))
        return out.reshape(len(found), -1)
