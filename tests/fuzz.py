"""Fuzzing the verifier against the reference importer; `make fuzz` runs it at length.

Every text goes through the sandbox, and through the bare importer in a process of its own under
the same limits. What must hold:

- no failure of the machinery, and no text without a report;
- where the importer says yes, the report says `parses`, unless a limit of the sandbox stopped it;
- where the importer says no, the report says no, always;
- what the importer reads in a quarter of the time is not out of time or memory before it parsed.

The importer takes several times as long as the sandbox, so that long runs may ask it about each
text that is accepted and some of the others.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import quasar
from quasar.circuits.header import VERSION
from quasar.verifier.report import Report
from quasar.verifier.sandbox import Job, Sandbox, SandboxLimits
from quasar.verifier.settings import VerifierSettings
from support.strategies import hostile, mutated, raw, valid

LIMITS = SandboxLimits(max_seconds=1.0, max_memory_mib=512)
SETTINGS = VerifierSettings(quality=False)
SHARES = {"valid": (valid(), 4), "mutated": (mutated(), 6), "raw": (raw(), 3)}
SHARES["hostile"] = (hostile(), 2)

_ANSWER = struct.Struct("<cd")


def collect(strategy: st.SearchStrategy[str | bytes], count: int, number: int) -> list[str | bytes]:
    """`count` different texts of a strategy, the same ones for the same seed."""
    found: dict[str | bytes, None] = {}
    round_ = 0
    while len(found) < count:

        @seed(number + round_)
        @settings(
            max_examples=min(count, 2000),
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def gather(text: str | bytes) -> None:
            found.setdefault(text)

        gather()
        round_ += 1
    return list(found)[:count]


# --- the importer on its own ----------------------------------------------------------------------


def importer_verdicts(
    texts: Sequence[str | bytes], limits: SandboxLimits = LIMITS
) -> Iterator[tuple[str, float]]:
    """For each text `y`, `n` or `?` (it ran into a limit), and the processor seconds it took."""
    import qiskit_qasm3_import

    qiskit_qasm3_import.parse(VERSION + "; qubit q; bit c; if (c) { U(0, pi, 1.0) q; }")
    done = 0
    while done < len(texts):
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, 1)
            os.dup2(silent, 2)
            _import_all(texts[done : done + 500], writing, limits, qiskit_qasm3_import.parse)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as stream:
            before = done
            while answer := stream.read(_ANSWER.size):
                verdict, seconds = _ANSWER.unpack(answer)
                yield verdict.decode(), seconds
                done += 1
        _, status = os.waitpid(pid, 0)
        if status != 0 or done == before:
            yield "?", limits.max_seconds
            done += 1


def _import_all(
    texts: Sequence[str | bytes], out: int, limits: SandboxLimits, parse: Callable[[str], object]
) -> None:
    for text in texts:
        started = time.process_time()
        size = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        _limit(resource.RLIMIT_AS, size + (limits.max_memory_mib << 20))
        signal.setitimer(signal.ITIMER_PROF, limits.max_seconds + 0.05)  # ends the process
        verdict = b"n"
        try:
            read = text if isinstance(text, str) else text.decode("utf-8")
            if VERSION in read:
                parse(read)
                verdict = b"y"
        except MemoryError:
            verdict = b"?"
        except BaseException:  # the bindings of Rust raise panics that are no Exception
            verdict = b"n"
        taken = time.process_time() - started
        signal.setitimer(signal.ITIMER_PROF, 0)
        _limit(resource.RLIMIT_AS, resource.RLIM_INFINITY)
        os.write(out, _ANSWER.pack(b"?" if taken > limits.max_seconds else verdict, taken))


def _limit(which: int, value: int) -> None:
    """Set what may be taken back, under the limit that the run was started with."""
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY and (value == resource.RLIM_INFINITY or value > hard):
        value = hard
    resource.setrlimit(which, (value, hard))


# --- comparison -----------------------------------------------------------------------------------


def disagreement(report: Report, verdict: str, seconds: float, limits: SandboxLimits) -> str | None:
    """What is wrong with the report, given the importer's verdict; None if nothing."""
    limit = report.fault.limit if report.fault is not None else None
    if report.feasible and not report.parses:
        return "feasible, but does not parse"
    if not report.feasible and report.fault is None:
        return "infeasible without a fault"
    if verdict == "n" and report.parses:
        return "the importer refuses it"
    if verdict == "y" and not report.parses:
        if limit in {"characters", "nesting"}:
            return None
        if limit not in {"time", "memory"}:
            return "the importer accepts it"
        if limit == "time" and seconds < limits.max_seconds / 4:
            return f"the importer accepts it in {seconds:.2f} s"
    return None


