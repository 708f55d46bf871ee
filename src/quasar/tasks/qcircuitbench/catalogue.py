"""Which places of the set are tasks, how each is judged, and why others are refused."""

from __future__ import annotations

import ast
import itertools
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from quasar.circuits.qasm import parse
from quasar.core.errors import CircuitError, InputError
from quasar.simulate.engine import FloatVector
from quasar.tasks.estimation import PhaseEstimation
from quasar.tasks.given_states import GivenState, UniformState
from quasar.tasks.oracle_task import OracleTask
from quasar.tasks.oracle_text import ORACLE
from quasar.tasks.oracles import BernsteinVazirani, DeutschJozsa, Grover, Simon
from quasar.tasks.qcircuitbench import synthesis
from quasar.tasks.qcircuitbench.files import SetPlace, facts_of, only, text_of
from quasar.tasks.qcircuitbench.judges import (
    FourierOfInput,
    StateOfCircuit,
    SwapTest,
    TwoPeriods,
    UniformBits,
)
from quasar.tasks.qcircuitbench.programs import Included, definitions, with_oracle
from quasar.tasks.running import run
from quasar.tasks.states import GhzState, WState
from quasar.tasks.task import TargetTask

_ANSWER = "Bit i of the answer is measured into bit i of the program's classical register: "


class SetTask(NamedTuple):
    """A task of the set.

    Attributes:
        task: what judges it.
        reference: the set's program, as in its file.
        included: what an include of its programs stands for; None: nothing.
        description: the file with the set's words.
        values: what its placeholders stand for.
        reading: how this project reads an answer, as sentences.
    """

    task: TargetTask
    reference: Path
    included: Included | None
    description: Path
    values: Mapping[str, str]
    reading: str


class _Case(NamedTuple):
    """A place that is being read.

    Attributes:
        place: it.
        algorithm: the folder that is named after its algorithm.
        n: its size, as its path says.
        match: of its path.
    """

    place: SetPlace
    algorithm: Path
    n: int
    match: re.Match[str]

    def fact(self, name: str, file: str = "oracle_info.txt") -> str:
        """A value of the file beside the oracle.

        Raises:
            InputError: it is not there.
        """
        path = self.place.here / file
        found = facts_of(path).get(name)
        if found is None:
            raise InputError(f"{path} of QCircuitBench does not state {name!r}.")
        return found


def read(place: SetPlace) -> SetTask:
    """The task at a place.

    Raises:
        InputError: it is none, or none that can be judged here; the message says why.
    """
    for pattern, make in _TASKS:
        match = re.fullmatch(pattern, place.path)
        if match is not None:
            n = int(match.groupdict().get("n") or 0)
            algorithm = place.root / match["algorithm"]
            return make(_Case(place, _home(place, algorithm), n, match))
    for pattern, reason in _REFUSED:
        if re.match(pattern, place.path):
            raise InputError(f"{place.path} of QCircuitBench has no grader here: {reason}.")
    raise InputError(
        f"{place.path} is not a task of QCircuitBench: name a program of the set, or the folder of "
        "an oracle, such as Algorithm_Design/Quantum_Computing/simon/test_oracle/n3/trial1."
    )


def _home(place: SetPlace, algorithm: Path) -> Path:
    """Where description and reference of an algorithm are, also for copies of its oracles."""
    if not place.path.startswith("qcircuitbench/"):
        return algorithm
    return only(place.root / "Algorithm_Design", f"*/{algorithm.name}", "the algorithm's folder")


def _asking(
    case: _Case, task: OracleTask, reading: str, gate: str = "Oracle", program: str | None = None
) -> SetTask:
    """A task whose answers call the gate of the oracle file."""
    text, own = with_oracle(text_of(case.place.here / "oracle.inc"), gate)
    task.take(own, text)
    most = task.most_calls()
    calls = f"Call {gate} at most {'once' if most == 1 else f'{most} times'}."
    return SetTask(
        task,
        only(case.algorithm, program or f"*_n{case.n}.qasm", "the reference"),
        Included("oracle.inc", text, (gate,), (ORACLE,)),
        only(case.algorithm, "*description*", "the description"),
        {"number": str(case.n), "trit": str(case.n)},
        f"{calls} {reading}",
    )


def _bernstein_vazirani(case: _Case) -> SetTask:
    task = BernsteinVazirani(secret=case.fact("secret string"))
    return _asking(case, task, f"{_ANSWER}it is s, whose last letter is bit 0.")


