"""Two programs that mean the same are judged alike; `make fuzz` runs it at length.

Each relation of `support.relations` writes a random program in two ways. Verdict and kind of fault,
distribution, energies, likeness to a reference and rewards have to be the same. Where they are not,
the smallest program that shows it is printed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import numpy as np

import quasar
from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.emit import emit
from quasar.circuits.header import HeaderRule
from quasar.simulate.engine import get_engine
from quasar.train.rewards import RewardSettings, physical_scores
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import Report
from quasar.verifier.reward import physical_reward
from quasar.verifier.settings import VerifierSettings
from quasar.verifier.stages.feasibility import Rules, run_text
from support.relations import RELATIONS, Draft, draft
from support.shrink import smallest

SETTINGS = VerifierSettings(max_stage=3)
TOLERANCE = 1e-7
"""Of everything that is compared; rounding of equivalent angles stays far below it."""
_ANGLES = (0.4, 1.1, -0.7, 2.0, 0.9, 1.7)


@cache
def verifier(n: int, header: HeaderRule = "published") -> Verifier:
    """One problem of n variables without symmetry, and a reference circuit."""
    terms = [f"{0.5 + 0.3 * i} * Z({i})" for i in range(n)]
    terms += [f"{(-1) ** i * (0.4 + 0.2 * i)} * (Z({i}) @ Z({(i + 1) % n}))" for i in range(n - 1)]
    gates = [Gate("ry", (i,), (_ANGLES[i],)) for i in range(n)]
    gates += [Gate("cx", (i, i + 1)) for i in range(n - 1)]
    problem = quasar.load_problem({"hamiltonian": " + ".join(terms)})
    return Verifier(
        problem, emit(Circuit(n, tuple(gates))), SETTINGS.model_copy(update={"header": header})
    )


def verdict(
    text: str, n: int, *, static: bool = True, header: HeaderRule = "published"
) -> dict[str, Any]:
    """What must not move between two programs that mean the same.

    Args:
        static: also what is only measured of programs with one final state.
    """
    judge = verifier(n, header)
    report = judge.verify(text)
    found: dict[str, Any] = {
        "parses": report.parses,
        "feasible": report.feasible,
        "kind": report.fault and report.fault.kind,
        "limit": report.fault and report.fault.limit,
        "energy": report.energy,
        "ratio": report.approximation_ratio,
        "p_optimal": report.p_optimal,
        "relative_entropy": report.relative_entropy,
        "reward": report.reward.value,
    }
    if report.feasible:
        _, execution = run_text(text, get_engine(), Rules.of(judge.settings, n))
        assert execution is not None
        found["distribution"] = execution.distribution
        if static:
            found["physical"] = _physical(report)
            found["entanglement"] = report.quality and report.quality.entanglement
    return found


def _physical(report: Report) -> float | None:
    """Reward by the aim `physical`, whatever the circuit's size, which may differ."""
    scores = physical_scores(report)
    if scores is None:
        return None
    return physical_reward(scores._replace(two_qubit_gates=None), RewardSettings().physical)


def moved(
    one: str, other: str, n: int, *, static: bool = True, header: HeaderRule = "published"
) -> dict[str, tuple[Any, Any]]:
    """What differs between the verdicts on two programs, by name."""
    first, second = (verdict(text, n, static=static, header=header) for text in (one, other))
    return {
        name: (first.get(name), second.get(name))
        for name in first.keys() | second.keys()
        if not _same(first.get(name), second.get(name))
    }


def _same(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is b
    if isinstance(a, str | bool):
        return bool(a == b)
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=0, atol=TOLERANCE)


def difference(name: str, start: Draft, seed: int) -> dict[str, tuple[Any, Any]]:
    """What a relation moves for a program; empty: nothing."""
    one, other = RELATIONS[name](start, Random(seed))
    static = start.static and name != "dead branch"
    return moved(one, other, start.n, static=static)


def shrunk(name: str, start: Draft, seed: int) -> tuple[str, str]:
    """The smallest pair of programs that still differ."""

    def shows(body: tuple[str, ...]) -> bool:
        return bool(difference(name, replace(start, body=body), seed))

    return RELATIONS[name](replace(start, body=smallest(start.body, shows)), Random(seed))


def run(inputs: int, seed: int, told: Callable[[str], None]) -> tuple[dict[str, Counter[str]], int]:
    """Check `inputs` pairs; the verdicts by relation, and how many pairs differ."""
    counts = {name: Counter[str]() for name in RELATIONS}
    wrong = 0
    for number in range(inputs):
        name = list(RELATIONS)[number % len(RELATIONS)]
        start = draft(Random(seed * 1_000_003 + number))
        unlike = difference(name, start, number)
        counts[name]["fault" if start.fault else "static" if start.static else "dynamic"] += 1
        if unlike:
            wrong += 1
            counts[name]["differs"] += 1
            one, other = shrunk(name, start, number)
            told(f"--- {name} (number {number}): {unlike}\n{one}\n--- and\n{other}")
    return counts, wrong


def main() -> int:
    """Check at length; exit code 1 if a verdict moves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    begun = time.monotonic()
    counts, wrong = run(options.inputs, options.seed, lambda text: print(text, file=sys.stderr))
    print(json.dumps({name: dict(found) for name, found in counts.items()}, indent=2))
    print(f"{options.inputs} pairs, {wrong} judged differently; {time.monotonic() - begun:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
