"""Programs refused from their text alone: at once, and never one that the importer would take."""

from __future__ import annotations

import random
import re
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.circuit import GATES, Circuit, Gate, GateSpec
from quasar.circuits.precheck import _READABLE_CHARACTERS, precheck
from quasar.circuits.qasm import import_reference, parse, parse_at_once
from quasar.circuits.qasm_flat import parse_flat
from quasar.circuits.to_qiskit import from_qiskit
from quasar.core.errors import CircuitError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.decimation import guided_decimation
from quasar.prompts.answer_plan import AnswerPlan, qaoa_plan
from quasar.prompts.compact_answer import answer_text
from quasar.simulate.engine import get_engine
from quasar.verifier.settings import Limits
from quasar.verifier.stages.feasibility import Rules, run_text
from support.cases import cases

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def doubling(levels: int, body: str, use: str = "g{last} q[0];") -> str:
    """Each definition uses the one before twice."""
    lines = [f"gate g0 a {{ {body} }}"]
    lines += [f"gate g{i} a {{ g{i - 1} a; g{i - 1} a; }}" for i in range(1, levels)]
    return "\n".join([*lines, "qubit[3] q;", use.format(last=levels - 1)])


def controls(levels: int, body: str) -> str:
    """Each definition puts a control on the one before."""
    lines = [f"gate c0 a0 {{ {body} }}"]
    for i in range(1, levels):
        names = ", ".join(f"a{j}" for j in range(i + 1))
        lines.append(f"gate c{i} {names} {{ ctrl @ c{i - 1} {names}; }}")
    operands = ", ".join(f"q[{j}]" for j in range(levels))
    return "\n".join([*lines, f"qubit[{levels}] q;", f"c{levels - 1} {operands};"])


def wide_gate(width: int, use: str) -> str:
    names = [f"a{i}" for i in range(width)]
    gates = " ".join(f"h {name};" for name in names)
    operands = ", ".join(f"q[{i}]" for i in range(width))
    return f"gate g {', '.join(names)} {{ {gates} }} qubit[{width}] q; {use} {operands};"


REFUSED = {
    "wide register": ("qubit[2000000000] q; x q[0];", "qubits"),
    "wide register in hexadecimal": ("qubit[0xfffffff] q; gphase(0); x q[0];", "qubits"),
    "wide register with underscores": ("qubit[1_000_000_000] q; x q[0];", "qubits"),
    "old style": ("qreg q[900000000]; x q[0];", "qubits"),
    "an astronomic size": (f"qubit[1{'0' * 5000}] q; x q[0];", "qubits"),
    "hardware qubits": ("x $123456789;", "qubits"),
    "many registers": ("gphase(0);" + "".join(f"qubit[400000] q{i};" for i in range(50)), "qubits"),
    "bits": ("bit[3000000000] c; qubit[1] q;", "memory"),
    "old bits": ("creg c[3000000000]; qubit[1] q;", "memory"),
    "doubling": (doubling(45, "rx(0.1) a;"), "gates"),
    "doubling, nothing in it": (doubling(70, ""), "gates"),
    "doubling, with modifiers": (doubling(45, "inv @ t a;", "inv @ g{last} q[0];"), "gates"),
    "doubling, never used": (doubling(45, "x a;", "x q[0];"), "gates"),
    "doubling in a branch": (
        doubling(45, "x a;", "bit c; c = measure q[1]; if (c) {{ g{last} q[0]; }}"),
        "gates",
    ),
    "doubling with angles": (
        "gate g0(t) a { rz(t) a; }\n"
        + "".join(f"gate g{i}(t) a {{ g{i - 1}(t/2) a; g{i - 1}(t) a; }}\n" for i in range(1, 50))
        + "qubit[1] q; g49(0.5) q[0];",
        "gates",
    ),
    "controls on controls": (controls(10, "h a0;"), "gates"),
    "controls on controls, from two": (controls(9, "ry(0.2) a0; t a0;"), "gates"),
    "fractional power": (wide_gate(13, "pow(0.25) @ g"), "gates"),
    "negative fractional power": (wide_gate(12, "pow(-1.5) @ g"), "gates"),
    "controlled fractional power": (
        "gate g " + ", ".join(f"a{i}" for i in range(12)) + " { h a0; } qubit[13] q; "
        "ctrl @ pow(0.5) @ g " + ", ".join(f"q[{i}]" for i in range(13)) + ";",
        "gates",
    ),
    "more gates than any program may have": ("gphase(0); qubit[2] q;" + "x q[0];" * 100_001, None),
}  # fmt: skip


