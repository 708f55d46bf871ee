"""Spin models on a lattice or graph, in Pauli matrices: X = 2 S_x and so on.

* `tfim`: H = -J Σ Z_i Z_j - h Σ X_i, the transverse-field Ising model.
* `heisenberg`: H = J Σ (X_i X_j + Y_i Y_j + Z_i Z_j) - h Σ Z_i; J > 0 is antiferromagnetic.
* `xxz`: H = J Σ (X_i X_j + Y_i Y_j + delta Z_i Z_j) - h Σ Z_i.

Sums run over bonds, each once; a weight on an edge multiplies its J. One qubit per site.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from quasar.core.labels import Label
from quasar.core.observable import Axis, Pauli, PauliSum
from quasar.problems import graphs, sampling, values
from quasar.problems.base import Encoding
from quasar.problems.keys import Reads
from quasar.problems.quantum.lattices import ATTRIBUTES, LATTICES, Lattice, read_lattice
from quasar.problems.quantum.observable import ObservableProblem, Symmetry, total_sz

MAX_SITES = 1_000


class LatticeModel(ObservableProblem):
    """A model of sites and bonds, with couplings by their usual letters.

    Class attributes:
        couplings: default of each coupling, by its letter.
        sectors: symmetries of which the file may fix the value.
    """

    couplings: ClassVar[Mapping[str, float]]
    sectors: ClassVar[tuple[str, ...]] = ()
    max_sites: ClassVar[int] = MAX_SITES

    def __init__(
        self, lattice: Lattice, numbers: Mapping[str, float], fixed: Mapping[str, float]
    ) -> None:
        self.lattice = lattice
        self.numbers = {**self.couplings, **numbers}
        self._fixed = dict(fixed)

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        attributes = graphs.attributes_of(data)
        lattice = read_lattice(data, attributes, cls.max_sites)
        given = {
            name: float(values.number(attributes[name], repr(name)))
            for name in (*cls.couplings, *cls.sectors)
            if attributes.get(name) is not None
        }
        fixed = {name: given.pop(name) for name in cls.sectors if name in given}
        return cls(lattice, given, fixed)

    def to_data(self) -> dict[str, Any]:
        stated = dict(self.lattice.stated)
        graph = stated.pop("graph", None)
        attributes = {**stated, **self.numbers, **self._fixed}
        data: dict[str, Any] = {"problem_type": self.problem_type}
        if graph is not None:
            data["graph"] = graph
        return {**data, "problem_specific_attributes": attributes}

    def sector(self) -> Mapping[str, float]:
        return self._fixed

    def least_qubits(self) -> int:
        return self.lattice.n_sites

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return self.lattice.names

    def prompt_details(self) -> str:
        numbers = ", ".join(f"{name} = {c:g}" for name, c in self.numbers.items())
        shape = self.lattice.stated.get("lattice", "chain")
        if "graph" in self.lattice.stated:
            shape = "graph"
        boundary = self.lattice.stated.get("boundary", "open")
        edge = "" if shape in ("ring", "graph") else f" with {boundary} boundary"
        return f"with {numbers} on a {shape} of {self.lattice.n_sites} sites{edge}"

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, cls._fewest())
        most = min(10, max_qubits // (cls._fewest() // 2))
        n = sampling.integer(rng, 2, most)
        kinds = [kind for kind in LATTICES if kind != "square"] if n % 2 == 0 else ["chain", "ring"]
        attributes: dict[str, Any] = {"n": n, "lattice": sampling.choice(rng, kinds)}
        for name, default in cls.couplings.items():
            attributes[name] = round(default + float(rng.uniform(-0.5, 0.5)), 2)
        return cls.from_data(
            {"problem_type": cls.problem_type, "problem_specific_attributes": attributes}
        )

    @classmethod
    def _fewest(cls) -> int:
        """Qubits of two sites."""
        return 2


class SpinModel(LatticeModel):
    """One qubit per site."""

    qubits = "one per site"

    def observable(self) -> PauliSum:
        terms: dict[Pauli, float] = {}
        for u, v, weight in self.lattice.bonds:
            for axis, c in self._bond().items():
                if c * weight:
                    terms[(u, axis), (v, axis)] = c * weight
        field, c = self._field()
        if c:
            terms |= {((site, field),): c for site in range(self.lattice.n_sites)}
        return PauliSum(self.lattice.n_sites, terms)

    @abstractmethod
    def _bond(self) -> Mapping[Axis, float]:
        """Coefficient of each axis on a bond."""

    @abstractmethod
    def _field(self) -> tuple[Axis, float]:
        """Axis and coefficient of the field."""

    def symmetries(self) -> Sequence[Symmetry]:
        return (total_sz(self.lattice.n_sites),)


class TransverseFieldIsing(SpinModel):
    """H = -J Σ Z_i Z_j - h Σ X_i."""

    problem_type = "tfim"
    title = "Find the ground state of the transverse-field Ising model"
    couplings: ClassVar[Mapping[str, float]] = {"J": 1.0, "h": 1.0}
    reads = Reads(
        fields=("graph",),
        attributes={
            **ATTRIBUTES,
            "J": "coupling of H = -J Σ ZZ - h Σ X; default: 1",
            "h": "transverse field; default: 1",
        },
        edges={"weight": "factor of the coupling on this edge; default: 1"},
    )

    def _bond(self) -> Mapping[Axis, float]:
        return {"Z": -self.numbers["J"]}

    def _field(self) -> tuple[Axis, float]:
        return "X", -self.numbers["h"]


_SZ = "total spin Σ Z/2 that the wanted state has; default: any"


class Heisenberg(SpinModel):
    """H = J Σ (XX + YY + ZZ) - h Σ Z."""

    problem_type = "heisenberg"
    title = "Find the ground state of the Heisenberg model"
    couplings: ClassVar[Mapping[str, float]] = {"J": 1.0, "h": 0.0}
    sectors = ("sz",)
    reads = Reads(
        fields=("graph",),
        attributes={
            **ATTRIBUTES,
            "J": "coupling of H = J Σ (XX + YY + ZZ) - h Σ Z; default: 1",
            "h": "field along z; default: 0",
            "sz": _SZ,
        },
        edges={"weight": "factor of the coupling on this edge; default: 1"},
    )

    def _bond(self) -> Mapping[Axis, float]:
        return dict.fromkeys(("X", "Y", "Z"), self.numbers["J"])

    def _field(self) -> tuple[Axis, float]:
        return "Z", -self.numbers["h"]


class Xxz(SpinModel):
    """H = J Σ (XX + YY + delta ZZ) - h Σ Z."""

    problem_type = "xxz"
    title = "Find the ground state of the XXZ model"
    couplings: ClassVar[Mapping[str, float]] = {"J": 1.0, "delta": 1.0, "h": 0.0}
    sectors = ("sz",)
    reads = Reads(
        fields=("graph",),
        attributes={
            **ATTRIBUTES,
            "J": "coupling of H = J Σ (XX + YY + delta ZZ) - h Σ Z; default: 1",
            "delta": "anisotropy; default: 1",
            "h": "field along z; default: 0",
            "sz": _SZ,
        },
        edges={"weight": "factor of the coupling on this edge; default: 1"},
    )

    def _bond(self) -> Mapping[Axis, float]:
        c = self.numbers["J"]
        return {"X": c, "Y": c, "Z": c * self.numbers["delta"]}

    def _field(self) -> tuple[Axis, float]:
        return "Z", -self.numbers["h"]