def _deutsch_jozsa(case: _Case) -> SetTask:
    key = case.fact("secret string")
    if case.fact("balanced") == "constant":
        function = key
    else:
        terms = [f"x{i}" for i in range(case.n)] + ["1"] * (key.count("1") % 2)
        function = " + ".join(terms)
    task = DeutschJozsa(qubits=case.n, function=function)
    return _asking(case, task, f"{_ANSWER}all 0 if f is constant, anything else if balanced.")


def _simon(case: _Case) -> SetTask:
    task = Simon(secret=case.fact("secret string"))
    return _asking(
        case,
        task,
        f"{_ANSWER}a z with s.z = 0 mod 2, every such z equally likely. The last letter of s is "
        "bit 0.",
    )


def _two_periods(case: _Case) -> SetTask:
    task = TwoPeriods(periods=(case.fact("secret string 1"), case.fact("secret string 2")))
    return _asking(
        case,
        task,
        f"{_ANSWER}bits 0 to {case.n - 1} a z with s.z = 0 mod 2, every such z equally likely, and "
        f"bit {case.n} the ancilla after the oracle: 0 where s is s_1, 1 where it is s_2.",
    )


def _grover(case: _Case) -> SetTask:
    task = Grover(marked=(case.fact("marked item"),))
    return _asking(case, task, f"{_ANSWER}it is w, whose last letter is bit 0.")


def _phase(case: _Case) -> SetTask:
    task = PhaseEstimation(qubits=case.n, phase=float(case.fact("theta")))
    return _asking(
        case, task, f"{_ANSWER}it is the integer nearest to {1 << case.n} theta.", "CU_0"
    )


def _given(
    case: _Case, task: FourierOfInput | SwapTest, names: tuple[str, ...], said: str
) -> SetTask:
    text = text_of(case.place.here / "oracle.inc")
    found = definitions(text)
    for name in names:
        if name not in found:
            raise InputError(f"{case.place.path}/oracle.inc does not define the gate '{name}'.")
    task.take({name: found[name] for name in names})
    return SetTask(
        task,
        only(case.algorithm, f"*_n{case.n}.qasm", "the reference"),
        Included("oracle.inc", text, names, names),
        only(case.algorithm, "*description*", "the description"),
        {"number": str(case.n)},
        said,
    )


def _fourier(case: _Case) -> SetTask:
    task = FourierOfInput(qubits=case.n, value=int(case.fact("input x"), 2))
    said = (
        f"The state is read from qubits 0 to {case.n - 1}, least significant first, without "
        "measurements. Further qubits may be used and must return to |0>."
    )
    return _given(case, task, ("Psi",), said)


def _swap(case: _Case) -> SetTask:
    task = SwapTest(qubits=case.n, overlap=float(case.fact("overlap", "state_info.txt")))
    said = "Measure one bit, which must be 0 with probability (1 + r)/2, r the similarity."
    return _given(case, task, ("Psi", "Phi"), said)


def _sized(make: Callable[[int], TargetTask], said: str) -> Callable[[_Case], SetTask]:
    def read_one(case: _Case) -> SetTask:
        return SetTask(
            make(case.n),
            case.place.here,
            None,
            only(case.algorithm, "*description*", "the description"),
            {"number": str(case.n)},
            said,
        )

    return read_one


def _encoded(case: _Case) -> SetTask:
    kind = case.match["kind"]
    if kind == "amplitude":
        data = np.array([1.5, 0.0, -2.0, 3.0])
        task: TargetTask = GivenState(qubits=2, amplitudes=tuple(data / np.linalg.norm(data)))
    elif kind == "basis":
        task = UniformState(qubits=3, strings=("101", "111"))
    else:
        angles = (0.0, math.pi / 4, math.pi / 2)
        state: FloatVector = np.ones(1)
        for angle in angles:  # qubit 0 is the least significant
            state = np.kron(np.array([math.cos(angle), math.sin(angle)]), state)
        task = GivenState(qubits=3, amplitudes=tuple(np.round(state, 12)))
    short = {"amplitude": "amp", "angle": "ang", "basis": "basis"}[kind]
    words = only(case.algorithm, f"*description_{short}*", "the description")
    return SetTask(task, case.place.here, None, words, {}, _STATE)


