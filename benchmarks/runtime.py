"""Ways to run the packaged model without PyTorch: start, speed, memory, and the same tokens.

Measures this project's runtime (compiled with weights of ten bits or as they are stored, NumPy),
and transformers where it is installed; ONNX Runtime, numba and llama.cpp where theirs are (none is
needed: `pip install onnx onnxruntime numba gguf xllamacpp` into an environment of its own). Each
way and number of threads runs in a process of its own. Tokens a second are also given per second of
processor time, which a busy machine disturbs less. Then: guided answers of ten bits beside those of
the stored weights, judged where they differ; free answers beside transformers; and the time from
`quasar generate` to the answer, and of a second call in one process. The quality of answers
otherwise is measured by `benchmarks.nano`.

    python -m benchmarks.runtime [--model FOLDER] [--prompts 1000] [--guided 1000] [--busy]
                                 [--ways ten-bits,kernel] [--python INTERPRETER]
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks._common import ROOT, print_table, write_result

from quasar.models.protocol import Completion, Sampling
from quasar.models.registry import checkpoint, load_model
from quasar.models.word_tokens import WordTokens, chat_text
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.prompts.chat import Message, Request
from quasar.prompts.styles import get_style
from quasar.prompts.vocabulary import END
from quasar.recipes.spec import Algorithm
from quasar.verifier.pipeline import Verifier

WAYS = ("ten-bits", "kernel", "numpy", "transformers", "onnx", "onnx-int8", "numba", "llama.cpp")
_PATIENCE_S = 300


def asked(count: int) -> Iterator[tuple[EncodedProblem, Request]]:
    """Held-out problems, each asked for in several ways until there are enough."""
    found = 0
    requests: tuple[Algorithm | None, ...] = (None, "qaoa", "vqe", "adaptive_vqe")
    held_out = sorted((ROOT / "benchmarks" / "held_out").glob("*.jsonl.gz"))
    lines = [line for path in held_out for line in gzip.decompress(path.read_bytes()).splitlines()]
    records = [json.loads(line) for line in lines]
    for turn in range(len(requests)):
        for number, record in enumerate(records):
            problem = load_problem(record)
            if problem.n_qubits > 16:
                continue
            algorithm = requests[(number + turn) % len(requests)]
            if found == count:
                return
            found += 1
            yield problem, Request(algorithm).checked()


def prompts(count: int) -> list[list[Message]]:
    """Chats about them."""
    style = get_style("compact")
    return [list(style.render(problem, request)) for problem, request in asked(count)]


def same_guided(folder: str, count: int) -> list[dict[str, Any]]:
    """Guided greedy answers of ten bits beside those of the stored weights."""
    style, questions = get_style("compact"), list(asked(count))
    chats = [style.render(problem, request) for problem, request in questions]
    texts = {}
    for engine in ("kernel", "ten-bits"):
        guides = [style.guide(problem, request) for problem, request in questions]
        model = load_model(folder, {"engine": engine, "batch_size": 16})
        made = model.complete(chats, Sampling(temperature=0), guides=guides)
        texts[engine] = [row[0].text for row in made]
    change: list[tuple[float, float]] = []
    for (problem, _), stored, rounded in zip(questions, *texts.values(), strict=True):
        if stored != rounded:
            verifier = Verifier(problem, None)
            old, new = verifier.verify(stored), verifier.verify(rounded)
            change.append(
                (
                    (new.approximation_ratio or 0.0) - (old.approximation_ratio or 0.0),
                    (new.p_optimal or 0.0) - (old.p_optimal or 0.0),
                )
            )
    total = len(questions)
    return [
        {
            "answers": total,
            "the same": total - len(change),
            "better r": sum(r > 0 for r, _ in change),
            "worse r": sum(r < 0 for r, _ in change),
            "mean change of r": sum(r for r, _ in change) / total,
            "mean change of P(opt)": sum(p for _, p in change) / total,
        }
    ]


def same_tokens(folder: str, count: int) -> list[dict[str, Any]]:
    """How many greedy answers of the runtime are those of transformers, to the last token.

    Transformers reads prompt and answer at once and says at each place which token is likeliest;
    where that is always the one that came, it would have written the same.
    """
    greedy = Sampling(temperature=0)
    chats = prompts(count)
    texts = {
        engine: [row[0] for row in load_model(folder, {"engine": engine}).complete(chats, greedy)]
        for engine in ("ten-bits", "kernel", "numpy")
    }
    if find_spec("torch") is None or find_spec("transformers") is None:
        return []
    from transformers import AutoModelForCausalLM

    tokens = WordTokens.read(Path(folder) / "tokenizer.json")
    rows = []
    for dtype in ("float32", "bfloat16"):
        reference = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).eval()
        for engine, answers in texts.items():
            marks = [
                _agrees(reference, tokens, chat, answer)
                for chat, answer in zip(chats, answers, strict=True)
            ]
            rows.append(
                {
                    "runtime": engine,
                    "transformers": dtype,
                    "answers": len(marks),
                    "the same": sum(m is None for m in marks),
                    "largest gap": max((m for m in marks if m is not None), default=0.0),
                    "tokens": sum(answer.completion_tokens for answer in answers),
                }
            )
            print(rows[-1], flush=True)
    return rows


def _agrees(
    reference: Any, tokens: WordTokens, chat: list[Message], answer: Completion
) -> float | None:
    """None where transformers writes the same; else the first difference in its scores."""
    import torch

    prompt = tokens.encode(chat_text(chat))
    made = tokens.encode(answer.text)
    if answer.finish_reason == "stop":
        made = [*made, tokens.ids[END]]
    with torch.inference_mode():
        scores = reference(torch.tensor([prompt + made])).logits[0, len(prompt) - 1 : -1].float()
    wanted = scores.argmax(dim=-1).tolist()
    for place, (mine, theirs) in enumerate(zip(made, wanted, strict=True)):
        if mine != theirs:
            return float(scores[place, theirs] - scores[place, mine])
    return None


def speed(folder: str, ways: Sequence[str], python: str, busy: bool) -> list[dict[str, Any]]:
    """One row a way and number of threads; `busy`: beside another process that uses a core."""
    rows: list[dict[str, Any]] = []
    for way in ways:
        for threads in (1, 2):
            other = _busy() if busy else None
            try:
                row = _in_a_process(folder, way, python, threads)
            finally:
                if other is not None:
                    other.kill()
                    other.wait()
            rows.append({"way": way, "threads": threads, "busy": busy, **row})
            print(rows[-1], flush=True)
    return rows


def _busy() -> subprocess.Popen[bytes]:
    code = "import numpy as n\na = n.random.rand(700, 700)\nwhile True: a @ a"
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "2"}
    return subprocess.Popen([sys.executable, "-c", code], env=environment)


def _in_a_process(folder: str, way: str, python: str, threads: int) -> dict[str, Any]:
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, str(threads))
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    command = [python, "-m", "benchmarks.runtime_ways", folder, way, str(threads)]
    try:
        done = subprocess.run(
            command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=_PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        return {"start s": None, "note": f"not done after {_PATIENCE_S} s"}
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:]
        return {"start s": None, "note": last[0] if last else "failed"}
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


_TWICE = """
import sys, time, quasar
quasar.generate(sys.argv[1])
begun = time.perf_counter(); quasar.generate(sys.argv[1])
print(time.perf_counter() - begun)
"""


def start() -> list[dict[str, Any]]:
    """From `quasar generate` to the answer, whole processes, and a second call in one: medians."""
    problem = str(ROOT / "examples" / "florentine_maxcut.json")
    commands = {
        "quasar generate, whole process": ["-m", "quasar", "generate", "--problem", problem],
        "quasar.generate, second call": ["-c", _TWICE, problem],
    }
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    rows = []
    for name, command in commands.items():
        seconds, processor = [], []
        for _ in range(4):
            begun, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(
                [sys.executable, *command], env=environment, capture_output=True, check=True
            )
            whole = time.perf_counter() - begun
            seconds.append(float(done.stdout) if command[0] == "-c" else whole)
            now = resource.getrusage(resource.RUSAGE_CHILDREN)
            processor.append(now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime)
        row: dict[str, Any] = {"what": name, "s": statistics.median(seconds[1:])}
        row["processor s"] = None if command[0] == "-c" else statistics.median(processor[1:])
        rows.append(row)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--prompts", type=int, default=1000)
    parser.add_argument("--guided", type=int, default=1000)
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--busy", action="store_true", help="beside another busy process too")
    parser.add_argument("--python", default=sys.executable, help="interpreter that has the ways")
    given = parser.parse_args()
    folder = checkpoint(given.model)
    ways = given.ways.split(",")
    rows = speed(folder, ways, given.python, False)
    if given.busy:
        rows += speed(folder, ways, given.python, True)
    tables = {
        "start": start(),
        "same_guided": same_guided(folder, given.guided) if given.guided else [],
        "same_tokens": same_tokens(folder, given.prompts) if given.prompts else [],
    }
    print_table(rows, "Ways to run the packaged model")
    for title, table in tables.items():
        if table:
            print_table(table, title)
    write_result("runtime", rows, {"model": given.model, **tables})


if __name__ == "__main__":
    main()
