"""State vectors in single precision, beside double precision, and what is refused."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from quasar.circuits.emit import emit
from quasar.circuits.qaoa import qaoa
from quasar.circuits.qasm import Program, parse
from quasar.core.errors import CircuitError, InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.observable import PauliSum
from quasar.problems.load import load_problem
from quasar.simulate import aer_single
from quasar.simulate.engine import Readout, get_engine
from quasar.verifier.large import LargeSettings, LargeVerifier
from quasar.verifier.settings import VerifierSettings

pytest.importorskip("qiskit_aer", reason="needs the extra aer")
WIDE = Readout(max_qubits=5_000)


def cubic(n: int) -> IsingHamiltonian:
    graph = nx.random_regular_graph(3, n, seed=1)
    return IsingHamiltonian(n, {tuple(sorted(e)): 1.0 + sum(e) % 3 / 4 for e in graph.edges})


def program(n: int, layers: int = 2) -> Program:
    theta = [0.4, 0.7, -0.5, -0.3][: 2 * layers]
    return parse(emit(qaoa(cubic(n), layers).bind(theta)))


def test_beside_double_precision() -> None:
    h = cubic(14)
    found = {name: get_engine(name).run(program(14)) for name in ("aer-single", "qulacs")}
    single, double = found["aer-single"], found["qulacs"]
    np.testing.assert_allclose(single.distribution(), double.distribution(), atol=1e-6)
    slack = aer_single.TOLERANCE / 10 * sum(h.terms.values())
    assert abs(single.expectation(h).value - double.expectation(h).value) < slack


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aer_single, "MAX_QUBITS", 10)


@pytest.mark.usefixtures("small_limit")
def test_means_and_samples_taken_inside_aer() -> None:
    h, text = cubic(12), emit(qaoa(cubic(12), 2).bind([0.4, 0.7, -0.5, -0.3]))
    outcome = get_engine("aer-single").run(parse(text), WIDE)
    double = get_engine("qulacs").run(parse(text))
    mean = outcome.expectation(h)
    assert mean.kind == "truncation"
    assert abs(mean.value - double.expectation(h).value) < mean.error / 10
    x = PauliSum.from_text("0.5*X0*Y3 + Z2", 12)
    assert outcome.expectation(x).value == pytest.approx(double.expectation(x).value, abs=1e-5)
    counts = outcome.sample(2000, seed=3)
    assert counts == outcome.sample(2000, seed=3)
    assert sum(counts.values()) == 2000
    energies = np.array([h.energy(index) for index in counts])
    assert np.average(energies, weights=list(counts.values())) == pytest.approx(mean.value, abs=0.6)
    with pytest.raises(InputError, match="no distribution is listed"):
        outcome.distribution()


@pytest.mark.usefixtures("small_limit")
def test_answers_in_another_order_of_bits() -> None:
    text = (
        "OPENQASM 3.0;\ninclude 'stdgates.inc';\nqubit[12] q;\nbit[12] c;\nx q[0];\n"
        + "".join(f"c[{11 - i}] = measure q[{i}];\n" for i in range(12))
    ).replace("'", '"')
    outcome = get_engine("aer-single").run(parse(text), WIDE)
    assert outcome.sample(10) == {1 << 11: 10}
    assert outcome.expectation(IsingHamiltonian(12, {(11,): 1.0})).value == pytest.approx(-1)


@pytest.mark.usefixtures("small_limit")
def test_too_little_memory_is_said_with_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aer_single, "available_bytes", lambda: 1 << 20)
    with pytest.raises(InputError, match=r"12 qubits .* need 0\.2 GiB .* 0\.0 GiB are available"):
        get_engine("aer-single").run(program(12), WIDE)
    monkeypatch.setattr(aer_single, "available_bytes", lambda: None)
    get_engine("aer-single").run(program(12), WIDE)


def test_sizes_and_branches() -> None:
    with pytest.raises(InputError, match="stops at 28"):
        get_engine("aer-single").run(program(30, 1), WIDE)
    dynamic = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[26] q;\nbit b;\nb = measure q[0];\n'
    with pytest.raises(CircuitError, match="mid-circuit"):
        get_engine("aer-single").run(parse(dynamic + "if (b) { x q[1]; }\n"), WIDE)


@pytest.mark.usefixtures("small_limit")
def test_verifying_by_single_precision() -> None:
    problem = load_problem(nx.random_regular_graph(3, 12, seed=1), problem_type="maxcut")
    text = emit(qaoa(problem.hamiltonian, 2).bind([0.4, 0.7, -0.5, -0.3]))
    large = LargeSettings(shots=200, time_limit=5)
    exact = LargeVerifier(problem, VerifierSettings(), large).verify(text)
    single = LargeVerifier(problem, VerifierSettings(engine="aer-single"), large).verify(text)
    assert single.energy == pytest.approx(exact.energy, abs=1e-4)
    assert single.estimates is not None
    assert single.estimates.energy_by == "aer-single to 0.0009"
    assert single.estimates.samples is not None
    assert single.estimates.samples.engine == "aer-single"
    assert single.estimates.samples.agrees
