# %% [markdown]
# # A hundred nodes
#
# Up to 24 qubits the verifier looks at every state. A hundred qubits have 10³⁰ states, and still
# much can be known for certain: the energy of a shallow circuit depends on small neighbourhoods
# only, and classical solvers know the optimum. This page needs the extras `mps` and `optima`.
#
# A street of a hundred houses: each has something to say to the next two, some more than others.

# %%
import random

import matplotlib.pyplot as plt
import networkx as nx

import quasar

random.seed(7)
street = nx.Graph()
for house in range(100):
    for other in (house + 1, house + 2):
        if other < 100:
            street.add_edge(house, other, weight=random.randint(1, 9))
problem = quasar.load_problem(street, problem_type="maxcut")
optimum = quasar.optimum(problem, time_limit=10)
print(optimum.value, optimum.status, "by", optimum.bound_by)

# %% [markdown]
# The optimum is *proven*: the solver has an answer, and a bound that says that no answer is
# better.
#
# Beyond 24 qubits the classical designer writes QAOA. One layer is enough to see how it works.

# %%
found = quasar.generate(problem, "designer", request={"algorithm": "qaoa", "layers": 1})
print(found)

# %% [markdown]
# Each figure says how it is known ([beyond 24 qubits](../docs/large.md)):
#
# - **mean, ratio**: exact. An edge's part depends on the gates that reach it, a handful of qubits.
# - **answer, P(best)**: from samples of a matrix product state, with an interval. Not seen in a
#   thousand samples is not impossible.
# - **recursive**: recursive QAOA uses the circuit's correlations to fix one variable after
#   another.
#
# What a thousand samples cut, beside coins and the optimum:

# %%
estimates = found.best.report.estimates
total = street.size(weight="weight")
cuts, counts = zip(*estimates.samples.histogram, strict=True)
figure, axes = plt.subplots(figsize=(7, 2.6))
axes.bar(cuts, counts, width=4, label="samples of the circuit")
axes.axvline(total / 2, color="grey", ls=":", label="coins, on average")
axes.axvline(optimum.value, color="black", label="optimum, proven")
axes.set(xlabel="weight of the cut", ylabel="samples")
axes.legend(loc="upper left")
figure.tight_layout()

# %% [markdown]
# One layer moves the whole distribution away from coins, but no sample comes near the optimum:
# with a hundred variables a shallow circuit alone does not find it. Its correlations are worth
# more: recursive QAOA gets there. The classical solver did too, in seconds, and the report leaves
# no doubt about that.
#
# Next: [from a graph to a device](05_to_a_device.py).
