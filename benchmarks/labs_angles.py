"""Fixed QAOA angles for low-autocorrelation sequences (LABS), for every number of layers.

One set of angles for all lengths: γ = g / N for N signs and the energy Σ C_k². The mean over the
lengths 11 to 14 of log P(opt), every optimal sequence counted, is maximised by L-BFGS; one layer
from a grid, each further one from the angles before, interpolated. After Shaydulin et al.,
Sci. Adv. 10, eadm6761 (2024) (arXiv 2308.02342), who average the optima of single lengths instead.

    python -m benchmarks.labs_angles          # makes src/quasar/optimize/labs_angles.json
    python -m benchmarks.labs_angles check    # P(opt) at 12, 15, 18 and 20 signs
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from benchmarks._common import ROOT, commit, machine, print_table, versions, write_result
from scipy.optimize import minimize

from quasar.circuits.qaoa import qaoa
from quasar.optimize.labs_angles import labs_angles
from quasar.optimize.qaoa import interpolate
from quasar.problems.base import encode
from quasar.problems.labs import LowAutocorrelation
from quasar.simulate.engine import FloatVector
from quasar.simulate.qaoa_energy import QaoaEnergy

TARGET = ROOT / "src" / "quasar" / "optimize" / "labs_angles.json"
PUBLISHED = {12: 0.1736, 15: 0.0646, 18: 0.0388, 20: 0.0068}
"""P(opt) of fixed angles at 12 layers, arXiv 2308.02342."""
_GAMMAS, _BETAS = 30, 12  # grid at one layer, to g = 0.6 and |β| = 0.75
_ROUNDED = 5  # decimals


class Settings(NamedTuple):
    """What steers the result; nothing is random."""

    least: int = 11  # signs; with shorter ones, longer sequences fare worse
    most: int = 14
    layers: int = 12
    max_iterations: int = 400


def success(length: int, layers: int) -> QaoaEnergy:
    """P(opt) of QAOA as a function of its angles."""
    hamiltonian = encode(LowAutocorrelation(length)).hamiltonian
    diagonal = np.asarray(hamiltonian.diagonal)
    found = QaoaEnergy(qaoa(hamiltonian, layers), diagonal)
    found.measure((diagonal == diagonal.min()).astype(np.float64))
    return found


class Joint:
    """-log P(opt), mean over the lengths, of the angles g_1..g_p, β_1..β_p."""

    def __init__(self, settings: Settings, layers: int) -> None:
        lengths = range(settings.least, settings.most + 1)
        self.parts = [(success(n, layers), _units(n, layers)) for n in lengths]

    def __call__(self, theta: FloatVector) -> tuple[float, FloatVector]:
        total, slope = 0.0, np.zeros_like(theta)
        for part, units in self.parts:
            p, of_p = part.value_and_gradient(theta * units)
            total -= np.log(p)
            slope -= of_p * units / p
        return total / len(self.parts), slope / len(self.parts)

    def value(self, theta: FloatVector) -> float:
        """Without the gradient."""
        return -float(np.mean([np.log(part.value(theta * units)) for part, units in self.parts]))


def _units(length: int, layers: int) -> FloatVector:
    return np.concatenate([np.full(layers, 1.0 / length), np.ones(layers)])


def first(joint: Joint) -> FloatVector:
    """The best point of the grid at one layer."""
    gammas = np.linspace(0.0, 0.6, _GAMMAS + 1)[1:]
    betas = np.linspace(0.0, 0.75, _BETAS + 1)[1:]
    grid = [np.array([gamma, -beta]) for gamma in gammas for beta in betas]
    return min(grid, key=joint.value)


def build(settings: Settings) -> dict[str, Any]:
    """The content of the file."""
    begun = time.monotonic()
    depths: dict[str, Any] = {}
    theta = np.zeros(0)
    for p in range(1, settings.layers + 1):
        joint = Joint(settings, p)
        start = interpolate(theta) if p > 1 else first(joint)
        options = {"maxiter": settings.max_iterations, "ftol": 1e-9, "gtol": 1e-5}
        found = minimize(joint, start, jac=True, method="L-BFGS-B", options=options)
        theta = found.x
        written = np.round(theta, _ROUNDED)
        depths[str(p)] = {
            "gamma_n": written[:p].tolist(),
            "beta": written[p:].tolist(),
            "mean_log_p_opt": round(-joint.value(written), 4),
        }
        print(f"p={p}: mean log P(opt) {-found.fun:.4f}, {found.nfev} gradients", flush=True)
    return {
        "about": "QAOA angles of low-autocorrelation sequences by number of layers: gamma_n is γ N "
        "for N signs and the energy Σ C_k², beta is β, radians, layer by layer",
        "made_by": "python -m benchmarks.labs_angles",
        "settings": settings._asdict(),
        "commit": commit(),
        "machine": machine(),
        "versions": versions(),
        "run_s": round(time.monotonic() - begun, 1),
        "depths": depths,
    }


def check() -> list[dict[str, Any]]:
    """P(opt) at 12 layers beside the published one."""
    rows = []
    for length, published in PUBLISHED.items():
        hamiltonian = encode(LowAutocorrelation(length)).hamiltonian
        own = success(length, 12).value(labs_angles(hamiltonian, 12))
        rows.append({"signs": length, "p_opt": round(own, 5), "published": published})
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", nargs="?", choices=["make", "check"], default="make")
    if parser.parse_args(arguments).what == "make":
        text = json.dumps(build(Settings()), indent=1, ensure_ascii=False)
        TARGET.write_text(text + "\n", encoding="utf-8")
    rows = check()
    print_table(rows)
    write_result("labs_angles", rows)


if __name__ == "__main__":
    main()
