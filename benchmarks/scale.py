"""QAOA beyond 24 qubits: energies by causal cones beside other libraries.

Every way computes the energy of the same circuit, in a process of its own that ends at
`--time-limit` seconds. Seconds are those of the processor, so that other work on the machine counts
as little as it can; everything has one thread. Aer's matrix product state does the whole circuit.
quimb and pauli-prop take one term after the other (`--terms` at most) from the whole circuit, of
which quimb takes the causal cone itself; `quimb_s` and `pauli_s` are their seconds a term times the
number of terms. Errors are the largest of a term, of Aer that of the energy over ours. Angles are
the transferred ones.

pauli-prop lives in an environment of its own: `--pauli-prop FOLDER/bin/python` names its Python.

Each row is a line in runs/bench-scale/, so an interrupted run goes on by the same command.

Run `python -m benchmarks.scale` (`make bench-scale`), or a part: `--quick`, `--only "cubic 60"`.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import resource
import subprocess
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import numpy.typing as npt
from benchmarks._common import ROOT, kept_rows, print_table, write_result
from benchmarks.optima import cubic, planar

from quasar.circuits.qaoa import qaoa
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.jsonl import append_jsonl
from quasar.core.seeds import generator
from quasar.optimize.qaoa_large import transferred_angles
from quasar.simulate.cones.energy import ConeEnergy
from quasar.simulate.cones.expectation import ConeExpectations

FloatVector = npt.NDArray[np.float64]
Found = dict[str, Any]

_BOND = 64
_IMPORTS_S = 20.0  # of a process's limit, for its libraries
_PATIENCE = 20  # how many times the limit a process may take by the clock
_QUICK = ("cubic 60", "cubic 500", "heavy-hex 547", "planar 60", "sparse weighted 60")


def couplings(graph: nx.Graph) -> IsingHamiltonian:
    """The graph's weights (1 where it has none) as couplings, nodes numbered from 0."""
    number = {node: i for i, node in enumerate(graph.nodes)}
    terms: dict[tuple[int, ...], float] = {
        (min(number[u], number[v]), max(number[u], number[v])): float(c)
        for u, v, c in graph.edges(data="weight", default=1.0)
    }
    return IsingHamiltonian(len(number), terms)


def weighted(graph: nx.Graph, seed: int, *, fields: bool = False) -> IsingHamiltonian:
    """Weights between -1 and 1 on a graph's edges; with `fields`, on its nodes too."""
    rng = generator(seed, "weights", graph.number_of_nodes())
    terms = dict.fromkeys(couplings(graph).terms, 0.0)
    if fields:
        terms |= {(i,): 0.0 for i in range(graph.number_of_nodes())}
    return IsingHamiltonian(graph.number_of_nodes(), {t: float(rng.uniform(-1, 1)) for t in terms})


def heavy_hex(distance: int) -> IsingHamiltonian:
    """The couplings of heavy-hex devices; 15 gives 547 qubits."""
    import rustworkx

    edges = rustworkx.generators.heavy_hex_graph(distance).edge_list()
    return couplings(nx.Graph(list(edges)))


