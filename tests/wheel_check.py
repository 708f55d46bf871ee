"""Installs the built wheel into an empty environment and uses it: `make wheel-check`.

Nothing of the checkout is on the path there. The packaged model writes a circuit, and the verifier
measures it again. `--sdist` installs the sdist after that and does the same; the wheel itself was
built from it.
"""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NEEDED = (
    "quasar/models/nano/model.safetensors",
    "quasar/models/nano/tokenizer.json",
    "quasar/models/nano/angles.safetensors",
    "quasar/models/nano/angles-agent-q.safetensors",
    "quasar/models/kernel.c",
    "quasar/studio/static/index.html",
    "quasar/studio/static/studio.js",
    "quasar/py.typed",
)


def main(folder: Path, *, install_sdist: bool = False) -> None:
    """Check the newest wheel and sdist in a folder; exits at the first thing that is wrong."""
    wheel, sdist = newest(folder, "*.whl"), newest(folder, "*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        check_contents(wheel, archive.namelist(), "")
    with tarfile.open(sdist) as archive:
        check_contents(sdist, archive.getnames(), f"{sdist.name.removesuffix('.tar.gz')}/src/")
    with tempfile.TemporaryDirectory(prefix="quasar-wheel-") as name:
        place = Path(name)
        shutil.copy(ROOT / "examples" / "square.json", place)
        run([sys.executable, "-m", "venv", "clean"], place)
        install = ["clean/bin/python", "-m", "pip", "install", "--quiet", "--no-compile"]
        run([*install, "-c", str(ROOT / "constraints" / "constraints.txt"), str(wheel)], place)
        use(place, "of-wheel")
        if install_sdist:
            run([*install, "--no-deps", "--force-reinstall", str(sdist)], place)
            use(place, "of-sdist")


def newest(folder: Path, pattern: str) -> Path:
    found = sorted(folder.resolve().glob(pattern), key=lambda path: path.stat().st_mtime)
    if not found:
        sys.exit(f"{folder} has no {pattern}: make wheel")
    return found[-1]


def check_contents(package: Path, names: list[str], start: str) -> None:
    missing = [name for name in NEEDED if start + name not in names]
    compiled = runpy.run_path(str(ROOT / "src" / "quasar" / "core" / "compiled.py"))
    has_libraries = package.suffix == ".whl" and shutil.which(os.environ.get("CC", "cc"))
    for source in compiled["SOURCES"]:
        if f"{start}quasar/{source}" in names:
            needed = [f"quasar/{file}" for file in compiled["files_of"](source)]
            if has_libraries:
                library = compiled["library_of"](source).relative_to(compiled["PACKAGE"])
                needed.append(f"quasar/{library.as_posix()}")
            missing += [name for name in needed if start + name not in names]
    if not any(Path(name).name == "LICENSE" for name in names):
        missing.append("LICENSE")
    if missing:
        sys.exit(f"{package.name} lacks {', '.join(missing)}")


def use(place: Path, out: str) -> None:
    """Import, generate and verify with the package that the environment has."""
    where = run(["clean/bin/python", "-c", "import quasar; print(quasar.__file__)"], place)
    if not Path(where.strip()).is_relative_to(place.resolve() / "clean"):
        sys.exit(f"the checkout was imported: {where}")
    problem = ["--problem", "square.json"]
    written = run(["clean/bin/quasar", "generate", *problem, "--out", out], place)
    verdict = run(["clean/bin/quasar", "verify", f"{out}/circuit.qasm", *problem], place)
    for text in (written, verdict):
        if "proven optimal" not in text:
            sys.exit(f"no verdict:\n{text}")


def run(command: list[str], place: Path) -> str:
    """What the command prints, run without any variable that leads to the checkout."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "QUASAR_"))}
    start = time.monotonic()
    done = subprocess.run(command, cwd=place, env=kept, capture_output=True, text=True)
    print(f"{time.monotonic() - start:6.1f} s  {' '.join(map(str, command))[:100]}", flush=True)
    if done.returncode:
        sys.exit(f"exit {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    folders = [Path(name) for name in sys.argv[1:] if name != "--sdist"]
    main(folders[0] if folders else ROOT / "dist", install_sdist="--sdist" in sys.argv)
