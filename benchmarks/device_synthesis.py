"""Circuits for a device: what `generate --device` gains over `generate`, under the device's noise.

30 problems of five types, 6 to 10 qubits. `without`: the circuit that `quasar.generate` picks by
its ideal quality; `with`: the one it picks with `device=`. Both are simulated with the errors of
the device (density matrix), and P(opt) with noise is compared. The circuit without is compiled two
ways: by Qiskit's level 3 with one seed, as a user would, and by the project's own compiler, which
leaves only the choice of the circuit between the two.

Also how far cheap signals agree with the noisy P(opt) among the candidates of one problem: Spearman
correlations of gates, estimated success and the reward's device term, the mean over problems.

Run `python -m benchmarks.device_synthesis`; goes on where it stopped. `--limit` problems,
`--device`, `--model`, `--kept` file of finished problems.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks._common import RESULTS, print_table, write_result
from benchmarks.nano_parts.intervals import interval

from quasar.agent.candidate import Candidate
from quasar.agent.device_judge import DeviceJudge
from quasar.agent.generate import generate
from quasar.circuits.qasm import parse
from quasar.core.jsonl import append_jsonl, read_jsonl
from quasar.core.seeds import generator
from quasar.devices.load import device as load_device
from quasar.models.registry import load_model
from quasar.problems.base import EncodedProblem, encode
from quasar.problems.registry import problem_class
from quasar.simulate.noisy.engine import NoisyEngine
from quasar.verifier.estimates import Proportion
from quasar.verifier.reward import DeviceScores, DeviceWeights, device_score, estimated_noisy_ratio

TYPES = ("maxcut", "max_independent_set", "vertex_cover", "number_partitioning", "max_clique")
LEAST, MOST = 6, 10
Row = dict[str, Any]


def problems(count: int) -> Iterator[tuple[str, EncodedProblem]]:
    """Random problems, types in turn, each with its name."""
    rng = generator(20, "device synthesis")
    for number in range(count):
        kind = TYPES[number % len(TYPES)]
        while True:
            encoded = encode(problem_class(kind).sample(rng, max_qubits=MOST), "exact")
            if encoded.n_qubits >= LEAST:
                break
        yield f"{kind} {number}", encoded


def measured(name: str, problem: EncodedProblem, model: Any, device: Any) -> Row:
    """One problem, both ways."""
    begun = time.perf_counter()
    judge = DeviceJudge(device, problem)
    how = {"with_qaoa": model != "designer"}
    plain = generate(problem, model, **how).best
    aware = generate(problem, model, device=device, **how)
    best, spectrum = aware.best.on_device, problem.hamiltonian.spectrum
    own = judge.quality(plain.qasm)
    if best is None or own is None:
        raise RuntimeError(f"{name} cannot be run on {device.name}")
    program = parse(plain.qasm, header="language")
    p = NoisyEngine(device).run(program).distribution()
    level_3 = float(p[problem.optimality.optimal].sum())
    return {
        "problem": name,
        "qubits": problem.n_qubits,
        "with": best.p_optimal,
        "with_ideal": aware.best.report.p_optimal,
        "with_circuit": aware.best.name,
        "with_gates": best.two_qubit_gates,
        "without_level_3": level_3,
        "without_compiled": own.p_optimal,
        "without_ideal": plain.report.p_optimal,
        "without_circuit": plain.name,
        "without_gates": own.two_qubit_gates,
        "uniform_r": spectrum.e_max / spectrum.width,
        "guessing": problem.optimality.n_optimal / 2**problem.n_qubits,
        "candidates": [_candidate(made) for made in aware.candidates if made.on_device],
        "seconds": time.perf_counter() - begun,
    }


def _candidate(made: Candidate) -> Row:
    there, quality = made.on_device, made.report.quality
    size = None if quality is None else quality.statistics
    return {
        "name": made.name,
        "classical": bool(quality and quality.classical),
        "ideal_p": made.report.p_optimal,
        "ideal_r": made.report.approximation_ratio,
        "written_gates": None if size is None else size.two_qubit_gates,
        "gates": there and there.two_qubit_gates,
        "esp": there and there.esp,
        "noisy_r": there and there.approximation_ratio,
        "noisy_p": there and there.p_optimal,
    }


SIGNALS: dict[str, Callable[[Row], float]] = {
    "ideal P(opt)": lambda c: c["ideal_p"],
    "ideal ratio": lambda c: c["ideal_r"],
    "fewest gates as written": lambda c: -(c["written_gates"] or 0),
    "fewest compiled gates": lambda c: -c["gates"],
    "estimated success": lambda c: c["esp"],
    "success times ideal P(opt)": lambda c: c["esp"] * c["ideal_p"],
    "noisy ratio": lambda c: c["noisy_r"],
    "device reward, ratio estimated": lambda c: _reward(c, estimated=True),
    "device reward, ratio simulated": lambda c: _reward(c, estimated=False),
}


def _reward(made: Row, *, estimated: bool) -> float:
    guessed = estimated_noisy_ratio(made["ideal_r"], made["esp"], made["uniform_r"])
    scores = DeviceScores(
        n_qubits=made["n"],
        ratio=made["ideal_r"],
        noisy_ratio=guessed if estimated else made["noisy_r"],
        two_qubit_gates=made["gates"],
        esp=made["esp"],
    )
    return device_score(scores, DeviceWeights())


def correlations(rows: Sequence[Row]) -> list[Row]:
    """Spearman's correlation of each signal with noisy P(opt), over problems with an interval."""
    from scipy.stats import spearmanr

    out = []
    for name, signal in SIGNALS.items():
        found = []
        for row in rows:
            known = {made["name"]: made for made in row["candidates"] if not made["classical"]}
            listed = [
                dict(made, n=row["qubits"], uniform_r=row["uniform_r"]) for made in known.values()
            ]
            if len(listed) < 4:
                continue
            value = spearmanr([signal(c) for c in listed], [c["noisy_p"] for c in listed])
            if math.isfinite(value.statistic):
                found.append(float(value.statistic))
        mean, low, high = interval(found)
        out.append({"signal": name, "rank correlation": mean, "low": low, "high": high})
    return out


