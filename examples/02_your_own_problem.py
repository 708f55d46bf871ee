# %% [markdown]
# # Your own problem, and reading the verdict
#
# A problem is a type, a graph where the type needs one, and attributes. This page packs a
# rucksack, and then looks at circuits that are wrong in different ways.

# %%
import quasar
from quasar.core.errors import QuasarError

hike = {
    "problem_type": "knapsack",
    "problem_specific_attributes": {
        "items": [
            {"name": "tent", "weight": 4, "value": 8},
            {"name": "stove", "weight": 2, "value": 4},
            {"name": "map", "weight": 1, "value": 3},
            {"name": "camera", "weight": 3, "value": 4},
        ],
        "capacity": 6,
    },
}
problem = quasar.load_problem(hike)
problem

# %% [markdown]
# Four items need seven qubits: one each, and three for the room that is left in the rucksack. The
# rule "not more than 6" became a *penalty*, an amount of energy that breaking it costs. The value
# is chosen so that no broken rule can win ([problems](../docs/problems.md)).
#
# This time the classical designer writes a QAOA circuit, the best known family for such problems.

# %%
found = quasar.generate(problem, "designer", request="qaoa", compare=True)
found

# %% [markdown]
# Three lines are new. **valid** is the probability of an answer that obeys the rule. **best seen**
# is what to expect if you keep the best of 100 or of 1,000 shots, which is how such circuits are
# used. **verdict** is about the answer, not about the circuit: no packing is worth more than this.
#
# Everything is also a number in Python:

# %%
report = found.best.report
quality = report.quality
print("P(optimum)  ", round(report.p_optimal, 4))
print("top state   ", quality.top_states[0].solution, quality.top_states[0].objective)
print("product     ", quality.product_state)
print("gates       ", quality.effective.gates, "depth", quality.effective.depth)

# %% [markdown]
# `help(quasar.Report)` explains each field.
#
# ## A classical answer in a quantum circuit
#
# The next circuit sets the bits of the best packing and nothing else. It measures the optimum
# every time. No search has happened: whoever wrote it knew the answer.


# %%
def written(bits: str) -> str:
    """A circuit that sets these bits, qubit 0 first, and measures them."""
    flips = " ".join(f"x q[{i}];" for i, bit in enumerate(bits) if bit == "1")
    return f'OPENQASM 3.0; include "stdgates.inc"; qubit[{len(bits)}] q; {flips}'


known = int(problem.optimality.optimal.argmax())  # a state of lowest cost, as an integer
bits = "".join(str(known >> i & 1) for i in range(problem.n_qubits))
classical = quasar.verify(written(bits), problem)
print("P(optimum)", classical.p_optimal, " product state", classical.quality.product_state)
print(*classical.remarks)

# %% [markdown]
# The verifier looks at the final state: where no qubit is entangled with the others, the report
# says so, no matter which gates are written around it ([what a circuit is](../docs/verifier.md)).
#
# ## Circuits that are wrong
#
# A circuit that cannot be used is a *verdict*, not an error of the program. It says where, and
# why:

# %%
start = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[7] q;\n'
for broken in ("h q[9];", "hh q[0];", "rx(theta) q[0];", "while (true) { x q[0]; }"):
    fault = quasar.verify(start + broken, problem).fault
    print(f"{broken:26} {fault.kind:10} line {fault.line}: {fault.message}")

# %% [markdown]
# A problem that cannot be read is an error, with what to do about it:

# %%
try:
    quasar.load_problem({"problem_type": "knapsak"})
except QuasarError as error:
    print(error)

# %% [markdown]
# Files work as well as dictionaries: `quasar.load_problem("hike.csv", ...)` reads tables, GraphML,
# DIMACS, QUBO files and more ([formats](../docs/formats.md)).
#
# Next: [QAOA angles, landscapes, and how many layers](03_qaoa_angles.py).
