"""The `converged` recipe: what it reaches, what it costs, and whether its angles can be predicted.

1. VQE and adaptive VQE: ratio, P(opt), gates and seconds by algorithm and template, with one ground
   state and with all; how many circuits are a bit string in disguise; free random restarts beside.
2. QAOA at p = 1..4 against the best of 50 random L-BFGS runs on the same instances, and what
   canonical angles cost in energy.
3. Predictability: the same instance with its qubits relabelled, and angles taken over from the
   nearest other instance.
4. Cost of a circuit over the benchmark's sizes, depths, templates and algorithms.

Instances come from the problems' samplers with the benchmark's shares of types; the records of the
benchmark, where a checkout has them, are measured too. Run `python -m benchmarks.converged_recipe`
with OPENBLAS_NUM_THREADS=1 and OMP_NUM_THREADS=1 (more threads take ten times as long).
The random runs of part 2 take most of the time; `--store FILE` keeps them, and the
searches, as they come, and a second call goes on from there.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from benchmarks._common import RESULTS, ROOT, print_table, write_result

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.qaoa import qaoa
from quasar.circuits.sim19 import sim
from quasar.core.errors import ProblemError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.optimize.adapt_vqe import optimise_adaptive
from quasar.optimize.minimize import Minimum, lbfgs
from quasar.optimize.qaoa import sigma
from quasar.optimize.trace import Budget
from quasar.optimize.vqe import optimise_vqe, wrap_angles
from quasar.problems.base import encode
from quasar.problems.registry import PROBLEMS
from quasar.recipes.converged.converge import CONVERGED_TEMPLATES, converge
from quasar.recipes.converged.qaoa_search import Depth, search_qaoa
from quasar.recipes.converged.qaoa_symmetry import fold, periods
from quasar.recipes.spec import ALGORITHM_COUNTS, ALGORITHMS, LAYER_COUNTS, Algorithm
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import FloatVector, probabilities
from quasar.simulate.state_engine import state_engine
from quasar.simulate.state_facts import meyer_wallach

Row = dict[str, Any]

SHARES = {
    "hypermaxcut": 24, "min_cut": 21, "vertex_cover": 18, "matching": 15, "edge_cover": 13,
    "connected_components": 11, "kclique": 7, "max_flow": 5, "graph_coloring": 3,
    "community_detection": 3, "graph_isomorphism": 2, "hamiltonian_path": 1,
}  # fmt: skip
"""Records of each type, of 123 of the benchmark."""
DEPTHS = (1, 2, 3, 4)
RANDOM_STARTS = 50
SAME = 1e-6  # of the range
SLACKS = (1e-6, 0.005, 0.01, 0.02, 0.05)
STRING = 0.99  # a state with a larger probability is one bit string
SAMPLED_QUBITS = 12  # largest instance of part 1; the records have up to 16
QAOA_QUBITS = 10  # largest instance of parts 2 and 3: 50 random runs on 16 qubits take minutes
FREE_TEMPLATES = (1, 3, 4, 10, 13, 15)
_GATE = re.compile(r"\s*(?:c?r[xyz]|c[xz]|h|x)\b[^;]*;")


class Settings(NamedTuple):
    """What steers the result."""

    seed: int = 0
    instances: int = 40  # of part 1
    qaoa_instances: int = 200
    free_instances: int = 20
    relabelled: int = 30
    timed: int = 40


def instance(seed: int, number: int, max_qubits: int) -> IsingHamiltonian:
    """A sampled instance in the benchmark's encoding."""
    names = [name for name, share in SHARES.items() for _ in range(share)]
    rng = generator(seed, "converged", number)
    while True:
        cls = PROBLEMS[names[int(rng.integers(len(names)))]]
        try:
            problem = cls.sample(rng, max_qubits)
        except ProblemError:
            continue
        return encode(problem, "agent-q").hamiltonian.simplified()


def records() -> list[Row]:
    """The benchmark's records, empty where a checkout has none."""
    default = ROOT.parent / "shared" / "agentq"
    path = Path(os.environ.get("QUASAR_AGENTQ", default)) / "records.jsonl.gz"
    if not path.is_file():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