def word(report: Report) -> str:
    """The report's verdict in a word or two."""
    if report.fault is None:
        return "feasible"
    return f"limit {report.fault.limit}" if report.fault.limit else report.fault.kind


def check(
    texts: Sequence[str | bytes],
    *,
    limits: SandboxLimits = LIMITS,
    workers: int | None = None,
    every: int = 1,
    progress: Callable[[int], None] = lambda n: None,
) -> tuple[list[tuple[str | bytes, str]], Counter[str], dict[str, float]]:
    """Run texts through sandbox and importer.

    Args:
        every: of the texts that are refused, the importer is asked about each so many-th.

    Returns:
        Each text that breaks a rule with what is wrong; how often each verdict was given; figures.
    """
    problem = quasar.load_problem({"hamiltonian": "1.0 * (Z(0) @ Z(1)) + -0.5 * Z(2)"})
    reports: dict[int, Report] = {}
    wrong: list[tuple[str | bytes, str]] = []
    started = time.monotonic()
    with Sandbox([problem], SETTINGS, limits=limits, workers=workers) as sandbox:
        for index, report in sandbox.run(Job(i, 0, text) for i, text in enumerate(texts)):
            if index in reports:
                wrong.append((texts[index], "answered twice"))
            reports[index] = report
            progress(len(reports))
        statistics = sandbox.statistics
    sandboxed_s = time.monotonic() - started
    verdicts = Counter(map(word, reports.values()))
    wrong += [(text, "no answer") for i, text in enumerate(texts) if i not in reports]
    asked = [i for i in sorted(reports) if reports[i].parses or i % every == 0]
    # Beyond a quarter of the time nothing hangs on its verdict but for what was accepted.
    brief = limits.model_copy(update={"max_seconds": 0.3 * limits.max_seconds})
    undecided = 0
    said = importer_verdicts([texts[i] for i in asked], limits if every == 1 else brief)
    for i, (verdict, seconds) in zip(asked, said, strict=True):
        undecided += verdict == "?"
        why = disagreement(reports[i], verdict, seconds, limits)
        if why is not None:
            wrong.append((texts[i], f"{why}: {reports[i].fault}"))
    figures = {
        "texts": len(texts),
        "sandbox_s": round(sandboxed_s, 1),
        "importer_s": round(time.monotonic() - started - sandboxed_s, 1),
        "importer_asked": len(asked),
        "importer_undecided": undecided,
        "workers_started": statistics.started,
        "workers_killed": statistics.killed,
        "workers_died": statistics.died,
        "peak_memory_mib": round(statistics.peak_memory_mib),
    }
    return wrong, verdicts, figures


def sample(count: int, number: int) -> list[str | bytes]:
    """`count` texts of every kind, in their shares, mixed."""
    total = sum(share for _, share in SHARES.values())
    texts: list[str | bytes] = []
    for strategy, share in SHARES.values():
        texts += collect(strategy, -(-count * share // total), number)
    return [texts[i] for i in sorted(range(len(texts)), key=lambda i: i * 2654435761 % 2**32)]


def main() -> int:
    """Fuzz at length; exit code 1 if a rule is broken."""
    from rich.progress import Progress

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=None)
    options = parser.parse_args()
    started = time.monotonic()
    texts = sample(options.inputs, options.seed)
    generated_s = time.monotonic() - started
    with Progress(transient=True) as bar:
        task = bar.add_task("verifying", total=len(texts))
        wrong, verdicts, figures = check(
            texts, workers=options.workers, progress=lambda n: bar.update(task, completed=n)
        )
    figures = {"generated_s": round(generated_s, 1), **figures}
    print(json.dumps({**figures, "verdicts": dict(verdicts.most_common())}, indent=2))
    for text, why in wrong[:20]:
        print(f"--- {why}\n{text!r}", file=sys.stderr)
    if wrong:
        print(f"{len(wrong)} of {len(texts)} texts break a rule.", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
