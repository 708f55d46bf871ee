"""Programs that other libraries transformed are judged as they were; `make fuzz` runs it at length.

A random program is imported, transformed by another library (Qiskit's optimisation at every level;
pytket, BQSKit, PennyLane, Cirq where they are installed), exported and judged again: distribution,
energies, likeness and reward have to be the same. It is also run by the other exact engines. Where
anything differs, the smallest program that shows it is printed.

A transformed program that the reference importer refuses is counted and not compared: some of what
exporters write no importer reads. Our verdict has to be a refusal then, too.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

import numpy as np

from fuzz_metamorphic import SETTINGS, TOLERANCE, moved, verdict, verifier
from quasar.circuits import exports
from quasar.circuits.qasm import import_reference
from quasar.circuits.qasm2 import is_openqasm_2, to_openqasm_3
from quasar.core.errors import CircuitError
from quasar.simulate.engine import get_engine
from quasar.verifier.stages.feasibility import Rules, run_text
from support.relations import Draft, draft
from support.shrink import smallest

ENGINES = ("aer", "qiskit")
_BASIS = ["rz", "sx", "x", "cx"]


def by_qiskit(text: str, level: int, basis: list[str] | None = None) -> str:
    """Optimised by Qiskit's preset passes of that level."""
    from qiskit import qasm3, transpile

    found = transpile(
        exports.to_qiskit(text), optimization_level=level, basis_gates=basis, seed_transpiler=level
    )
    return str(qasm3.dumps(found))


def by_qasm2(text: str) -> str:
    """Written in OpenQASM 2 by Qiskit."""
    from qiskit import qasm2

    return str(qasm2.dumps(exports.to_qiskit(text)))


def by_pytket(text: str) -> str:
    """Optimised by pytket's largest pass."""
    from pytket.passes import FullPeepholeOptimise
    from pytket.qasm import circuit_to_qasm_str

    circuit = exports.to_pytket(text)
    FullPeepholeOptimise().apply(circuit)
    return str(circuit_to_qasm_str(circuit))


def by_bqskit(text: str) -> str:
    """Read and written by BQSKit."""
    from bqskit.ir.lang.qasm2 import OPENQASM2Language

    circuit = exports.to_bqskit(text)
    lines = str(OPENQASM2Language().encode(circuit)).splitlines()
    declared = [k for k, line in enumerate(lines) if line.startswith("creg")]
    for k in declared[:0:-1]:  # it declares the register twice
        del lines[k]
    return "\n".join(lines)


def by_pennylane(text: str) -> str:
    """Compiled by PennyLane's default passes."""
    import pennylane as qml

    n = exports.to_qiskit(text).num_qubits
    apply = exports.to_pennylane(text)
    with qml.tape.QuantumTape() as tape:
        apply()
        qml.probs(wires=range(n))
    (compiled,), _ = qml.compile(tape)
    written = str(qml.to_openqasm(compiled, wires=list(range(n)), measure_all=True))
    return re.sub(r"gphase\(.*\).*;\n", "", written)  # no statement of OpenQASM 2


def by_cirq(text: str) -> str:
    """Optimised by Cirq for `CZ` gates."""
    import cirq

    circuit = exports.to_cirq(text, measure=False)
    qubits = cirq.LineQubit.range(exports.to_qiskit(text).num_qubits)
    found = cirq.optimize_for_target_gateset(circuit, gateset=cirq.CZTargetGateset())
    found.append(cirq.measure(*qubits, key="c"))
    return str(found.to_qasm(qubit_order=qubits))