class Quality(NamedTuple):
    """Of one circuit."""

    ratio: float
    p_optimal: float
    gates: int
    string: bool
    disguised: bool
    entangled: bool
    seconds: float


def quality(
    hamiltonian: IsingHamiltonian, ansatz: Ansatz, theta: FloatVector, seconds: float
) -> Quality:
    state = state_engine().state(ansatz.bind(np.round(theta, 4)))
    p = probabilities(state)
    spectrum = hamiltonian.spectrum
    width = spectrum.e_max - spectrum.e_min
    string = bool(p.max() > STRING)
    flat = all(len(gate.qubits) == 1 for gate in ansatz.gates)
    return Quality(
        ratio=float((spectrum.e_max - p @ hamiltonian.diagonal) / width) if width else 1.0,
        p_optimal=float(p[spectrum.ground_states].sum()),
        gates=len(ansatz.gates),
        string=string,
        disguised=string and flat,
        entangled=meyer_wallach(state) > 1e-3,
        seconds=seconds,
    )


def summary(label: Mapping[str, Any], found: Sequence[Quality]) -> Row:
    return {
        **label,
        "n": len(found),
        "ratio": float(np.mean([q.ratio for q in found])),
        "p_optimal": float(np.mean([q.p_optimal for q in found])),
        "worst_p": min(q.p_optimal for q in found),
        "gates": float(np.median([q.gates for q in found])),
        "one_string": float(np.mean([q.string for q in found])),
        "no_entangler": float(np.mean([q.disguised for q in found])),
        "entangled": float(np.mean([q.entangled for q in found])),
        "seconds": float(np.mean([q.seconds for q in found])),
    }


def made(hamiltonian: IsingHamiltonian, algorithm: Any, **options: Any) -> Quality:
    start = time.process_time()
    found = converge(hamiltonian, algorithm, **options)
    seconds = time.process_time() - start
    return quality(hamiltonian, found.ansatz, found.theta, seconds)


def free(hamiltonian: IsingHamiltonian, template: int | None, seed: int) -> Quality:
    """Six random restarts, or plain growth: what the recipe would be without its rules."""
    start = time.process_time()
    budget = Budget(1500)
    if template is None:
        ansatz, minimum = optimise_adaptive(hamiltonian, attempts=1, budget=budget)
        theta = np.asarray(minimum.theta)
    else:
        ansatz = sim(template, hamiltonian.n_qubits, 1)
        energy = energy_of(ansatz, hamiltonian)
        rng = generator(seed, "free", template)
        spectrum = hamiltonian.spectrum
        target = spectrum.e_min + 1e-3 * (spectrum.e_max - spectrum.e_min)
        theta = optimise_vqe(energy, rng, restarts=6, target=target, budget=budget).theta
    return quality(hamiltonian, ansatz, theta, time.process_time() - start)


def part_one(settings: Settings) -> Iterator[Row]:
    """Quality, size, disguise and cost of VQE and adaptive circuits."""
    sampled = [instance(settings.seed, i, SAMPLED_QUBITS) for i in range(settings.instances)]
    sources = {"sampled": sampled}
    recorded = records()
    if recorded:
        sources["records"] = [
            IsingHamiltonian.from_text(r["cost_hamiltonian"], r["number_of_qubits"])
            for r in recorded
        ]
        for algorithm in ("vqe", "adaptive_vqe"):
            texts = [
                r["circuit_with_params"] for r in recorded if r["optimization_type"] == algorithm
            ]
            gates = float(np.median([len(_GATE.findall(text)) for text in texts]))
            yield {
                "source": "records", "algorithm": algorithm, "what": "reference circuits",
                "n": len(texts), "gates": gates,
            }  # fmt: skip
    grounds: tuple[Literal["one", "all"], ...] = ("one", "all")
    for source, hamiltonians in sources.items():
        for ground in grounds:
            label = {"source": source, "algorithm": "vqe", "what": f"ground={ground}"}
            every: list[Quality] = []
            if source == "records":
                every = [
                    made(
                        h,
                        "vqe",
                        template=CONVERGED_TEMPLATES[i % len(CONVERGED_TEMPLATES)],
                        ground=ground,
                    )
                    for i, h in enumerate(hamiltonians)
                ]
            else:
                for template in CONVERGED_TEMPLATES:
                    found = [made(h, "vqe", template=template, ground=ground) for h in hamiltonians]
                    every += found
                    yield summary({**label, "template": template}, found)
            yield summary({**label, "template": "all"}, every)
            found = [made(h, "adaptive_vqe", ground=ground) for h in hamiltonians]
            yield summary({**label, "algorithm": "adaptive_vqe"}, found)
    small = [h for h in sampled if h.n_qubits <= QAOA_QUBITS][: settings.free_instances]
    for layers in (1, 2, 4):
        found = [made(h, "vqe", template=9, layers=layers) for h in small]
        yield summary(
            {"source": "sampled", "algorithm": "vqe", "what": f"L={layers}", "template": 9}, found
        )
    for free_template in (*FREE_TEMPLATES, None):
        found = [free(h, free_template, settings.seed) for h in small]
        algorithm = "vqe" if free_template else "adaptive_vqe"
        label = {"source": "sampled", "algorithm": algorithm, "what": "free"}
        yield summary({**label, "template": free_template or "-"}, found)


