from __future__ import annotations

import random
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.circuit import GATES, Circuit
from quasar.circuits.emit import emit
from quasar.circuits.qasm import parse
from quasar.circuits.sim19 import sim
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.models.grammar import DEFINITIONS, MAX_QUBITS, qasm_grammar
from quasar.optimize.decimation import guided_decimation
from quasar.prompts.compact_answer import circuit_text
from support.agentq import load_expected, load_generations, load_records
from support.cases import cases
from support.compact_answers import qaoa_text
from support.random_circuits import all_gates_circuit, circuits

llguidance = pytest.importorskip("llguidance")

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


class Bytes:
    """A tokenizer of single bytes: the grammar itself, without a vocabulary in between."""

    eos_token_id = 256
    bos_token_id = None
    tokens = [*(bytes([b]) for b in range(256)), b"<eos>"]  # noqa: RUF012
    special_token_ids = [256]  # noqa: RUF012

    def __call__(self, text: bytes) -> list[int]:
        return list(text)


TOKENIZER = llguidance.LLTokenizer(llguidance.TokenizerWrapper(Bytes()))
LIMITS = llguidance.LLParserLimits(verbose_errors=False)


def matcher(n: int) -> Any:
    return llguidance.LLMatcher(TOKENIZER, qasm_grammar(n), log_level=0, limits=LIMITS)


def accepts(text: str, n: int) -> bool:
    state = matcher(n)
    ids = list(text.encode())
    return state.try_consume_tokens(ids) == len(ids) and state.is_accepting()


def declared(text: str) -> int:
    return int(re.findall(r"qubit\[(\d+)\]", text)[0])


def random_program(n: int, seed: int, length: int = 900) -> str | None:
    """Bytes drawn evenly from what the grammar allows; None where none ends in `length`."""
    rng, state, out = np.random.default_rng(seed), matcher(n), bytearray()
    for _ in range(length):
        mask = np.frombuffer(state.compute_bitmask(), dtype=np.uint8)
        allowed = np.flatnonzero(np.unpackbits(mask, bitorder="little")[:257])
        # Comments leave the choice of any character: ends of lines are made likely.
        likely = allowed[np.isin(allowed, [10, 59, 41])]
        token = int(rng.choice(likely if len(likely) and rng.random() < 0.3 else allowed))
        if token == 256:
            return out.decode()
        assert state.consume_token(token)
        out.append(token)
    return None


@settings(max_examples=cases(120), deadline=None)
@given(st.integers(1, 24), st.integers(0, 2**32))
def test_whatever_it_allows_parses(n: int, seed: int) -> None:
    program = random_program(n, seed)
    if program is not None:
        assert parse(program).n_qubits == n


@settings(max_examples=cases(60), deadline=None)
@given(st.lists(st.sampled_from(DEFINITIONS), unique=True), st.integers(0, 2**32))
def test_definitions_and_calls_parse(chosen: list[Any], seed: int) -> None:
    """From the place on where gates are defined, which random bytes reach rarely."""
    state = matcher(3)
    ordered = sorted(chosen, key=DEFINITIONS.index)
    text = HEAD
    for d in ordered:
        text += f"gate {d.name}({', '.join(d.params)}) {', '.join(d.qubits)} {{ "
        state.reset()
        assert state.consume_tokens(list(text.encode()))
        rng = np.random.default_rng(seed)
        for _ in range(400):
            mask = np.frombuffer(state.compute_bitmask(), dtype=np.uint8)
            allowed = np.flatnonzero(np.unpackbits(mask, bitorder="little")[:257])
            if text.rstrip()[-1] in ";{":  # no comments: a brace in one is no end
                allowed = allowed[allowed != 47]
            calm = allowed[np.isin(allowed, [41, 59, 125])]
            token = int(rng.choice(calm if len(calm) and rng.random() < 0.3 else allowed))
            assert state.consume_token(token)
            text += chr(token)
            if token == 125:
                break
        else:
            return
        text += "\n"
    text += "qubit[3] q;\n"
    for d in ordered:
        text += f"{d.name}(-3*pi/4) {', '.join(['q[2]', 'q[0]'][: len(d.qubits)])};\n"
    assert accepts(text, 3)
    assert parse(text).n_qubits == 3


@given(circuits(max_qubits=5, max_gates=12), st.sampled_from([None, 4]))
@settings(max_examples=cases(60), deadline=None)
def test_accepts_what_we_write(circuit: Circuit, decimals: int | None) -> None:
    assert accepts(emit(circuit, decimals=decimals, comment="made by hand"), circuit.n_qubits)


