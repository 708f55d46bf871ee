"""Runs a page's blocks as a reader would: in order, in one folder, with the repository at hand.

The folder holds copies of `examples/` and `configs/` and links to the rest of the repository. Port
8000 becomes a free one. `quasar` commands without pipes run in a process that is warm; all others
in bash, with this environment's `quasar` and `python`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.pages import ROOT, Block, Command, agrees, blocks, commands, refreshed

LIMIT_S = 400.0
_COPIED = ("examples", "configs")
_LEFT_OUT = {"runs", "data", "dist", *_COPIED}
_PORT = "8000"
_BAR = "━━"  # progress, which is not what a command says
# What changes the machine is never run from a page, whatever the page says.
_REFUSED = ("pip", "pip3", "git", "ray", "docker", "podman", "apt-get", "accelerate", "rm")


class Warm:
    """The warm process; one serves any number of pages.

    Args:
        deep: whether slow blocks are run too, and nothing is left out to save time.
    """

    def __init__(self, *, deep: bool = True) -> None:
        self.deep = deep
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(Path(__file__).with_name("warm.py")),
                *([] if deep else ["--quick"]),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_environment(ROOT),
        )

    def run(self, argv: Sequence[str], cwd: Path, output: Path) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        task = {"argv": argv, "cwd": str(cwd), "output": str(output), "limit_s": LIMIT_S}
        self.process.stdin.write(json.dumps(task) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait(30)


def _environment(folder: Path) -> dict[str, str]:
    environment = {
        **os.environ,
        "PATH": f"{folder / '.venv' / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "PIP_NO_INDEX": "1",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "PYTHONPATH": str(ROOT / "src"),
        "MPLBACKEND": "agg",
    }
    for name in ("COLUMNS", "FORCE_COLOR", "QUASAR_AGENTQ", "QUASAR_API_KEY", "QUASAR_API_KEYS"):
        environment.pop(name, None)
    return environment


def prepare(folder: Path) -> None:
    """Make `folder` look like a clone in which `make` has set up its environment."""
    for entry in ROOT.iterdir():
        if not entry.name.startswith(".") and entry.name not in _LEFT_OUT:
            (folder / entry.name).symlink_to(entry)
    for name in _COPIED:
        shutil.copytree(ROOT / name, folder / name)
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, arguments in {"python": "", "quasar": " -m quasar"}.items():
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable}{arguments} "$@"\n')
        (programs / name).chmod(0o755)
    for name in _REFUSED:
        (programs / name).write_text("#!/bin/sh\necho mark this block as not run >&2\nexit 97\n")
        (programs / name).chmod(0o755)
    for stamp in ("pip", "core", "models", "dev"):
        (programs.parent / stamp).touch()


@dataclass
class PageRun:
    """One run of a page. `faults` says what went wrong, `lines` is the page as it should be."""

    page: Path
    folder: Path
    warm: Warm
    faults: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})
    printed: list[str] = field(default_factory=list)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    seconds: list[tuple[float, str]] = field(default_factory=list)

    def run(self) -> PageRun:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])
        self.lines = self.page.read_text(encoding="utf-8").splitlines()
        changes: list[tuple[int, int, list[str]]] = []
        try:
            for block in blocks(self.page):
                changes += self._block(block)
        finally:
            for process in self.running:
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
        for first, last, new in reversed(changes):
            self.lines[first:last] = new
        return self

    def _block(self, block: Block) -> Iterator[tuple[int, int, list[str]]]:
        if "not run" in block.marks or ("slow" in block.marks and not self.warm.deep):
            return
        if "file" in block.marks:
            path = self.folder / block.marks["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        if block.language == "console":
            yield from self._console(block)
        elif block.language == "python" and "file" not in block.marks:
            self._python(block)
        elif "output" in block.marks:
            yield from self._compare(block, block.lines, self.printed, 0, len(block.lines), "")
        elif block.language == "json":
            self._reads(block, json.loads)
        elif block.language == "toml":
            self._reads(block, tomllib.loads)

    def _reads(self, block: Block, reader: Any) -> None:
        try:
            reader(block.text)
        except ValueError as error:
            self.faults.append(f"{block.place}: not valid {block.language}: {error}")

    def _python(self, block: Block) -> None:
        begin = time.monotonic()
        output = io.StringIO()
        code = self._with_port(block.text)
        try:
            with contextlib.chdir(self.folder), contextlib.redirect_stdout(output):
                exec(compile(code, block.place, "exec"), self.names)
        except Exception:
            self.faults.append(f"{block.place}: {traceback.format_exc(limit=-3)}")
        self.printed = output.getvalue().splitlines()
        self.seconds.append((time.monotonic() - begin, block.place))

    def _console(self, block: Block) -> Iterator[tuple[int, int, list[str]]]:
        found = commands(block)
        for command in found:
            begin = time.monotonic()
            if "background" in block.marks:
                real, code = self._background(command), 0
            else:
                real, code = self._foreground(command)
            expected = int(block.marks.get("exit", 0)) if command is found[-1] else 0
            self.seconds.append((time.monotonic() - begin, f"{block.place} {command.text[:60]}"))
            if code != expected:
                told = "\n".join(real[-12:])
                self.faults.append(
                    f"{block.place}: exit code {code}, not {expected}: {command.text}\n{told}"
                )
            elif command.shown:
                yield from self._compare(
                    block, command.shown, real, command.first, command.last, command.text
                )

    def _compare(
        self,
        block: Block,
        shown: Sequence[str],
        real: Sequence[str],
        first: int,
        last: int,
        command: str,
    ) -> Iterator[tuple[int, int, list[str]]]:
        while shown and not shown[-1].strip():
            shown, last = shown[:-1], last - 1
        real = [line.rstrip() for line in real]
        while real and not real[-1]:
            real.pop()
        if not agrees(shown, real, "exact" in block.marks):
            told = "\n".join(real)
            self.faults.append(f"{block.place}: {command} prints something else:\n{told}")
        fresh = refreshed(shown, real)
        if fresh != list(shown):
            yield block.start + first, block.start + last, fresh

    def _with_port(self, text: str) -> str:
        text = re.sub(rf"\b{_PORT}\b", self.port, text)
        serves = re.search(r"\bquasar (?:serve|mcp .*http|train environment)\b", text)
        return f"{text} --port {self.port}" if serves and "--port" not in text else text

    def _read(self, output: Path) -> list[str]:
        text = output.read_text(encoding="utf-8", errors="replace")
        text = text.replace(self.port, _PORT).replace(f"{self.folder}/", "")
        return [line for line in text.splitlines() if _BAR not in line]

    def _foreground(self, command: Command) -> tuple[list[str], int]:
        output = self.folder / ".output"
        words = list(shlex.shlex(command.text, posix=True, punctuation_chars=True))
        if {Path(word).name for word in words} & {*_REFUSED}:
            return ["this command changes the machine: mark the block as not run"], 97
        plain = words[:1] == ["quasar"] and not any(re.search(r"[|<>&;*$]", w) for w in words)
        if plain:
            arguments = shlex.split(self._with_port(command.text), comments=True)[1:]
            return self._read_after(self.warm.run(arguments, self.folder, output), output)
        with output.open("wb") as file:
            process = self._start(command, file)
            try:
                code = process.wait(LIMIT_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                code = 124
        return self._read_after(code, output)

    def _read_after(self, code: int, output: Path) -> tuple[list[str], int]:
        return self._read(output), code

    def _background(self, command: Command) -> list[str]:
        output = self.folder / f".output{len(self.running)}"
        with output.open("wb") as file:
            process = self._start(command, file)
        self.running.append(process)
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            if len(self._read(output)) >= max(len(command.shown), 1):
                break
            time.sleep(0.05)
        return self._read(output)

    def _start(self, command: Command, file: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["bash", "-c", "set -o pipefail; " + self._with_port(command.text)],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=_environment(self.folder),
            start_new_session=True,
        )
