"""Tests against mutants: a copy of the source takes one fault at a time, and its tests run on it.

A mutant meets its module's own tests first, then those of its room that import the module (where
there are neither, as of a part split off, those of the modules of its room that import it, at
however many removes, or of its package), then all tests of its room; it is killed by a test that
fails, or by a run that takes far longer than without the fault. The shared benchmark records are
hidden, as a stranger has none; slow tests are left out. The source itself is never touched.
"""

from __future__ import annotations

import compileall
import hashlib
import math
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks._common import ROOT
from benchmarks.mutation.mutants import mutated

CIRCLES = ("own", "near", "room")
"""Which tests noticed a fault: `tests/<room>/test_<module>.py`; those that import it; the rest."""
SURVIVED, UNTESTED = "survived", "untested"
"""None noticed; or there are none that pass without any fault."""

_MEMORY_BYTES = 16 << 30  # of addresses: a fault in a limit must not take the whole machine
_PATIENCE = 4.0  # times the processor time without a fault, after which a run counts as endless
_LEAST_PATIENCE_S = 10.0
_WAITING = 10.0  # times that, by the clock: for runs that wait, on a busy machine
_PLUGINS = ("_hypothesis_pytestplugin", "pytest_timeout")  # to load all takes 3 s a run


class MutationRunner:
    """A copy of the source under a folder, and the tests of the project on it.

    Args:
        folder: an empty folder, for the copy and what the tests keep.
        root: of the project.
        seed: of the property tests.
        depth: the last of `CIRCLES` to try.

    Raises:
        RuntimeError: the tests would import another copy of the source.
    """

    def __init__(
        self, folder: Path, root: Path = ROOT, *, seed: int = 1, depth: str = "room"
    ) -> None:
        self.root = root
        self.seed = seed
        self.circles = CIRCLES[: CIRCLES.index(depth) + 1]
        self._source = folder / "src"
        shutil.copytree(
            root / "src", self._source, ignore=shutil.ignore_patterns("__pycache__"), symlinks=True
        )
        compileall.compile_dir(self._source, quiet=1)
        self._environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(self._source), str(root / "tests")]),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONDONTWRITEBYTECODE": "1",  # two faults within a second would share their bytecode
            "QUASAR_AGENTQ": str(folder / "absent"),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        self._plain: dict[tuple[Path, ...], int | None] = {}
        code = "import quasar; print(quasar.__file__)"
        found = subprocess.run(
            [sys.executable, "-c", code], env=self._environment, capture_output=True, text=True
        ).stdout
        if not found.startswith(str(self._source)):
            raise RuntimeError(f"the tests would import {found.strip()}, not the copy.")

    def judge(self, module: Path, number: int) -> str:
        """What the tests make of one fault of a module, `<room>/.../<name>.py`.

        Returns:
            One of `CIRCLES`, `SURVIVED` or `UNTESTED`.
        """
        tried: set[Path] = set()
        for circle in self.circles:
            tests = [path for path in self.tests(module, circle) if path not in tried]
            limit_s = self._limit_s(tests)
            if limit_s is None:
                continue
            tried.update(tests)
            if not self._passes_with_fault(module, number, tests, limit_s):
                return circle
        return SURVIVED if tried else UNTESTED

    def tests(self, module: Path, circle: str) -> list[Path]:
        """Test files of a module in one of `CIRCLES`."""
        folder = self.root / "tests" / module.parent
        if circle == "own":
            found = [folder / f"test_{module.stem}.py", *folder.glob(f"test_{module.stem}_*.py")]
            return sorted(path for path in found if path.is_file())
        files = sorted((self.root / "tests" / module.parts[0]).rglob("test_*.py"))
        if circle == "room":
            return files
        found = [path for path in files if _imports(path, module)]
        if found or self.tests(module, "own"):
            return found
        source = self._source / "quasar"
        rest, users = {*(source / module.parts[0]).rglob("*.py")}, {source / module}
        while users and not found:
            rest -= users
            used = [path.relative_to(source) for path in users]
            users = {path for path in rest if any(_imports(path, part) for part in used)}
            found = [t for user in users for t in self.tests(user.relative_to(source), "own")]
        if not found and len(module.parts) > 2:
            found = [*folder.glob("test_*.py"), *folder.parent.glob(f"test_{folder.name}.py")]
        return sorted(set(found))

    def _passes_with_fault(
        self, module: Path, number: int, tests: Sequence[Path], limit_s: int
    ) -> bool:
        place = self._source / "quasar" / module
        text = place.read_text(encoding="utf-8")
        try:
            _write(place, mutated(text, number))
            return self._passes(tests, limit_s)
        finally:
            _write(place, text)

    def _limit_s(self, tests: Sequence[Path]) -> int | None:
        """Processor seconds to leave the tests; None where they fail without any fault."""
        key = tuple(tests)
        if key not in self._plain:
            begun = _children_s()
            passed = bool(tests) and self._passes(tests, 3600)
            taken = max(_PATIENCE * (_children_s() - begun), _LEAST_PATIENCE_S)
            self._plain[key] = math.ceil(taken) if passed else None
        return self._plain[key]

    def _passes(self, tests: Sequence[Path], limit_s: int) -> bool:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        command += [word for name in _PLUGINS for word in ("-p", name)]
        command += ["-m", "not slow", f"--hypothesis-seed={self.seed}", *map(str, tests)]
        process = subprocess.Popen(
            command,
            cwd=self.root,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: _bound(limit_s),
        )
        try:
            return process.wait(_WAITING * limit_s) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            with suppress(ProcessLookupError):  # what it started ends with it
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def digest(*paths: Path) -> str:
    """Of the content of files, to know them again."""
    told = hashlib.sha256()
    for path in paths:
        told.update(path.read_bytes())
    return told.hexdigest()[:16]


def _imports(path: Path, module: Path) -> bool:
    package = ".".join(("quasar", *module.parent.parts))
    names = (f"{package}.{module.stem} ", f"from {package} import {module.stem}\n")
    text = path.read_text(encoding="utf-8")
    return any(name in text for name in names)


def _write(place: Path, text: str) -> None:
    place.write_text(text, encoding="utf-8")
    for path in (place.parent / "__pycache__").glob(f"{place.stem}.*.pyc"):
        path.unlink()


def _bound(limit_s: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