def _synthesis(
    make: Callable[[_Case], TargetTask], values: Callable[[_Case], Mapping[str, str]]
) -> Callable[[_Case], SetTask]:
    def read_one(case: _Case) -> SetTask:
        gates = case.place.here.parent / "customgates.inc"
        asked = "customgates.inc" in text_of(case.place.here)
        if asked and not gates.exists():
            raise InputError(
                f"{case.place.path} of QCircuitBench includes customgates.inc, which the copy does "
                "not have."
            )
        included = Included("customgates.inc", text_of(gates)) if gates.exists() else None
        words = only(case.algorithm, "*description*", "the description")
        given = {"number": str(case.n), **values(case)}
        return SetTask(make(case), case.place.here, included, words, given, _UNITARY)

    return read_one


def _secret(case: _Case) -> Mapping[str, str]:
    known = {"secret": "s", "key": "k", "marked": "m"}
    groups = case.match.groupdict()
    return {part: groups[name] for part, name in known.items() if groups.get(name)}


def _dj_function(case: _Case) -> synthesis.Values:
    if case.match["kind"] == "constant":
        return np.full(1 << case.n, int(case.match["k"]), dtype=np.int64)
    return synthesis.odd_ones(int(case.match["k"], 2), case.n)


def _edges(case: _Case) -> list[list[int]]:
    info = case.place.here.with_name(f"info_trial{case.match['trial']}.txt")
    try:
        edges = ast.literal_eval(facts_of(info)["edge list"])
        return [[int(a), int(b)] for a, b in edges]
    except (KeyError, ValueError, TypeError, SyntaxError) as error:
        raise InputError(f"{info} of QCircuitBench does not state a list of edges.") from error


def _triangle(case: _Case) -> TargetTask:
    n, edges = case.n, _edges(case)
    if any(not 0 <= node < n for edge in edges for node in edge):
        raise InputError(f"{case.place.path}: an edge leads to a node beyond {n - 1}.")
    act = synthesis.adding(synthesis.triangles(edges, n), n)
    triples = [sum(1 << node for node in chosen) for chosen in itertools.combinations(range(n), 3)]
    return synthesis.OnSomeInputs.made(n + 1, act).on([t | y << n for t in triples for y in (0, 1)])


def _random(case: _Case) -> SetTask:
    program = text_of(case.place.here)
    try:
        circuit = parse(program, header="language").circuit
    except CircuitError as error:
        raise InputError(f"{case.place.path}: the reference is not valid: {error}") from error
    if circuit is None:
        raise InputError(f"{case.place.path}: the reference measures midway.")
    allowed = ("h", "s", "cx") if case.match["kind"] == "clifford" else ("h", "s", "t", "cx")
    task = StateOfCircuit(qubits=circuit.n_qubits, gates=allowed)
    task.take(run(circuit))
    words = only(case.algorithm, "*description*", "the description")
    listed = text_of(case.place.here.with_suffix(".txt")).split()
    given = {"number": str(case.n), "state": f"[{', '.join(listed)}]"}
    said = f"Use only {', '.join(allowed)}. Qubit 0 is the least significant."
    return SetTask(task, case.place.here, None, words, given, said)


_STATE = (
    "The state is read from the qubits as declared; qubit 0 is the last letter of a ket. Further "
    "qubits may be used and must return to |0>. Do not measure."
)
_UNITARY = (
    "The program declares the qubits and applies the oracle once. The last letter of a bit string "
    "belongs to qubit 0. Further qubits may be used; they start in |0> and must return to it."
)
_DESIGN = (
    r"(?P<algorithm>(?:Algorithm_Design/Quantum_\w+|qcircuitbench/qasm_algo_design/external_files)"
    r"/{})"
)
_TRIAL = r"/test_oracle/n(?P<n>\d+)/trial\d+"
_MADE = r"(?P<algorithm>Oracle_Construction/Quantum_Logic_Synthesis/{})/(?:[^/]+/)+"
_PUZZLE = r"(?P<algorithm>Oracle_Construction/Problem_Encoding/{})/"
_QUANTUM = (
    r"(?P<algorithm>Algorithm_Design/Quantum_Information/{})/(?:gate_circuit/)?"
    r"\w+_n(?P<n>\d+)\.qasm"
)