class Store:
    """What was computed for each instance and depth, in a file that grows line by line."""

    def __init__(self, settings: Settings, path: Path | None) -> None:
        self.settings = settings
        self.path = path
        self.random: dict[tuple[int, int], tuple[float, FloatVector]] = {}
        self.searches: dict[int, tuple[list[Depth], float]] = {}
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._read(json.loads(line))

    def _read(self, row: Row) -> None:
        if "depths" in row:
            depths = [Depth(_minimum(d["canonical"]), _minimum(d["best"])) for d in row["depths"]]
            self.searches[row["instance"]] = depths, row["seconds"]
        else:
            self.random[row["instance"], row["p"]] = row["energy"], np.array(row["theta"])

    def _write(self, row: Row) -> None:
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(row) + "\n")

    def best(self, number: int, hamiltonian: IsingHamiltonian, p: int) -> tuple[float, FloatVector]:
        """The best of the random runs."""
        if (number, p) not in self.random:
            energy = energy_of(qaoa(hamiltonian, p), hamiltonian)
            rng = generator(self.settings.seed, "free", number, p)
            found = [
                lbfgs(energy, rng.uniform(-np.pi, np.pi, 2 * p), budget=Budget(100_000))
                for _ in range(RANDOM_STARTS)
            ]
            minimum = min(found, key=lambda m: m.energy)
            self.random[number, p] = minimum.energy, minimum.theta
            self._write({"instance": number, "p": p, **_plain(minimum)})
        return self.random[number, p]

    def search(self, number: int, hamiltonian: IsingHamiltonian) -> tuple[list[Depth], float]:
        """The recipe's search at all depths, and its seconds."""
        if number not in self.searches:
            start = time.process_time()
            depths, _ = search_qaoa(hamiltonian, max(DEPTHS), seed=self.settings.seed)
            seconds = time.process_time() - start
            self.searches[number] = depths, seconds
            plain = [
                {"canonical": d.canonical and _plain(d.canonical), "best": _plain(d.best)}
                for d in depths
            ]
            self._write({"instance": number, "depths": plain, "seconds": seconds})
        return self.searches[number]


def _plain(minimum: Minimum) -> Row:
    return {"energy": minimum.energy, "theta": minimum.theta.tolist()}


def _minimum(row: Any) -> Any:
    return row and Minimum(np.array(row["theta"]), row["energy"], 0)


