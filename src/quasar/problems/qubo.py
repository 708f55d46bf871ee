"""Free form: quadratic unconstrained binary optimisation, in named 0/1 variables or spins.

Like `hubo.py`, with at most two variables a term.
"""

from __future__ import annotations

from quasar.problems.hubo import Hubo
from quasar.problems.keys import Reads


class Qubo(Hubo):
    """Solution: value of each variable, by its name as a string. Objective: the polynomial."""

    problem_type = "qubo"
    title = "Find the 0/1 values of the variables that minimise the quadratic polynomial"
    qubits = "one per variable"
    answer = "object from variable to 0 or 1 (spins: -1 or 1)"
    goal = "value of the polynomial"
    reads = Reads(
        fields=("qubo", "vartype"),
    )
    max_order = 2
    too_high = "state it as problem type 'hubo'"
