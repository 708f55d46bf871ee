"""Public programs: verdicts beside the importer's, distributions beside Aer's; `make fuzz-corpora`.

`QUASAR_CORPORA` names folders, separated as in PATH: clones of openqasm/openqasm (examples, grammar
tests), Qiskit/qiskit-qasm3-import (tests), pnnl/QASMBench, QCircuitBench and the like. Without it
the run is skipped and says so. Programs are `.qasm` and `.qasm3` files, `source` of `.yaml` files,
and strings of Python files that declare qubits.

OpenQASM 3 goes through the sandbox and through the bare importer, by the rules of `fuzz.py`, as it
is and with a header where it has none; OpenQASM 2 through our conversion and through Qiskit's
reader. What both accept and is small enough is sampled by Aer: no count may be further than six
standard errors from our distribution. Programs over a limit here are counted and not compared.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fuzz import check
from quasar.circuits.qasm import Program, import_reference, parse
from quasar.circuits.qasm2 import is_openqasm_2, to_openqasm_3
from quasar.core.errors import CircuitError
from quasar.simulate.engine import Readout, get_engine
from quasar.verifier.settings import Limits
from support.relations import HEAD

SHOTS = 4096
LIMITS = Limits(max_qubits=16, max_gates=5000)
_MOST = 200_000  # characters: what takes longer to read is left to the benchmarks
_DECLARES = re.compile(r"\b(qubit|qreg|bit|creg|gate|OPENQASM|input)\b|\$\d")


def folders() -> list[Path]:
    """What `QUASAR_CORPORA` names."""
    return [Path(p) for p in os.environ.get("QUASAR_CORPORA", "").split(os.pathsep) if p]


def programs(folder: Path) -> dict[str, str]:
    """Texts of a folder, by where they stand; each once."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix not in {".qasm", ".qasm3", ".yaml", ".py"} or not path.is_file():
            continue
        for number, text in enumerate(_texts(path)):
            if text not in found.values() and len(text) <= _MOST:
                found[f"{path.relative_to(folder)}#{number}"] = text
    return found


def _texts(path: Path) -> Iterator[str]:
    text = path.read_bytes().decode("utf-8", "replace")
    if path.suffix == ".py":
        try:
            nodes = ast.walk(ast.parse(text))
        except SyntaxError:
            return
        strings = (node.value for node in nodes if isinstance(node, ast.Constant))
        yield from (s for s in strings if isinstance(s, str) and ";" in s and _DECLARES.search(s))
    elif path.suffix == ".yaml":
        match = re.search(r"^source: \|.*\n((?:  .*\n|\s*\n)+)", text + "\n", re.MULTILINE)
        if match:
            yield re.sub(r"(?m)^  ", "", match[1])
    else:
        yield text


def with_header(text: str) -> list[str]:
    """The text, and with the header that `fuzz.py` asks for where it is not there."""
    if "OPENQASM 3.0" in text:
        return [text]
    bare = re.sub(r"\bOPENQASM\s+3(\.\d+)?\s*;", "", text)
    return [
        text,
        HEAD.split("\n")[0] + "\n" + bare,
        *([HEAD + bare] if "include" not in bare else []),
    ]


def compare(texts: dict[str, str], workers: int | None = 1) -> tuple[Counter[str], list[str]]:
    """Verdicts and distributions of programs; counts, and what is wrong."""
    counts: Counter[str] = Counter()
    wrong = []
    new = {place: text for place, text in texts.items() if not is_openqasm_2(text)}
    variants = [(place, v) for place, text in new.items() for v in with_header(text)]
    found, verdicts, _ = check([v for _, v in variants], workers=workers)
    places = {v: place for place, v in variants}
    wrong += [f"{places[str(text)]}: {why}\n{text}" for text, why in found]
    counts.update({f"OpenQASM 3: {name}": count for name, count in verdicts.items()})
    old = [(place, text) for place, text in texts.items() if place not in new]
    for place, text in (*variants, *old):
        said = _one(text)
        counts[said.partition(":")[0]] += 1
        if ":" in said:
            wrong.append(f"{place}: {said}\n{text}")
    return counts, wrong


