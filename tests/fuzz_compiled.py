"""The compiled way of reading and simulating against Python's; `make fuzz` runs it at length.

Programs of the shared benchmark (where it is there) and made up ones are changed in a few places.
Both ways have to give the same gates, measurements and registers to the last bit, or the same
refusal; the same probabilities to 1e-12; and the same of what the gates come to. What the libraries
compute beside that, the packaged model's included, is drawn in `fuzz_numbers.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from fuzz_refusals import CHANGES, FIELDS, HEAD, made_up, programs
from quasar.circuits.circuit import GATES, Circuit
from quasar.circuits.circuit_facts import circuit_facts
from quasar.circuits.compiled_facts import library as facts
from quasar.circuits.effective import effective, effective_in_python
from quasar.circuits.flat_compiled import FlatCircuit, reader
from quasar.circuits.freedom import free_angles, qaoa_layers
from quasar.circuits.qasm_flat import FlatReader, read_flat, read_in_python
from quasar.circuits.refusal_flat import refuse_flat
from quasar.circuits.statistics import statistics
from quasar.core import compiled
from quasar.core.compiled import SOURCES
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.simulate.distributions import SolutionReader, shape_in_python, shape_of
from quasar.simulate.engine import probabilities
from quasar.simulate.qulacs_engine import QulacsEngine
from quasar.simulate.small_state import library, simulate
from quasar.simulate.state_facts import impurities, impurities_in_python

TOLERANCE = 1e-12
_NUMBERS = ("0", "007", "1.50", "1e-3", "3.1415926535897931", "123456789012345678", ".5", "5.")
_ENGINE = QulacsEngine()
_SCRAPS = ("// note\n", "/* a ; b */", "/*/", "é", "\x00", "--", "pi", "*", "/", ".", "e", "E5", "")


def difference(text: str) -> tuple[str, str]:
    """How the compiled way ended, and what differs from Python's way, if anything."""
    fast, slow = read_flat(text), read_in_python(text)
    if isinstance(fast, FlatCircuit):
        if not isinstance(slow, Circuit):
            return "circuit", "Python does not accept it"
        if fast.measurements != slow.measurements:
            return "circuit", f"{fast.measurements}, not {slow.measurements}"
        for name in ("n_qubits", "n_measured", "gates", "n_gates"):
            if repr(getattr(fast, name)) != repr(getattr(slow, name)):
                return "circuit", f"{name}: {getattr(fast, name)}, not {getattr(slow, name)}"
        return "circuit", _unlike_state(fast) or _unlike_facts(fast)
    if isinstance(fast, FlatReader):
        if not isinstance(slow, FlatReader):
            return "refused", f"Python reads it: {slow}"
        known = refuse_flat(text, slow), refuse_flat(text, fast)
        unlike = [f for f in FIELDS if getattr(known[0], f, None) != getattr(known[1], f, None)]
        if (fast.at, fast.registers) != (slow.at, slow.registers):
            unlike.append("stopped elsewhere")
        return "refused", "; ".join(unlike)
    return "left to Python", "" if type(fast) is type(slow) else "not the same"


def _unlike_state(circuit: FlatCircuit) -> str:
    found = simulate(circuit)
    if found is None or found[0] is None:
        return ""
    exact = probabilities(_ENGINE.state(circuit))
    apart = float(np.abs(found[1] - exact).max())
    apart = max(apart, float(np.abs(probabilities(found[0]) - exact).max()), abs(found[2] - 1.0))
    if apart >= TOLERANCE:
        return f"probabilities differ by {apart}"
    return _unlike_sums(*found[:2])