@pytest.mark.timeout(5)
@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_at_once(case: str) -> None:
    body, limit = REFUSED[case]
    with pytest.raises(CircuitError) as caught:
        parse_at_once(HEAD + body, max_qubits=24)
    assert caught.value.kind == "limit"
    assert limit is None or caught.value.limit == limit
    assert caught.value.hint


@pytest.mark.timeout(5)
@pytest.mark.parametrize("use", ["ctrl(1000000000) @ x q[0], q[1]", "negctrl(70) @ h q[0]"])
def test_more_controls_than_operands_are_refused_at_once(use: str) -> None:
    with pytest.raises(CircuitError, match="controls but acts on") as caught:
        parse(HEAD + f"qubit[2] q; {use};")
    assert caught.value.kind == "semantic"


@pytest.mark.timeout(5)
def test_a_power_is_a_matrix_so_definitions_of_powers_do_not_multiply() -> None:
    """The importer reads this in a moment, so that it parses; only it has too many qubits."""
    accepted: list[int] = []
    parse(
        HEAD + MODEST["powers of powers"].replace("[3]", "[40]"),
        on_accepted=accepted.append,
        max_qubits=24,
    )
    assert accepted == [40]


MODEST = {
    "a comment": "// qubit[1000000000] r;\n/* gate g a {} bit[9999999999] c; */ qubit[2] q; h q;",
    "a comment before a block": "qubit[2] q; /* qubit[77] r; */ gate g a { h a; } g q[0];",
    "doubling a little": doubling(6, "x a;"),
    "controls on controls a little": controls(4, "x a0;"),
    "controls on nothing": controls(12, ""),
    "a power of a small gate": wide_gate(3, "pow(0.5) @ g"),
    "a whole power": wide_gate(4, "pow(2.0) @ g"),
    "powers of powers": "gate g0 a { h a; }\n"
    + "".join(f"gate g{i} a {{ inv @ g{i - 1} a; pow(2) @ g{i - 1} a; }}\n" for i in range(1, 17))
    + "qubit[3] q; g16 q[0];",
    "an index that looks like a size": "qubit[24] q; h q[23]; for int i in {0, 23} { x q[22]; }",
    "an unused name": "qubit[3] qreg_like; gate bit_like a { x a; } bit_like qreg_like[2];",
    "a loop with a long body": "qubit[2] q; for int i in [0:9] { h q; cx q[0], q[1]; }",
    "a physical qubit": "h $3; cx $3, $1;",
    "most controls": "qubit[5] q; ctrl(4) @ x q[0], q[1], q[2], q[3], q[4];",
}


@settings(max_examples=cases(300), deadline=None)
@given(
    st.text(max_size=80)
    | st.lists(
        st.sampled_from((
            "$ $9 0x 0b_ 1_0 .5. 1e9 qubit bit [ ] ( ) { } ; , @ ctrl pow inv gate g h x q a "
            "= // /* */"
        ).split()),
        max_size=30,
    ).map(" ".join)
)  # fmt: skip
def test_any_text_is_passed_or_refused(text: str) -> None:
    with suppress(CircuitError):
        precheck(HEAD + text, max_qubits=24)
    parse_flat(HEAD + text)


@pytest.mark.parametrize("case", MODEST)
def test_a_modest_program_passes(case: str) -> None:
    precheck(HEAD + MODEST[case], max_qubits=24)
    assert parse(HEAD + MODEST[case], max_qubits=24).n_qubits <= 24


@pytest.mark.timeout(120)
def test_a_long_program_on_too_many_qubits_is_refused_before_it_is_read() -> None:
    """Its definitions are plain, so that it is known to parse."""
    rng = random.Random(5)
    lines = ["qubit[60] q;", "gate turn(t, s) z, x { cp(t/2) z, x; ry(-s) x; cx x, z; }"]
    for _ in range(12_000):
        a, b = rng.sample(range(60), 2)
        lines.append(f"turn({rng.random():.3f}, pi/{rng.randint(2, 9)}) q[{a}], q[{b}];")
    told: list[int] = []
    text = HEAD + "\n".join(lines)
    assert parse(text, max_qubits=24, on_accepted=told.append).path == "fast"
    assert told == [60]
    stage, _ = run_text(text, get_engine(), Rules(Limits()))
    assert stage.parses
    assert stage.fault is not None
    assert stage.fault.limit == "qubits"
    assert "60 qubits" in stage.fault.message


