"""`quasar train sft` with `data.stream`: supervised fine-tuning on examples made meanwhile.

A plain loop of its own: the stream has no length, and a small model on a GPU learns hundreds of
short examples in the time that collating them one by one would take. Runs on one GPU, or on a CPU
with smaller numbers; needs PyTorch, and transformers to write the result, but not TRL. Several
devices and larger models are for `sft`.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from quasar.core.errors import InfrastructureError
from quasar.core.files import write_text
from quasar.core.jsonl import append_jsonl
from quasar.prompts.vocabulary import tokens
from quasar.train.new_model import MAX_LENGTH, new_shape
from quasar.train.run import Run, claim
from quasar.train.sft_settings import SftSettings
from quasar.train.stream.batches import BatchMaker, BatchQueue, TokenBatch
from quasar.train.stream.checkpoint import Saved, load_checkpoint, save_checkpoint
from quasar.train.stream.learner import Learner
from quasar.train.stream.light_qwen3 import LightQwen3
from quasar.train.stream.log import TRAIN_LOG, Tally
from quasar.train.stream.result import (
    HEAD,
    as_transformers,
    held_out_tasks,
    measure,
    profile_of,
)
from quasar.train.stream.workers import EXCLUDED, StreamWorkers

CHUNKS = "chunks"
"""In the run's folder, unless the settings name another: the files of examples."""
_AHEAD = 8  # batches
_HELD = 3  # batches on which kernels are made before they are learnt
_SYNC = 8  # steps a GPU may be behind the clock
_LOOK_AFTER_S = 2.0


def train_stream(settings: SftSettings) -> dict[str, float]:
    """Train, or go on with what the folder holds; returns the quality, or losses by kind.

    Raises:
        InputError: the base model is missing or of another form, or a folder belongs to other
            settings.
        InfrastructureError: the examples cannot be made, or the loss is not a number any more.
    """
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    torch.set_float32_matmul_precision("high")
    vocabulary = vocabulary_of(settings)
    claim(settings.out, _stated(settings))
    folder = prepare_folder(settings, vocabulary)
    learner = new_learner(settings, vocabulary)
    run = _StreamRun(settings, learner)
    with (
        StreamWorkers(run.stream, folder, settings.schedule.seed) as workers,
        BatchQueue(
            run.maker(folder, vocabulary),
            lambda: run.progress.fraction,
            ahead=_AHEAD,
            endless=bool(run.stream.workers),
        ) as batches,
    ):
        run.train(workers, batches)
    return run.finish()


def compact_vocabulary() -> dict[str, int]:
    """Number of each token of the compact style."""
    return {text: number for number, text in enumerate(tokens())}


def vocabulary_of(settings: SftSettings) -> dict[str, int]:
    """Number of each token of the stream's source; of the compact style where it names none."""
    source = importlib.import_module(settings.stream.source)
    words = getattr(source, "tokens", tokens)()
    return {text: number for number, text in enumerate(words)}


def prepare_folder(settings: SftSettings, vocabulary: Mapping[str, int]) -> Path:
    """The folder of the files of examples, ours or of the same examples, with what is excluded.

    Raises:
        InputError: it holds other examples, cannot be written, or an excluded set cannot be read.
    """
    stream = settings.stream
    folder = stream.folder or settings.out / CHUNKS
    digest = hashlib.sha256(json.dumps(list(vocabulary)).encode()).hexdigest()
    claim(folder, {**stream.making(), "vocabulary": digest})
    path = folder / EXCLUDED
    if not path.exists():
        identifiers = _instance_ids(stream.exclude)
        write_text(path, "".join(f"{name}\n" for name in identifiers))
    return folder


def new_learner(settings: SftSettings, vocabulary: Mapping[str, int]) -> Learner:
    """The model that the settings name, and its optimiser."""
    stream, schedule = settings.stream, settings.schedule
    torch.manual_seed(schedule.seed)
    context = max(MAX_LENGTH, stream.max_length)
    if settings.model.base is None:
        model = LightQwen3(new_shape(settings.model.new, len(vocabulary), context))
    else:
        from quasar.train.stream.light_base import from_base

        model = from_base(settings.model.base, vocabulary, context)
    return Learner(model, schedule, groups=2 * len(stream.kinds))


def next_batch(workers: StreamWorkers, batches: BatchQueue) -> tuple[TokenBatch | None, float]:
    """The next batch, None at the stream's end, and the time it was waited for, s.

    Raises:
        InfrastructureError: the workers die before they have made anything.
    """
    begun = time.monotonic()
    while True:
        try:
            return batches.get(_LOOK_AFTER_S), time.monotonic() - begun
        except TimeoutError:
            workers.look_after()


