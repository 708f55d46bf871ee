"""Finding a backend: snapshots, objects, accounts that are missing, and names that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from quasar.core.errors import InfrastructureError, InputError
from quasar.hardware.connection import connect, redacted

pytest.importorskip("qiskit_ibm_runtime", reason="needs the extra devices")


def test_a_snapshot_is_local() -> None:
    found = connect("fake_manila")
    assert (found.name, found.local, found.backend.num_qubits) == ("fake_manila", True, 5)


def test_an_unknown_snapshot_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean fake_torino"):
        connect("fake_torini")


@pytest.mark.parametrize("name", ["generic:7:line", "ions:5", "mine.toml"])
def test_devices_without_a_backend_are_said(name: str) -> None:
    with pytest.raises(InputError, match="has no backend to run on"):
        connect(name)


def test_a_snapshot_takes_no_instance() -> None:
    with pytest.raises(InputError, match="instance"):
        connect("fake_manila", instance="mine")


def test_without_an_account_the_sentence_says_how_to_save_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("QISKIT_IBM_TOKEN", "QISKIT_IBM_CHANNEL", "QISKIT_IBM_INSTANCE"):
        monkeypatch.delenv(name, raising=False)
    empty = str(tmp_path / "accounts.json")
    monkeypatch.setattr(
        "qiskit_ibm_runtime.accounts.management._DEFAULT_ACCOUNT_CONFIG_JSON_FILE", empty
    )
    with pytest.raises(InputError, match="save_account") as raised:
        connect("torino")
    assert "there is a snapshot fake_torino" in str(raised.value)


def test_a_device_that_the_account_lacks_names_those_it_has(service) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="did you mean fake_manila"):
        connect("fake_manil", service=service)


def test_objects_are_taken_as_they_are() -> None:
    from qiskit.primitives import BackendSamplerV2, StatevectorSampler
    from qiskit_ibm_runtime.fake_provider import FakeManilaV2

    device = FakeManilaV2()
    assert connect(device).backend is device
    assert connect(BackendSamplerV2(backend=device)).backend is device
    assert connect(StatevectorSampler()).backend is None
    with pytest.raises(InputError, match="V2 sampler"):
        connect(3)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("IBMNotAuthorizedError", InputError), ("RequestsApiError", InfrastructureError)],
)
def test_errors_of_the_service_become_sentences_without_the_token(  # type: ignore[no-untyped-def]
    service, monkeypatch: pytest.MonkeyPatch, name: str, kind: type[Exception]
) -> None:
    from qiskit_ibm_runtime import exceptions
    from qiskit_ibm_runtime.api import exceptions as api

    error = getattr(exceptions, name, None) or getattr(api, name)

    def fail(_name: str) -> None:
        raise error("401 Client Error for token secret-token")

    monkeypatch.setattr(service, "backend", fail)
    with pytest.raises(kind) as raised:
        connect("fake_manila", service=service)
    assert "secret-token" not in str(raised.value)
    assert "[token]" in str(raised.value)


def test_the_token_of_the_environment_is_removed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "abc123")
    assert redacted("bad key abc123") == "bad key [token]."
