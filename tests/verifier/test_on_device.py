"""Circuits judged under noise: figures, costs, and what is refused."""

from __future__ import annotations

import json
import re
from typing import Any

import networkx as nx
import pytest

import quasar
from quasar.core.errors import InputError
from quasar.problems.load import load_problem
from quasar.verifier.pipeline import Verifier
from quasar.verifier.settings import DeviceSettings, VerifierSettings
from support.command import quasar as command

HEAD = 'OPENQASM 3.0; include "stdgates.inc"; '
DEVICE = "generic:7:line"


@pytest.fixture(scope="module")
def problem() -> Any:
    graph = nx.node_link_data(nx.path_graph(3), edges="links")
    return load_problem({"problem_type": "max_independent_set", "graph": graph})


QASM = HEAD + "qubit[3] q; x q[1]; ry(0.4) q[0]; cx q[0], q[2];"
"""Nearly the optimum, nodes 0 and 2: a qubit measured as 0 is selected."""


def test_shots_have_a_bound() -> None:
    with pytest.raises(InputError, match="shots must be from 1 to 1000000000"):
        DeviceSettings(noise="readout:0.1", shots=10**23)


def test_ideal_stands_beside_noisy_and_mitigated(problem: Any) -> None:
    report = quasar.verify(QASM, problem, device=DEVICE, mitigate="readout,zne")
    found = report.device
    assert found is not None
    assert found.mitigated is not None
    assert found.compiled is not None
    assert found.ideal.energy == pytest.approx(report.energy)
    assert found.ideal.p_optimal == pytest.approx(report.p_optimal)
    assert found.noisy.approximation_ratio < found.ideal.approximation_ratio
    assert abs(found.mitigated.energy - found.ideal.energy) < 0.3 * abs(
        found.noisy.energy - found.ideal.energy
    )
    assert found.noisy.p_feasible is not None
    assert found.noisy.shots_to_optimum is not None
    assert found.mitigated.shots_to_optimum is None
    assert (found.circuits, found.total_shots) == (3, None)
    assert found.compiled.two_qubit_gates >= 1
    assert 0 < (found.compiled.esp or 0) < 1
    assert found.noisy.energy_error == 0


def test_shots_have_errors_and_a_price(problem: Any) -> None:
    how = {"device": DEVICE, "mitigate": "readout,zne", "shots": 2000}
    found = quasar.verify(QASM, problem, seed=3, **how).device
    again = quasar.verify(QASM, problem, seed=3, **how).device
    other = quasar.verify(QASM, problem, seed=4, **how).device
    assert found is not None
    assert again is not None
    assert other is not None
    assert found.model_copy(update={"cost_s": 0}) == again.model_copy(update={"cost_s": 0})
    assert other.noisy != found.noisy
    assert found.noisy.energy_error > 0
    assert found.total_shots == 6000
    low, high = found.noisy.shots_to_optimum_low, found.noisy.shots_to_optimum_high
    assert low is not None
    assert high is not None
    assert low <= (found.noisy.shots_to_optimum or 0) <= high


def test_noise_without_a_device(problem: Any) -> None:
    found = quasar.verify(QASM, problem, noise="depolarizing:0.01,0.05").device
    assert found is not None
    assert found.device is None
    assert found.compiled is None
    assert found.noisy.energy > found.ideal.energy


def test_settings_reach_every_verifier(problem: Any) -> None:
    device = DeviceSettings(noise="readout:0.1", mitigate="readout")
    found = Verifier(problem, settings=VerifierSettings(device=device)).verify(QASM).device
    assert found is not None
    assert found.mitigated is not None
    assert found.mitigated.energy == pytest.approx(found.ideal.energy)
    again = quasar.verify(QASM, problem, settings={"device": device.model_dump()})
    assert again.device is not None
    assert again.device.noisy == found.noisy


@pytest.mark.parametrize(
    ("program", "how", "said"),
    [
        (
            "qubit[3] q; bit[3] c; h q[0]; c[0] = measure q[0]; reset q[0]; c = measure q;",
            {"noise": "readout:0.1"},
            "mid-circuit",
        ),
        ("qubit[3] q; h q;", {"device": "generic:2:line"}, "has 3 qubits, generic.* has 2"),
    ],
)
def test_what_a_device_cannot_run_is_said_and_the_rest_is_kept(
    problem: Any, program: str, how: Any, said: str
) -> None:
    report = quasar.verify(HEAD + program, problem, **how)
    assert report.feasible
    assert report.energy is not None
    assert report.device is None
    assert re.search(said, report.skipped["device"])
    assert "not judged" in str(report)


@pytest.mark.parametrize("how", [{}, {"mitigate": "zne"}])
def test_noise_that_takes_too_long_is_left_out(problem: Any, how: Any) -> None:
    limits = {"max_device_seconds": 1e-4}
    report = quasar.verify(QASM, problem, noise="readout:0.1", limits=limits, **how)
    assert report.feasible
    assert report.device is None
    assert report.skipped["device"].startswith("noise was not simulated within 0.0001 s.")
    assert "allow more time" in report.skipped["device"]
    assert "not judged" in str(report)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"device": "fake_torno"}, "no device"),
        ({"noise": "readout:2"}, "from 0 to 1"),
        ({"mitigate": "zne"}, "give a device or noise"),
        ({"device": DEVICE, "mitigate": "dd"}, "this noise has none"),
        ({"noise": "thermal:1e-4,1e-4", "mitigate": "dd"}, "needs a device"),
        ({"device": DEVICE, "mitigate": "m3"}, "give a number of shots"),
        ({"device": DEVICE, "shots": 0}, "shots"),
    ],
)
def test_bad_input(problem: Any, how: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        quasar.verify(QASM, problem, **how)


def test_the_summary_and_the_picture(problem: Any) -> None:
    report = quasar.verify(QASM, problem, device=DEVICE, mitigate="readout,zne", shots=500)
    text = str(report)
    assert "noisy " in text
    assert "mitigated " in text
    assert "3 circuits, 1,500 shots in all" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80
    assert report.plot("device").axes
    assert "with mitigation" in report._repr_html_()


def test_the_command_line(tmp_path: Any) -> None:
    (tmp_path / "c.qasm").write_text(QASM)
    (tmp_path / "p.json").write_text(
        '{"problem_type": "max_independent_set", "graph": {"nodes": [{"id": 0}, {"id": 1}, '
        '{"id": 2}], "edges": [{"source": 0, "target": 1}, {"source": 1, "target": 2}]}}'
    )
    how = ["verify", tmp_path / "c.qasm", "--problem", tmp_path / "p.json"]
    done = command(*how, "--device", DEVICE, "--mitigate", "readout,zne", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)["device"]
    assert found["mitigated"]["energy"] < found["noisy"]["energy"]
    assert command(*how, "--mitigate", "zne").code == 2
    assert "fake_torino" in command(*how, "--device", "fake_torno").err
