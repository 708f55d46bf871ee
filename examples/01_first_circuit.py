# %% [markdown]
# # A first circuit in five minutes
#
# Six friends are to be split into two teams, so that people who know each other well play against
# each other. That is a *maximum cut*: put the nodes of a graph on two sides, so that the edges
# between the sides weigh as much as possible. It needs the core install, and nothing about quantum
# computing.

# %%
import networkx as nx

import quasar

friends = nx.Graph()
friends.add_weighted_edges_from(
    [
        ("Ana", "Ben", 3),
        ("Ana", "Cleo", 1),
        ("Ben", "Cleo", 2),
        ("Ben", "Dan", 4),
        ("Cleo", "Eva", 2),
        ("Dan", "Eva", 1),
        ("Dan", "Fay", 3),
        ("Eva", "Fay", 5),
    ]
)
problem = quasar.load_problem(friends, problem_type="maxcut")

# %% [markdown]
# A graph alone does not say what to find; `problem_type` does. There are many more types: `quasar
# problems` lists them.
#
# Now a small language model, nano, which comes with the package, writes a circuit. The *verifier*
# simulates what it wrote and says how good it is.

# %%
found = quasar.generate(problem, compare=True, with_qaoa=True)
found

# %% [markdown]
# How to read it:
#
# - **answer, objective**: the split, in your own names, and the weight that it cuts.
# - **verdict**: whether any better split exists. Here it is a proof: all 64 splits were compared.
# - **measured, shots**: a quantum computer gives a random answer each time (a *shot*). These lines
#   say how likely the best one is, and how many shots are needed to see it.
# - **tried**: other circuits, and guessing. The best one comes first, whoever wrote it.
#
# The circuit itself has one wire for each friend:

# %%
found.plot("circuit")

# %% [markdown]
# It is text, in the language OpenQASM 3, which every large quantum library reads. A qubit that is
# measured as 0 means that its node is in the answer.

# %%
print("\n".join(found.best.qasm.splitlines()[:12]), "…", sep="\n")

# %% [markdown]
# Any circuit can be verified, from whatever source. Here is a bad one: it flips a coin for each
# friend.

# %%
coins = 'OPENQASM 3.0; include "stdgates.inc"; qubit[6] q; h q;'
for name, circuit in (("written by nano", found.best.qasm), ("coins", coins)):
    report = quasar.verify(circuit, problem)
    print(f"{name:16} P(best) {report.p_optimal:.3f}  ratio {report.approximation_ratio:.3f}")

# %% [markdown]
# **Ratio** says where the average answer lies between the worst (0) and the best (1). Coins get
# more than half of the way without any thought, so a ratio of 0.6 means little: compare with
# guessing.
#
# A classical computer solves six nodes in no time, and the report says so too. What is shown here
# is how to write circuits and to know how good they are, on problems small enough to check.
#
# Next: [your own problem and reading the verdict](02_your_own_problem.py). The [first
# steps](../docs/first-steps.md) do the same on the command line.
