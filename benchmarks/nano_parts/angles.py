"""Part `qaoa`: how good are the angles? QAOA by name, p = 1..8.

A circuit is near where its energy is within 1% or 5% of the energy range of the lowest known at
that depth: what searches found (`best_known`), or a table, or the model itself; each row says who
found it for how many. Beside the model: fixed angles, a linear ramp, the first set of the table of
angles and its best (which needs the energy of each), and angles of one layer less, interpolated
(transfer; beyond the table from its deepest). P(opt) stands beside that of the best known angles,
on the problems for which those are kept.

Beyond 12 qubits: one problem of each of a dozen sizes to 24, p = 1, 2, 4, 8. There the
lowest energy known comes from a search only up to 18 qubits; beyond, the best of the table and
transfer are left out, since each look-up runs 16 circuits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
from benchmarks.nano_parts.asking import Asked
from benchmarks.nano_parts.bench import Bench, Part, Tables, labelled
from benchmarks.nano_parts.best_known import DEEP_OF, DEPTHS, FILE, Key, Known, large_items, load
from benchmarks.nano_parts.intervals import Row, measured
from benchmarks.nano_parts.judging import Work, judge_all
from benchmarks.nano_parts.sets import Item, items, some
from rich.progress import track

from quasar.circuits.qaoa import qaoa
from quasar.circuits.qasm import parse
from quasar.core.errors import CircuitError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.parallel import map_unordered
from quasar.core.processes import cores
from quasar.evaluation.baselines import fixed_angles
from quasar.models.protocol import Sampling
from quasar.optimize.qaoa import interpolate, ramp, sigma
from quasar.problems.base import EncodedProblem
from quasar.prompts.chat import Request
from quasar.prompts.extract import extract
from quasar.recipes.converged.qaoa_table import angle_sets, look_up
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import FloatVector, probabilities

NEAR, NEARER = 0.05, 0.01  # of the energy range
SMALL = 12
LARGE_DEPTHS = (1, 2, 4, 8)
TABLE_LAYERS = 4
_SAME = 1e-6  # of the range: energies that count as equally low
LOOKED_UP = 18  # qubits up to which the best of the table is looked for
RAMP = (1.8, 0.7)
"""γσ and |β| at the ends of the ramp: of 15 pairs the one that is near most often at p = 8."""
GREEDY = Sampling(temperature=0.0, max_tokens=2048)
BASELINES = ("fixed angles", "linear ramp", "table, first", "table, best", "transfer")


class Place(NamedTuple):
    """A problem of a set, the depths it is asked at, and what is known of it."""

    set: str
    item: Item
    depths: tuple[int, ...]
    known: Mapping[int, Known]


class Question(NamedTuple):
    """What a worker is to find about a problem."""

    number: int
    problem: EncodedProblem
    depths: tuple[int, ...]
    known: Mapping[int, Known]


def sections(bench: Bench) -> Mapping[str, Callable[[], Any]]:
    """A section for each set and way, and one for each set's baselines."""
    out: dict[str, Callable[[], Any]] = {}
    for name, places in _places(bench).items():
        for way in bench.options.ways:
            out[f"{name}, {way}"] = partial(_asked, bench, places, name, way)
        out[f"{name}, baselines"] = partial(_baselines, bench, places, name)
    return out


def _places(bench: Bench) -> dict[str, list[Place]]:
    kept = load()
    out = {}
    for name in bench.records:
        small = [i for i in bench.items(name, DEEP_OF) if i.problem.n_qubits <= SMALL]
        out[name] = [_place(name, item, kept) for item in small]
    everything = {name: items(own) for name, own in bench.records.items()}
    chosen = some(large_items(everything), bench.options.count(None))
    out["13-24"] = [_place(name, item, kept, LARGE_DEPTHS) for name, item in chosen]
    return out


def _place(
    name: str, item: Item, kept: Mapping[Key, Known], depths: Sequence[int] | None = None
) -> Place:
    """Depths asked for: all at which a search was made, or those of the table without any."""
    known = {p: kept[name, item.key, p] for p in DEPTHS if (name, item.key, p) in kept}
    asked = tuple(depths or known or DEPTHS[:TABLE_LAYERS])
    return Place(name, item, asked, known)


