"""Whatever names a device becomes one, dead parts are masked, and nothing else passes."""

from __future__ import annotations

import networkx as nx
import pytest

import quasar
from quasar.core.errors import InputError
from quasar.devices.device import from_target
from quasar.devices.generic import SUPERCONDUCTING, build
from quasar.devices.load import device


@pytest.mark.parametrize(
    ("name", "qubits", "couplers"),
    [
        ("generic:27:heavy-hex", 27, 28),
        ("generic:12:heavy-hex", 12, 11),
        ("generic:5:line", 5, 4),
        ("generic:5:ring", 5, 5),
        ("generic:9:grid", 9, 12),
        ("generic:4:all", 4, 6),
        ("generic:1:line", 1, 0),
        ("ions:11", 11, 55),
    ],
)
def test_generic_devices_are_connected(name: str, qubits: int, couplers: int) -> None:
    found = device(name)
    assert (found.qubits, len(found.coupling)) == (qubits, couplers)
    assert len(found.usable) == qubits
    assert found.masked == ()


@pytest.mark.parametrize("qubits", range(2, 60, 9))
def test_heavy_hex_has_at_most_three_neighbours(qubits: int) -> None:
    graph = nx.Graph(device(f"generic:{qubits}:heavy-hex").coupling)
    assert len(graph) == qubits
    assert nx.is_connected(graph)
    assert max(degree for _, degree in graph.degree) <= 3


def test_snapshots_have_their_own_numbers() -> None:
    pytest.importorskip("qiskit_ibm_runtime", reason="extra devices")
    listed = {line.name: line for line in quasar.list_devices()}
    assert len(listed) >= 60
    found = quasar.device("torino")
    line = listed["fake_torino"]
    assert (found.name, found.qubits, found.date) == ("fake_torino", line.qubits, line.date)
    assert found.median_two_qubit_error == pytest.approx(line.median_two_qubit_error, rel=0.1)
    # Qubit 86 is read wrong more often than not; of 11 couplers with error 1 it has three.
    assert 86 not in found.usable
    assert not any(86 in pair for pair in found.coupling)
    assert sum("error 1)" in sentence for sentence in found.masked) == 8
    wrong = found.readout[0]
    assert wrong == (0.16845703125, 0.1650390625)
    assert found.relaxation[0][0] == pytest.approx(224.087e-6, rel=1e-4)


def test_backends_and_targets_are_devices() -> None:
    from qiskit.providers.fake_provider import GenericBackendV2

    backend = GenericBackendV2(4, seed=1)
    one, two = device(backend), device(backend.target)
    assert one.name == "generic_backend_4q"
    assert one.coupling == two.coupling
    assert one.readout == two.readout
    assert device(one) is one


def test_dead_parts_are_masked_and_said() -> None:
    target = build(4, [(0, 1), (1, 2), (2, 3)], SUPERCONDUCTING)
    for name, qargs, error in (("cz", (0, 1), 0.5), ("cz", (1, 0), None), ("sx", (3,), 1.0)):
        known = target[name][qargs]
        known.error = error
        target.update_instruction_properties(name, qargs, known)
    found = from_target(target, name="mine", source="a test")
    assert found.coupling == ((1, 2),)
    assert found.usable == (1, 2)
    assert found.masked == ("qubit 3 (sx: error 1)", "cz on 0-1 (error 0.5)")


def test_a_device_without_any_numbers_is_kept() -> None:
    from qiskit.transpiler import CouplingMap, Target

    target = Target.from_configuration(["cz", "rz", "sx"], 3, CouplingMap.from_line(3))
    found = from_target(target, name="mine", source="a test")
    assert len(found.usable) == 3
    assert found.masked == ()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("fake_torin", "Did you mean fake_torino"),
        ("generic:5:grd", "Did you mean grid"),
        ("generic:5:hex", "There is no generic coupling 'hex'. Choose 'line'"),
        ("generic:many:line", "as in generic:27:heavy-hex"),
        ("generic:5000:line", "A generic device has 1 to 1,200 qubits, not 5,000"),
        ("ions:0", "An ion trap has 1 to 1,200 qubits, not 0: write such a number, as in ions:11"),
        ("ions", "'ions' is not a device: write ions and the number of qubits"),
        ("ions:-1", "as in ions:11"),
        ("ions:" + "9" * 5000, "as in ions:11"),
        (5, "not int"),
    ],
)
def test_other_things_are_refused(source: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        device(source)
