"""Anybody's program with better angles, and what is measured on both ends."""

from __future__ import annotations

import pytest

from quasar.agent.optimise import optimise
from quasar.agent.polish import Method
from quasar.circuits.qasm import parse
from quasar.core.errors import CircuitError, InputError
from quasar.optimize.trace import Budget
from quasar.problems.load import load_problem
from quasar.simulate.engine import get_engine, probabilities
from quasar.simulate.tail_energy import tail_of_counts
from quasar.verifier.pipeline import Verifier
from quasar.verifier.settings import DeviceSettings, VerifierSettings

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
PAIR = {"problem_type": "maxcut", "graph": {"nodes": [{"id": 0}, {"id": 1}], "edges": [
    {"source": 0, "target": 1}]}}  # fmt: skip
WRITTEN = HEAD + "qubit[2] q;\nry(0.4) q[0];\nry(0.1) q[1];\n"


@pytest.fixture
def verifier() -> Verifier:
    return Verifier(load_problem(PAIR))


@pytest.mark.parametrize("method", ["lbfgs", "cobyla"])
def test_energy_falls_and_gates_stay(method: Method, verifier: Verifier) -> None:
    found = optimise(parse(WRITTEN), verifier, method=method, budget=Budget(300))
    assert found.improved
    assert found.report.energy is not None
    assert found.before.energy is not None
    assert found.report.energy == pytest.approx(-0.5, abs=2e-3)
    assert found.before.energy > found.report.energy
    assert found.before.energy == pytest.approx(verifier.verify(WRITTEN).energy)
    turned = [line for line in found.qasm.splitlines() if line.startswith("ry")]
    assert [line[-5:] for line in turned] == ["q[0];", "q[1];"]
    assert len(found.polish.trace.energies) <= 300


@pytest.mark.parametrize("method", ["lbfgs", "cobyla"])
def test_the_budget_is_kept(method: Method, verifier: Verifier) -> None:
    stopped = Budget(1000, stop=lambda: True)
    found = optimise(parse(WRITTEN), verifier, method=method, budget=stopped)
    assert not found.improved
    assert found.polish.out_of_time
    found = optimise(parse(WRITTEN), verifier, method=method, budget=Budget(4))
    assert len(found.polish.trace.energies) == 4


def test_a_circuit_without_angles_comes_back_as_it_was(verifier: Verifier) -> None:
    found = optimise(parse(HEAD + "qubit[2] q;\nh q[0];\n"), verifier)
    assert not found.improved
    assert "no angles" in found.polish.note
    assert found.before is found.report
    assert "h q[0];" in found.qasm


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("qubit[3] q;\nh q;\n", "the circuit has 3 qubits, the problem has 2"),
        ("qubit[2] q;\nbit c;\nc = measure q[0];\nif (c) { x q[1]; }\n", "dynamic"),
    ],
)
def test_what_cannot_be_optimised(program: str, message: str, verifier: Verifier) -> None:
    with pytest.raises(CircuitError, match=message):
        optimise(parse(HEAD + program), verifier)


# Without its last gate a product state; the better angles need the gate.
ENTANGLING = HEAD + "qubit[2] q;\nry(1.0) q[0];\nry(2.4) q[1];\ncry(0) q[0], q[1];\n"


def under(**device: object) -> Verifier:
    settings = VerifierSettings(max_stage=3, device=DeviceSettings.given(device, "device"))
    return Verifier(load_problem(PAIR), None, settings)


def test_angles_that_cost_noisy_gates_are_called_worse() -> None:
    noisy = under(device="generic:3:line", noise="depolarizing:0,0.5")
    found = optimise(parse(ENTANGLING), noisy)
    given, better = found.before.device, found.report.device
    assert given is not None
    assert better is not None
    assert given.compiled is not None
    assert better.compiled is not None
    assert given.compiled.two_qubit_gates < better.compiled.two_qubit_gates
    assert better.ideal.energy < given.ideal.energy
    assert better.noisy.energy > given.noisy.energy
    said = f"noisy energy {better.noisy.energy:.4f} instead of {given.noisy.energy:.4f}"
    assert said in found.device_note
    assert "without noise too" not in found.device_note
    assert "standard errors" not in found.device_note


def test_angles_that_are_better_under_noise_have_no_note() -> None:
    found = optimise(parse(WRITTEN), under(noise="readout:0.02", shots=4000, mitigate="readout"))
    assert found.improved
    given, better = found.before.device, found.report.device
    assert given is not None
    assert better is not None
    assert better.mitigated is not None
    assert better.noisy.energy < given.noisy.energy
    assert found.device_note == ""


def test_a_difference_that_shots_do_not_show_is_called_that() -> None:
    noisy = under(noise="depolarizing:0.5,1.0", shots=100, seed=2)
    found = optimise(parse(ENTANGLING), noisy)
    assert found.report.device is not None
    assert found.before.device is not None
    if found.report.device.noisy.energy > found.before.device.noisy.energy:
        assert "within two standard errors" in found.device_note
    else:
        assert found.device_note == ""


def test_a_circuit_that_does_not_fit_keeps_its_better_angles() -> None:
    found = optimise(parse(WRITTEN), under(device="ions:1"))
    assert found.improved
    assert found.device_note == ""
    assert "has 2 qubits, ions:1 has 1" in found.report.skipped["device"]


def test_cvar_lowers_the_tail(verifier: Verifier) -> None:
    chain = load_problem({"hamiltonian": "Z(0) + 0.5 * Z(1) + 0.7 * (Z(0) @ Z(1))"})
    text = HEAD + "qubit[2] q;\nry(0.9) q[0];\ncx q[0], q[1];\nry(0.8) q[1];\n"
    found = optimise(parse(text), Verifier(chain), cvar=0.4)
    assert found.improved

    def tail(qasm: str) -> float:
        p = probabilities(get_engine().state(parse(qasm).circuit))
        counts = {i: round(1e9 * float(weight)) for i, weight in enumerate(p)}
        return tail_of_counts(counts, chain.hamiltonian.diagonal, 0.4)

    assert found.polish.energy_before == pytest.approx(tail(text), abs=1e-6)
    assert found.polish.energy == pytest.approx(tail(found.qasm), abs=1e-6)
    assert found.polish.energy < found.polish.energy_before
    assert len(optimise(parse(WRITTEN), verifier, cvar=0.1).polish.trace.energies) < 20
    whole = optimise(parse(WRITTEN), verifier, cvar=1.0)
    assert whole.report.energy == pytest.approx(optimise(parse(WRITTEN), verifier).report.energy)
    assert (
        "its CVaR 0.1 is the lowest" in optimise(parse(ENTANGLING), verifier, cvar=0.1).polish.note
    )


def test_what_cvar_cannot_be(verifier: Verifier) -> None:
    with pytest.raises(InputError, match=r"above 0 and at most 1, not 1\.5"):
        optimise(parse(WRITTEN), verifier, cvar=1.5)
    chain = Verifier(load_problem({"problem_type": "observable", "observable": "X0*X1 - Z0"}))
    with pytest.raises(InputError, match="not of observables"):
        optimise(parse(WRITTEN), chain, cvar=0.5)