@pytest.mark.parametrize(
    ("body", "parses"),
    [
        ("qubit[30] q; bit c; c = measure q[0]; if (c) { x q[1]; }", True),
        ("qubit[30] q; bit c; c = measure q[0]; if (c) { nonsense q[1]; }", False),
        ("qubit[30] q; h q", False),
        ("qubit[30] q; gate g a { x a; } g q[0];", True),
        ("qubit[30] q; gate g a { x b; } g q[0];", False),
        ("qubit[30] q; gate g a { x a; } g q[30];", False),
    ],
)
def test_whether_a_short_program_parses_is_what_the_importer_says(body: str, parses: bool) -> None:
    told: list[int] = []
    with suppress(CircuitError):  # the simulation refuses what this does not
        parse(HEAD + body, max_qubits=24, on_accepted=told.append)
    assert bool(told) is parses
    assert _importer_accepts(HEAD + body) is parses


def _importer_accepts(text: str) -> bool:
    try:
        import_reference(text)
    except CircuitError:
        return False
    return True


def _random_program(rng: random.Random) -> str:
    """Gate definitions and their uses, mostly right, with the slips that people make."""
    known = dict(GATES)
    out = [rng.choice(["qubit[5] q;", "qubit[3] q; qubit p;", "bit[5] c; qubit[5] q;"])]
    names = [*"abcdxyzst", "theta", "gamma", "q", "u1", "first", "second"]
    if rng.random() < 0.1:
        names.append("pi")
    for i in range(rng.randint(1, 3)):
        name = rng.choice([f"g{i}", f"my_gate{i}"])
        if rng.random() < 0.05:
            name = rng.choice(["h", "x", "q", "gate"])
        formal = rng.sample(names, rng.randint(0, 2))
        own = rng.sample(names if rng.random() < 0.1 else list(set(names) - set(formal)), 3)
        own = own[: rng.randint(2, 3)]
        body = "".join(_random_call(rng, known, own, formal) for _ in range(rng.randint(0, 4)))
        angles = f"({', '.join(formal)})" if formal else "" if rng.random() < 0.9 else "()"
        out.append(f"gate {name}{angles} {', '.join(own)} {{ {body} }}")
        known.setdefault(name, GateSpec(len(formal), len(own)))
    for _ in range(rng.randint(1, 6)):
        out.append(_random_call(rng, known, ["q[0]", "q[1]", "q[2]"], []))
    if rng.random() < 0.1:
        rng.shuffle(out)
    return HEAD + "\n".join(out)


def _random_call(
    rng: random.Random, known: dict[str, GateSpec], places: list[str], formal: list[str]
) -> str:
    own = [name for name in known if name not in GATES]
    name = rng.choice(own) if own and rng.random() < 0.5 else rng.choice(list(known))
    spec = known[name]
    n_params, n_qubits = spec
    if rng.random() < 0.02:
        n_params, n_qubits = rng.randint(0, 2), rng.randint(1, 3)
    angles = []
    for _ in range(n_params):
        p = rng.choice([*formal, "0.5"])
        angle = rng.choice([p, f"-{p}", "pi/4", "3", "-1.5e-3"])
        if p != "0.5":
            angle = rng.choice([angle, f"2*{p}", f"{p}/2", f"{p} * 3", f"-2*{p}/3"])
        if rng.random() < 0.05:
            angle = rng.choice([f"{p} / 0", f"{p}+1", f"({p})", "omega", f"{p}*1e300"])
        angles.append(angle)
    chosen: list[str] = []
    for _ in range(n_qubits):
        pick = rng.choice(places)
        for _ in range(6):
            if pick not in chosen:
                break
            pick = rng.choice(places)
        chosen.append(pick)
    bracket = f"({', '.join(angles)})" if n_params else "" if rng.random() < 0.95 else "()"
    return f"{name}{bracket} {', '.join(chosen)}; "


def test_what_is_said_to_parse_the_importer_accepts() -> None:
    rng = random.Random(11)
    sure = 0
    for _ in range(600):
        text = _random_program(rng)
        circuit = parse_flat(text)
        if circuit is not None:
            sure += 1
            assert import_reference(text).num_qubits == circuit.n_qubits, text
    assert sure > 100


