from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quasar.core.errors import InputError
from quasar.data.settings import BENCHMARK_PROBLEMS, BuildSettings, read_settings
from quasar.problems.registry import PROBLEMS


def test_recipes_fill_in_their_defaults() -> None:
    published = BuildSettings.parse({"recipe": "agent-q", "count": 10})
    assert published.problems == BENCHMARK_PROBLEMS
    assert set(published.encodings) == {"agent-q"}
    assert published.max_basis_share == 1.0
    wide = BuildSettings.parse({"recipe": "converged", "count": 10})
    assert set(wide.problems) <= set(PROBLEMS)
    assert list(wide.problems)[-3:] == ["qubo", "hubo", "ising"]
    assert len(wide.problems) == 22
    assert 0 < wide.max_basis_share < 1


def test_settings_survive_a_manifest() -> None:
    settings = BuildSettings.parse({"recipe": "converged", "count": 10, "problems": {"ising": 1}})
    again = BuildSettings.parse(json.loads(json.dumps(settings.model_dump(mode="json"))))
    assert again == settings
    assert again.fingerprint() == settings.fingerprint()


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"recipe": "best"}, "recipe"),
        ({"count": 0}, "count"),
        ({"problems": {"sudoku": 1}}, "sudoku"),
        ({"problems": {"vertex_cover": 0}}, "above 0"),
        ({"problems": {"maxcut": 1}}, "maxcut"),
        ({"templates": {"20": 1}}, "20"),
        ({"min_qubits": 9, "max_qubits": 4}, "min_qubits"),
        ({"layers": {"qaoa": {"1": 1}}}, "vqe"),
        ({"splits": {"no name": 1}}, "no name"),
        ({"colour": "red"}, "colour"),
        ({"search": "narrow"}, "search"),
    ],
)
def test_wrong_settings_are_explained(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError, match=word):
        BuildSettings.parse({"recipe": "agent-q", "count": 10, **wrong})


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"count": 11},
        {"max_qubits": 9},
        {"split_salt": "x"},
        {"shard_size": 7},
        {"search": "canonical"},
    ],
)
def test_the_fingerprint_changes_with_the_settings(change: dict[str, Any]) -> None:
    base = {"recipe": "agent-q", "count": 10}
    assert (
        BuildSettings.parse(base).fingerprint()
        != BuildSettings.parse({**base, **change}).fingerprint()
    )


def test_shards_cover_every_record_once() -> None:
    settings = BuildSettings.parse({"recipe": "agent-q", "count": 23, "shard_size": 5})
    indices = [i for n in range(settings.n_shards) for i in settings.shard(n)]
    assert indices == list(range(23))


def test_settings_files_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_bytes(b'\xef\xbb\xbfrecipe = "converged"\r\ncount = 3\r\n')
    assert read_settings(path) == {"recipe": "converged", "count": 3}
    path.write_bytes('recipe = "converged"'.encode("utf-16"))
    with pytest.raises(InputError, match="not UTF-8"):
        read_settings(path)


def test_settings_are_read_from_toml_and_manifests(tmp_path: Path) -> None:
    toml = tmp_path / "a.toml"
    toml.write_text('recipe = "agent-q"\ncount = 4\n[problems]\nkclique = 1.0\n')
    assert BuildSettings.parse(read_settings(toml)).problems == {"kclique": 1.0}
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"settings": {"recipe": "converged", "count": 2}}))
    assert BuildSettings.parse(read_settings(manifest)).recipe == "converged"
    for name, content in (("b.toml", "= 3"), ("c.json", "[1]"), ("d.json", "{")):
        path = tmp_path / name
        path.write_text(content)
        with pytest.raises(InputError):
            read_settings(path)
    with pytest.raises(InputError, match=r"absent\.toml"):
        read_settings(tmp_path / "absent.toml")