def part_two(
    settings: Settings, store: Store
) -> tuple[list[Row], list[tuple[IsingHamiltonian, list[Depth]]]]:
    """QAOA against random starts."""
    searched = []
    seconds: list[list[float]] = [[] for _ in DEPTHS]
    gaps: list[list[float]] = [[] for _ in DEPTHS]
    losses: list[list[float]] = [[] for _ in DEPTHS]
    exotic: list[list[bool]] = [[] for _ in DEPTHS]
    for number in range(settings.qaoa_instances):
        hamiltonian = instance(settings.seed, number, QAOA_QUBITS)
        width = hamiltonian.spectrum.e_max - hamiltonian.spectrum.e_min
        depths, took = store.search(number, hamiltonian)
        searched.append((hamiltonian, depths))
        for k, depth in enumerate(depths):
            value, theta = store.best(number, hamiltonian, k + 1)
            folded = fold(theta, periods(hamiltonian)) * _units(hamiltonian, k + 1)
            gaps[k].append((depth.best.energy - value) / width)
            canonical = np.inf if depth.canonical is None else depth.canonical.energy
            losses[k].append((canonical - depth.best.energy) / width)
            exotic[k].append(not _in_cone(folded))
            seconds[k].append(took)
    rows = []
    for k, p in enumerate(DEPTHS):
        loss = np.array(losses[k])
        kept = {f"canonical_at_{s:g}": float((loss <= s).mean()) for s in SLACKS}
        given_up = {
            f"loss_at_{s:g}": float(np.where(loss <= s, loss, 0.0).mean()) for s in SLACKS[1:]
        }
        rows.append(
            {
                "p": p,
                "n": len(loss),
                "as_good": float((np.array(gaps[k]) <= SAME).mean()),
                "mean_gap": float(np.mean(gaps[k])),
                "worst_gap": max(gaps[k]),
                "random_not_canonical": float(np.mean(exotic[k])),
                **kept,
                **given_up,
                "seconds_all_depths": float(np.mean(seconds[k])),
            }
        )
    return rows, searched


def _units(hamiltonian: IsingHamiltonian, p: int) -> FloatVector:
    return np.concatenate([np.full(p, sigma(hamiltonian)), np.ones(p)])


def _in_cone(scaled: FloatVector) -> bool:
    p = scaled.size // 2
    return bool(
        (scaled[:p] > -SAME).all()
        and (scaled[:p] <= 4.0).all()
        and (scaled[p:] < SAME).all()
        and (scaled[p:] >= -np.pi / 3).all()
    )


def costs(settings: Settings) -> Iterator[Row]:
    """Seconds a circuit with the benchmark's sizes and depths."""
    rng = generator(settings.seed, "costs")
    took: dict[Algorithm, list[tuple[int, float]]] = {name: [] for name in ALGORITHMS}
    for number in range(settings.timed):
        hamiltonian = instance(settings.seed, 1000 + number, 16)
        for algorithm in ALGORITHMS:
            counts = LAYER_COUNTS[algorithm]
            weights = np.array(list(counts.values()), dtype=float)
            layers = int(rng.choice(list(counts), p=weights / weights.sum()))
            start = time.process_time()
            converge(hamiltonian, algorithm, layers=layers, seed=number)
            took[algorithm].append((hamiltonian.n_qubits, time.process_time() - start))
    means = {name: float(np.mean([t for _, t in found])) for name, found in took.items()}
    for name, found in took.items():
        yield {
            "what": name,
            "n": len(found),
            "seconds": means[name],
            "median": float(np.median([t for _, t in found])),
            "slowest": max(t for _, t in found),
            "seconds_to_12_qubits": float(np.mean([t for n, t in found if n <= 12])),
        }
    total = sum(ALGORITHM_COUNTS.values())
    mixed = sum(means[name] * share for name, share in ALGORITHM_COUNTS.items()) / total
    yield {"what": "benchmark's mixture", "seconds": mixed}


def relabelled(hamiltonian: IsingHamiltonian, order: Sequence[int]) -> IsingHamiltonian:
    """Qubit i renamed order[i]."""
    terms = {tuple(sorted(order[i] for i in t)): c for t, c in hamiltonian.terms.items()}
    return IsingHamiltonian(hamiltonian.n_qubits, terms)


def part_three(
    settings: Settings, searched: Sequence[tuple[IsingHamiltonian, list[Depth]]], store: Store
) -> Iterator[Row]:
    """How far a circuit can be told from its instance."""
    yield from _relabelling(settings, searched)
    for p in DEPTHS:
        yield from _neighbours(searched, store, p)


