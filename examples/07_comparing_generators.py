# %% [markdown]
# # Comparing generators honestly
#
# Two models write circuits. Which one is better? Three things go wrong easily: a baseline is
# missing, chance is taken for a difference, and likeness to a reference is taken for quality. This
# page needs the extra `data` for its problems.

# %%
import random
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

import quasar
from quasar.data.build import build
from quasar.data.settings import BuildSettings
from quasar.data.storage import read_records

folder = Path(tempfile.mkdtemp()) / "problems"
build(folder, BuildSettings(recipe="agent-q", count=12, max_qubits=5, seed=3), jobs=1)
records = [r for file in (folder / "data").glob("*.parquet") for r in read_records(file)]
print(len(records), "problems, each with a reference circuit")

# %% [markdown]
# ## Two writers
#
# One is the packaged model. The other flips the bits of a random answer: a caricature of a model
# that learnt what circuits look like, and nothing else. (nano was trained on data of this recipe,
# and there are few small graphs, so it has seen some of these problems: the table shows how to
# compare, and is no measurement of nano.)

# %%
random.seed(1)
answers = []
for number, record in enumerate(records):
    problem = quasar.load_problem(record)
    n = problem.n_qubits
    by_nano = quasar.generate(problem).best.qasm
    flips = " ".join(f"x q[{i}];" for i in range(n) if random.random() < 0.5)
    by_chance = f'OPENQASM 3.0; include "stdgates.inc"; qubit[{n}] q; {flips}'
    for run, qasm in (("nano", by_nano), ("chance", by_chance)):
        answers.append({"run": run, "sample_index": number, "candidate": 0, "qasm": qasm})

# %% [markdown]
# ## One table, with trivial baselines
#
# `evaluate` judges every answer and adds what needs no model at all: guessing, random angles, QAOA
# with fixed angles, the optimum as a bit string.

# %%
table = quasar.evaluate(records, answers, baselines=True, against="chance", jobs=1)
table

# %% [markdown]
# How to read it ([evaluation](../docs/evaluation.md) has all columns):
#
# - **SCR** is how many answers are valid programs. Both writers have all of it, and that says
#   nothing.
# - **RE, SREV, HQCR** compare with the reference circuit. They measure *likeness*, not quality: in
#   HQCR, coins (`uniform`) do better here than the circuit that shows the optimum every time
#   ([why](../docs/what-is-measured.md#why-likeness-is-not-quality)).
# - **ratio, P(opt), top opt.** measure quality. Compare them with `qaoa-fixed`, which uses the
#   same few angles for every problem.
#
# ## Is the difference real?
#
# Twelve problems are few. The second table compares problem by problem; a star means that the 95%
# interval of the difference leaves out zero. The picture shows the same for the ratio:

# %%
names = list(table)
means = [table[name]["approximation_ratio"] for name in names]
spans = [table[name]["intervals"]["approximation_ratio"] for name in names]
figure, axes = plt.subplots(figsize=(6.5, 3))
for place, (mean, span) in enumerate(zip(means, spans, strict=True)):
    axes.plot(span, [place, place], "k-")
    axes.plot(mean, place, "o")
axes.set(yticks=range(len(names)), yticklabels=names, xlabel="approximation ratio, 95% interval")
figure.tight_layout()

# %% [markdown]
# Intervals of two runs may overlap although one is better on nearly every problem, because
# problems differ from each other more than writers do on one problem. So compare differences, not
# means.
#
# ## What to keep to
#
# 1. Trivial baselines in the same table.
# 2. The same problems for all, none of them in anybody's training data
#    ([leakage](../docs/data.md)).
# 3. Intervals, of differences.
# 4. Quality first, likeness only to say what a model imitates.
# 5. Size beside quality: a circuit that is one bit string is a classical answer.
#
# Next: [training with the verifier as reward](08_training.py).
