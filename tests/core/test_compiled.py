"""Libraries of C are those of the source beside them, and Python does without."""

from __future__ import annotations

from pathlib import Path

import pytest

from quasar.core import compiled
from quasar.core.compiled import (
    FACTS,
    READER,
    SOURCES,
    STATE,
    SWITCH,
    build,
    files_of,
    library_of,
    open_library,
)


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(SWITCH, raising=False)
    library = tmp_path / "lib.so"
    if not build(STATE, library):
        pytest.skip("there is no C compiler")
    monkeypatch.setattr(compiled, "library_of", lambda _: library)
    return library


def test_every_source_is_there() -> None:
    assert all((compiled.PACKAGE / source).is_file() for source in SOURCES)
    assert library_of(READER).name == "libflat_reader.so"


def test_a_library_of_another_source_is_not_opened(built: Path) -> None:
    assert open_library(STATE) is not None
    assert open_library(READER) is None


@pytest.mark.parametrize("content", [None, b"no library"])
def test_a_library_that_is_missing_or_none_is_not_opened(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "lib.so"
    if content is not None:
        library.write_bytes(content)
    monkeypatch.setattr(compiled, "library_of", lambda _: library)
    assert open_library(STATE) is None


def test_the_environment_switches_it_off(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, "off")
    assert open_library(STATE) is None


def test_without_a_compiler_nothing_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    assert not build(STATE, tmp_path / "lib.so")


def test_a_library_is_of_all_its_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = files_of(FACTS)
    assert files[0] == FACTS
    assert all((compiled.PACKAGE / file).is_file() for file in files)
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_bytes((compiled.PACKAGE / file).read_bytes())
    monkeypatch.delenv(SWITCH, raising=False)
    monkeypatch.setattr(compiled, "PACKAGE", tmp_path)
    if not build(FACTS):
        pytest.skip("there is no C compiler")
    assert open_library(FACTS) is not None
    with (tmp_path / files[-1]).open("a") as part:
        part.write("/* changed */\n")
    assert open_library(FACTS) is None