def _relabelling(
    settings: Settings, searched: Sequence[tuple[IsingHamiltonian, list[Depth]]]
) -> Iterator[Row]:
    same: Counter[str] = Counter()
    total: Counter[str] = Counter()
    rng = generator(settings.seed, "relabel")
    for hamiltonian, _ in searched[: settings.relabelled]:
        n, spectrum = hamiltonian.n_qubits, hamiltonian.spectrum
        order = rng.permutation(n).tolist()
        twin = relabelled(hamiltonian, order)
        for slack in (0.0, 0.02):
            a = converge(hamiltonian, "qaoa", layers=2, slack=slack)
            b = converge(twin, "qaoa", layers=2, slack=slack)
            name = f"qaoa p=2, slack {slack}"
            total[name] += 1
            same[name] += np.allclose(a.theta, b.theta, atol=1e-3 / sigma(hamiltonian))
        left, right = (_random_best(h, seed) for h, seed in ((hamiltonian, 1), (twin, 2)))
        total["qaoa p=2, best of 10 random"] += 1
        same["qaoa p=2, best of 10 random"] += np.allclose(
            left, right, atol=1e-3 / sigma(hamiltonian)
        )
        level = "one ground state" if spectrum.n_ground_states == 1 else "several ground states"
        for template in (3, 10):
            one, two = (converge(h, "vqe", template=template) for h in (hamiltonian, twin))
            name = f"vqe sim-{template}, {level}"
            total[name] += 1
            same[name] += _same_bits(one.theta, two.theta, order, template)
        theta = [_free_angles(h, 3, seed) for h, seed in ((hamiltonian, 1), (twin, 2))]
        name = f"vqe sim-3 free, {level}"
        total[name] += 1
        same[name] += _same_bits(theta[0], theta[1], order, 3)
        one, two = (converge(h, "adaptive_vqe") for h in (hamiltonian, twin))
        gates = [
            Counter(
                (g.name, tuple(names[q] for q in g.qubits), round(float(t), 3))
                for g, t in zip(c.ansatz.gates[n:], c.theta, strict=True)
            )
            for c, names in ((one, order), (two, range(n)))
        ]
        name = f"adaptive_vqe, {level}"
        total[name] += 1
        same[name] += gates[0] == gates[1]
    for name in total:
        yield {
            "measure": "relabelled",
            "what": name,
            "n": total[name],
            "same": same[name] / total[name],
        }


def _random_best(hamiltonian: IsingHamiltonian, seed: int) -> FloatVector:
    energy = energy_of(qaoa(hamiltonian, 2), hamiltonian)
    rng = generator(seed, "free relabelled")
    found = [lbfgs(energy, rng.uniform(-np.pi, np.pi, 4)) for _ in range(10)]
    return fold(min(found, key=lambda m: m.energy).theta, periods(hamiltonian))


def _free_angles(hamiltonian: IsingHamiltonian, template: int, seed: int) -> FloatVector:
    ansatz = sim(template, hamiltonian.n_qubits, 1)
    energy = energy_of(ansatz, hamiltonian)
    rng = generator(seed, "free relabelled")
    return wrap_angles(ansatz, optimise_vqe(energy, rng, restarts=6, budget=Budget(1500)).theta)


def _same_bits(one: FloatVector, two: FloatVector, order: Sequence[int], template: int) -> bool:
    """Whether the writing rotations agree after the relabelling is undone."""
    n = len(order)
    angles = [theta[-n:] if template == 10 else theta[: 2 * n : 2] for theta in (one, two)]
    return bool(np.allclose(angles[0], angles[1][list(order)], atol=1e-3))


