# %% [markdown]
# # QAOA: angles, landscapes, and how many layers
#
# QAOA is the standard circuit for optimisation problems. It alternates two kinds of gates: the
# problem's own, turned by an angle γ, and a mixer, turned by an angle β. One such pair is a
# *layer*. The structure follows from the problem, so that all there is to find is two angles for
# each layer.

# %%
import matplotlib.pyplot as plt
import networkx as nx
import numpy as np

import quasar
from quasar.circuits.emit import emit
from quasar.optimize.qaoa import optimise_qaoa
from quasar.simulate.qaoa_batch import QaoaBatch

graph = nx.random_regular_graph(3, 8, seed=1)
problem = quasar.load_problem(graph, problem_type="maxcut")
low, high = problem.energy_range
energies = problem.hamiltonian.diagonal


def ratio(energy: np.ndarray) -> np.ndarray:
    """Where an energy lies between the worst (0) and the best (1)."""
    return (high - energy) / (high - low)


# %% [markdown]
# ## The landscape of one layer
#
# With one layer there are two angles, and the mean energy is a landscape that can be drawn: 50
# times 50 circuits, all simulated exactly.

# %%
gammas, betas = np.linspace(0, np.pi, 50), np.linspace(-np.pi / 2, 0, 50)
grid = np.array([(gamma, beta) for beta in betas for gamma in gammas])
landscape = ratio(QaoaBatch(energies, 1).value(grid)).reshape(len(betas), len(gammas))

best = optimise_qaoa(problem.hamiltonian, 5)  # of every depth from 1 to 5
figure, axes = plt.subplots(figsize=(6, 3.6))
image = axes.pcolormesh(gammas, betas, landscape)
axes.plot(*best[0][1].theta, "w*", markersize=14, label="optimised")
axes.set(xlabel="γ (radians)", ylabel="β (radians)", title="approximation ratio, one layer")
axes.legend()
figure.colorbar(image)
figure.tight_layout()
# %% [markdown]
# The best pair is easy to find here, and nearly the same for every 3-regular graph. That is why
# angles can be taken from a table, or learnt, instead of being searched for each problem.
#
# ## More layers
#
# With more layers the landscape cannot be drawn, but the optimum of one depth leads to that of the
# next. Each circuit is verified:

# %%
rows = []
for layers, (energy, minimum) in enumerate(best, start=1):
    report = quasar.verify(emit(energy.bind(minimum.theta)), problem)
    size = report.quality.effective
    rows.append((layers, report.approximation_ratio, report.p_optimal, size.two_qubit_gates))
    print("p = {}  ratio {:.4f}  P(optimum) {:.3f}  two-qubit gates {}".format(*rows[-1]))

# %%
depth, mean, hit, gates = np.transpose(rows)
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3))
left.plot(depth, mean, "o-", label="ratio")
left.plot(depth, hit, "s-", label="P(optimum)")
left.set(xlabel="layers", ylim=(0, 1.02))
left.legend()
right.bar(depth, gates)
right.set(xlabel="layers", ylabel="two-qubit gates")
figure.tight_layout()

# %% [markdown]
# Without noise more layers are always better, and they cost gates in proportion. On a real device
# every gate errs a little, so there is a depth from which on more layers do harm: see [from a
# graph to a device](05_to_a_device.py).
#
# ## The angles have a pattern
#
# From layer to layer γ grows and β shrinks. A good start for many layers is therefore a straight
# line:

# %%
theta = best[-1][1].theta
figure, axes = plt.subplots(figsize=(5, 3))
axes.plot(range(1, 6), theta[:5], "o-", label="γ")
axes.plot(range(1, 6), -theta[5:], "s-", label="-β")
axes.set(xlabel="layer", ylabel="radians")
axes.legend()
figure.tight_layout()

# %% [markdown]
# `quasar.generate(problem, "designer", request={"algorithm": "qaoa", "layers": 3})` does all of
# this in one call, and `quasar.generate(problem, request="qaoa")` asks the language model for the
# angles ([generating](../docs/generate.md)).
#
# Next: [a hundred nodes](04_hundred_nodes.py).
