"""Makes the Hamiltonians in `problems/quantum/molecules/`, one JSON file a molecule.

Restricted Hartree-Fock by PySCF, the active space's integrals and full configuration interaction by
its CASCI, Jordan-Wigner by OpenFermion; spin orbitals interleaved (orbital i with spin up is qubit
2i, with spin down 2i + 1). Needs an environment of its own, about 900 MB:

    python -m venv /tmp/molecules && /tmp/molecules/bin/pip install pyscf==2.14.0 openfermion==1.8.0
    /tmp/molecules/bin/python benchmarks/make_molecules.py src/quasar/problems/quantum/molecules
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NamedTuple

Geometry = list[tuple[str, tuple[float, float, float]]]

_DIGITS = 12
"""Decimals of coefficients and energies, hartree."""


class Recipe(NamedTuple):
    """One molecule.

    Attributes:
        title: what it is.
        bond: what the bond lengths measure.
        bonds: angstrom.
        electrons: in the active space.
        orbitals: spatial ones in the active space.
        kind: which of the molecule's orbitals these are.
    """

    title: str
    bond: str
    bonds: tuple[float, ...]
    electrons: int
    orbitals: int
    kind: Literal["all", "sigma", "pi"] = "all"


RECIPES = {
    "h2": Recipe("hydrogen", "H-H", (0.4, 0.6, 0.735, 0.74, 0.9, 1.1, 1.4, 1.8, 2.3, 3.0), 2, 2),
    "lih": Recipe("lithium hydride", "Li-H", (1.2, 1.6, 2.4), 2, 3, "sigma"),
    "beh2": Recipe("beryllium hydride, linear", "Be-H", (1.33, 2.0), 4, 4, "sigma"),
    "h4_chain": Recipe("four hydrogen atoms in a line", "H-H", (0.9, 1.2, 1.8), 4, 4),
    "h4_square": Recipe("four hydrogen atoms in a square", "H-H", (1.0, 1.23), 4, 4),
    "n2": Recipe("nitrogen", "N-N", (1.1, 1.5, 2.0), 4, 4, "pi"),
}


def geometry(name: str, bond: float) -> Geometry:
    """Atoms and their positions in angstrom."""
    if name == "beh2":
        return [("Be", (0, 0, 0)), ("H", (0, 0, -bond)), ("H", (0, 0, bond))]
    if name == "h4_chain":
        return [("H", (0, 0, i * bond)) for i in range(4)]
    if name == "h4_square":
        return [("H", (x * bond, y * bond, 0)) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
    atoms = {"h2": ("H", "H"), "n2": ("N", "N")}.get(name)
    first, second = ("Li", "H") if atoms is None else atoms
    return [(first, (0, 0, 0)), (second, (0, 0, bond))]


def entry(name: str, recipe: Recipe, bond: float) -> dict[str, Any]:
    """One geometry: its energies and its Hamiltonian."""
    from openfermion import InteractionOperator, jordan_wigner
    from openfermion.chem.molecular_data import spinorb_from_spatial
    from pyscf import ao2mo, gto, mcscf, scf

    atoms = geometry(name, bond)
    molecule = gto.M(atom=atoms, basis="sto-3g", verbose=0)
    field = scf.RHF(molecule).run(conv_tol=1e-12)
    active = mcscf.CASCI(field, recipe.orbitals, recipe.electrons)
    active.fcisolver.conv_tol = 1e-13
    chosen = _chosen(molecule, field, recipe)
    if chosen:
        field.mo_coeff = active.sort_mo([i + 1 for i in chosen])
        active.mo_coeff = field.mo_coeff
    one, core = active.get_h1eff()
    two = ao2mo.restore(1, active.get_h2eff(), recipe.orbitals)
    exact = float(active.kernel()[0])
    # (pq|rs) of chemists to the coefficient of a+_p a+_q a_r a_s: (ps|qr).
    integrals = spinorb_from_spatial(one, two.transpose(0, 2, 3, 1))
    operator = jordan_wigner(InteractionOperator(core, integrals[0], 0.5 * integrals[1]))
    terms = {
        "*".join(f"{axis}{qubit}" for qubit, axis in pauli): round(c.real, _DIGITS)
        for pauli, c in sorted(operator.terms.items(), key=lambda item: (len(item[0]), item[0]))
        if abs(c) > 10.0**-_DIGITS
    }
    chosen = chosen or list(range(active.ncore, active.ncore + recipe.orbitals))
    return {
        "bond": bond,
        "geometry": [[atom, list(position)] for atom, position in atoms],
        "hartree_fock": round(float(field.e_tot), _DIGITS),
        "fci": round(exact, _DIGITS),
        "nuclear_repulsion": round(float(molecule.energy_nuc()), _DIGITS),
        "molecular_orbitals": chosen,
        "orbital_energies": [round(float(field.mo_energy[i]), 6) for i in chosen],
        "constant": terms.pop(""),
        "terms": terms,
    }


def _json(data: dict[str, Any]) -> str:
    """JSON with one line for each entry."""
    head = {key: value for key, value in data.items() if key != "entries"}
    rows = ",\n".join("  " + json.dumps(entry) for entry in data["entries"])
    return json.dumps(head, indent=1)[:-2] + f',\n "entries": [\n{rows}\n ]\n}}'


def _chosen(molecule: Any, field: Any, recipe: Recipe) -> list[int]:
    """Indices of the active orbitals: of their kind, those next to the Fermi level.

    The molecules lie on the z axis, so that pi orbitals are made of p_x and p_y alone.
    """
    if recipe.kind == "all":
        return []
    across = [
        i for i, label in enumerate(molecule.ao_labels()) if label.split()[-1][-2:] in ("px", "py")
    ]
    weight = (field.mo_coeff[across] ** 2).sum(axis=0)
    is_pi = weight > 0.5
    kind = [i for i in range(is_pi.size) if bool(is_pi[i]) == (recipe.kind == "pi")]
    filled = [i for i in kind if field.mo_occ[i] > 0][-recipe.electrons // 2 :]
    empty = [i for i in kind if field.mo_occ[i] == 0][: recipe.orbitals - len(filled)]
    return filled + empty


def main(folder: Path) -> None:
    """Write every molecule."""
    made_by = {name: version(name) for name in ("pyscf", "openfermion")}
    for name, recipe in RECIPES.items():
        entries = [entry(name, recipe, bond) for bond in recipe.bonds]
        data = {
            "name": name,
            "title": recipe.title,
            "bond": recipe.bond,
            "unit": "hartree, angstrom",
            "basis": "sto-3g",
            "electrons": recipe.electrons,
            "orbitals": recipe.orbitals,
            "orbital_choice": f"restricted Hartree-Fock, {recipe.kind} orbitals at the Fermi level",
            "mapping": "Jordan-Wigner, orbital i on qubits 2i (spin up) and 2i + 1 (spin down)",
            "made_by": made_by,
            "entries": entries,
        }
        (folder / f"{name}.json").write_text(_json(data) + "\n", encoding="utf-8")
        for made in entries:
            print(name, made["bond"], len(made["terms"]), made["hartree_fock"], made["fci"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