def summary(rows: Sequence[Row]) -> list[Row]:
    """How often and by how much the device's circuit is better."""
    out = []
    for label, key in (("Qiskit level 3", "without_level_3"), ("own compiler", "without_compiled")):
        better = sum(row["with"] > row[key] + 1e-6 for row in rows)
        worse = sum(row["with"] < row[key] - 1e-6 for row in rows)
        share = Proportion.of(better, len(rows))
        gain = interval([row["with"] - row[key] for row in rows])
        factor = np.median([row["with"] / max(row[key], 1e-9) for row in rows])
        out.append(
            {
                "without compiled by": label,
                "problems": len(rows),
                "better": share.value,
                "better_low": share.low,
                "better_high": share.high,
                "worse": worse / len(rows),
                "gain": gain[0],
                "gain_low": gain[1],
                "gain_high": gain[2],
                "median factor": float(factor),
            }
        )
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--limit", type=int, default=30)
    parser.add_argument("--device", default="fake_torino")
    parser.add_argument("--model", default="nano")
    parser.add_argument("--kept", type=Path, default=None)
    given = parser.parse_args()
    kept = given.kept or RESULTS / f".device_synthesis-{given.model}.jsonl"
    device = load_device(given.device)
    model = given.model if given.model == "designer" else load_model(given.model)
    rows: list[Row] = [row for _, row in read_jsonl(kept)] if kept.exists() else []
    done = {row["problem"] for row in rows}
    for name, problem in problems(given.limit):
        if name not in done:
            rows.append(measured(name, problem, model, device))
            append_jsonl(kept, [rows[-1]])
            print(f"{name}: {rows[-1]['seconds']:.0f} s", flush=True)
    found, ranks = summary(rows), correlations(rows)
    print_table(found)
    print_table(ranks)
    extra = {"device": given.device, "model": given.model, "summary": found, "signals": ranks}
    write_result(f"device_synthesis-{given.model}", rows, extra)


if __name__ == "__main__":
    main()
