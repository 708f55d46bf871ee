"""The packaged model's own style: the Hamiltonian, row by row, and nothing else.

    converged qaoa p2 n3 s1.55
    @q0 1.0;q0
    @q2 0.5 q0 -1.0;q2
    @q1  q2 0.25;q1

Line 1: style, algorithm (`any`: the model chooses), layers (`p?`: likewise), qubits, and the
standard deviation of the energy. Then one row for each qubit in the order of `optimize.decimation`:
its own field, then the qubits before it that it is coupled to, each with the coefficient. The order
is that in which greedy decisions fall, strongest field first; the bits are not stated. Terms of
three and more qubits list all the earlier ones. Coefficients and deviation are in units of the
largest coefficient, rounded to the values of `numbers`; so any problem can be stated, even an
unseen one, and problem names play no part.
"""

from __future__ import annotations

import math

from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.decimation import largest_coefficient, rows
from quasar.prompts.chat import Request
from quasar.prompts.numbers import number_text, rounded

MAX_QUBITS = 24
MAX_LAYERS = 8


def compact_prompt(hamiltonian: IsingHamiltonian, request: Request) -> str:
    """The text of the user's turn.

    Raises:
        InputError: more qubits or layers than the style has words for, or a request that cannot be
            asked for.
    """
    request = request.checked()
    n = hamiltonian.n_qubits
    if n > MAX_QUBITS:
        raise InputError(
            f"the compact style covers up to {MAX_QUBITS} qubits, not {n}: use --model designer, "
            "or a larger model."
        )
    if request.layers is not None and request.layers > MAX_LAYERS:
        raise InputError(
            f"the compact style covers up to {MAX_LAYERS} layers, not {request.layers}: use "
            "--model designer, or a larger model."
        )
    layers = "?" if request.layers is None else str(request.layers)
    head = f"{request.style} {request.algorithm or 'any'} p{layers} n{n} "
    unit = largest_coefficient(hamiltonian)
    lines = [f"{head}s{deviation_text(hamiltonian)}"]
    for qubit, couplings in rows(hamiltonian):
        parts = []
        for others, coefficient in couplings:
            if rounded(coefficient / unit):
                parts.append("".join(f" q{other} " for other in others))
                parts.append(number_text(coefficient / unit))
        lines.append(f"@q{qubit} {''.join(parts)};q{qubit}")
    return "\n".join(lines)


UNUSABLE = "unusable"
"""The user's turn after a circuit that cannot be run for the problem."""


def verdict_text(ratio: float, gap: float) -> str:
    """The user's turn after a circuit, e.g. `r 0.92 gap 1.5`.

    Args:
        ratio: approximation ratio in [0, 1].
        gap: energy above the lowest, in units of the largest coefficient, as the rows are.
    """
    return f"r {number_text(ratio)} gap {number_text(gap)}"


def deviation_text(hamiltonian: IsingHamiltonian) -> str:
    """σ(E) in units of the largest coefficient, as the prompt and QAOA's angles state it."""
    total = math.sqrt(sum(c * c for c in hamiltonian.terms.values()))
    return number_text(max(total / largest_coefficient(hamiltonian), 1.0))
