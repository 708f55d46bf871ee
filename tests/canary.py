"""The verifier's tests on the newest Qiskit and importer of the index; `make canary` runs it.

Called by the Python of an environment of its own, in which those two are not pinned. Prints their
versions beside the pinned ones and what fails; exit code 1 if anything does, 0 if nothing. Which
tests: `tests/circuits` and `tests/verifier`, or what the command line names.
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WATCHED = ("qiskit", "qiskit-qasm3-import")
TESTS = ("tests/circuits", "tests/verifier")


def pinned(name: str) -> str:
    """The version that the project is tested with."""
    text = (ROOT / "constraints" / "constraints.txt").read_text(encoding="utf-8")
    found = re.search(rf"(?m)^{re.escape(name)}==(\S+)", text)
    return found[1] if found else "not pinned"


def failures(output: str) -> list[str]:
    """Tests that failed, by pytest's short summary."""
    return re.findall(r"(?m)^(?:FAILED|ERROR) (\S+)", output)


def main(arguments: list[str]) -> int:
    """Run the tests; pytest's exit code."""
    for name in WATCHED:
        print(f"{name}: {version(name)} (pinned: {pinned(name)})", flush=True)
    options = ["-q", "-m", "not slow", "-p", "no:cacheprovider", "-W", "ignore::DeprecationWarning"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *(arguments or TESTS)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    print(run.stdout[-20_000:])
    failed = failures(run.stdout)
    print(f"{len(failed)} failures" if failed or run.returncode == 0 else "pytest did not finish")
    return run.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