_TASKS: tuple[tuple[str, Callable[[_Case], SetTask]], ...] = (
    (_DESIGN.format("bernstein_vazirani") + _TRIAL, _bernstein_vazirani),
    (_DESIGN.format("deutsch_jozsa") + _TRIAL, _deutsch_jozsa),
    (_DESIGN.format("simon") + _TRIAL, _simon),
    (_DESIGN.format("generalized_simon_multi") + _TRIAL, _two_periods),
    (_DESIGN.format("grover") + _TRIAL, _grover),
    (_DESIGN.format("phase_estimation") + _TRIAL, _phase),
    (_DESIGN.format("quantum_fourier_transformation") + _TRIAL, _fourier),
    (_DESIGN.format("swap_test") + _TRIAL, _swap),
    (_QUANTUM.format("ghz_state"), _sized(lambda n: GhzState(qubits=n), _STATE)),
    (_QUANTUM.format("w_state"), _sized(lambda n: WState(qubits=n), _STATE)),
    (
        _QUANTUM.format("random_number_generator"),
        _sized(lambda n: UniformBits(qubits=n), "Measure every qubit once."),
    ),
    (
        r"(?P<algorithm>Algorithm_Design/Variational_Circuits/data_encoding)/full_circuit/"
        r"(?P<kind>amplitude|angle|basis)_\d+q\.qasm",
        _encoded,
    ),
    (
        _MADE.format("bernstein_vazirani") + r"bv_n(?P<n>\d+)_(?P<s>[01]+)\.qasm",
        _synthesis(
            lambda c: synthesis.GivenUnitary.made(
                c.n + 1,
                synthesis.adding(synthesis.inner_product(int(c.match["s"], 2), c.n), c.n),
            ),
            _secret,
        ),
    ),
    (
        _MADE.format("deutsch_jozsa")
        + r"dj_n(?P<n>\d+)_(?P<kind>balanced|constant)_(?P<k>[01]+)\.qasm",
        _synthesis(
            lambda c: synthesis.GivenUnitary.made(c.n + 1, synthesis.adding(_dj_function(c), c.n)),
            lambda c: {
                **_secret(c),
                "constant with": f"{c.match['kind']} with "
                + (f"b = {c.match['k']}" if c.match["kind"] == "balanced" else c.match["k"]),
            },
        ),
    ),
    (
        _MADE.format("simon") + r"simon_n(?P<n>\d+)_s(?P<s>[01]+)_k(?P<k>[01]+)\.qasm",
        _synthesis(
            lambda c: synthesis.GivenUnitary.made(
                2 * c.n,
                synthesis.adding(
                    synthesis.folded(int(c.match["s"], 2), int(c.match["k"], 2), c.n), c.n
                ),
            ),
            _secret,
        ),
    ),
    (
        _MADE.format("grover") + r"grover_n(?P<n>\d+)_m(?P<m>[01]+)\.qasm",
        _synthesis(
            lambda c: synthesis.GivenUnitary.made(c.n, synthesis.flipping(int(c.match["m"], 2))),
            _secret,
        ),
    ),
    (
        _MADE.format("diffusion_operator") + r"diffusion_n(?P<n>\d+)\.qasm",
        _synthesis(lambda c: synthesis.GivenUnitary.made(c.n, synthesis.about_mean), lambda c: {}),
    ),
    (
        _PUZZLE.format("grover_sudoku") + r"sudoku\.qasm",
        _synthesis(
            lambda c: synthesis.GivenUnitary.made(5, synthesis.adding(synthesis.latin_square(), 4)),
            lambda c: {},
        ),
    ),
    (
        _PUZZLE.format("grover_triangle") + r"triangle_n(?P<n>\d+)/trial(?P<trial>\d+)\.qasm",
        _synthesis(_triangle, lambda c: {"edge": str(_edges(c))}),
    ),
    (
        r"(?P<algorithm>Random_Circuits/(?P<kind>clifford|universal))/\w+_n(?P<n>\d+)/l\d+/"
        r"\w+\.qasm",
        _random,
    ),
)

_PROTOCOL = (
    "its answer is a protocol between two people, and a circuit that takes no part in it can give "
    "the same outcome"
)
_BOUND = (
    "its circuit has open parameters that the answer's own Python code sets, which is never run "
    "here"
)
_REFUSED = (
    (r".*/(superdense_coding|quantum_teleportation)/", _PROTOCOL),
    (r".*/quantum_key_distribution/", f"{_PROTOCOL}; Python code of the answer sets it up"),
    (r".*/(efficient_su2|su2|qae|qaoa)/", _BOUND),
    (
        r".*/generalized_simon_ternary/",
        "no oracle with another secret can be made here, so a written-down answer would pass",
    ),
    (
        r".*/shor/",
        "no oracle with another base can be made here, so a written-down answer would pass",
    ),
    (
        r"Oracle_Construction/.*/generalized_simon_multi/",
        "its description does not say what becomes of the qubit that chooses the secret",
    ),
    (r"Cirq_Version/", "its circuits are Python programs, which are never run here"),
    (r".*/full_circuit/", "the oracle is written into it; name the program without it"),
)
