from __future__ import annotations

from pathlib import Path

import pytest

from quasar.core.errors import InputError
from quasar.service.settings import KEYS_VARIABLE, ServiceSettings, is_loopback, read_settings

KEY = "0123456789abcdef-secret"


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEYS_VARIABLE, raising=False)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("localhost", True),
        ("0.0.0.0", False), ("::", False), ("192.168.1.4", False), ("example.org", False),
        ("localhost.example.org", False), ("", False),
    ],
)  # fmt: skip
def test_only_loopback_may_go_without_a_key(host: str, local: bool) -> None:
    assert is_loopback(host) is local
    settings = ServiceSettings(host=host)
    if local:
        settings.require_safe()
    else:
        with pytest.raises(InputError, match="no API key"):
            settings.require_safe()
    ServiceSettings(host=host, api_keys=(KEY,)).require_safe()


def test_keys_come_from_file_and_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys"
    path.write_text(f"# ours\n{KEY}-a  # Ada\n\n{KEY}-b\n")
    monkeypatch.setenv(KEYS_VARIABLE, f" {KEY}-c ,")
    found = [key.get_secret_value() for key in read_settings(None, path).api_keys]
    assert found == [f"{KEY}-c", f"{KEY}-a", f"{KEY}-b"]


def test_a_key_is_never_printed(tmp_path: Path) -> None:
    settings = ServiceSettings(api_keys=(KEY,))
    assert KEY not in f"{settings!r} {settings} {settings.model_dump_json()}"
    with pytest.raises(InputError) as caught:
        ServiceSettings.parse({"api_keys": ["short-secret"]})
    assert "short-secret" not in str(caught.value)
    assert "16" in str(caught.value)


def test_a_file_of_keys_without_any_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("# none\n")
    with pytest.raises(InputError, match="holds no key"):
        read_settings(None, tmp_path / "keys")
    with pytest.raises(InputError, match="cannot be read"):
        read_settings(None, tmp_path / "nowhere")


def test_options_go_before_the_file(tmp_path: Path) -> None:
    path = tmp_path / "service.toml"
    path.write_text("port = 9000\nmax_queue = 7\n[limits]\nmax_seconds = 3.0\n")
    settings = read_settings(path, None, port=9001, workers=None, max_memory_mib=100)
    assert (settings.port, settings.max_queue, settings.workers) == (9001, 7, None)
    assert settings.limits.max_seconds == 3.0
    assert settings.limits.max_memory_mib == 100
    assert settings.limits.max_problem_seconds == 10.0


@pytest.mark.parametrize("text", ["port = ", "ports = 1", "port = 99999"])
def test_a_bad_file_is_an_input_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "service.toml"
    path.write_text(text)
    with pytest.raises(InputError):
        read_settings(path, None)


def test_only_loopbacks_own_names_are_answered_on_loopback() -> None:
    assert "localhost" in ServiceSettings().hosts
    assert ServiceSettings(host="0.0.0.0", api_keys=(KEY,)).hosts == ()
    assert ServiceSettings(allowed_hosts=("a.org",)).hosts == ("a.org",)


def test_a_key_has_sixteen_characters_at_least() -> None:
    assert ServiceSettings(api_keys=("0123456789abcdef",)).api_keys
    for key in ("0123456789abcde", "0123456789abcdef\n", "0123456789abcdeé"):
        with pytest.raises(InputError, match="at least 16"):
            ServiceSettings.parse({"api_keys": [key]})


def test_a_cluster_cannot_grow_to_less() -> None:
    assert ServiceSettings(replicas=2, max_replicas=2).max_replicas == 2
    with pytest.raises(InputError, match="max_replicas = 1"):
        ServiceSettings.parse({"replicas": 2, "max_replicas": 1})