def test_accepts_every_gate() -> None:
    text = emit(all_gates_circuit())
    assert {*GATES, "unitary"} >= {g.name for g in all_gates_circuit().gates} >= set(GATES)
    assert accepts(text, 4)
    assert not accepts(text, 5)


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_accepts_every_reference_circuit(step: int) -> None:
    refused = [
        record["sample_index"]
        for record in load_records()[::step]
        if not accepts(record["circuit_with_params"], int(record["number_of_qubits"]))
    ]
    assert refused == []


def test_accepts_most_programs_of_other_models() -> None:
    expected = load_expected()
    good = [text for key, text in load_generations().items() if expected[key]["parses"]]
    chosen = random.Random(0).sample(good, cases(150))
    accepted = sum(accepts(text, declared(text)) for text in chosen)
    assert accepted >= 0.9 * len(chosen)


GOOD = [
    "qubit[3] q;\nh q;\n",
    "bit[3] c;\nqubit[3] q;\nh q[0];\nc = measure q;\n",
    "qubit[3] q;\nbit[3] c;\nmeasure q[0] -> c[0];",
    "qubit[3] q;\n// layer 1: |+⟩, γ\n\nrz(2*pi/3 - 0.5) q[1]; // note\n",
    "qubit[3] q; rx(-(1.5 + pi)*2) q[0]; cswap q[2], q[0],q[1];",
    "qubit[3] q;\nU(0.1, 1e-05, -pi) q;\nbarrier q;\n",
    "gate rzz(theta) a, b {\n  cx a, b;\n  rz(-2*theta/3 + 0.5) b;\n  cx a, b;\n}\n"
    "qubit[3] q;\nrzz(0.3) q[0], q[2];\n",
    "qubit[3] q;\ngate mixer(beta) a { rx(2*(beta - pi)) a; }\nmixer(0.3) q;\n",
    "qubit[3] q;\n",
]
BAD = [
    "qubit[2] q;\n",
    "qubit[3] qr;\nh qr[0];\n",
    "qubit[3] q;\nh q[3];\n",
    "qubit[3] q;\ncx q[1], q[1];\n",
    "qubit[3] q;\nccx q[0], q[1], q[0];\n",
    "qubit[3] q;\ncx q[0];\n",
    "qubit[3] q;\nrz q[0];\n",
    "qubit[3] q;\nrz(1, 2) q[0];\n",
    "qubit[3] q;\nh(0.1) q[0];\n",
    "qubit[3] q;\nrz(1/0) q[0];\n",
    "qubit[3] q;\nrz(1/(1-1)) q[0];\n",
    "qubit[3] q;\nrz(1e400) q[0];\n",
    "qubit[3] q;\nrzz(0.3) q[0], q[2];\n",
    "qubit[3] q;\nmeasure q[0] -> c[0];\n",
    "qubit[3] q;\nbit[3] c;\nc[0] = measure q[0];\nh q[0];\n",
    "qubit[3] q;\nbit[3] c;\nc[3] = measure q[0];\n",
    "qubit[3] q;\nh q[0]",
    "gate rzz(theta) a, b { cx a, a; }\nqubit[3] q;\n",
    "gate rzz(theta) a, b { rz(beta) a; }\nqubit[3] q;\n",
    "gate rzz(theta) a, b { rz(theta*theta) a; }\nqubit[3] q;\n",
]


@pytest.mark.parametrize("body", GOOD)
def test_accepts(body: str) -> None:
    assert accepts(HEAD + body, 3)
    assert parse(HEAD + body).n_qubits == 3


@pytest.mark.parametrize("body", BAD)
def test_refuses(body: str) -> None:
    assert not accepts(HEAD + body, 3)


def test_the_largest_grammars_are_taken() -> None:
    for n in (1, 2, 16, MAX_QUBITS):
        message = llguidance.LLMatcher.validate_grammar(qasm_grammar(n), TOKENIZER)
        assert message == ""


@pytest.mark.parametrize("n", [0, MAX_QUBITS + 1])
def test_says_which_sizes_it_covers(n: int) -> None:
    with pytest.raises(InputError, match=f"1 to {MAX_QUBITS} qubits"):
        qasm_grammar(n)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_compact_styles_circuits_are_accepted(order: int) -> None:
    terms = {(i,): 0.5 for i in range(4)}
    if order > 1:
        terms |= {(i, i + 1): -1.0 for i in range(3)}
    if order > 2:
        terms[0, 1, 3] = 0.25
    hamiltonian = IsingHamiltonian(4, terms)
    ansatz = sim(10, 4, 1)
    texts = [
        qaoa_text(hamiltonian, [0.3, 0.7], [-0.5, -0.2]),
        circuit_text(ansatz.bind([0.0, np.pi] * 4), guided_decimation(hamiltonian)),
    ]
    for text in texts:
        assert accepts(text, 4), text
        assert parse(text).n_qubits == 4
    assert not accepts(texts[0].replace("*g)", "*h)"), 4)
    assert not accepts(texts[0], 3)