def _asked(bench: Bench, places: list[Place], name: str, way: str) -> list[Row]:
    runs = [(i, p) for i, place in enumerate(places) for p in place.depths]
    asked = [Asked(places[i].item.problem, Request("qaoa", p)) for i, p in runs]
    answers = bench.asker.answers(f"qaoa, {name}", asked, GREEDY, way)
    texts: dict[int, dict[str, str]] = {i: {} for i in range(len(places))}
    for (i, p), own in zip(runs, answers, strict=True):
        texts[i][str(p)] = own[0].text
    works = [Work(str(i), place.item.problem, texts[i]) for i, place in enumerate(places)]
    found = judge_all(works, f"qaoa, {name}, {way}", bench.options.jobs)
    run = labelled("nano", way, bench.options.ways)
    return [
        {"set": name, "problem": i, "p": p, "run": run, "usable": verdict.usable,
         "layers": layers(texts[i][str(p)]) if verdict.usable else None,
         "ratio": verdict.ratio, "p_optimal": verdict.p_optimal}
        for i, p in runs
        for verdict in [found[str(i)][str(p)]]
    ]  # fmt: skip


def layers(text: str) -> int | None:
    """Mixers of a program that is written with RX: the most on any qubit; None: it has no RX."""
    found = extract(text)
    try:
        circuit = None if found is None else parse(found.qasm).circuit
    except CircuitError:
        return None
    if circuit is None:
        return None
    counts = Counter(gate.qubits[0] for gate in circuit.gates if gate.name == "rx")
    return max(counts.values(), default=None)


def _baselines(bench: Bench, places: list[Place], name: str) -> list[Row]:
    questions = [
        Question(i, place.item.problem, place.depths, place.known) for i, place in enumerate(places)
    ]
    workers = 1 if len(questions) < 8 else bench.options.jobs or cores()
    found = map_unordered(without_model, questions, jobs=workers)
    ordered = dict(track(found, total=len(questions), description=f"baselines, {name}"))
    return [{"set": name, "problem": i, **row} for i in sorted(ordered) for row in ordered[i]]


def without_model(question: Question) -> tuple[int, list[Row]]:
    """Rows of the baselines and of the best known angles, at every depth asked for."""
    problem = question.problem.bare()
    hamiltonian = problem.hamiltonian
    spectrum, optimal = hamiltonian.spectrum, problem.optimality.optimal
    rows = []
    for p in question.depths:
        energy = energy_of(qaoa(hamiltonian, p), hamiltonian)
        known = question.known.get(p)
        angles = dict(angle_choices(hamiltonian, p))
        if known is not None and known.theta is not None:
            angles[f"best known: {known.how}"] = known.theta
        elif known is not None:
            ratio = (spectrum.e_max - known.energy) / spectrum.width if spectrum.width else 1.0
            rows.append({"p": p, "run": f"best known: {known.how}", "usable": True,
                         "ratio": ratio, "p_optimal": None})  # fmt: skip
        for run, theta in angles.items():
            chances = probabilities(energy.state(theta))
            value = float(chances @ hamiltonian.diagonal)
            ratio = (spectrum.e_max - value) / spectrum.width if spectrum.width else 1.0
            rows.append({"p": p, "run": run, "usable": True, "ratio": ratio,
                         "p_optimal": float(chances[optimal].sum())})  # fmt: skip
    return question.number, rows


