# %% [markdown]
# # From a graph to a device, with noise and mitigation
#
# A circuit on paper is not a circuit on a machine. A device has other gates, not every pair of
# qubits can meet, and each gate errs. This page takes one problem all the way, offline.

# %%
import matplotlib.pyplot as plt
import networkx as nx

import quasar
from quasar.verifier.crossover import crossover
from quasar.verifier.on_device import DeviceRun

ring = quasar.load_problem(nx.cycle_graph(6), problem_type="maxcut")
found = quasar.generate(ring, "designer", request={"algorithm": "qaoa", "layers": 2})
print(found)

# %% [markdown]
# ## The device
#
# `generic:12:line` is an invented machine of twelve qubits in a row with typical errors. With the
# extra `devices`, `fake_torino` and other names are snapshots of IBM's machines
# ([devices](../docs/devices.md)).

# %%
device = quasar.device("generic:12:line")
compiled = quasar.compile_circuit(found.best.qasm, device, seed=1)
print(compiled)

# %% [markdown]
# A ring does not fit on a row: some pairs have to be brought together, so the compiled circuit has
# more two-qubit gates. `equivalent` says how it was proved that it still does the same.
#
# ## What noise leaves of it
#
# `verify` with a device compiles the circuit, simulates it with the machine's errors, and can undo
# part of them. Two ways are combined here: correcting the readout, and *zero-noise extrapolation*,
# which measures with more noise and calculates back to none.

# %%
report = quasar.verify(
    found.best.qasm, ring, device=device, mitigate="readout,zne", shots=8192, seed=1
)
print(report)

# %%
report.plot("device")

# %% [markdown]
# Mitigation corrects *means* over many shots, such as the energy. It makes no single shot better:
# a machine still shows an optimum only as often as the noise allows ([noise and
# mitigation](../docs/noise.md)).
#
# ## How many layers does it bear?
#
# Without noise more layers are always better. With noise each costs gates:

# %%
run = DeviceRun.of(device=device)
found_layers = crossover(ring, run, layers=4)
layers = [one.layers for one in found_layers.layers]
figure, axes = plt.subplots(figsize=(5.5, 3))
for name, style in (("ideal", "o--"), ("noisy", "s-")):
    ratios = [getattr(one.report, name).approximation_ratio for one in found_layers.layers]
    axes.plot(layers, ratios, style, label=name)
axes.set(xlabel="layers", ylabel="approximation ratio", xticks=layers)
axes.legend()
print("best number of layers under noise:", found_layers.best_layers)

# %% [markdown]
# `quasar.generate(problem, device=...)` does all of this at once: each candidate is compiled,
# judged under noise, and ranked by what is left. The same walk on the command line, up to a run on
# a machine, is [from a graph to a device](../docs/device-tutorial.md).
#
# Next: [molecules and spin models](06_molecules_and_spins.py).
