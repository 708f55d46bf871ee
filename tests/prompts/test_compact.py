"""The compact style: what its prompts state, its answers' meaning, its vocabulary."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.qaoa import qaoa
from quasar.circuits.qasm import parse
from quasar.circuits.sim19 import sim
from quasar.core.errors import CircuitError, InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.optimize.decimation import guided_decimation, guided_index
from quasar.prompts.answer_plan import decided_part, field_text
from quasar.prompts.chat import Request
from quasar.prompts.compact import MAX_QUBITS, compact_prompt
from quasar.prompts.compact_answer import GATES, HEADER, circuit_text
from quasar.prompts.numbers import MAGNITUDES, rounded
from quasar.prompts.vocabulary import SPECIAL, pattern, tokens
from quasar.simulate.engine import get_engine, probabilities
from support.compact_answers import grown_text, qaoa_text

COEFFICIENTS = st.sampled_from([-4.0, -2.0, -1.0, -0.5, 0.25, 0.5, 1.0, 2.0])


@st.composite
def hamiltonians(draw, most=6, order=3):
    n = draw(st.integers(1, most))
    terms = {}
    for _ in range(draw(st.integers(1, 10))):
        qubits = draw(st.permutations(range(n)))[: draw(st.integers(1, min(order, n)))]
        terms[tuple(sorted(qubits))] = draw(COEFFICIENTS)
    return IsingHamiltonian(n, terms)


def read(prompt: str) -> IsingHamiltonian:
    """The Hamiltonian that a prompt states, in units of its largest coefficient."""
    head, *lines = prompt.splitlines()
    n = int(re.search(r" n(\d+) ", head)[1])
    terms = {}
    for line in lines:
        own = re.fullmatch(r"@q(\d+) (.*);q(\d+)", line)
        assert own[1] == own[3]
        for others, number in re.findall(r"((?: q\d+ )*)(-?\d+\.\d+)", own[2]):
            qubits = [int(q) for q in re.findall(r"\d+", others)] + [int(own[1])]
            terms[tuple(sorted(qubits))] = float(number)
    return IsingHamiltonian(n, terms)


@given(hamiltonians())
def test_the_prompt_states_the_hamiltonian(hamiltonian):
    found = read(compact_prompt(hamiltonian, Request("vqe", 2)))
    unit = max(abs(c) for c in hamiltonian.terms.values())
    assert found.n_qubits == hamiltonian.n_qubits
    assert found.terms == {
        t: rounded(c / unit) for t, c in hamiltonian.terms.items() if rounded(c / unit)
    }


def test_the_first_line_states_the_request():
    hamiltonian = IsingHamiltonian(2, {(0,): 1.0, (0, 1): 2.0})
    head = compact_prompt(hamiltonian, Request("qaoa", 3, "agent-q")).splitlines()[0]
    assert head == "agent-q qaoa p3 n2 s1.1"
    assert compact_prompt(hamiltonian, Request()).startswith("converged any p? n2 ")


@pytest.mark.parametrize(
    ("n", "request_"), [(MAX_QUBITS + 1, Request()), (2, Request("qaoa", 9)), (2, Request("dmrg"))]
)
def test_what_cannot_be_asked_for(n, request_):
    with pytest.raises(InputError):
        compact_prompt(IsingHamiltonian(n, {(0,): 1.0}), request_)


@settings(deadline=None)
@given(
    hamiltonians(most=4),
    st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=1, max_size=3),
)
def test_qaoa_answers_mean_qaoa(hamiltonian, angles):
    unit = max(abs(c) for c in hamiltonian.terms.values())
    sigma = np.sqrt(sum(c * c for c in hamiltonian.terms.values()))
    # Angles whose rounding is exact, so that the circuits must be equal.
    twice = [rounded(4 * g) for g, _ in angles]
    betas = [rounded(b) / 2 for _, b in angles]
    deviation = rounded(max(sigma / unit, 1.0))
    text = qaoa_text(hamiltonian, [x / 2 / sigma for x in twice], betas)
    gammas = [x / 2 / unit / deviation for x in twice]
    circuit = parse(text).circuit
    given_ = {t: rounded(c / unit) * unit for t, c in hamiltonian.terms.items()}
    exact = qaoa(IsingHamiltonian(hamiltonian.n_qubits, given_), len(angles))
    expected = probabilities(get_engine().state(exact.bind([*gammas, *betas])))
    assert probabilities(get_engine().state(circuit)) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(st.integers(1, 19), st.integers(1, 5), st.integers(1, 2), st.integers(0, 999))
def test_circuit_answers_mean_the_circuit(number, n, layers, seed):
    ansatz = sim(number, n, layers)
    rng = generator(seed, "compact")
    choices = [0.0, np.pi, np.pi / 2, *rng.choice(MAGNITUDES[:200], 3)]
    circuit = ansatz.bind(rng.choice(choices, ansatz.n_parameters))
    found = parse(circuit_text(circuit)).circuit
    expected = probabilities(get_engine().state(circuit))
    assert probabilities(get_engine().state(found)) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(hamiltonians(most=5))
def test_growth_along_the_plan_prepares_the_planned_state(hamiltonian):
    circuit = parse(grown_text(hamiltonian, guided_decimation(hamiltonian))).circuit
    state = get_engine().state(circuit)
    assert probabilities(state)[guided_index(hamiltonian)] == pytest.approx(1.0)


def test_growth_prefers_the_latest_coupled_qubit_that_is_set_as_control():
    chain = IsingHamiltonian(3, {(0,): 2.0, (0, 1): -1.0, (1, 2): -1.0})
    assert grown_text(chain, guided_decimation(chain)).endswith(
        "qubit[3] q;\nh q;\nry(pi/2) q[0];\ncry(pi/2) q[0],q[1];\ncry(pi/2) q[1],q[2];\n"
    )


def test_a_plan_alone_is_how_the_answer_begins():
    ring = IsingHamiltonian(3, {(0, 1): 1.0, (1, 2): 1.0, (0, 2): -0.5})
    for text in (grown_text(ring, guided_decimation(ring)), qaoa_text(ring, [0.3], [-0.2])):
        begun = decided_part(text)
        assert text.startswith(begun)
        assert begun.count("\n") == HEADER.count("\n") + 1


def test_equal_rotations_are_one_statement():
    gates = [Gate("ry", (q,), (0.0,)) for q in range(3)] + [Gate("cz", (0, 2))]
    text = circuit_text(Circuit(3, tuple(gates)))
    assert text.endswith("qubit[3] q;\nry(0.0) q;\ncz q[0],q[2];\n")


def test_other_gates_are_refused():
    with pytest.raises(CircuitError, match="swap"):
        circuit_text(Circuit(2, (Gate("swap", (0, 1)),)))


def test_fields_are_told_by_sign_and_strength():
    assert [field_text(f) for f in (0.0, 1.0, -1.0, 100.0, -0.001)] == [
        "f+0",
        "f+5",
        "f-5",
        "f+7",
        "f+0",
    ]


@settings(deadline=None, max_examples=30)
@given(hamiltonians(order=2))
def test_the_vocabulary_has_a_token_for_every_piece(hamiltonian):
    n = hamiltonian.n_qubits
    pieces = re.compile(pattern())
    texts = [
        compact_prompt(hamiltonian, Request()),
        qaoa_text(hamiltonian, [0.3], [-0.2]),
        circuit_text(
            sim(4, n, 1).bind(np.zeros(sim(4, n, 1).n_parameters)), guided_decimation(hamiltonian)
        ),
        grown_text(hamiltonian, guided_decimation(hamiltonian)),
    ]
    for text in texts:
        found = pieces.findall(text)
        assert "".join(found) == text
        assert not [p for p in found if len(p) == 1 and p not in "/ \n"], found


def test_tokens_are_distinct_and_special_ones_first():
    assert len(set(tokens())) == len(tokens())
    assert tuple(tokens()[: len(SPECIAL)]) == SPECIAL
    assert {"rx", "h"} <= set(GATES)