class _StreamRun(Run[SftSettings]):
    """One training from its settings to its result."""

    libraries = ("torch", "transformers", "safetensors", "numpy", "pydantic", "qulacs", "networkx")

    def __init__(self, settings: SftSettings, learner: Learner) -> None:
        super().__init__(settings)
        self.learner, self.stream = learner, settings.stream
        self._saved = load_checkpoint(self.checkpoints, learner)
        self.progress.resume(self._saved.step, self._saved.seconds)
        self._tally = Tally([kind.name for kind in self.stream.kinds], self._saved.totals)
        self._seeds = list(self._saved.seeds)
        self._tasks = held_out_tasks(settings)
        self._last: dict[str, Any] = {}
        self._available: dict[str, int] = {}

    def maker(self, folder: Path, vocabulary: dict[str, int]) -> BatchMaker:
        schedule = self.settings.schedule
        return BatchMaker(
            self.stream,
            folder,
            vocabulary,
            batch_tokens=schedule.batch_tokens,
            growth=schedule.growth,
            seed=schedule.seed,
            step=self._saved.step,
            uses=self._saved.uses,
        )

    def train(self, workers: StreamWorkers, batches: BatchQueue) -> None:
        """Learn until the time or the steps are over, or the stream ends."""
        if self.progress.fraction >= 1.0:
            return
        _say("waiting for the first examples")
        held = [next_batch(workers, batches)[0] for _ in range(_HELD)]
        if self.learner.compiled:
            _say("compiling")
            for given in filter(None, held):
                self.learner.warm_up(given)
        wanted, progress = self.settings.eval, self.progress
        progress.start()
        self._tally.begin(progress.seconds)
        saved = looked = measured = progress.seconds
        batch = held.pop(0)
        while batch is not None and progress.fraction < 1.0:
            self._step(batch)
            if progress.step % wanted.log_steps == 0:
                self._log(batches)
            if progress.seconds - saved > 60 * wanted.save_minutes:
                self._save(workers, batches)
                saved = progress.seconds
            if self._tasks and progress.seconds - measured > 60 * wanted.evaluate_minutes:
                measured = progress.seconds
                self._measure()
            if progress.seconds - looked > _LOOK_AFTER_S:
                workers.look_after()
                looked = progress.seconds
            batch, waited = (held.pop(0), 0.0) if held else next_batch(workers, batches)
            self._tally.waited += waited
        self.learner.wait()
        progress.pause()
        if batch is None:
            _say("the examples are used up, and no workers make new ones: training ends here")
        self._log(batches)
        self._save(workers, batches)
        self._available = {name: own.examples for name, own in batches.supply().items()}

    def _step(self, batch: TokenBatch) -> None:
        progress = self.progress
        self.learner.step(batch, self.rate)
        self._tally.add(batch)
        progress.step += 1
        if progress.step % _SYNC == 0:
            self.learner.wait()  # the clock of the schedule is the device's

    def _log(self, batches: BatchQueue) -> None:
        sums, counts, norm = self.learner.take_losses()
        if not counts.sum():
            return
        progress = self.progress
        line = {"step": progress.step, "seconds": round(progress.seconds, 2)}
        line |= self._tally.line(progress.seconds, sums, counts, batches.supply())
        line["gradient_norm"] = round(norm, 4)
        append_jsonl(self.settings.out / TRAIN_LOG, [line])
        self._last = line
        if not line["loss"] < float("inf"):
            raise InfrastructureError(
                f"the loss is not a number at step {progress.step}: lower "
                "schedule.learning_rate or schedule.matrix_learning_rate."
            )
        _say(
            f"{progress.seconds:.0f} s, step {progress.step}: loss {line['loss']:.4f}, "
            f"{line['tokens_per_s']:,} tokens/s, waiting {100 * line['waiting']:.0f}%"
        )

    def _save(self, workers: StreamWorkers, batches: BatchQueue) -> None:
        saved = Saved(
            self.progress.step,
            self.progress.seconds,
            self._tally.totals(),
            (*self._seeds, *workers.seeds),
            batches.uses(),
        )
        self._saved = saved
        save_checkpoint(self.checkpoints, self.learner, saved, self.settings.eval.keep)

    def _measure(self) -> None:
        """Measure raw answers; the clock of the training stands still."""
        running = self.progress.running
        self.progress.pause()
        self.record_quality(measure(self.learner, self.settings, self._tasks))
        if running:
            self.progress.start()

    def finish(self) -> dict[str, float]:
        """Measure and write the result; returns its quality, or losses where there is none."""
        totals = self._tally.totals()
        if self._tasks:
            self._measure()
        words = list(vocabulary_of(self.settings))
        model, tokenizer = as_transformers(self.learner, words)
        weights = {name: w for name, w in model.state_dict().items() if name != HEAD}
        self.write_model(model, weights, tokenizer, profile_of(self.settings))
        self.describe(
            len(self._tasks),
            device=device_name(),
            parameters=sum(w.numel() for w in self.learner.weights().values()),
            examples_available=sum(self._available.values()),
            examples_seen=sum(totals["examples"].values()),
            tokens_seen=totals["tokens"],
            answer_tokens_seen=totals["answer_tokens"],
            kinds={
                name: {"seen": seen, "available": self._available.get(name)}
                for name, seen in totals["examples"].items()
            },
            worker_seeds=list(self._saved.seeds),
            last_log=self._last,
        )
        return self.quality or last_losses(self._last)


def last_losses(line: Mapping[str, Any]) -> dict[str, float]:
    """Losses by kind of a line of the log."""
    found = {}
    for kind, own in line.get("kinds", {}).items():
        for name in ("loss", "loss_new"):
            if own[name] is not None:
                found[f"{kind}/{name}"] = own[name]
    return found


def device_name() -> str:
    """What the training runs on."""
    return str(torch.cuda.get_device_name()) if torch.cuda.is_available() else "cpu"


def _stated(settings: SftSettings) -> dict[str, Any]:
    """What makes the run the run it is; how fast examples are made does not."""
    stated = settings.model_dump(mode="json", exclude={"eval", "threads", "out"})
    for name in ("workers", "folder", "chunk_seconds"):
        del stated["data"]["stream"][name]
    return stated


def _instance_ids(paths: Sequence[Path]) -> list[str]:
    if not paths:
        return []
    from quasar.data.source import known_instances

    return sorted(known_instances(paths))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