def _one(text: str) -> str:
    """What one program's comparison came to; after a colon: what is wrong."""
    old = is_openqasm_2(text)
    try:
        program = parse(
            text, header="language", max_gates=LIMITS.max_gates, max_qubits=LIMITS.max_qubits
        )
        mine = None
    except CircuitError as error:
        program, mine = None, error
    if mine is not None and mine.kind in {"limit", "parameter"}:
        return f"over a limit ({mine.limit or mine.kind})"
    try:
        reference = import_reference(to_openqasm_3(text)) if old else import_reference(text)
        theirs = None
    except CircuitError as error:
        reference, theirs = None, error
    if old and (read_by_qiskit(text) is False) is not (theirs is not None) and mine is not None:
        return "OpenQASM 2 that cannot be stated in OpenQASM 3"
    if (mine is None) is not (theirs is None):
        return f"verdicts differ: {mine or 'accepted'}; the importer: {theirs or 'accepts it'}"
    if program is None:
        return "refused by both"
    if program.n_qubits > LIMITS.max_qubits:
        return "not simulated"
    try:
        outcome = get_engine().run(program, Readout(None, False, True, LIMITS.max_qubits))
    except CircuitError as error:
        return f"not simulated ({error.kind})"
    apart = sampled_apart(program, reference, outcome.distribution())
    if apart is None:
        return "not run by Aer"
    return f"distributions differ: {apart}" if apart else "distributions agree"


def read_by_qiskit(text: str) -> bool:
    """Whether Qiskit's own reader of OpenQASM 2 takes the text."""
    from qiskit import QuantumCircuit, qasm2

    try:
        QuantumCircuit.from_qasm_str(text)
    except (qasm2.QASM2Error, Exception):
        return False
    return True


def sampled_apart(program: Program, circuit: Any, expected: np.ndarray) -> str | None:
    """How Aer's counts differ from a distribution; empty: they do not, None: Aer cannot say."""
    from qiskit import ClassicalRegister, transpile
    from qiskit.exceptions import QiskitError
    from qiskit_aer import AerSimulator

    answer = program.answer(None)
    circuit = circuit.copy()
    bits: Sequence[int] | None = answer.bits
    if bits is None:
        first = circuit.num_clbits
        circuit.add_register(register := ClassicalRegister(answer.width, "all_of_them"))
        circuit.measure(range(answer.width), register)
        bits = range(first, first + answer.width)
    simulator = AerSimulator(seed_simulator=0)
    try:
        compiled = transpile(circuit, simulator, optimization_level=0)
        result = simulator.run(compiled, shots=SHOTS).result()
    except QiskitError:
        return None
    if not result.success:
        return None
    counts = np.zeros(expected.shape)
    # The keys of `get_counts` leave out bits without a register.
    for key, count in result.data(0).get("counts", {"0x0": SHOTS}).items():
        read = int(key, 16)
        counts[sum((read >> bit & 1) << k for k, bit in enumerate(bits))] += count
    likely = expected.clip(0.0, 1.0)  # rounding leads beyond, where the root would be nan
    error = np.sqrt(likely * (1 - likely) / SHOTS)
    far = np.abs(counts / SHOTS - expected) > 6 * error + 8 / SHOTS * (expected > 1e-9) + 1e-9
    if not far.any():
        return ""
    index = int(np.argmax(np.abs(counts / SHOTS - expected)))
    return f"state {index} has {expected[index]:.4f}, Aer counts {counts[index]:.0f} of {SHOTS}"


def main() -> int:
    """Compare all folders; exit code 1 if anything is wrong, 0 where there is nothing to do."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=10_000, help="programs of a folder")
    options = parser.parse_args()
    if not folders():
        print("skipped: QUASAR_CORPORA names no folders of public programs.")
        return 0
    bad = 0
    for folder in folders():
        if not folder.is_dir():
            print(f"skipped: {folder} is no folder.")
            continue
        begun = time.monotonic()
        texts = dict(list(programs(folder).items())[: options.most])
        counts, wrong = compare(texts)
        bad += len(wrong)
        print(
            json.dumps(
                {
                    "folder": folder.name,
                    "programs": len(texts),
                    "wrong": len(wrong),
                    "s": round(time.monotonic() - begun),
                    **counts,
                },
                indent=2,
            )
        )
        for text in wrong:
            print(f"--- {text[:2000]}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
