"""Speed of a streaming training: tokens a second by batch size, blocks plain and compiled.

    python -m benchmarks.train_speed configs/sft-nano-gpu.toml

The files of examples it makes meanwhile are those of the training, which finds them there.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from quasar.cli.train import configured
from quasar.train.sft_settings import SftSettings


def measure(
    config: Annotated[Path, typer.Argument(help="Configuration with data.stream.")],
    changes: Annotated[list[str] | None, typer.Option("--set", help="As `quasar train`.")] = None,
    sizes: Annotated[str, typer.Option(help="Tokens of a batch.")] = "32768,65536,131072",
    steps: Annotated[int, typer.Option(help="Timed steps of each size.")] = 24,
    warm: Annotated[int, typer.Option(help="Steps before these.")] = 6,
    wait: Annotated[float, typer.Option(help="Longest wait for examples, s.")] = 40.0,
    out: Annotated[Path | None, typer.Option(help="File for the figures (JSON).")] = None,
) -> None:
    """Measure, print, and write down."""
    import torch

    from quasar.train.stream.batches import BatchMaker, TokenBatch
    from quasar.train.stream.training import (
        compact_vocabulary,
        device_name,
        new_learner,
        prepare_folder,
    )
    from quasar.train.stream.workers import StreamWorkers

    settings = configured(SftSettings, config, changes or [])
    vocabulary, stream = compact_vocabulary(), settings.stream
    folder = prepare_folder(settings, vocabulary)
    budgets = [int(size) for size in sizes.split(",")]
    learner = new_learner(settings, vocabulary)
    maker = BatchMaker(
        stream.model_copy(update={"repeats": 200}),
        folder,
        vocabulary,
        batch_tokens=max(budgets),
        growth=0.0,
        seed=settings.schedule.seed,
    )

    def batches(budget: int, many: int) -> list[TokenBatch]:
        maker.batch_tokens = budget
        found: list[TokenBatch] = []
        while len(found) < many:
            drawn = maker.draw(1.0, final=True)
            found += [batch for batch in drawn if batch.ids.size >= 0.6 * budget]
            if not drawn:
                break
        return found[:many]

    def speed(budget: int) -> tuple[float, float]:
        """Tokens a second, and seconds of the steps before the clock started."""
        held = batches(budget, warm + steps)
        begun = time.monotonic()
        for batch in held[:warm]:
            learner.step(batch, 0.01)
        learner.wait()
        started = time.monotonic()
        for batch in held[warm:]:
            learner.step(batch, 0.01)
        learner.wait()
        tokens = sum(batch.tokens for batch in held[warm:])
        return tokens / (time.monotonic() - started), started - begun

    found: dict[str, float] = {}
    with StreamWorkers(stream, folder, settings.schedule.seed) as workers:
        begun = time.monotonic()
        while not maker.draw(1.0) and time.monotonic() - begun < wait:
            time.sleep(0.3)
            maker.look()
            workers.look_after()
        print(f"examples for batches after {time.monotonic() - begun:.0f} s", flush=True)
        for compiled in (False, True):
            learner.model.compile_blocks(compiled)
            for budget in budgets:
                rate, before = speed(budget)
                label = f"{'compiled' if compiled else 'plain'}, {budget} tokens a step"
                found[label] = round(rate)
                print(f"{label}: {rate:,.0f} tokens/s ({before:.0f} s before)", flush=True)
        maker.look()
    content = {
        "device": device_name(),
        "torch": torch.__version__,
        "tokens_per_s": found,
        "examples_made": {name: own.examples for name, own in maker.supply().items()},
        "seconds": round(time.monotonic() - begun, 1),
    }
    if torch.cuda.is_available():
        content["memory_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 1)
    print(json.dumps(content))
    if out is not None:
        out.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(measure)