def test_definitions_are_written_out_as_the_importer_does() -> None:
    rng = random.Random(12)
    same = 0
    for _ in range(400):
        text = _random_program(rng)
        try:
            program = parse_at_once(text)
        except CircuitError:
            continue
        formal = [match.split(",") for match in re.findall(r"gate \w+\(([^)]*)\)", text)]
        named = [[name.strip() for name in names] for names in formal]
        # The importer binds parameters in alphabetical order, which is not the language's.
        if program is None or program.circuit is None or any(n != sorted(n) for n in named):
            continue
        expected = from_qiskit(import_reference(text), max_gates=100_000)
        found = program.circuit
        before = tuple(Gate("U", (q,), (0.3 + q, 0.7 * q, 1.1 - q)) for q in range(found.n_qubits))
        states = [
            get_engine().state(Circuit(found.n_qubits, before + circuit.gates))
            for circuit in (found, expected)
        ]
        assert abs(np.vdot(*states)) == pytest.approx(1.0, abs=1e-9), text
        same += "gate " in text and len(found.gates) > 0
    assert same > 40


def test_parameters_are_bound_in_the_order_in_which_they_stand() -> None:
    text = HEAD + "gate g(b, a) x { rz(b) x; rx(a) x; } qubit q; g(1.0, 2.0) q;"
    program = parse(text)
    assert program.circuit is not None
    assert [gate.params for gate in program.circuit.gates] == [(1.0,), (2.0,)]


def test_the_packaged_models_programs_take_the_fast_path() -> None:
    hamiltonian = IsingHamiltonian(4, {(0, 1): 1.0, (1, 2): -0.37, (0, 2, 3): 0.5, (3,): 0.25})
    for made in (
        qaoa_plan(hamiltonian, [0.3, 0.4], [-0.5, -0.2]),
        AnswerPlan("warm", 2, decisions=guided_decimation(hamiltonian)),
    ):
        for exact in (False, True):
            text = answer_text(hamiltonian, made, exact=exact)
            program = parse(text)
            assert program.path == "fast"
            expected = from_qiskit(import_reference(text), max_gates=1000)
            assert program.circuit is not None
            assert [g[:2] for g in program.circuit.gates] == [g[:2] for g in expected.gates]
            for one, other in zip(program.circuit.gates, expected.gates, strict=True):
                assert one.params == pytest.approx(other.params, rel=1e-12)


@pytest.mark.parametrize(
    "body",
    [
        "gate f(a) x { rz(a) x; } qubit[2] q; f(0.5) q[0]; gate g x { h x; } g q[1];",
        "qubit f; gate f x { h x; }",
        "gate f x { h x; } qubit[2] f;",
        "gate f x { h x; } gate f x { x x; } qubit q; f q;",
        "gate h2 x { h y; } qubit q; h2 q;",
        "gate f(a) x { rz(a + 1) x; } qubit q; f(0.1) q;",
        "gate f(a) x { rz(a) x; } qubit q; f(1/2) q;",
        "qubit q; f q; gate f x { h x; }",
    ],
)
def test_what_is_not_plain_goes_to_the_importer(body: str) -> None:
    assert parse_at_once(HEAD + body) is None


@pytest.mark.parametrize("most", [0, 1, 5, 63, 64, 65])
def test_definitions_in_definitions_keep_to_the_limit(most: int) -> None:
    text = HEAD + "gate f x { h x; t x; } gate g x { f x; f x; } gate k x { g x; g x; } "
    text += "qubit[8] q; k q;"
    if most >= 64:
        program = parse_at_once(text, max_gates=most)
        assert program is not None
        assert program.circuit is not None
        assert len(program.circuit.gates) == 64
    else:
        with pytest.raises(CircuitError, match=f"more than {most:,} gates"):
            parse_at_once(text, max_gates=most)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "body",
    [
        "qubit[999999] q; " + "".join(f"rx(0.{i}) q; " for i in range(2000)),
        "qubit[999999] q; " + "barrier q; " * 5000,
        "qubit[24] q; " + "h q; " * 150_000,
    ],
)
def test_wide_registers_cost_no_time(body: str) -> None:
    stage, execution = run_text(HEAD + body, get_engine(), Rules(Limits()))
    assert execution is None
    assert stage.fault is not None
    assert stage.fault.limit in {"qubits", "gates"}


def test_what_the_importer_reads_in_a_second_is_left_to_it():
    most = _READABLE_CHARACTERS
    text = HEAD + "qubit[25] q; h q;"
    precheck(text.ljust(most), max_qubits=24)
    with pytest.raises(CircuitError, match="25 qubits"):
        precheck(text.ljust(most + 1), max_qubits=24)
