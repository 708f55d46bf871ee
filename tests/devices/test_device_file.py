"""Device files: the template is a device, and mistakes are said in one sentence with the key."""

from __future__ import annotations

import copy
import json
import tomllib

import pytest

from quasar.core.errors import InputError
from quasar.devices.device_file import TEMPLATE, device_of
from quasar.devices.load import device


def template() -> dict:
    return copy.deepcopy(tomllib.loads(TEMPLATE))


def test_the_template_is_a_device(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TEMPLATE, encoding="utf-8")
    found = device(path)
    assert (found.name, found.qubits, found.date) == ("my-device", 5, "2026-11-28")
    assert found.basis == ("cz", "rz", "sx")
    assert found.error("cz", (1, 2)) == found.error("cz", (2, 1)) == 9e-3
    assert found.error("cz", (0, 1)) == 4e-3
    assert found.relaxation[3] == (80e-6, 60e-6)
    assert found.readout[0] == (0.01, 0.02)
    assert found.duration_s("measure", (2,)) == 1.5e-6
    assert found.masked == ()


def test_json_says_the_same(tmp_path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(template()), encoding="utf-8")
    assert device(str(path)).coupling == device_of(template()).coupling


def test_qubits_that_do_not_work_are_masked() -> None:
    data = template()
    data["qubit"]["2"] = {"working": False}
    data["gates"]["cz"]["on"] = {"3-4": {"error": 0.7}}
    found = device_of(data)
    assert found.coupling == ((0, 1),)
    assert found.masked == ("qubit 2 (said not to work)", "cz on 3-4 (error 0.7)")
    assert found.usable == (0, 1)


def test_directed_gates_go_one_way() -> None:
    found = device_of({**template(), "directed": True})
    assert found.error("cz", (1, 2)) == 9e-3
    assert found.error("cz", (2, 1)) is None


def test_what_is_not_given_is_not_known() -> None:
    found = device_of({"name": "bare", "qubits": 2, "gates": {"cx": {}, "u": {}}})
    assert found.readout == (None, None)
    assert found.relaxation == ((None, None), (None, None))
    assert found.median_two_qubit_error is None


def wrong(path: str, value: object) -> dict:
    data = template()
    *way, last = path.split("/")
    inner = data
    for key in way:
        inner = inner[key]
    inner[last] = value
    return data


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (wrong("cuplers", []), "cuplers: no such setting; the nearest is couplers"),
        (wrong("gates/cz/eror", 0.1), "gates.cz.eror: no such setting; the nearest is error"),
        (wrong("gates/sx/error", 1.5), r"gates.sx.error must be from 0.0 to 1.0, not 1.5"),
        (wrong("every_qubit/p1_given_0", -0.1), "p1_given_0 must be from 0.0 to 1.0"),
        (wrong("qubit/3/t2_s", 1.0), "qubit.3: t2_s 1 is above 2 t1_s = 0.00016"),
        (wrong("gates/czz", {}), "gates.czz: no gate of Qiskit's .*; the nearest is cz"),
        (wrong("couplers", [[0, 7]]), r"couplers: \[0, 7\] does not join"),
        (wrong("couplers", [[2, 2]]), r"couplers: \[2, 2\] does not join"),
        (wrong("gates/cz/on", {"0-4": {}}), "'0-4' is no coupler, such as '1-2'"),
        (wrong("qubit", {"9": {}}), "qubit.9 is none of the qubits 0 to 4"),
        (wrong("qubits", 0), "qubits must be"),
        (wrong("qubits", "5"), "qubits must be an integer"),
        (wrong("gates/sx/duration_s", 32), "gates.sx.duration_s must be from 0.0 to 1.0, not 32"),
        (wrong("every_qubit/p1_given_0", True), "p1_given_0 must be a number"),
        (wrong("every_qubit/t1_s", float("inf")), "t1_s must be a finite number"),
        (wrong("qubit/4/working", "no"), "working must be"),
        (wrong("gates", {}), "gates"),
        ([], "a device is an object"),
    ],
)
def test_mistakes_are_said(data, said: str) -> None:
    with pytest.raises(InputError, match=said):
        device_of(data)


def test_a_file_that_cannot_be_read_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match="there is no device file"):
        device(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ", encoding="utf-8")
    with pytest.raises(InputError, match=r"broken\.toml is not TOML"):
        device(broken)
    typo = tmp_path / "typo.toml"
    typo.write_text(TEMPLATE.replace("duration_s", "duraton_s"), encoding="utf-8")
    with pytest.raises(InputError, match=r"typo\.toml: gates\.rz\.duraton_s: no such setting"):
        device(typo)
