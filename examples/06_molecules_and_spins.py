# %% [markdown]
# # Molecules and spin models
#
# Not every problem has a bit string for an answer. Chemists and physicists look for *ground
# states*: the quantum state of lowest energy. What counts then is the energy, and the overlap with
# the true ground state (*fidelity*).

# %%
import matplotlib.pyplot as plt
import numpy as np

import quasar


def molecule(bond: float) -> quasar.EncodedProblem:
    """The hydrogen molecule with its atoms this many ångström apart."""
    return quasar.load_problem(
        {
            "problem_type": "molecule",
            "problem_specific_attributes": {"molecule": "h2", "bond": bond},
        }
    )


found = quasar.generate(molecule(0.74), "designer")
print(found)

# %% [markdown]
# The designer tries families of circuits until one is within *chemical accuracy*, 1.6
# millihartree, which is what chemists need to compare reactions. The report knows the exact ground
# energy, and says how many electrons the state has.
#
# ## A bond is pulled apart
#
# The energy at several distances is the curve of every chemistry book. Beside it, the best that
# one classical bit string can do (*Hartree-Fock*): it fails where the bond breaks, because the two
# electrons become entangled.

# %%
bonds = [0.4, 0.6, 0.74, 0.9, 1.1, 1.4, 1.8, 2.3, 3.0]
exact, circuit, hartree_fock, entanglement = [], [], [], []
for bond in bonds:
    problem = molecule(bond)
    report = quasar.generate(problem, "designer", request="adaptive_vqe").best.report
    exact.append(report.stages.ground.ground_energy_total)
    circuit.append(report.stages.ground.energy_total)
    hartree_fock.append(problem.problem.energies.hartree_fock)
    entanglement.append(report.quality.entanglement)

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3))
left.plot(bonds, exact, "k-", label="exact")
left.plot(bonds, circuit, "o", label="the circuit")
left.plot(bonds, hartree_fock, "--", label="Hartree-Fock")
left.set(xlabel="bond (ångström)", ylabel="energy (hartree)")
left.legend()
right.plot(bonds, entanglement, "o-")
right.set(xlabel="bond (ångström)", ylabel="entanglement (Meyer-Wallach)")
figure.tight_layout()
print("largest error of the circuit (hartree):", f"{max(np.subtract(circuit, exact)):.1e}")

# %% [markdown]
# ## A magnet in a field
#
# The transverse-field Ising model is a row of spins that want to agree with their neighbours,
# while a field from the side turns each on its own. Three strengths of the field, three layers of
# QAOA each:

# %%
for field in (0.2, 1.0, 3.0):
    chain = quasar.load_problem(
        {
            "problem_type": "tfim",
            "problem_specific_attributes": {"n": 6, "lattice": "chain", "J": 1.0, "h": field},
        }
    )
    best = quasar.generate(chain, "designer", request={"algorithm": "qaoa", "layers": 3}).best
    ground = best.report.stages.ground
    print(
        f"h = {field}: energy {ground.energy:.4f}, exact {ground.ground_energy:.4f}, "
        f"fidelity {ground.fidelity:.4f}, gap {ground.gap:.3f}"
    )

# %% [markdown]
# QAOA begins in the ground state of the field alone, so a strong field is easy. A weak one is
# hard: all spins up and all spins down are then nearly equally low (the *gap* to the next higher
# state vanishes), and three layers do not reach across six spins. An energy that looks close may
# hide that, which is why the report has the fidelity beside it.
#
# Any sum of Pauli strings will do instead of a model: `quasar.load_problem(SparsePauliOp(...))`
# ([ground states](../docs/observables.md)).
#
# Next: [comparing generators honestly](07_comparing_generators.py).
