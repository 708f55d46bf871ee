"""The Fermi-Hubbard model by Jordan-Wigner, on a lattice or graph.

H = -t Σ_<ij>,s (c†_is c_js + h.c.) + U Σ_i n_i,up n_i,down - mu Σ_i,s n_is. Site i with spin up is
qubit 2i, with spin down qubit 2i + 1; a qubit that reads 1 is occupied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from quasar.core.labels import Label
from quasar.core.observable import Axis, Pauli, PauliSum
from quasar.problems.base import Encoding
from quasar.problems.keys import Reads
from quasar.problems.quantum.lattices import ATTRIBUTES
from quasar.problems.quantum.observable import Symmetry
from quasar.problems.quantum.spin_models import LatticeModel


class FermiHubbard(LatticeModel):
    """Two qubits per site."""

    problem_type = "fermi_hubbard"
    title = "Find the ground state of the Fermi-Hubbard model"
    qubits = "two per site"
    spelling = "fermi_hubbard"
    couplings: ClassVar[Mapping[str, float]] = {"t": 1.0, "U": 4.0, "mu": 0.0}
    sectors = ("particles", "sz")
    max_sites = 500
    reads = Reads(
        fields=("graph",),
        attributes={
            **ATTRIBUTES,
            "t": "hopping of H = -t Σ (c†c + h.c.) + U Σ n n - mu Σ n; default: 1",
            "U": "repulsion on a site; default: 4",
            "mu": "chemical potential; default: 0",
            "particles": "number of electrons that the wanted state has; default: any",
            "sz": "half of up minus down electrons that the wanted state has; default: any",
        },
        edges={"weight": "factor of the hopping on this edge; default: 1"},
    )

    def least_qubits(self) -> int:
        return 2 * self.lattice.n_sites

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return [(site, spin) for site in self.lattice.names for spin in ("up", "down")]

    def observable(self) -> PauliSum:
        n = self.least_qubits()
        t, repulsion, mu = (self.numbers[name] for name in ("t", "U", "mu"))
        terms: dict[Pauli, float] = {}
        for u, v, weight in self.lattice.bonds:
            for spin in (0, 1):
                terms |= hopping(2 * u + spin, 2 * v + spin, -t * weight)
        constant = 0.0
        for site in range(self.lattice.n_sites):
            up, down = 2 * site, 2 * site + 1
            # n = (1 - Z)/2 on each spin orbital.
            terms[(up, "Z"), (down, "Z")] = repulsion / 4
            terms |= dict.fromkeys((((up, "Z"),), ((down, "Z"),)), mu / 2 - repulsion / 4)
            constant += repulsion / 4 - mu
        return PauliSum(n, {pauli: c for pauli, c in terms.items() if c}, constant)

    def symmetries(self) -> Sequence[Symmetry]:
        return electron_symmetries(self.least_qubits())

    def occupied(self) -> Sequence[int] | None:
        """Electrons of both spins apart from each other, as repulsion wants them."""
        if "particles" not in self.sector():
            return None
        count, twice_sz = round(self.sector()["particles"]), round(2 * self.sector().get("sz", 0))
        sites = self.lattice.n_sites
        order = [*range(0, sites, 2), *range(1, sites, 2)]
        up = (count + twice_sz + 1) // 2
        down = count - up
        places = [2 * site for site in order[:up]]
        return sorted(places + [2 * site + 1 for site in order[::-1][:down]])

    @classmethod
    def _fewest(cls) -> int:
        return 4


def hopping(p: int, q: int, c: float) -> dict[Pauli, float]:
    """Terms of c (c†_p c_q + c†_q c_p) of spin orbitals p < q: c/2 (X Z..Z X + Y Z..Z Y)."""
    between: Pauli = tuple((qubit, "Z") for qubit in range(p + 1, q))
    axes: tuple[Axis, ...] = ("X", "Y")
    return {((p, axis), *between, (q, axis)): c / 2 for axis in axes}


def electron_symmetries(n_qubits: int) -> tuple[Symmetry, ...]:
    """Number of electrons, and half the difference of those with spin up (even) and down (odd)."""
    number = PauliSum(n_qubits, {((q, "Z"),): -0.5 for q in range(n_qubits)}, n_qubits / 2)
    spin = PauliSum(n_qubits, {((q, "Z"),): -0.25 if q % 2 == 0 else 0.25 for q in range(n_qubits)})
    return Symmetry("particles", number), Symmetry("sz", spin)
