"""The 19 circuit templates of Sim, Johnson and Aspuru-Guzik, arXiv 1905.10876, figure 2.

Two variants: `paper` is the figure, carried from its 4 qubits to n; `benchmark` is what generated
the benchmark's records, gate by gate. They differ in:

1. Circuits 5 and 6: in `benchmark` the controlled rotations onto one target share their angle
   within a layer (n angles instead of n² - n), so a layer has 5n parameters instead of n² + 3n.
2. Circuit 12: in `benchmark` the inner rotations of a pair (i, i+1) are RY RY on qubit i and RZ RZ
   on qubit i+1, instead of RY RZ on each. Where i+1 is the last qubit (odd n), which takes no inner
   rotation, RY RY on qubit i are left.
3. Circuits 13, 14, 15: the second ring. Figure: range 3, n/gcd(n, 3) gates c -> (c + 3) mod n, from
   control n-1 on. `benchmark`: n-1 -> n-2, 0 -> n-1, then i -> i+1 for i = 0..n-3.

No record was seen of circuits 8, 10, 17 and 19, nor of circuit 12 on an odd number of qubits: there
`benchmark` continues the pattern of their siblings.

Everywhere: first the gates of one qubit, then of the next. The first RY layer of circuit 10 comes
once, before the repeated part. Below 4 qubits a gate whose two ends would meet on one qubit is left
out, and so is the CZ of circuit 10 that would repeat the only edge of 2 qubits and cancel it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import gcd
from typing import Literal, get_args

from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import GATES, Gate
from quasar.core.errors import InputError

Variant = Literal["benchmark", "paper"]
Pair = tuple[int, int]

NUMBERS = range(1, 20)
BENCHMARK_NUMBERS = (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 18)
"""The templates that occur in the published data set."""


def sim(number: int, n_qubits: int, layers: int, *, variant: Variant = "benchmark") -> Ansatz:
    """Circuit `number` of the paper on n qubits, L = `layers` layers.

    Parameters are in order of first appearance, layer by layer, radians.

    Args:
        number: 1 to 19.
        variant: wiring, see the module's header.

    Raises:
        InputError: unknown number or variant, no qubits, or no layers.
    """
    if number not in NUMBERS:
        raise InputError(f"there is no Sim circuit {number}: choose from 1 to 19.")
    if variant not in get_args(Variant):
        raise InputError(f"unknown variant {variant!r}; known: {', '.join(get_args(Variant))}.")
    if n_qubits < 1 or layers < 1:
        raise InputError(f"need a qubit and a layer at least, not {n_qubits} and {layers}.")
    draft = _TemplateDraft(n_qubits)
    if number == 10:
        draft.each("ry")
    for _ in range(layers):
        _layer(draft, number, variant)
    name = f"sim-{number} L={layers}"
    return Ansatz(name, n_qubits, tuple(draft.gates), tuple(draft.slots), draft.n_parameters)


class _TemplateDraft:
    def __init__(self, n_qubits: int) -> None:
        self.n = n_qubits
        self.gates: list[Gate] = []
        self.slots: list[Slot] = []
        self.n_parameters = 0

    def add(self, name: str, *qubits: int, parameter: int | None = None) -> int | None:
        """Add a gate; its angle, if it takes one, is `parameter` or by default a new one."""
        if not GATES[name].n_params:
            self.gates.append(Gate(name, qubits))
            return None
        if parameter is None:
            parameter = self.n_parameters
            self.n_parameters += 1
        self.slots.append(Slot(len(self.gates), parameter))
        self.gates.append(Gate(name, qubits, (0.0,)))
        return parameter

    def each(self, *names: str) -> None:
        for qubit in range(self.n):
            for name in names:
                self.add(name, qubit)

    def pairs(self, name: str, pairs: Iterable[Pair]) -> None:
        for control, target in pairs:
            self.add(name, control, target)

    def inner(self, entangler: str, variant: Variant) -> None:
        """Second half of circuits 11 and 12: rotations on qubits 1..n-2, then odd neighbours."""
        swapped = entangler == "cz" and variant == "benchmark"
        for i in range(1, self.n - 1, 2):
            for qubit, names in ((i, ("ry", "ry")), (i + 1, ("rz", "rz"))):
                if qubit < self.n - 1:
                    for name in names if swapped else ("ry", "rz"):
                        self.add(name, qubit)
            self.add(entangler, i + 1, i)

    def all_to_all(self, name: str, variant: Variant) -> None:
        shared: dict[int, int | None] = {}
        for control in reversed(range(self.n)):
            for target in reversed(range(self.n)):
                if target == control:
                    continue
                known = shared.get(target) if variant == "benchmark" else None
                shared[target] = self.add(name, control, target, parameter=known)


def _ladder(n: int) -> Iterator[Pair]:
    """n-1 -> n-2 -> ... -> 0."""
    return ((i + 1, i) for i in reversed(range(n - 1)))


def _neighbours(n: int, first: int) -> Iterator[Pair]:
    """i+1 -> i for i = first, first + 2, ..."""
    return ((i + 1, i) for i in range(first, n - 1, 2))


def _cycle(n: int, reach: int) -> Iterator[Pair]:
    """The cyclic block of Schuld et al., arXiv 1804.00633: n/gcd(n, r) gates of range r."""
    if reach % n == 0:
        return
    control = n - 1
    for _ in range(n // gcd(n, reach)):
        yield control, (control + reach) % n
        control = (control - reach) % n


def _second_ring(n: int, variant: Variant) -> Iterator[Pair]:
    if variant == "paper":
        yield from _cycle(n, 3)
    elif n > 1:
        yield n - 1, n - 2
        yield 0, n - 1
        yield from ((i, i + 1) for i in range(n - 2))


_CONTROLLED = {
    **dict.fromkeys((3, 5, 7, 13, 16, 18), "crz"),
    **dict.fromkeys((4, 6, 8, 14, 17, 19), "crx"),
    **dict.fromkeys((2, 11, 15), "cx"),
    **dict.fromkeys((9, 10, 12), "cz"),
}
"""The two-qubit gate of each template; circuit 1 has none."""


def _layer(draft: _TemplateDraft, number: int, variant: Variant) -> None:
    n = draft.n
    entangler = _CONTROLLED.get(number, "")
    match number:
        case 1:
            draft.each("rx", "rz")
        case 2 | 3 | 4:
            draft.each("rx", "rz")
            draft.pairs(entangler, _ladder(n))
        case 5 | 6:
            draft.each("rx", "rz")
            draft.all_to_all(entangler, variant)
            draft.each("rx", "rz")
        case 7 | 8:
            draft.each("rx", "rz")
            draft.pairs(entangler, _neighbours(n, 0))
            draft.each("rx", "rz")
            draft.pairs(entangler, _neighbours(n, 1))
        case 9:
            draft.each("h")
            draft.pairs(entangler, _ladder(n))
            draft.each("rx")
        case 10:
            draft.pairs(entangler, _ladder(n))
            if n > 2:
                draft.add(entangler, 0, n - 1)
            draft.each("ry")
        case 11 | 12:
            draft.each("ry", "rz")
            draft.pairs(entangler, _neighbours(n, 0))
            draft.inner(entangler, variant)
        case 13 | 14 | 15:
            draft.each("ry")
            draft.pairs(entangler, _cycle(n, 1))
            draft.each("ry")
            draft.pairs(entangler, _second_ring(n, variant))
        case 16 | 17:
            draft.each("rx", "rz")
            draft.pairs(entangler, _neighbours(n, 0))
            draft.pairs(entangler, _neighbours(n, 1))
        case _:
            draft.each("rx", "rz")
            draft.pairs(entangler, _cycle(n, 1))