TRANSFORMS: dict[str, tuple[str, bool, Callable[[str], str]]] = {
    **{f"qiskit {k}": ("qiskit", True, partial(by_qiskit, level=k)) for k in range(4)},
    "qiskit 1 in sx, rz": ("qiskit", True, partial(by_qiskit, level=1, basis=_BASIS)),
    "qiskit 3 in sx, rz": ("qiskit", True, partial(by_qiskit, level=3, basis=_BASIS)),
    "openqasm 2": ("qiskit", False, by_qasm2),
    "own openqasm 2": ("qiskit", False, exports.to_qasm2),
    "own text for cirq": ("qiskit", False, lambda text: exports.text_for(text, "cirq")),
    "pytket": ("pytket", False, by_pytket),
    "bqskit": ("bqskit", False, by_bqskit),
    "pennylane": ("pennylane", False, by_pennylane),
    "cirq": ("cirq", False, by_cirq),
}
"""By name: the library it needs, whether it takes programs that branch, and what it does."""


def installed() -> list[str]:
    """Transforms whose library is there."""
    return [
        name for name, (library, _, _) in TRANSFORMS.items() if importlib.util.find_spec(library)
    ]


def difference(name: str, start: Draft) -> tuple[str, dict[str, Any]] | None:
    """The transformed text and what its verdict moves; None: it was not compared."""
    _, dynamic, transform = TRANSFORMS[name]
    if not (dynamic or start.static):
        return None
    text = start.text()
    other = transform(text)
    try:
        import_reference(to_openqasm_3(other) if is_openqasm_2(other) else other)
    except CircuitError:
        refused = verdict(other, start.n, static=False, header="language")
        return (other, {"parses": (False, True)}) if refused["feasible"] else None
    unlike = moved(text, other, start.n, static=False, header="language")
    unlike.pop("parses", None)  # of OpenQASM 2 and of other headers it is not asked
    return other, unlike


def engine_difference(name: str, start: Draft) -> float:
    """By how much the most a probability differs between two engines."""
    rules = Rules.of(SETTINGS, start.n)
    found = [run_text(start.text(), get_engine(e), rules)[1] for e in ("qulacs", name)]
    if None in found:
        return 0.0 if found == [None, None] else 1.0
    return float(np.max(np.abs(found[0].distribution - found[1].distribution)))  # type: ignore[union-attr]


def run(
    inputs: int, seed: int, told: Callable[[str], None], names: list[str] | None = None
) -> tuple[dict[str, Counter[str]], int]:
    """Check `inputs` programs by every transform; counts by transform, and how many differ."""
    names = installed() if names is None else names
    counts = {name: Counter[str]() for name in (*names, *ENGINES)}
    wrong = 0
    for number in range(inputs):
        start = draft(Random(seed * 1_000_003 + number), faulty=0.0)
        if not verifier(start.n).verify(start.text()).feasible:
            continue  # a loop that never ends, or an answer of other bits
        for name in names:
            compared = difference(name, start)
            counts[name]["not compared" if compared is None else "compared"] += 1
            if compared is not None and compared[1]:
                wrong += 1
                counts[name]["differs"] += 1
                small = shrunk(name, start)
                told(f"--- {name} (number {number}): {compared[1]}\n{small.text()}")
                told(f"--- becomes\n{TRANSFORMS[name][2](small.text())}")
        for name in ENGINES:
            counts[name]["compared"] += 1
            if engine_difference(name, start) > TOLERANCE:
                wrong += 1
                counts[name]["differs"] += 1
                told(f"--- engine {name} (number {number})\n{start.text()}")
    return counts, wrong


def shrunk(name: str, start: Draft) -> Draft:
    """The smallest program that its transformed form is not judged alike with."""

    def shows(body: tuple[str, ...]) -> bool:
        compared = difference(name, replace(start, body=body))
        return compared is not None and bool(compared[1])

    return replace(start, body=smallest(start.body, shows))


def main() -> int:
    """Check at length; exit code 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    begun = time.monotonic()
    counts, wrong = run(options.inputs, options.seed, lambda text: print(text, file=sys.stderr))
    absent = sorted(
        {TRANSFORMS[name][0] for name in TRANSFORMS} - {TRANSFORMS[n][0] for n in installed()}
    )
    print(json.dumps({name: dict(found) for name, found in counts.items()}, indent=2))
    if absent:
        print(f"Not installed, so not compared: {', '.join(absent)}.")
    print(f"{options.inputs} programs, {wrong} differences; {time.monotonic() - begun:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
