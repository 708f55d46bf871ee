"""Wheel and sdist hold all that the package needs; `make wheel-check` installs and uses them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import wheel_check
from quasar.core.compiled import files_of
from support.command_reference import every_command, options
from support.pages import ROOT

PACKAGE = ROOT / "src" / "quasar"


def paths(kind: str) -> set[str]:
    """The paths in a package of this kind, as hatchling would write them."""
    module: Any = pytest.importorskip(
        f"hatchling.builders.{kind}", reason="hatchling, of the extra dev, is not installed"
    )
    builder = getattr(module, {"wheel": "WheelBuilder", "sdist": "SdistBuilder"}[kind])(str(ROOT))
    return {file.distribution_path for file in builder.recurse_included_files()}


def package_files() -> set[str]:
    """The files of the package, without what is made from them."""
    return {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".so") and not path.name.startswith(".")
    }


def test_the_wheel_has_every_file_of_the_package_and_nothing_else() -> None:
    found = {p for p in paths("wheel") if not p.endswith(".so")}
    assert found == package_files()
    assert set(wheel_check.NEEDED) <= found


def test_the_sdist_has_what_the_wheel_is_built_from() -> None:
    found = paths("sdist")
    assert {f"src/{name}" for name in package_files()} <= found
    assert {"pyproject.toml", "README.md", "LICENSE", "hatch_build.py"} <= found
    made = [p for p in found if p.endswith(".so") or p.startswith(("build/", "dist/", "runs/"))]
    assert made == []


def test_a_package_without_its_model_is_refused() -> None:
    kernel = "quasar/models/libkernel.so"
    headers = [f"quasar/{file}" for file in files_of("models/kernel.c")]
    names = [*wheel_check.NEEDED[1:], *headers, "x.dist-info/licenses/LICENSE", kernel]
    with pytest.raises(SystemExit, match=r"a\.whl lacks quasar/models/nano/model\.safetensors"):
        wheel_check.check_contents(Path("a.whl"), names, "")
    names.append(wheel_check.NEEDED[0])
    wheel_check.check_contents(Path("a.whl"), names, "")
    names.remove(kernel)
    if shutil.which("cc"):
        with pytest.raises(SystemExit, match=kernel):
            wheel_check.check_contents(Path("a.whl"), names, "")


def test_the_container_copies_what_the_build_reads_and_starts_a_command_that_exists() -> None:
    text = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")
    copied = {name for line in re.findall(r"^COPY (.+) \S+$", text, re.M) for name in line.split()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    hook = project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]["path"]
    needed = {"pyproject.toml", project["project"]["readme"], hook, "src", "constraints"}
    assert copied == needed | set(project["project"]["license-files"])
    started = [
        json.loads(words) for words in re.findall(r"^(?:ENTRYPOINT|CMD) (\[.+\])$", text, re.M)
    ]
    (command, *given), defaults = started
    assert command == "quasar"
    known = options(dict(every_command())["quasar serve"])
    assert given[0] == "serve"
    assert {word for word in [*given, *defaults] if word.startswith("--")} <= set(known)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_both_install_into_an_empty_environment_and_work(tmp_path: Path) -> None:
    pytest.importorskip("build", reason="build, of the extra dev, is not installed")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    wheel_check.main(tmp_path, install_sdist=True)
