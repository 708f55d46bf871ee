"""What `quasar.verify` takes, and what it says of arguments that it does not take."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector

import quasar
from quasar.core.errors import InputError
from quasar.simulate.engine import ComplexVector
from quasar.simulate.qulacs_engine import QulacsEngine
from quasar.verifier.pipeline import Verifier
from quasar.verifier.settings import VerifierSettings

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
TEXT = HEAD + "input float g;\nqubit[3] q;\nh q;\nrx(g) q[0];\n"
EDGES = [(0, 1), (1, 2), (0, 2)]
TRIANGLE = {
    "problem_type": "maxcut",
    "graph": {
        "nodes": [{"id": i} for i in range(3)],
        "edges": [{"source": a, "target": b} for a, b in EDGES],
    },
}


@pytest.mark.parametrize("given", [[("g", 1)], "g=1", {1: 2}, {None: 1}, 5, [], {"g": None}])
def test_parameters_of_another_kind_are_input_errors(given: object) -> None:
    with pytest.raises(InputError, match="parameter"):
        quasar.verify(TEXT, TRIANGLE, parameters=given)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="parameter") as caught:
        quasar.verify(TEXT, TRIANGLE, settings={"parameters": given})
    assert not str(caught.value).endswith("..")


def test_parameters_in_the_settings_are_read_as_arithmetic() -> None:
    one = quasar.verify(TEXT, TRIANGLE, parameters={"g": "pi/3"})
    two = quasar.verify(TEXT, TRIANGLE, settings={"parameters": {"g": "pi/3"}})
    assert one.feasible
    assert one.energy == two.energy


def test_an_unknown_parameter_is_named_without_a_number_of_a_problem() -> None:
    with pytest.raises(InputError, match=r"^the program has no input 'h'"):
        quasar.verify(TEXT, TRIANGLE, parameters={"h": 1})


def test_parameters_of_a_qiskit_circuit_are_bound() -> None:
    circuit = QuantumCircuit(3)
    a, vector = Parameter("θ"), ParameterVector("v", 2)
    circuit.rx(a, range(3))
    circuit.ry(vector[1], 1)
    values = {"θ": 0.4, "v[1]": "pi/5"}
    expected = circuit.assign_parameters({a: 0.4, vector[1]: 0.6283185307179586})
    energy = quasar.verify(expected, TRIANGLE).energy
    assert quasar.verify(circuit, TRIANGLE, parameters=values).energy == pytest.approx(energy)
    report = Verifier(quasar.load_problem(TRIANGLE)).verify(circuit, parameters=values)
    assert report.energy == pytest.approx(energy)
    with pytest.raises(InputError, match="free parameter"):
        quasar.verify(circuit, TRIANGLE, parameters={"θ": 0.4})
    with pytest.raises(InputError, match="no input 'w'"):
        quasar.verify(circuit, TRIANGLE, parameters={**values, "w": 1})


@pytest.mark.parametrize(("own", "other"), [(3, 2), (3, 1), (3, 4)])
def test_a_reference_of_another_size_is_remarked_on(own: int, other: int) -> None:
    reference = HEAD + f"qubit[{other}] q; h q;"
    report = quasar.verify(HEAD + f"qubit[{own}] q; h q;", TRIANGLE, reference=reference)
    said = [r for r in report.remarks if "reference" in r]
    assert len(said) == 1
    assert f"{other} qubit" in said[0]
    same = HEAD + f"qubit[{own}] q; h q;"
    assert not any("reference" in r for r in quasar.verify(same, TRIANGLE, reference=same).remarks)


def test_a_directory_is_no_circuit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "h").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="directory"):
        quasar.verify("h", TRIANGLE)


def test_a_circuit_of_another_size_is_told_before_it_is_simulated() -> None:
    class Refusing(QulacsEngine):
        def state(self, circuit: object) -> ComplexVector:
            raise AssertionError("simulated")

    problem = quasar.load_problem(TRIANGLE)
    verifier = Verifier(problem)
    slow = Verifier(problem, None, VerifierSettings(measurement="all-qubits"))
    text = HEAD + "qubit[5] q; h q; cx q[0], q[4];"
    verifier.engine = Refusing()
    quick, full = verifier.verify(text), slow.verify(text)
    assert quick.fault == full.fault
    assert quick.fault is not None
    assert quick.fault.kind == "qubits"
    assert quick.reward == full.reward
    assert quick.stages.feasibility == full.stages.feasibility
    assert quick.skipped == full.skipped


def test_with_a_reference_another_size_is_simulated_and_compared() -> None:
    reference = HEAD + "qubit[3] q; h q;"
    report = quasar.verify(HEAD + "qubit[5] q; h q;", TRIANGLE, reference=reference)
    assert report.stages.behaviour is not None
    assert report.stages.behaviour.score == pytest.approx(0.5)


def test_large_circuits_of_another_size_take_no_time() -> None:
    start = time.process_time()
    report = quasar.verify(HEAD + "qubit[22] q; " + "h q; " * 50, TRIANGLE, limits=None)
    assert report.fault is not None
    assert report.fault.kind == "qubits"
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("gates", "said"),
    [
        ("rx(90) q;", True),
        ("rx(-90) q; rz(0) q; ry(45) q[0];", True),
        ("rx(90) q; rx(0.3) q;", False),
        ("rx(3) q;", False),
        ("rx(7.5) q;", False),
        ("rx(0) q;", False),
        ("h q;", False),
    ],
)
def test_angles_in_degrees_are_remarked_on(gates: str, said: bool) -> None:
    report = quasar.verify(HEAD + f"qubit[3] q; h q; {gates}", TRIANGLE)
    assert report.feasible
    assert any("radians" in remark for remark in report.remarks) is said


def test_the_old_name_of_a_setting_is_taken_for_one_release() -> None:
    old = VerifierSettings.parse({"readings": False})
    assert old == VerifierSettings(decode_top_states=False)
    with pytest.raises(InputError, match="decode_top_states"):
        VerifierSettings.parse({"decode_top_state": False})


def test_the_default_header_rule_is_the_languages_only_without_settings() -> None:
    text = 'OPENQASM 3;\ninclude "stdgates.inc";\nqubit[3] q; h q;'
    assert quasar.verify(text, TRIANGLE).feasible
    assert not quasar.verify(text, TRIANGLE, settings=VerifierSettings()).feasible