def angle_choices(hamiltonian: IsingHamiltonian, layers: int) -> dict[str, FloatVector]:
    """Angles of each baseline that has any at a depth, shape [2p]."""
    scale = 1.0 / sigma(hamiltonian)
    gamma, beta = RAMP
    out = {"linear ramp": ramp(layers, gamma * scale, beta)}
    if layers <= TABLE_LAYERS:
        gammas, betas = fixed_angles(layers)
        out["fixed angles"] = np.concatenate([gammas * scale, betas])
        out["table, first"] = angle_sets(layers)[0].angles(hamiltonian)
    if hamiltonian.n_qubits > LOOKED_UP:
        return out
    best = cache(lambda p: look_up(hamiltonian, p)[0].theta)
    if layers <= TABLE_LAYERS:
        out["table, best"] = best(layers)
    if layers > 1:
        theta = best(min(layers - 1, TABLE_LAYERS))
        while theta.size < 2 * layers:
            theta = interpolate(theta)
        out["transfer"] = theta
    return out


def tables(content: Mapping[str, Any]) -> Tables:
    """One row for each set, depth and run; problems without anything known are left out."""
    rows = [row for own in content.values() for row in own]
    groups: dict[tuple[str, int], dict[int, dict[str, Row]]] = {}
    runs: dict[str, None] = {}
    for row in rows:
        key = (row["set"], row["p"])
        groups.setdefault(key, {}).setdefault(row["problem"], {})[row["run"]] = row
        if not row["run"].startswith("best known"):
            runs[row["run"]] = None
    order = sorted(runs, key=lambda run: (run in BASELINES, run))
    out = []
    for (name, p), problems in sorted(groups.items(), key=lambda g: (g[0][0], g[0][1])):
        tops = {i: _lowest(found) for i, found in problems.items()}
        by = Counter(run.removeprefix("best known: ") for run, _ in tops.values())
        for run in order:
            if own := {i: found[run] for i, found in problems.items() if run in found}:
                row = _row(own, {i: tops[i][1] for i in own}, problems)
                known = ", ".join(f"{who} {count}" for who, count in by.most_common())
                out.append({"set": name, "p": p, "run": run, **row, "best known by": known})
    return {"qaoa": out}


def _lowest(runs: Mapping[str, Row]) -> tuple[str, Row]:
    """Who found the lowest energy; a search before others where it is no worse."""
    sound = {run: row for run, row in runs.items() if not _too_deep(row)}
    best = max(row["ratio"] for row in sound.values())
    near = {run: row for run, row in sound.items() if row["ratio"] >= best - _SAME}
    return next((item for item in near.items() if item[0].startswith("best known")), None) or next(
        iter(near.items())
    )


def _row(
    own: Mapping[int, Row],
    tops: Mapping[int, Row],
    problems: Mapping[int, Mapping[str, Row]],
) -> Row:
    """Measurements of a run beside the best known of the same problems."""
    with_angles = [i for i in own if _best_p_optimal(problems[i]) is not None]
    row: Row = {"problems": len(own)}
    row |= measured("usable", [float(r["usable"]) for r in own.values()])
    written = [float(r["layers"] == r["p"]) for r in own.values() if r.get("layers") is not None]
    row["p as asked"] = float(np.mean(written)) if written else None
    for label, slack in (("within 5%", NEAR), ("within 1%", NEARER)):
        near = [
            float(r["ratio"] >= tops[i]["ratio"] - slack - 1e-12 and not _too_deep(r))
            for i, r in own.items()
        ]
        row |= measured(label, near)
    row |= measured("ratio", [r["ratio"] for r in own.values()])
    row["best known ratio"] = float(np.mean([tops[i]["ratio"] for i in own]))
    row |= measured("p_optimal", [own[i]["p_optimal"] for i in with_angles])
    chances = [_best_p_optimal(problems[i]) or 0.0 for i in with_angles]
    row["best known p_optimal"] = float(np.mean(chances)) if chances else None
    return row


def _too_deep(row: Row) -> bool:
    """Whether a model wrote more layers than it was asked for: then energies do not compare."""
    return bool((row.get("layers") or 0) > row["p"])


def _best_p_optimal(runs: Mapping[str, Row]) -> float | None:
    """P(opt) at the best known angles that a search found; None where they were not kept."""
    for run, row in runs.items():
        if run.startswith("best known") and row["p_optimal"] is not None:
            return float(row["p_optimal"])
    return None


PART = Part(sections, tables, (FILE,))
