"""QAOA (Farhi et al., arXiv 1411.4028): alternating cost and mixer layers for a diagonal H.

Layer l of p applies exp(-iγ_l H) and then exp(-iβ_l Σ_i X_i) to the uniform superposition. Covers
the standard X mixer and products of Z of any order; constrained mixers are not covered.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Gate
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian

Mixer = Literal["h-rz-h", "rx"]


@dataclass(frozen=True, eq=False)
class QaoaAnsatz(Ansatz):
    """An ansatz of alternating layers, which may be simulated without its gates.

    Attributes:
        hamiltonian: that of the cost layers.
    """

    hamiltonian: IsingHamiltonian

    @property
    def layers(self) -> int:
        """P."""
        return self.n_parameters // 2


def qaoa(hamiltonian: IsingHamiltonian, layers: int, *, mixer: Mixer = "h-rz-h") -> Ansatz:
    """The QAOA ansatz of p = `layers` layers.

    The parameters are γ_1..γ_p, β_1..β_p, in this order, radians; each is shared by all gates of
    its layer: exp(-iγ c Z...Z) is a ladder of `cx` around `rz(2γc)` on the lowest qubit of the
    term, exp(-iβX) is `rz(2β)` between two `h`. Terms come in the Hamiltonian's own order (that
    of its text), so equal texts give equal circuits; terms with coefficient 0 are left out.

    Args:
        layers: p, at least 1.
        mixer: how exp(-iβX) is written: as in the benchmark's records, or as one `rx(2β)`.

    Raises:
        InputError: fewer than one layer, or an unknown mixer.
    """
    if layers < 1:
        raise InputError(f"QAOA needs at least one layer, not {layers}.")
    if mixer not in get_args(Mixer):
        raise InputError(f"unknown mixer {mixer!r}; known: {', '.join(get_args(Mixer))}.")
    n = hamiltonian.n_qubits
    gates = [Gate("h", (i,)) for i in range(n)]
    slots: list[Slot] = []
    for layer in range(layers):
        cost_layer(hamiltonian, layer, gates, slots)
        for i in range(n):
            if mixer == "h-rz-h":
                gates.append(Gate("h", (i,)))
            slots.append(Slot(len(gates), layers + layer, 2.0))
            gates.append(Gate("rz" if mixer == "h-rz-h" else "rx", (i,), (0.0,)))
            if mixer == "h-rz-h":
                gates.append(Gate("h", (i,)))
    name = f"qaoa p={layers}"
    return QaoaAnsatz(name, n, tuple(gates), tuple(slots), 2 * layers, hamiltonian)


def cost_layer(
    hamiltonian: IsingHamiltonian, parameter: int, gates: list[Gate], slots: list[Slot]
) -> None:
    """Append exp(-iγH), γ being a parameter, as `qaoa` writes it."""
    for qubits, c in hamiltonian.terms.items():
        if c == 0.0:
            continue
        ladder = [Gate("cx", pair) for pair in pairwise(qubits[::-1])]
        gates += ladder
        slots.append(Slot(len(gates), parameter, 2.0 * c))
        gates.append(Gate("rz", (qubits[0],), (0.0,)))
        gates += reversed(ladder)
