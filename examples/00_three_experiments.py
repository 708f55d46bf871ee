# %% [markdown]
# # Three first experiments
#
# nano, the language model that comes with the package, is asked for circuits whose outcome is known
# in closed form: states of one qubit, entanglement of two, and an ansatz with a known optimum. Each
# circuit is run and compared with the formula. `pip install -e .` in a clone is all it takes.

# %%
import math

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np

import quasar
from quasar.circuits.qasm import parse
from quasar.optimize.qaoa import optimise_qaoa
from quasar.simulate.state_engine import state_engine


def written(**task: object) -> tuple[str, bool, np.ndarray]:
    """nano's program for a task, whether it solves it, and the state it makes of |0...0>."""
    best = quasar.generate_task(task, "nano").best
    return best.qasm, best.report.solved, state_engine().state(parse(best.qasm).circuit)


# %% [markdown]
# ## 1. One qubit: rotations and known states
#
# The state (|0⟩ + e^(iφ) |1⟩)/√2 lies on the equator of the Bloch sphere, at ⟨X⟩ = cos φ and
# ⟨Y⟩ = sin φ. nano writes a circuit for each φ. The verifier knows the state, and says whether the
# circuit prepares it.

# %%
phases = np.linspace(0.15, 6.15, 13).round(3)
x, y, solved = [], [], 0
for phase in phases:
    program, right, state = written(task="cat", qubits=1, string="0", phase=float(phase))
    solved += right
    cross = 2 * state[0].conjugate() * state[1]
    x.append(cross.real)
    y.append(cross.imag)
print(program)
print(f"{solved} of {len(phases)} states are right")

# %%
figure, axes = plt.subplots(figsize=(7.5, 3.4))
fine = np.linspace(0, 2 * math.pi, 200)
axes.plot(fine, np.cos(fine), color="C3", label="cos φ")
axes.plot(fine, np.sin(fine), color="C1", label="sin φ")
axes.plot(phases, x, "o", color="k", label="⟨X⟩, written by nano")
axes.plot(phases, y, "^", color="k", label="⟨Y⟩, written by nano")
axes.set(xlabel="φ (radians)", ylabel="Bloch vector")
axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
figure.tight_layout()

# %% [markdown]
# ## 2. Two qubits: which gates entangle, and how much
#
# Under H = XX for a time t, |00⟩ becomes cos t |00⟩ - i sin t |11⟩, whose *concurrence* is
# |sin 2t|: 0 for a product state, 1 for a Bell state. YY entangles as much; ZZ leaves |00⟩ alone.
# nano writes a circuit for exp(-iHt), and the concurrence comes from its four amplitudes a, b, c, d
# as 2|ad - bc| (Wootters, Phys. Rev. Lett. 80, 2245, 1998).

# %%
times = np.linspace(0.2, 1.0, 9).round(3)
concurrence: dict[str, list[float]] = {}
solved = 0
for axis in "XYZ":
    task = {"task": "evolution", "qubits": 2, "observable": f"1.0*{axis}0*{axis}1", "error": 0.01}
    for t in times:
        program, right, (a, b, c, d) = written(**task, time=float(t))
        solved += right
        concurrence.setdefault(axis * 2, []).append(2 * abs(a * d - b * c))
print(program)
print(f"{solved} of {3 * len(times)} unitaries are right")

# %%
figure, axes = plt.subplots(figsize=(6, 3.4))
fine = np.linspace(0.2, 1.0, 200)
axes.plot(fine, np.abs(np.sin(2 * fine)), color="C3", label="|sin 2t|")
axes.plot(fine, 0 * fine, color="C1", label="0")
for (pair, values), marker in zip(concurrence.items(), "o+^", strict=True):
    axes.plot(times, values, marker, color="k", markersize=8, fillstyle="none", label=pair)
axes.set(xlabel="t", ylabel="concurrence")
axes.legend()
figure.tight_layout()

# %% [markdown]
# ## 3. An ansatz with a known optimum
#
# QAOA with p layers cuts (2p + 1)/(2p + 2) of the edges of a long ring, and not more, at whatever
# angles (Mbeng, Fazio and Santoro, arXiv 1906.08948). nano writes the circuits with their angles;
# beside them the best angles that an optimiser finds.

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