def _unlike_sums(state: np.ndarray, p: np.ndarray) -> str:
    """What is read off a state and its distribution, where the two ways differ."""
    size = p.size
    fast, slow = shape_of(p, 8), shape_in_python(p, 8)
    if fast.top != slow.top:
        return f"most probable: {fast.top}, not {slow.top}"
    apart = [fast.entropy_bits - slow.entropy_bits, fast.total - slow.total]
    apart += np.subtract(impurities(state), impurities_in_python(state)).tolist()
    level = (np.arange(size) * 7 % (size // 2 + 1)).astype(np.int32)
    values = np.linspace(1.0, -1.0, size // 2)
    reader = SolutionReader(level, -values, values)
    said, other = reader.read(p, (1, 100)), reader.in_python(p, (1, 100))
    apart += np.subtract((*said[:2], *said.best), (*other[:2], *other.best)).tolist()
    worst = max(map(abs, apart))
    return "" if worst < TOLERANCE else f"sums differ by {worst}"


def _unlike_facts(circuit: FlatCircuit) -> str:
    """What is said of the circuit's gates, where the two ways differ."""
    plain, n = Circuit(circuit.n_qubits, circuit.gates), circuit.n_qubits
    if n > 64:
        return ""
    acting = effective(circuit), effective_in_python(plain)
    if acting[0].gates != acting[1].gates:
        return f"effective: {acting[0].gates}, not {acting[1].gates}"
    terms = {(q,): 1.0 for q in range(n)} | {(q, q + 1): -0.5 for q in range(n - 1)}
    ising = IsingHamiltonian(n, terms)
    for fast, slow in ((circuit, plain), acting):
        for say in (statistics, free_angles, partial(qaoa_layers, hamiltonian=ising)):
            if say(fast) != say(slow):
                return f"{say}: {say(fast)}, not {say(slow)}"
    said, other = circuit_facts(circuit, ising), circuit_facts(plain, ising)
    return "" if said == other else f"at once: {said}, not {other}"


def circuits(count: int, seed: int) -> Iterator[str]:
    """Valid programs of every gate, with numbers and blanks of every spelling."""
    draw = random.Random(seed)
    for _ in range(count):
        n = draw.randint(1, 7)
        lines = [f"qubit[{n}] q", "qubit a", f"bit[{n}] c"]
        for _ in range(draw.randint(0, 12)):
            name = draw.choice([*GATES])
            spec = GATES[name]
            if spec.n_qubits > n:
                continue
            angles = draw.choice([",", " , "]).join(_angle(draw) for _ in range(spec.n_params))
            places = [f"q[{i}]" for i in draw.sample(range(n), spec.n_qubits)]
            if draw.random() < 0.2:
                places[-1] = "a"
            if draw.random() < 0.05 and spec.n_qubits == 1:
                places = ["q"]
            lines.append(f"{name}{f'({angles})' if angles else ''} {', '.join(places)}")
        lines += draw.choice([[], ["c = measure q"], ["measure q->c"], ["c[0]=measure a"]])
        apart = draw.choice([";\n", ";", " ; // x\n", ";/**/", ";\r\n\t"])
        yield HEAD + apart.join(lines) + ";" + draw.choice(["", "\n", "// end"])


def _angle(draw: random.Random) -> str:
    number = draw.choice([repr(draw.uniform(0, 7)), f"{draw.uniform(0, 7):.4f}"])
    if draw.random() < 0.05:
        number = draw.choice(_NUMBERS)
    return draw.choice(["{}", "-{}", "{}*pi", "pi/{}", "-pi * {}", "{}/2.0", "{}*pi/3"]).format(
        number
    )


def mixed(count: int, seed: int, shared: Sequence[str] = ()) -> Iterator[str]:
    """Valid programs and changed ones, by turns."""
    draw = random.Random(seed)
    refused = programs(count, seed, shared)
    for i, text in enumerate(circuits(count, seed)):
        if i % 3 == 0:
            yield text
        elif i % 3 == 1:
            yield next(refused)
        else:
            start = draw.choice(shared) if shared and draw.random() < 0.3 else text
            start = made_up(draw) if draw.random() < 0.2 else start
            for _ in range(draw.choice([1, 1, 2])):
                at = draw.randint(0, len(start))
                scrap = draw.choice(_SCRAPS)
                start = (
                    start[:at] + scrap + start[at + draw.randint(0, 2) :]
                    if draw.random() < 0.5
                    else draw.choice(CHANGES)(draw, start)
                )
            yield start


def sanitized(inputs: int, seed: int) -> int:
    """The same in a process whose libraries end it at the first wrong access or operation."""
    with tempfile.TemporaryDirectory() as folder:
        for source in SOURCES:
            if not compiled.build(source, Path(folder) / Path(source).name, sanitized=True):
                print(f"{source} cannot be built with sanitizers here: skipped", file=sys.stderr)
                return 0
        asked = [os.environ.get("CC", "cc"), "-print-file-name=libasan.so"]
        runtime = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
        environment = {
            **os.environ,
            "LD_PRELOAD": runtime,
            "ASAN_OPTIONS": "detect_leaks=0",
            "PYTHONMALLOC": "malloc",  # what is read past the end of Python's own objects shows too
        }
        command = [sys.executable, __file__, f"--inputs={inputs}", f"--seed={seed}"]
        return subprocess.run([*command, f"--libraries={folder}"], env=environment).returncode


def main() -> int:
    """Compare at length; exit code 1 if anything differs."""
    from support.agentq import shared_texts

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sanitized", action="store_true", help="with the compiler's sanitizers")
    parser.add_argument("--libraries", type=Path, help="where they lie; default: the package")
    options = parser.parse_args()
    if options.sanitized:
        return sanitized(options.inputs, options.seed)
    if options.libraries is not None:
        compiled.library_of = lambda source: options.libraries / Path(source).name
    if reader() is None or library() is None or facts() is None:
        print("there are no compiled libraries: make kernel", file=sys.stderr)
        return 1
    shared = shared_texts()
    begun = time.monotonic()
    found: Counter[str] = Counter()
    for text in [*shared, *mixed(options.inputs, options.seed, shared)]:
        how, unlike = difference(text)
        found["differs" if unlike else how] += 1
        if unlike:
            print(f"--- {how}: {unlike}\n{text!r}", file=sys.stderr)
    from fuzz_numbers import compare  # it needs this module, and the libraries named above

    wrong = compare(options.inputs // 20, options.seed)
    found["numbers differ"] = len(wrong)
    for unlike in wrong:
        print(f"--- {unlike}", file=sys.stderr)
    print(json.dumps({**found, "seed": options.seed, "s": round(time.monotonic() - begun)}))
    return 1 if found["differs"] or wrong or not found["circuit"] else 0


if __name__ == "__main__":
    sys.exit(main())