def _neighbours(
    searched: Sequence[tuple[IsingHamiltonian, list[Depth]]], store: Store, p: int
) -> Iterator[Row]:
    """Ratio at the angles (γσ, β) of the nearest other instance, leave one out."""
    features = np.array([_features(h) for h, _ in searched])
    features = (features - features.mean(axis=0)) / (features.std(axis=0) + 1e-9)
    distance = np.abs(features[:, None] - features[None]).sum(axis=2)
    np.fill_diagonal(distance, np.inf)
    nearest = distance.argmin(axis=1)
    sets: dict[str, list[FloatVector]] = {"best": [], "slack 0.02": [], "random": []}
    for number, (hamiltonian, depths) in enumerate(searched):
        width = hamiltonian.spectrum.e_max - hamiltonian.spectrum.e_min
        unit = _units(hamiltonian, p)
        depth = depths[p - 1]
        sets["best"].append(depth.best.theta * unit)
        sets["slack 0.02"].append(depth.chosen(0.02 * width).theta * unit)
        _, theta = store.best(number, hamiltonian, p)
        sets["random"].append(fold(theta, periods(hamiltonian)) * unit)
    attained: dict[str, float] = {}
    taken: dict[str, float] = {}
    for name, angles in sets.items():
        own, other = [], []
        for number, (hamiltonian, _) in enumerate(searched):
            energy = energy_of(qaoa(hamiltonian, p), hamiltonian)
            spectrum, unit = hamiltonian.spectrum, _units(hamiltonian, p)
            width = spectrum.e_max - spectrum.e_min
            own.append((spectrum.e_max - energy.value(angles[number] / unit)) / width)
            theta = angles[nearest[number]] / unit
            other.append((spectrum.e_max - energy.value(theta)) / width)
        attained[name], taken[name] = float(np.mean(own)), float(np.mean(other))
    for name in sets:
        yield {
            "measure": "neighbour",
            "what": f"qaoa p={p}, {name}",
            "n": len(searched),
            "own_ratio": attained[name],
            "neighbour_ratio": taken[name],
        }


def _features(hamiltonian: IsingHamiltonian) -> list[float]:
    """Size, shape of the spectrum, orders of terms."""
    energies = hamiltonian.diagonal / sigma(hamiltonian)
    orders = [
        sum(c * c for t, c in hamiltonian.terms.items() if min(len(t), 3) == k) for k in (1, 2, 3)
    ]
    total = sum(orders)
    moments = [float(np.mean(energies**3)), float(np.mean(energies**4))]
    extremes = [float(energies.min()), float(energies.max())]
    return [float(hamiltonian.n_qubits), *moments, *extremes, *(o / total for o in orders)]


def main(arguments: Sequence[str] | None = None) -> None:
    default = Settings()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--instances", type=int, default=default.instances)
    parser.add_argument("--qaoa-instances", type=int, default=default.qaoa_instances)
    parser.add_argument("--store", type=Path, default=None, help="file that keeps random runs")
    parser.add_argument("--parts", default="1234", help="which parts to measure anew, e.g. 1 or 23")
    options = parser.parse_args(arguments)
    settings = default._replace(
        seed=options.seed, instances=options.instances, qaoa_instances=options.qaoa_instances
    )

    def keep(part: str, found: Sequence[Row], title: str) -> None:
        done = _earlier()
        done[part] = [{"part": part, **row} for row in found]
        print_table(found, title)
        rows = [row for part in sorted(done) for row in done[part]]
        write_result("converged_recipe", rows, {"settings": settings._asdict()})

    if "1" in options.parts:
        first = list(part_one(settings))
        keep("1 references", [r for r in first if "ratio" not in r], "Reference circuits")
        keep("1 vqe", [r for r in first if "ratio" in r], "VQE and adaptive VQE")
    if set("23") & set(options.parts):
        store = Store(settings, options.store)
        second, searched = part_two(settings, store)
        keep("2 qaoa", second, "QAOA against the best of 50 random starts")
    if "3" in options.parts:
        third = list(part_three(settings, searched, store))
        for measure in ("relabelled", "neighbour"):
            keep(f"3 {measure}", [r for r in third if r["measure"] == measure], measure)
    if "4" in options.parts:
        keep("4 cost", list(costs(settings)), "Cost")


def _earlier() -> dict[str, list[Row]]:
    """Rows of the result file by part, for the parts that are not measured anew."""
    path = RESULTS / "converged_recipe.json"
    done: dict[str, list[Row]] = {}
    if path.exists():
        for row in json.loads(path.read_text(encoding="utf-8"))["rows"]:
            done.setdefault(row["part"], []).append(row)
    return done


if __name__ == "__main__":
    main()
