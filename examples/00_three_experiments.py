# %% [markdown]
# # Three first experiments
#
# A model is asked for circuits whose right answer is known in closed form: states of one qubit,
# two-qubit states of a given entanglement, and an ansatz with a known optimum. Each circuit is run
# and compared with the formula. `pip install -e .` in a clone is all it takes.

# %%
import math

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np

import quasar
from quasar.circuits.qasm import parse
from quasar.optimize.qaoa import optimise_qaoa
from quasar.simulate.state_engine import state_engine

MODEL = "designer"


def written(amplitudes: list[complex]) -> tuple[quasar.TaskReport, np.ndarray]:
    """The verdict on the circuit that the model writes for a state, and the state it prepares."""
    pairs = [[a.real, a.imag] for a in map(complex, amplitudes)]
    task = {"task": "amplitudes", "qubits": int(math.log2(len(pairs))), "amplitudes": pairs}
    best = quasar.generate_task(task, MODEL).best
    return best.report, state_engine().state(parse(best.qasm).circuit)


# %% [markdown]
# ## 1. One qubit: rotations and known states
#
# A state cos(θ/2)|0⟩ + e^(iφ) sin(θ/2)|1⟩ is the point of the sphere with polar angle θ and azimuth
# φ. The model gets the two amplitudes in words and has to find the gates. The verifier gives the
# *fidelity*: 1 for the state itself, 0 for the opposite point.

# %%
points = [(k * math.pi / 6, 2 * k * math.pi / 5) for k in range(7)]
reached = []
for theta, phi in points:
    report, state = written(
        [math.cos(theta / 2), math.sin(theta / 2) * complex(math.cos(phi), math.sin(phi))]
    )
    cross = state[0].conjugate() * state[1]
    reached.append((2 * cross.real, 2 * cross.imag, abs(state[0]) ** 2 - abs(state[1]) ** 2))
    print(f"θ {theta:.3f}  φ {phi:.3f}  fidelity {report.stages.objective.value:.6f}")

# %%
sphere = plt.figure(figsize=(4.5, 4.5)).add_subplot(projection="3d")
across, up = np.meshgrid(np.linspace(0, 2 * np.pi, 25), np.linspace(0, np.pi, 13))
ball = (np.sin(up) * np.cos(across), np.sin(up) * np.sin(across), np.cos(up))
sphere.plot_wireframe(*ball, color="0.7", linewidth=0.6)
asked = [(math.sin(t) * math.cos(f), math.sin(t) * math.sin(f), math.cos(t)) for t, f in points]
sphere.scatter(*zip(*asked, strict=True), s=90, facecolors="none", edgecolors="C3", label="asked")
sphere.scatter(*zip(*reached, strict=True), s=18, color="C0", label="written by the model")
sphere.set(xlabel="⟨X⟩", ylabel="⟨Y⟩", zlabel="⟨Z⟩", box_aspect=(1, 1, 1))
sphere.legend(loc="upper left")

# %% [markdown]
# ## 2. Two qubits: as much entanglement as asked for
#
# cos(θ/2)|00⟩ + sin(θ/2)|11⟩ has the *concurrence* |sin θ|: none at θ = 0, where it is a product
# state, and all of it at π/2, a Bell state. It is computed from the circuit's four amplitudes a, b,
# c, d as 2|ad - bc| (Wootters, Phys. Rev. Lett. 80, 2245, 1998).

# %%
angles = np.linspace(0, math.pi, 9)
concurrence, gates = [], []
for theta in angles:
    report, (a, b, c, d) = written([math.cos(theta / 2), 0, 0, math.sin(theta / 2)])
    concurrence.append(2 * abs(a * d - b * c))
    gates.append(report.stages.utility.own.two_qubit_gates)
print("two-qubit gates:", gates)

# %%
figure, axes = plt.subplots(figsize=(6, 3.4))
fine = np.linspace(0, math.pi, 200)
axes.plot(fine, np.abs(np.sin(fine)), color="C3", label="|sin θ|")
axes.plot(angles, concurrence, "o", color="C0", label="written by the model")
axes.set(xlabel="θ (radians)", ylabel="concurrence")
axes.legend()
figure.tight_layout()

# %% [markdown]
# ## 3. An ansatz with a known optimum
#
# QAOA with p layers cuts (2p + 1)/(2p + 2) of the edges of a long ring, and not more, at whatever
# angles (Mbeng, Fazio and Santoro, arXiv 1906.08948). nano, the packaged language model, writes the
# circuits with their angles; beside them the best angles that an optimiser finds.

# %%
ring = quasar.load_problem(nx.cycle_graph(10), problem_type="maxcut")
depths = [1, 2, 3, 4]
by_nano, by_optimiser = [], []
for layers, (_, minimum) in zip(depths, optimise_qaoa(ring.hamiltonian, 4), strict=True):
    found = quasar.generate(ring, "nano", request={"algorithm": "qaoa", "layers": layers})
    by_nano.append(0.5 - found.best.report.energy / 10)  # H is half the sum of ZZ over the edges
    by_optimiser.append(0.5 - minimum.energy / 10)
    print(f"p = {layers}  nano {by_nano[-1]:.4f}  optimiser {by_optimiser[-1]:.4f}")

# %%
figure, axes = plt.subplots(figsize=(6, 3.4))
bound = [(2 * p + 1) / (2 * p + 2) for p in depths]
axes.plot(depths, bound, "_", color="C3", markersize=30, label="(2p + 1)/(2p + 2)")
axes.plot(depths, by_nano, "o", color="C0", label="written by nano")
axes.plot(depths, by_optimiser, "x", color="k", label="optimised")
axes.set(xlabel="layers p", ylabel="share of edges cut", xticks=depths)
axes.legend()
figure.tight_layout()

# %% [markdown]
# No circuit lies above its bound: if one did, the verifier would be wrong. The same checks with
# more gates, states and ansätze, on every simulator, are on the page [known states, entanglement
# and optima](../docs/experiments.md).
#
# Next: [a first circuit in five minutes](01_first_circuit.py).
