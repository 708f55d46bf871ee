"""Part `dense`: dense random Ising models with fields, as in arXiv 2501.16986.

J_ij and h_i uniform in [-1, 1], all pairs, n = 5, 8, 10; further laws of the coefficients and a
sparser graph. Instance k of size n is drawn with NumPy's `default_rng((100000 + n, k))`, fields
first, then the pairs (0, 1), (0, 2), ..., so these are not the paper's own instances, whose streams
are not stated there, but ones of the same law. Other laws add a number to the seed
(`LAWS`). An answer is right if its most probable state is a ground state; of ten draws any will do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import networkx as nx
import numpy as np
from benchmarks.nano_parts.asking import DEFAULT, GREEDY, Asked
from benchmarks.nano_parts.bench import Bench, Part, Tables, labelled
from benchmarks.nano_parts.classical import best_of_descents, states
from benchmarks.nano_parts.intervals import Row, measured
from benchmarks.nano_parts.judging import Work, judge_all

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.models.protocol import Sampling
from quasar.problems.base import EncodedProblem, encode
from quasar.problems.ising import Ising

NUMBERS = (5, 8, 10)
SEED = 100_000
LAWS = ("uniform", "gaussian", "signs", "integers", "scale-free")
ALL, COUNT = 1000, 200
COUNT_OF_OTHER_LAWS = 40
TEN = "ten random-start descents"


def instance(n: int, k: int, law: str = "uniform") -> EncodedProblem:
    """Instance k of a size and a law.

    Args:
        law: `uniform`: all coefficients in [-1, 1]; `gaussian`: standard normal; `signs`: ±1;
            `integers`: -10..10, zeros dropped; `scale-free`: uniform on a Barabási-Albert graph of
            two links a node, fields on all.
    """
    rng = np.random.default_rng((SEED + n + 1_000_000 * LAWS.index(law), k))
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    if law == "scale-free":
        graph = nx.barabasi_albert_graph(n, 2, seed=int(rng.integers(2**31)))
        pairs = sorted((min(e), max(e)) for e in graph.edges)
    keys: list[tuple[int, ...]] = [*((i,) for i in range(n)), *pairs]
    values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
    if law == "gaussian":
        values = rng.normal(size=len(keys))
    elif law == "signs":
        values = rng.choice(np.array([-1.0, 1.0]), size=len(keys))
    elif law == "integers":
        values = rng.integers(-10, 11, size=len(keys)).astype(np.float64)
    else:
        values = rng.uniform(-1.0, 1.0, size=len(keys))
    terms = {key: float(c) for key, c in zip(keys, values, strict=True) if c}
    return encode(Ising(IsingHamiltonian(n, terms)))


def sections(bench: Bench) -> Mapping[str, Callable[[], Any]]:
    """A section for each law and size."""
    out: dict[str, Callable[[], Any]] = {}
    for law in LAWS:
        own = COUNT if law == "uniform" else COUNT_OF_OTHER_LAWS
        count = bench.options.count(own) or ALL
        for n in NUMBERS:
            out[f"{law}, n {n}"] = partial(_section, bench, law, n, count)
    return out


def _section(bench: Bench, law: str, n: int, count: int) -> list[Row]:
    problems = [instance(n, k, law) for k in range(count)]
    asked = [Asked(problem) for problem in problems]
    ways: dict[str, Sampling] = {"one greedy answer": GREEDY, "one draw": DEFAULT}
    if law == "uniform":
        samples, temperature = bench.options.samples, bench.options.temperature
        ways[f"any of {samples} draws"] = GREEDY.model_copy(
            update={"samples": samples, "temperature": temperature}
        )
    texts: list[dict[str, str]] = [{} for _ in problems]
    for way in bench.options.ways:
        for label, sampling in ways.items():
            run = labelled(f"nano, {label}", way, bench.options.ways)
            answers = bench.asker.answers(f"{law} ising, n {n}, {label}", asked, sampling, way)
            for own, given in zip(texts, answers, strict=True):
                own |= {f"{run}#{i}": one.text for i, one in enumerate(given)}
    works = []
    for k, (problem, own) in enumerate(zip(problems, texts, strict=True)):
        ends = states(problem.hamiltonian)
        rng = generator(SEED, "nano", "descents", law, n, k)
        ends[TEN] = best_of_descents(problem.hamiltonian, rng)
        works.append(Work(str(k), problem, own, ends))
    found = judge_all(works, f"{law} ising, n {n}", bench.options.jobs)
    rows: list[Row] = []
    for k in range(count):
        right: dict[str, Row] = {}
        for name, verdict in found[str(k)].items():
            run = name.partition("#")[0]
            row = right.setdefault(
                run, {"law": law, "n": n, "run": run, "right": False, "usable": [], "product": []}
            )
            row["right"] |= verdict.top
            row["usable"].append(verdict.usable)
            row["product"] += [] if verdict.product is None else [verdict.product]
        rows += right.values()
    return rows


def tables(content: Mapping[str, Any]) -> Tables:
    """Share of instances whose answer is right."""
    groups: dict[tuple[str, int, str], list[Row]] = {}
    for row in (row for own in content.values() for row in own):
        groups.setdefault((row["law"], row["n"], row["run"]), []).append(row)
    out = []
    for (law, n, run), own in groups.items():
        usable = [float(u) for row in own for u in row["usable"]]
        products = [float(p) for row in own for p in row["product"]]
        out.append(
            {"set": f"{law}, n = {n}", "run": run, "instances": len(own),
             **measured("right", [float(row["right"]) for row in own]),
             "usable": sum(usable) / len(usable),
             "product_state": sum(products) / len(products) if products else None}
        )  # fmt: skip
    return {"dense": out}


PART = Part(sections, tables)
