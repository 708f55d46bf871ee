"""Warm-started QAOA: what its table of angles gives, and how the table was found.

    python -m benchmarks.warm_start                # the table, on held-out problems
    python -m benchmarks.warm_start --fit          # angles anew, printed

For each number of layers: the mean probability of an optimum from a start at an optimum, and from
one with a single bit wrong (mean over the bits), beside the product state that the circuit starts
in. `--fit` looks for the angles that give the highest mean from the optimum, deeper ones from the
angles before, by L-BFGS with differences; it takes a few minutes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

import numpy as np
from benchmarks._common import print_table, write_result
from benchmarks.nano_parts.sets import held_out, some
from rich.progress import track

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.decimation import guided_decimation, state_index
from quasar.optimize.qaoa import sigma
from quasar.optimize.warm_start import EPSILON, MAX_LAYERS, warm_angles
from quasar.problems.load import load_problem
from quasar.simulate.engine import FloatVector

MOST_QUBITS = 10


def warm_probabilities(
    hamiltonian: IsingHamiltonian,
    bits: int,
    gammas: Sequence[float] | FloatVector,
    betas: Sequence[float] | FloatVector,
    epsilon: float = EPSILON,
) -> FloatVector:
    """Probabilities of the basis states, shape [D]: an implementation apart from the circuit's.

    Args:
        bits: the state to start at, as an index.
        gammas: one a layer, in units of 1/σ(E).
        betas: one a layer, radians.
        epsilon: probability of each other bit at the start.
    """
    n = hamiltonian.n_qubits
    energies = hamiltonian.diagonal / sigma(hamiltonian)
    chances = [1.0 - epsilon if bits >> q & 1 else epsilon for q in range(n)]
    tilts = [2.0 * np.arcsin(np.sqrt(chance)) for chance in chances]
    state = np.ones(1, dtype=complex)
    for tilt in reversed(tilts):
        state = np.kron(state, [np.cos(tilt / 2), np.sin(tilt / 2)])
    for gamma, beta in zip(gammas, betas, strict=True):
        state = state * np.exp(-1j * gamma * energies)
        for q, tilt in enumerate(tilts):
            # exp(iβ (cos θ Z + sin θ X)): the rotation about the start's own axis
            c, s = np.cos(beta), 1j * np.sin(beta)
            z, x = np.cos(tilt), np.sin(tilt)
            turn = np.array([[c + s * z, s * x], [s * x, c - s * z]])
            parts = state.reshape(-1, 2, 1 << q)
            state = np.einsum("ab,ibj->iaj", turn, parts).reshape(-1)
    out: FloatVector = np.abs(state) ** 2
    return out


def p_optimal(
    hamiltonian: IsingHamiltonian, gammas: Sequence[float], betas: Sequence[float]
) -> tuple[float, float]:
    """From an optimum, and from a string with one bit wrong."""
    best, ground = state_index(guided_decimation(hamiltonian)), hamiltonian.spectrum.ground_states
    found = [
        float(warm_probabilities(hamiltonian, start, gammas, betas)[ground].sum())
        for start in (best, *(best ^ (1 << q) for q in range(hamiltonian.n_qubits)))
    ]
    return found[0], float(np.mean(found[1:]))


def fit(problems: Sequence[IsingHamiltonian], layers: int) -> list[FloatVector]:
    """Angles γ_1..γ_p, β_1..β_p at every depth to `layers`."""
    from scipy.optimize import minimize

    starts = [(h, state_index(guided_decimation(h)), h.spectrum.ground_states) for h in problems]

    def cost(x: FloatVector) -> float:
        p = x.size // 2
        gains = [
            warm_probabilities(h, start, x[:p], x[p:])[ground].sum() for h, start, ground in starts
        ]
        return -float(np.mean(gains))

    out = [np.array([0.75, 0.6])]
    for p in track(range(1, layers + 1), description="fitting"):
        if p > 1:
            before = np.split(out[-1], 2)
            old, new = np.linspace(0, 1, p - 1), np.linspace(0, 1, p)
            out.append(np.concatenate([np.interp(new, old, part) for part in before]))
        out[-1] = minimize(cost, out[-1], method="L-BFGS-B", options={"maxiter": 25}).x
    return out


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--limit", type=int, default=60, help="held-out problems")
    parser.add_argument("--fit", action="store_true", help="look for the angles anew")
    options = parser.parse_args()
    loaded = [load_problem(record).hamiltonian for record in some(held_out(), options.limit)]
    problems = [h for h in loaded if h.n_qubits <= MOST_QUBITS]
    if options.fit:
        for angles in fit(problems[: options.limit // 2], MAX_LAYERS):
            gammas, betas = np.split(np.round(angles, 2), 2)
            print(json.dumps([gammas.tolist(), betas.tolist()]))
        return
    start = float(np.mean([(1.0 - EPSILON) ** h.n_qubits for h in problems]))
    rows = []
    for layers in track(range(1, MAX_LAYERS + 1), description="measuring"):
        found = [p_optimal(h, *warm_angles(layers)) for h in problems]
        right, wrong = (float(np.mean(column)) for column in zip(*found, strict=True))
        rows.append(
            {"p": layers, "problems": len(problems), "product state": start,
             "from an optimum": right, "one bit wrong": wrong}
        )  # fmt: skip
    print_table(rows)
    print(f"written: {write_result('warm_start', rows, {'limit': options.limit})}")


if __name__ == "__main__":
    main()
