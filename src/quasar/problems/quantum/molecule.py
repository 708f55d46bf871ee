"""Molecules whose Hamiltonians are shipped with the package, in `molecules/NAME.json`.

STO-3G, restricted Hartree-Fock orbitals, an active space, Jordan-Wigner; what exactly is recorded
in each file, and `benchmarks/make_molecules.py` made them. Other molecules are given as
`observable`. Energies are in hartree, bond lengths in angstrom.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, Self

import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.labels import Label
from quasar.core.observable import PauliSum
from quasar.problems import graphs, sampling, values
from quasar.problems.base import Encoding
from quasar.problems.keys import Reads
from quasar.problems.quantum.fermi_hubbard import electron_symmetries
from quasar.problems.quantum.observable import ObservableProblem, Symmetry

MOLECULES = ("h2", "lih", "beh2", "h4_chain", "h4_square", "n2")
CHEMICAL_ACCURACY = 1.6e-3
"""Hartree; 1 kcal/mol."""


class Energies(NamedTuple):
    """Reference energies of a geometry, hartree, nuclear repulsion included."""

    hartree_fock: float
    fci: float


class Molecule(ObservableProblem):
    """The file has the attributes `molecule`, one of `MOLECULES`, and `bond`."""

    problem_type = "molecule"
    title = "Find the ground state of a molecule"
    qubits = "two per orbital of the active space"
    unit = "hartree"
    reads = Reads(
        fields=(),
        attributes={
            "molecule": f"one of {', '.join(MOLECULES)}",
            "bond": "bond length in angstrom, one of those that are shipped; default: the one "
            "of lowest energy",
        },
    )

    def __init__(self, name: str, bond: float | None = None) -> None:
        data = _load(name)
        entries = {float(entry["bond"]): entry for entry in data["entries"]}
        if bond is None:
            bond = min(entries, key=lambda length: float(entries[length]["fci"]))
        if bond not in entries:
            known = ", ".join(f"{length:g}" for length in entries)
            raise ProblemError(
                f"{name} is shipped with {data['bond']} lengths of {known} angstrom, not {bond:g}: "
                "choose one, or make another by benchmarks/make_molecules.py and give it as "
                "'observable'."
            )
        self.name, self.bond = name, bond
        self.n_orbitals, self.n_electrons = int(data["orbitals"]), int(data["electrons"])
        entry = entries[bond]
        self.energies = Energies(float(entry["hartree_fock"]), float(entry["fci"]))
        pairs = {PauliSum.from_text(text): float(c) for text, c in entry["terms"].items()}
        terms = {pauli: c for one, c in pairs.items() for pauli in one.pauli_terms()}
        self._observable = PauliSum(2 * self.n_orbitals, terms, float(entry["constant"]))

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        attributes = graphs.attributes_of(data)
        name = values.required(attributes, "molecule", '{"molecule": "h2"}')
        bond = attributes.get("bond")
        return cls(_known(name), None if bond is None else float(values.number(bond, "'bond'")))

    def to_data(self) -> dict[str, Any]:
        attributes = {"molecule": self.name, "bond": self.bond}
        return {"problem_type": self.problem_type, "problem_specific_attributes": attributes}

    def observable(self) -> PauliSum:
        return self._observable

    def symmetries(self) -> Sequence[Symmetry]:
        return electron_symmetries(self._observable.n_qubits)

    def sector(self) -> Mapping[str, float]:
        return {"particles": float(self.n_electrons)}

    def occupied(self) -> Sequence[int]:
        return range(self.n_electrons)

    def accuracy(self) -> float:
        return CHEMICAL_ACCURACY

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return [(i, spin) for i in range(self.n_orbitals) for spin in ("up", "down")]

    def prompt_details(self) -> str:
        return f"{self.name} at a bond length of {self.bond:g} angstrom"

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 4)
        small = [name for name in MOLECULES if 2 * int(_load(name)["orbitals"]) <= max_qubits]
        name = sampling.choice(rng, small)
        entry = sampling.choice(rng, _load(name)["entries"])
        return cls(name, float(entry["bond"]))


def _known(given: Any) -> str:
    """The shipped molecule of a name, in any spelling such as `H4 chain`.

    Raises:
        ProblemError: there is none.
    """
    plain = str(given).strip().lower().replace("-", "_").replace(" ", "_")
    if plain not in MOLECULES:
        raise ProblemError(
            f"molecule {given!r} is not shipped; known: {', '.join(MOLECULES)}. Give another as "
            "'observable'."
        )
    return plain


@cache
def _load(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (files("quasar.problems.quantum") / "molecules" / f"{name}.json").read_text("utf-8")
    )
    return found