def sparse(n: int) -> IsingHamiltonian:
    """Three random edges for two nodes, weights and fields."""
    return weighted(nx.gnm_random_graph(n, 3 * n // 2, seed=1), 1, fields=True)


INSTANCES: dict[str, Callable[[], IsingHamiltonian]] = {
    "cubic 60": lambda: couplings(cubic(60)),
    "cubic 120": lambda: couplings(cubic(120)),
    "cubic 500": lambda: couplings(cubic(500)),
    "cubic 1000": lambda: couplings(cubic(1000)),
    "heavy-hex 547": lambda: heavy_hex(15),
    "planar 60": lambda: couplings(planar(60, signs=False)),
    "planar 120": lambda: couplings(planar(120, signs=False)),
    "sparse weighted 60": lambda: sparse(60),
    "sparse weighted 120": lambda: sparse(120),
}


def by_cones(h: IsingHamiltonian, theta: FloatVector) -> Found:
    """Ours: seconds to find the cones, of a value, of a value with gradient."""
    layers = theta.size // 2
    start = time.process_time()
    energy = ConeEnergy(qaoa(h, layers), h)
    compiled = time.process_time() - start
    value, value_s = _timed(lambda: energy.value(theta))
    _, both_s = _timed(lambda: energy.value_and_gradient(theta))
    cones = energy.cones
    return {
        "energy": value,
        "compile_s": round(compiled, 4),
        "value_s": round(value_s, 6),
        "gradient_s": round(both_s, 6),
        "classes": None if cones is None else cones.n_classes,
        "width": None if cones is None else cones.width,
        "largest_cone": None if cones is None else cones.largest_cone,
    }


def by_quimb(h: IsingHamiltonian, theta: FloatVector, terms: int, limit: float) -> Found:
    """Local expectations by quimb, one term after the other."""
    import quimb as qu
    import quimb.tensor as qtn

    layers = theta.size // 2
    circuit = qtn.Circuit(h.n_qubits)
    for q in range(h.n_qubits):
        circuit.apply_gate("H", q)
    for gamma, beta in zip(theta[:layers], theta[layers:], strict=True):
        for qubits, c in h.terms.items():
            name = "RZ" if len(qubits) == 1 else "RZZ"
            circuit.apply_gate(name, 2.0 * gamma * c, *qubits)
        for q in range(h.n_qubits):
            circuit.apply_gate("RX", 2.0 * beta, q)
    z = qu.pauli("Z")
    chosen = list(h.terms)[:terms]
    return _term_by_term(
        chosen,
        lambda qubits: float(
            np.real(
                circuit.local_expectation(
                    z if len(qubits) == 1 else z & z, qubits, optimize="greedy"
                )
            )
        ),
        _means(h, theta, chosen),
        limit,
    )


def by_aer(h: IsingHamiltonian, theta: FloatVector) -> Found:
    """Aer's matrix product state of the whole circuit."""
    from qiskit.quantum_info import SparsePauliOp
    from qiskit_aer import AerSimulator
    from qiskit_aer.library import save_expectation_value  # noqa: F401 - adds the instruction

    layers = theta.size // 2
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(h.n_qubits)
    circuit.h(range(h.n_qubits))
    for gamma, beta in zip(theta[:layers], theta[layers:], strict=True):
        for qubits, c in h.terms.items():
            if len(qubits) == 1:
                circuit.rz(2.0 * gamma * c, qubits[0])
            else:
                circuit.rzz(2.0 * gamma * c, *qubits)
        circuit.rx(2.0 * beta, range(h.n_qubits))
    listed = [("Z" * len(q), list(q), c) for q, c in h.terms.items()]
    operator = SparsePauliOp.from_sparse_list(listed, num_qubits=h.n_qubits)
    circuit.save_expectation_value(operator, range(h.n_qubits))
    simulator = AerSimulator(
        method="matrix_product_state",
        matrix_product_state_max_bond_dimension=_BOND,
        max_parallel_threads=1,
    )
    start = time.process_time()
    data = simulator.run(circuit, shots=1).result().data(0)
    return {"seconds": time.process_time() - start, "energy": float(data["expectation_value"])}


def by_pauli_prop(
    h: IsingHamiltonian, theta: FloatVector, terms: int, limit: float, python: str
) -> Found:
    """pauli-prop in its own environment, one term after the other."""
    chosen = list(h.terms)[:terms]
    asked = {
        "n": h.n_qubits,
        "couplings": [[list(q), c] for q, c in h.terms.items()],
        "theta": theta.tolist(),
        "terms": [list(q) for q in chosen],
        "limit": limit,
    }
    script = Path(__file__).with_name("scale_pauli_prop.py")
    try:
        done = subprocess.run(
            [python, str(script)],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=True,
            timeout=_PATIENCE * limit,
        )
    except subprocess.TimeoutExpired:
        return {"why": f"over {limit:g} s"}
    found = json.loads(done.stdout)
    exact = _means(h, theta, chosen[: len(found["values"])])
    off = np.abs(np.array(found["values"]) - exact).max()
    return {"seconds": found["seconds"], "terms": len(found["values"]), "error": float(off)}


def _term_by_term(
    terms: list[tuple[int, ...]],
    mean: Callable[[tuple[int, ...]], float],
    exact: FloatVector,
    limit: float,
) -> Found:
    """Seconds a term and the largest error, of the terms that the time allows."""
    start, errors = time.process_time(), []
    for qubits, known in zip(terms, exact, strict=True):
        errors.append(abs(mean(qubits) - float(known)))
        elapsed = time.process_time() - start
        if elapsed > limit:
            break
    return {"seconds": elapsed / len(errors), "terms": len(errors), "error": max(errors)}


def _means(h: IsingHamiltonian, theta: FloatVector, terms: list[tuple[int, ...]]) -> FloatVector:
    """<Z...Z> of some terms by cones."""
    paulis = [tuple((q, "Z") for q in qubits) for qubits in terms]
    return ConeExpectations(qaoa(h, theta.size // 2), paulis).values(theta)  # type: ignore[arg-type]


def _timed(measured: Callable[[], Any]) -> tuple[Any, float]:
    """Result and mean seconds of as many runs as half a second holds; the clock may be coarse."""
    runs, start = 0, time.process_time()
    while True:
        result = measured()
        runs += 1
        elapsed = time.process_time() - start
        if elapsed > 0.5:
            return result, elapsed / runs


def _child(
    pipe: Connection, way: Callable[..., Found], arguments: tuple[Any, ...], limit: float
) -> None:
    used = math.ceil(time.process_time() + _IMPORTS_S + limit)
    resource.setrlimit(resource.RLIMIT_CPU, (used, used))
    try:
        found = way(*arguments)
    except (InputError, ImportError) as error:
        found = {"why": str(error)}
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    pipe.send(found)


def apart(way: Callable[..., Found], *arguments: Any, limit: float) -> Found:
    """A way's result from a process of its own; `why` where there is none."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=_child, args=(theirs, way, arguments, limit))
    process.start()
    theirs.close()
    try:
        if mine.poll(_PATIENCE * limit):
            found: Found = mine.recv()
            return found
        return {"why": f"over {limit:g} s"}
    except EOFError:
        return {"why": f"over {limit:g} s"}
    finally:
        process.kill()
        process.join()


def measure(name: str, layers: int, options: argparse.Namespace) -> dict[str, Any]:
    """One row of the first table."""
    h = INSTANCES[name]()
    theta = transferred_angles(h, layers)
    limit, terms = options.time_limit, options.terms
    ours = apart(by_cones, h, theta, limit=limit)
    row: dict[str, Any] = {"instance": name, "p": layers, "terms": len(h.terms)}
    for key in ("classes", "width", "largest_cone", "compile_s", "value_s", "gradient_s"):
        row[key] = ours.get(key)
    row["energy"] = ours.get("energy", ours.get("why"))
    row["peak_mb"] = ours.get("peak_mb")
    quimb = aer = pauli = {}
    if "energy" in ours:
        quimb = apart(by_quimb, h, theta, terms, limit, limit=2 * limit)
        aer = apart(by_aer, h, theta, limit=limit)
        if options.pauli_prop:
            pauli = by_pauli_prop(h, theta, terms, limit, options.pauli_prop)
    row |= _beside("quimb", quimb, len(h.terms)) | {
        "aer_s": round(aer["seconds"], 2) if "seconds" in aer else aer.get("why"),
        "aer_error": _off(aer, ours),
        "aer_mb": aer.get("peak_mb"),
    }
    return row | _beside("pauli", pauli, len(h.terms))


def _beside(name: str, found: Found, terms: int) -> dict[str, Any]:
    seconds = found.get("seconds")
    return {
        f"{name}_s": found.get("why") if seconds is None else round(seconds * terms, 2),
        f"{name}_error": found.get("error"),
    }


def _off(found: Found, ours: Found) -> float | None:
    if "energy" not in found:
        return None
    return float(abs(found["energy"] - ours["energy"]) / abs(ours["energy"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds of each way")
    parser.add_argument("--terms", type=int, default=20, help="terms of quimb and pauli-prop")
    parser.add_argument("--pauli-prop", default="", help="Python of an environment with pauli-prop")
    parser.add_argument("--only", default="", help="instances whose name has this in it")
    parser.add_argument("--quick", action="store_true", help="a few minutes: five graphs, 5 s")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier run has done")
    parser.add_argument("--dry", action="store_true", help="write no result file")
    options = parser.parse_args()
    chosen = [name for name in INSTANCES if options.only in name]
    if options.quick:
        options.time_limit, options.terms = 5.0, 3
        chosen = [name for name in chosen if name in _QUICK]
    with_pauli = "-pauli" if options.pauli_prop else ""
    file = ROOT / "runs" / "bench-scale"
    file /= f"{options.time_limit:g}s-{options.terms}{with_pauli}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    if options.fresh:
        file.unlink(missing_ok=True)
    done = {(row["instance"], row["p"]): row for row in kept_rows(file)}
    rows = []
    for name in chosen:
        for layers in (1, 2, 3):
            if (name, layers) not in done:
                done[name, layers] = measure(name, layers, options)
                append_jsonl(file, [done[name, layers]])
            rows.append(done[name, layers])
            print(rows[-1], flush=True)
    print_table(rows, "Energies beyond 24 qubits", width=220)
    extra: Mapping[str, Any] = {
        "time_limit_s": options.time_limit,
        "terms": options.terms,
        "quick": options.quick,
        "aer_bond": _BOND,
        "libraries": {name: version(name) for name in ("quimb", "cotengra", "rustworkx")},
    }
    if not options.dry:
        print(write_result("scale", rows, extra))


if __name__ == "__main__":
    main()
