"""Fixed QAOA angles for low-autocorrelation sequences: one table for every length.

They maximise the mean of log P(opt) over the lengths 11 to 14, all together, with γ = g / N for N
signs, after the fixed angles of Shaydulin et al., Sci. Adv. 10, eadm6761 (2024), arXiv 2308.02342.
`python -m benchmarks.labs_angles` makes the table, to 12 layers.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.problems.base import encode
from quasar.problems.labs import LowAutocorrelation
from quasar.simulate.engine import FloatVector

_LEAST, _MOST = 3, 100  # signs that the problem type takes
_SAME = 1e-9  # relative, of coefficients


def labs_angles(hamiltonian: IsingHamiltonian, layers: int) -> FloatVector:
    """γ_1..γ_p, β_1..β_p for the energy of a low-autocorrelation sequence, shape [2p], radians.

    The Hamiltonian is recognised by its terms, in the order of the sequence and at any scale.

    Raises:
        InputError: another Hamiltonian, or more layers than there are angles for.
    """
    scale = _scale(hamiltonian)
    if scale is None:
        raise InputError(
            "fixed angles are known for low-autocorrelation sequences (labs) with equal weights "
            "alone: use start table, transfer or ramp."
        )
    table = _table()
    if str(layers) not in table:
        most = max(map(int, table))
        raise InputError(f"fixed angles are known for 1 to {most} layers, not {layers}.")
    row = table[str(layers)]
    gammas = np.array(row["gamma_n"]) / (hamiltonian.n_qubits * scale)
    return np.concatenate([gammas, np.array(row["beta"])])


def _scale(hamiltonian: IsingHamiltonian) -> float | None:
    """What the energy of the sequences is multiplied by; None where it is something else."""
    n, terms = hamiltonian.n_qubits, hamiltonian.simplified().terms
    if not _LEAST <= n <= _MOST:
        return None
    wanted = encode(LowAutocorrelation(n)).hamiltonian.simplified().terms
    if terms.keys() != wanted.keys():
        return None
    scale = next(iter(terms.values())) / next(wanted[qubits] for qubits in terms)
    close = all(abs(c - scale * wanted[t]) <= _SAME * abs(c) for t, c in terms.items())
    return scale if close and scale > 0 else None


@cache
def _table() -> dict[str, Any]:
    """By the number of layers: g of each layer (`gamma_n`), and β."""
    text = files("quasar.optimize").joinpath("labs_angles.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)["depths"]
    return table
