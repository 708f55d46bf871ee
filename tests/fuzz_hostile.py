"""A million hostile programs in the sandbox; `make fuzz-million` runs it, and goes on after a stop.

Chunks of programs, each from its own seed, are judged in the sandbox, by the rules of `fuzz.py`.
The importer sees what is accepted, and a fifth of what is refused: it takes several times as long,
and `fuzz_refusals.py` compares refusals. A chunk's counts are a line of `chunks.jsonl` in the
folder of the run, written when it is done: a run that was stopped goes on behind the last one. What
breaks a rule is kept in `wrong.jsonl`. The table at the end is over all chunks.

Two thirds are texts of the strategies in `support.strategies` with edits, which is much faster than
drawing each of them; the rest are programs of `support.relations`, half of them with edits.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from fuzz import SHARES, check, collect
from fuzz_refusals import changed
from support.relations import draft

EVERY = 5
"""Of the programs that are refused, one in so many goes to the importer as well."""

_PIECES = (
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b"((((((((",
    b"{{{{",
    b"/*",
    b'"',
    b"1e999",
    b"-",
    b"0/0",
)


def bases(seed: int, count: int = 400) -> dict[str, list[str | bytes]]:
    """Texts to begin with, by strategy."""
    return {name: collect(strategy, count, seed) for name, (strategy, _) in SHARES.items()}


def chunk(kept: dict[str, list[str | bytes]], size: int, seed: int) -> list[str | bytes]:
    """Different programs, the same ones for the same seed."""
    rng = Random(seed)
    names, weights = list(SHARES), [weight for _, weight in SHARES.values()]
    found: dict[str | bytes, None] = {}
    while len(found) < size:
        if rng.random() < 0.3:  # most of the others are no programs
            text = draft(rng).text()
            found.setdefault(text if rng.random() < 0.5 else changed(text, rng))
            continue
        start = rng.choice(kept[rng.choices(names, weights)[0]])
        found.setdefault(edited(start, rng))
    return list(found)


def edited(text: str | bytes, rng: Random) -> str | bytes:
    """A few edits: of tokens, or of bytes."""
    if isinstance(text, bytes) or rng.random() < 0.2:
        raw = bytearray(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))
        for _ in range(rng.randint(1, 3)):
            at = rng.randint(0, len(raw))
            piece = rng.choice([*_PIECES, bytes([rng.randrange(256)])])
            raw[at : at + rng.randint(0, 3)] = piece * rng.choice([1, 1, 1, 2, 200])
        return bytes(raw)
    return changed(text, rng) if text else text


def done(folder: Path) -> list[dict[str, Any]]:
    """Chunks that are finished; a line cut off by a kill is none."""
    path = folder / "chunks.jsonl"
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines]


def run(
    inputs: int,
    folder: Path,
    *,
    size: int = 2000,
    seed: int = 0,
    seconds: float = float("inf"),
    workers: int | None = None,
    kept: dict[str, list[str | bytes]] | None = None,
    told: Callable[[str], None] = print,
) -> list[dict[str, Any]]:
    """Judge chunks until there are `inputs` programs or the time is up; all chunks so far."""
    folder.mkdir(parents=True, exist_ok=True)
    found = done(folder)
    kept = bases(seed) if kept is None else kept
    begun = time.monotonic()
    with _appended(folder / "chunks.jsonl") as chunks, (folder / "wrong.jsonl").open("a") as wrongs:
        while sum(c["texts"] for c in found) < inputs and time.monotonic() - begun < seconds:
            number = len(found)
            texts = chunk(kept, min(size, inputs - number * size), seed * 1_000_003 + number)
            wrong, verdicts, figures = check(texts, workers=workers, every=EVERY)
            for text, why in wrong:
                print(json.dumps({"chunk": number, "why": why, "text": repr(text)}), file=wrongs)
            wrongs.flush()
            found.append({"chunk": number, "wrong": len(wrong), "verdicts": verdicts, **figures})
            print(json.dumps(found[-1]), file=chunks, flush=True)
            told(f"{sum(c['texts'] for c in found):,} of {inputs:,}, {len(wrong)} wrong")
    return found


def _appended(path: Path) -> Any:
    """The file for appending, without the half line that a kill may have left."""
    stream = path.open("a+")
    stream.seek(0)
    content = stream.read()
    stream.truncate(len(content[: content.rfind("\n") + 1].encode()))
    stream.seek(0, 2)
    return stream


def table(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    """Sums over all chunks."""
    verdicts: Counter[str] = Counter()
    for found in chunks:
        verdicts.update(found["verdicts"])

    def total(name: str) -> float:
        return round(sum(found.get(name, 0) for found in chunks), 1)

    names = ("texts", "wrong", "importer_asked", "importer_undecided")
    names += ("workers_started", "workers_killed", "workers_died")
    sums = {name: int(total(name)) for name in names}
    most = max((found["peak_memory_mib"] for found in chunks), default=0)
    seconds = {name: total(name) for name in ("sandbox_s", "importer_s")}
    return {**sums, **seconds, "peak_memory_mib": most, "verdicts": dict(verdicts.most_common())}


def main() -> int:
    """Go on until all are judged; exit code 1 if a rule is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after these")
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--folder", type=Path, default=Path("runs/fuzz-million"))
    options = parser.parse_args()
    chunks = run(
        options.inputs,
        options.folder,
        seed=options.seed,
        seconds=options.seconds,
        workers=options.workers,
        told=lambda text: print(text, file=sys.stderr),
    )
    found = table(chunks)
    print(json.dumps(found, indent=2))
    (options.folder / "table.json").write_text(json.dumps(found, indent=2))
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
