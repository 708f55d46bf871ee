"""Mitigation of means, against closed forms and against noise that it should undo."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quasar.core.errors import InputError
from quasar.devices.load import device
from quasar.mitigation.mitigate import mitigate
from quasar.mitigation.plan import read_mitigation
from quasar.simulate.noisy.engine import NoisyEngine

ZZ = np.array([1.0, -1.0, -1.0, 1.0])


def bell(extra: int = 0) -> Any:
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    for _ in range(1 + 2 * extra):
        circuit.cx(0, 1)
    circuit.measure(range(2), range(2))
    return circuit


def exact(noise: str) -> Any:
    engine = NoisyEngine(noise)
    return lambda circuit: engine.distribution(circuit).groups


def sampled(noise: str, shots: int) -> Any:
    engine, calls = NoisyEngine(noise), iter(range(1000))

    def run(circuit: Any) -> dict[str, int]:
        drawn = engine.distribution(circuit).sampled(shots, next(calls))[0] * shots
        return {format(i, "02b"): round(count) for i, count in enumerate(drawn) if count}

    return run


def test_readout_is_inverted_exactly() -> None:
    found = mitigate(bell(), exact("readout:0.1,0.2"), ZZ, "readout", flips=[(0.1, 0.2)] * 2)
    assert found.means[0].value == pytest.approx(1.0, abs=1e-12)
    assert found.shots is None


def test_depolarizing_is_extrapolated_exactly() -> None:
    """<ZZ> at factor f is (1 - p)**f, an exponential that goes to 0."""
    found = mitigate(bell(), exact("depolarizing:0,0.1"), ZZ, "zne")
    assert [points[0].value for points in found.at_factor] == pytest.approx([0.9, 0.9**3, 0.9**5])
    assert found.means[0].value == pytest.approx(1.0, abs=1e-12)
    assert found.circuits == 3


def test_both_together_and_several_observables() -> None:
    rows = np.array([ZZ, [1.0, 0, 0, 0]])
    noise = "depolarizing:0,0.1+readout:0.1"
    found = mitigate(bell(), exact(noise), rows, "readout,zne", flips=[(0.1, 0.1)] * 2)
    assert [mean.value for mean in found.means] == pytest.approx([1.0, 0.5], abs=1e-12)


@pytest.mark.parametrize(
    "steps", ["readout", "m3", "readout,zne:linear", "readout,twirl:8", "m3,zne"]
)
def test_shots_leave_errors_that_hold(steps: str) -> None:
    if "m3" in steps:
        pytest.importorskip("mthree", reason="m3 is an extra")
    run = sampled("depolarizing:0.001,0.02+readout:0.05", 4000)
    found = mitigate(bell(), run, ZZ, steps, flips=[(0.05, 0.05)] * 2)
    mean = found.means[0]
    assert mean.error > 0
    assert abs(mean.value - (1.0 if "zne" in steps else 0.98)) < 4 * mean.error + 0.005
    assert found.shots == 4000 * found.circuits == 4000 * read_mitigation(steps).circuits


def test_m3_is_the_inverse_where_all_answers_are_seen() -> None:
    pytest.importorskip("mthree", reason="m3 is an extra")
    counts = {"00": 480, "01": 60, "10": 40, "11": 420}
    flips = [(0.02, 0.06), (0.04, 0.01)]
    both = [mitigate(bell(), lambda _: counts, ZZ, s, flips=flips) for s in ("readout", "m3")]
    assert both[0].means[0].value == pytest.approx(both[1].means[0].value, abs=1e-5)


def test_twirls_turn_a_coherent_error_into_a_smaller_one() -> None:
    """A systematic turn behind each gate adds up; its twirled form only shrinks."""
    from qiskit import QuantumCircuit

    def run(circuit: Any) -> Any:
        turned = QuantumCircuit(2, 2)
        for item in circuit.data:
            turned.append(item)
            if item.operation.name == "cx":
                turned.rx(0.25, 0)
        return NoisyEngine("depolarizing:0,0").distribution(turned).groups

    plain = mitigate(bell(2), run, ZZ, "").means[0].value
    better = mitigate(bell(2), run, ZZ, "twirl:200", seed=1).means[0]
    assert better.value > plain + 3 * better.error


def test_decoupling_undoes_a_slow_phase() -> None:
    """Ramsey: a qubit in |+> waits for its neighbours and turns; two pulses turn it back."""
    from qiskit import QuantumCircuit

    line = device("generic:5:line")
    circuit = QuantumCircuit(5, 1)
    circuit.rz(np.pi / 2, 0)
    circuit.sx(0)
    circuit.rz(np.pi / 2, 0)
    circuit.cz(0, 1)
    for _ in range(10):
        circuit.cz(1, 2)
    circuit.cz(0, 1)
    circuit.rz(np.pi / 2, 0)
    circuit.sx(0)
    circuit.rz(np.pi / 2, 0)
    circuit.measure(0, 0)
    from quasar.simulate.noisy.model import noise_model

    engine = NoisyEngine(noise_model("detuning:200000", line))

    def run(made: Any) -> Any:
        return engine.distribution(made).groups

    z = np.array([1.0, -1.0])
    plain = mitigate(circuit, run, z, "", target=line.target).means[0].value
    better = mitigate(circuit, run, z, "dd", target=line.target).means[0].value
    assert plain < 0.9
    assert better > 0.99


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("zne:cubic", "unknown mitigation"),
        (",", "names no step"),
        ("zne:1-1-3", "different numbers"),
        ("zne:0.5-1", "from 1 up"),
        ("readout,m3", "repeats or contradicts"),
        ("readuot", "known: readout, m3"),
        ("twirl:0", "unknown mitigation"),
        ("dd:zz", "unknown mitigation"),
        ("readout", "give flips"),
        ("dd", "give a target"),
    ],
)
def test_steps_that_make_no_sense_are_refused(steps: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        mitigate(bell(), exact("readout:0.1"), ZZ, steps)


def test_results_of_another_size_are_refused() -> None:
    with pytest.raises(InputError, match="8 probabilities, not 4"):
        mitigate(bell(), lambda _: np.ones(8) / 8, ZZ, "")
    with pytest.raises(InputError, match="none of 4 answers"):
        mitigate(bell(), lambda _: {"111": 5}, ZZ, "")
    with pytest.raises(InputError, match="m3 corrects counts"):
        mitigate(bell(), exact("readout:0.1"), ZZ, "m3", flips=[(0.1, 0.1)] * 2)


def test_names_can_be_asked_for_again() -> None:
    steps = read_mitigation("m3, zne:global:richardson:1-2-3,twirl,dd:xy4")
    assert read_mitigation(",".join(steps.names)) == steps
    assert steps.circuits == 48
    assert not read_mitigation("")
