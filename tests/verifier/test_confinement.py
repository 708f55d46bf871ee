"""What workers are refused, tried one by one in a process of its own, and asked of real workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import quasar
from quasar.verifier.sandbox import Job, Sandbox, SandboxLimits, landlock
from quasar.verifier.sandbox.confinement import confinement
from quasar.verifier.settings import VerifierSettings

FOUND = confinement()
files = pytest.mark.skipif(not FOUND.files, reason="this kernel has no Landlock")
calls = pytest.mark.skipif(not FOUND.processes, reason="this system takes no seccomp filter")

TRIALS = """
import json, os, socket, subprocess, sys, tempfile, threading
from pathlib import Path
from quasar.verifier.sandbox.confinement import confine

own, secret = Path(sys.argv[1]), Path(sys.argv[2])
confine(own)


def write(path):
    path.write_text("x")
    return path.read_text()


def thread():
    seen = []
    one = threading.Thread(target=seen.append, args=("ran",))
    one.start()
    one.join()
    return seen[0]


def module():
    import colorsys
    return colorsys.__name__


TRIALS = {
    "read": lambda: secret.read_text(),
    "list": lambda: os.listdir(secret.parent),
    "write": lambda: write(secret.with_name("new")),
    "replace": lambda: os.replace(secret, secret.with_name("moved")),
    "remove": lambda: os.remove(secret),
    "folder": lambda: os.mkdir(secret.with_name("folder")),
    "link": lambda: os.symlink(secret, own / "link") or (own / "link").read_text(),
    "password": lambda: Path("/etc/passwd").read_text(),
    "neighbour": lambda: Path("/proc/1/environ").read_bytes(),
    "tcp": lambda: socket.create_connection(("127.0.0.1", 9), 1),
    "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "unix": lambda: socket.socket(socket.AF_UNIX),
    "fork": lambda: os.fork(),
    "program": lambda: subprocess.run(["/bin/true"]),
    "execute": lambda: os.execv("/bin/true", ["true"]),
    "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "signal": lambda: os.kill(os.getppid(), 0),
    "own": lambda: write(own / "mine"),
    "temporary": lambda: write(Path(tempfile.mkstemp(dir=own)[1])),
    "memory": lambda: Path("/proc/self/statm").read_text() != "",
    "random": lambda: len(os.urandom(4)),
    "thread": thread,
    "module": module,
}
found = {}
for name, trial in TRIALS.items():
    try:
        found[name] = trial()
    except OSError as error:
        found[name] = f"refused {error.errno}"
print(json.dumps(found))
"""
FILES = ["read", "list", "write", "replace", "remove", "folder", "link", "password", "neighbour"]
CALLS = ["tcp", "udp", "unix", "fork", "program", "execute", "spawn", "signal"]
ALLOWED = {"own": "x", "temporary": "x", "memory": True, "random": 4, "thread": "ran"}


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("confined")
    own, secret = folder / "own", folder / "elsewhere" / "secret"
    own.mkdir()
    secret.parent.mkdir()
    secret.write_text("a secret", encoding="utf-8")
    call = [sys.executable, "-c", textwrap.dedent(TRIALS), str(own), str(secret)]
    path = {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    ended = subprocess.run(
        call, capture_output=True, text=True, env={**os.environ, **path}, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert secret.read_text(encoding="utf-8") == "a secret"
    found: dict[str, object] = json.loads(ended.stdout)
    return found


@files
@pytest.mark.parametrize("trial", FILES)
def test_files_of_others_are_out_of_reach(tried: dict[str, object], trial: str) -> None:
    assert str(tried[trial]).startswith("refused"), tried[trial]


@calls
@pytest.mark.parametrize("trial", CALLS)
def test_the_network_and_other_processes_are_out_of_reach(
    tried: dict[str, object], trial: str
) -> None:
    assert tried[trial] == "refused 1"


@pytest.mark.parametrize("trial", sorted(ALLOWED))
def test_what_a_verdict_needs_is_allowed(tried: dict[str, object], trial: str) -> None:
    assert tried[trial] == ALLOWED[trial]
    assert tried["module"] == "colorsys"


@calls
def test_the_workers_of_a_sandbox_are_confined() -> None:
    psutil = pytest.importorskip("psutil")
    problem = quasar.load_problem({"hamiltonian": "1.0 * (Z(0) @ Z(1))"})
    settings = VerifierSettings(max_stage=2)
    text = 'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; h q[0]; cx q[0], q[1];'
    with Sandbox([problem], settings, limits=SandboxLimits(), workers=1) as sandbox:
        assert sandbox.map([Job(None, 0, text)])[0].feasible
        states = [
            Path(f"/proc/{child.pid}/status").read_text(encoding="ascii")
            for child in psutil.Process().children(recursive=True)
            if child.status() != psutil.STATUS_ZOMBIE
        ]
    confined = [s for s in states if "Seccomp:\t2" in s and "NoNewPrivs:\t1" in s]
    assert confined


def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUASAR_CONFINEMENT", "off")
    found = confinement()
    assert (found.files, found.network, found.processes) == (False, False, False)
    assert "QUASAR_CONFINEMENT=off is set" in found.missing[0]


def test_without_the_kernels_help_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUASAR_CONFINEMENT", raising=False)
    monkeypatch.setattr(landlock, "version", lambda: 0)
    found = confinement()
    assert not found.files
    assert any("no Landlock" in sentence for sentence in found.missing)
