# %% [markdown]
# # Data sets of circuits
#
# Models learn from problems with good circuits. A data set here is built by a recipe: problems are
# drawn, circuits optimised, everything verified, and split so that no graph occurs in two splits,
# not even with other names. This page needs the extra `data`.

# %%
import tempfile
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import pandas

import quasar
from quasar.data.build import build
from quasar.data.settings import BuildSettings
from quasar.data.storage import read_records
from quasar.data.validate import validate

folder = Path(tempfile.mkdtemp()) / "small"
settings = BuildSettings(
    recipe="converged",
    count=24,
    max_qubits=6,
    seed=1,
    search="canonical",
    splits={"train": 0.75, "validation": 0.125, "test": 0.125},
)
build(folder, settings, jobs=1)
print(sorted(path.name for path in folder.iterdir()))

# %% [markdown]
# The folder is a Hugging Face data set: parquet files, a data card with figures, and a manifest
# with settings, seed and versions, from which the same records can be built again. A process that
# is killed goes on where it was.

# %%
records = [r for file in (folder / "data").glob("*.parquet") for r in read_records(file)]
table = pandas.DataFrame(records)
shown = ["problem_type", "number_of_qubits", "ansatz", "approximation_ratio", "p_optimal", "split"]
table[shown].head(8)

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
kinds = Counter(table.problem_type).most_common(10)
left.barh([name for name, _ in kinds], [count for _, count in kinds])
left.set(xlabel="records", title="the ten most frequent types")
left.invert_yaxis()
for algorithm, part in table.groupby("optimization_type"):
    right.plot(part.number_of_qubits, part.approximation_ratio, "o", alpha=0.5, label=algorithm)
right.set(xlabel="qubits", ylabel="approximation ratio")
right.legend(fontsize="x-small")
figure.tight_layout()

# %% [markdown]
# ## Every record is a problem file
#
# What the record claims can be checked at any time:

# %%
record = records[0]
problem = quasar.load_problem(record)
report = quasar.verify(problem.reference, problem)
print(problem)
print("stated ratio", record["approximation_ratio"], "verified", report.approximation_ratio)

# %% [markdown]
# `validate` does so for all, or for a sample, and checks hashes, splits and leakage between them:

# %%
checked = validate(folder, jobs=1)
print(checked.records, "records,", checked.checked, "simulated again, faults:", checked.findings)

# %% [markdown]
# Two recipes, streams that make examples while a model learns, leakage against other sets and
# export are in [data sets](../docs/data.md).
#
# This was the last page; [the index](../docs/index.md) has everything else.
