"""Excitations of electrons as rotations about Pauli strings: UCCSD, and the pools of ADAPT-VQE.

Spin orbitals are those of Jordan-Wigner with spins interleaved: qubit 2i has spin up, 2i + 1 spin
down. All excitations keep the number of electrons and S_z. Sources: Peruzzo et al., Nat. Commun. 5,
4213 (2014) for UCC; Grimsley et al., Nat. Commun. 10, 3007 (2019) for the fermionic pool; Tang et
al., PRX Quantum 2, 020310 (2021) for the qubit pool.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from quasar.circuits.circuit import Gate
from quasar.circuits.pauli_ansatz import PauliAnsatz, StringRotation, pauli_ansatz
from quasar.core.observable import Axis, Pauli
from quasar.core.pauli_algebra import ladder_product


class Generator(NamedTuple):
    """G of a rotation exp(-iθ/2 G), as commuting strings with their coefficients."""

    name: str
    terms: tuple[tuple[Pauli, float], ...]

    def rotations(self, parameter: int) -> list[StringRotation]:
        """The rotation as rotations about its strings."""
        return [StringRotation(pauli, parameter, c) for pauli, c in self.terms]


def occupied_start(occupied: Sequence[int]) -> tuple[Gate, ...]:
    """Gates that occupy some spin orbitals."""
    return tuple(Gate("x", (orbital,)) for orbital in occupied)


def excitation(to: Sequence[int], out_of: Sequence[int]) -> Generator:
    """G with exp(-iθ/2 G) = exp(θ (T - T†)), T moving electrons from one set to another."""
    operators = [(p, True) for p in to] + [(q, False) for q in reversed(out_of)]
    product = ladder_product(operators)
    # T - T† = Σ (c - c*) P = Σ 2i Im(c) P, and -iG/2 equals that.
    terms = tuple((pauli, -4.0 * c.imag) for pauli, c in product.items() if abs(c.imag) > 1e-12)
    name = f"{','.join(map(str, out_of))}->{','.join(map(str, to))}"
    return Generator(name, terms)


def reference_excitations(n_qubits: int, occupied: Sequence[int]) -> list[Generator]:
    """All singles and doubles from occupied to empty spin orbitals, doubles first."""
    empty = [p for p in range(n_qubits) if p not in set(occupied)]
    doubles = [
        excitation((a, b), (i, j))
        for i, j in combinations(sorted(occupied), 2)
        for a, b in combinations(empty, 2)
        if i % 2 + j % 2 == a % 2 + b % 2
    ]
    singles = [excitation((a,), (i,)) for i in occupied for a in empty if i % 2 == a % 2]
    return doubles + singles


@lru_cache(maxsize=8)
def generalised_excitations(n_qubits: int) -> tuple[Generator, ...]:
    """Singles and doubles between any spin orbitals: the pool of ADAPT-VQE."""
    singles = [
        excitation((a,), (i,)) for i, a in combinations(range(n_qubits), 2) if i % 2 == a % 2
    ]
    pairs = list(combinations(range(n_qubits), 2))
    doubles = [
        excitation(to, out_of)
        for out_of, to in combinations(pairs, 2)
        if not set(out_of) & set(to) and sum(q % 2 for q in out_of) == sum(q % 2 for q in to)
    ]
    return (*singles, *doubles)


@lru_cache(maxsize=8)
def qubit_pool(excitations: tuple[Generator, ...]) -> tuple[Generator, ...]:
    """The strings of excitations one by one, without their chains of Z."""
    found: dict[Pauli, None] = {}
    for generator in excitations:
        for pauli, _ in generator.terms:
            found[tuple((q, axis) for q, axis in pauli if axis != "Z")] = None
    return tuple(Generator(_shown(pauli), ((pauli, 1.0),)) for pauli in found)


def two_local_pool(n_qubits: int, pairs: Sequence[tuple[int, int]]) -> list[Generator]:
    """Strings with one Y, as real ground states need: Y on each qubit, YX and YZ on each pair."""
    singles: list[Pauli] = [((q, "Y"),) for q in range(n_qubits)]
    return [Generator(_shown(pauli), ((pauli, 1.0),)) for pauli in (*singles, *_pairs(pairs))]


def _pairs(pairs: Sequence[tuple[int, int]]) -> Iterator[Pauli]:
    axes: tuple[tuple[Axis, Axis], ...] = (("Y", "X"), ("X", "Y"), ("Y", "Z"), ("Z", "Y"))
    for u, v in pairs:
        for a, b in axes:
            yield ((u, a), (v, b))


def _shown(pauli: Pauli) -> str:
    return "".join(f"{axis}{qubit}" for qubit, axis in pauli)


def uccsd(n_qubits: int, occupied: Sequence[int]) -> PauliAnsatz:
    """Unitary coupled cluster, singles and doubles: one Trotter step, one angle an excitation."""
    rotations: list[StringRotation] = []
    for parameter, generator in enumerate(reference_excitations(n_qubits, occupied)):
        rotations += generator.rotations(parameter)
    return pauli_ansatz("uccsd", n_qubits, occupied_start(occupied), rotations)
