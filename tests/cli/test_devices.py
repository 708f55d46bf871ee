"""`quasar devices`: the list, one device, a picture, a device file to start from."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from quasar.cli.main import app
from quasar.core.errors import InputError


def run(*words: str) -> str:
    found = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.output


def test_snapshots_are_listed() -> None:
    pytest.importorskip("qiskit_ibm_runtime", reason="extra devices")
    listed = json.loads(run("devices", "--json"))
    assert listed["fake_torino"]["qubits"] == 133
    assert listed["fake_armonk"]["median_two_qubit_error"] is None
    assert "fake_torino" in run("devices")


def test_the_template_is_read_back(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(run("devices", "--template"), encoding="utf-8")
    shown = json.loads(run("devices", str(path), "--json"))
    assert (shown["name"], shown["coupling"][0]) == ("my-device", [0, 1])
    assert shown["relaxation"][3] == {"t1_s": 80e-6, "t2_s": 60e-6}
    text = run("devices", str(path))
    assert "median error 0.00" in text


def test_what_is_not_known_has_no_unit(tmp_path) -> None:
    path = tmp_path / "bare.json"
    path.write_text('{"name": "bare", "qubits": 1, "gates": {"u": {}}}', encoding="utf-8")
    assert "T1, T2       median not known, not known\n" in run("devices", str(path))


def test_the_coupling_map_is_drawn(tmp_path) -> None:
    run("devices", "generic:7:heavy-hex", "--picture", str(tmp_path / "map.svg"))
    assert (tmp_path / "map.svg").stat().st_size > 5_000


def test_a_picture_needs_a_device(tmp_path) -> None:
    with pytest.raises(InputError, match="needs a device"):
        CliRunner().invoke(app, ["devices", "--picture", "x.png"], catch_exceptions=False)
