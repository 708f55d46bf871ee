"""Ways to run the packaged model on a CPU: tokens a second, alone and in a batch of eight.

All write the same number of tokens after the same prompts (problems of ten qubits, greedy, the end
of an answer ignored): precision, attention, threads, a static key-value cache, `torch.compile`, and
matrices quantised to eight bits. `first` is the first call, compilation included; rates are medians
of the later ones, the ways taking turns. Run `python -m benchmarks.generation`; it writes
`results/generation.json`.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from benchmarks._common import print_table, write_result
from benchmarks.nano_parts.sets import held_out

from quasar.models.registry import checkpoint
from quasar.problems.load import load_problem
from quasar.prompts.chat import Request
from quasar.prompts.styles import get_style

BATCHES = (1, 8)


class Way(NamedTuple):
    """How to run it."""

    dtype: str = "float32"
    attention: str = "eager"
    threads: int = 2
    static: bool = False
    compiled: bool = False
    quantised: bool = False


WAYS = {
    "float32, eager attention, 2 threads": Way(),
    "the same, 1 thread": Way(threads=1),
    "fused attention": Way(attention="sdpa"),
    "bfloat16": Way(dtype="bfloat16"),
    "static cache": Way(static=True),
    "static cache, compiled": Way(static=True, compiled=True),
    "matrices in int8": Way(quantised=True),
}


def prepared(name: str, way: Way) -> Any:
    """The model, ready to generate."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(
        checkpoint(name), dtype=getattr(torch, way.dtype), attn_implementation=way.attention
    ).eval()
    if way.quantised:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = torch.ao.quantization.quantize_dynamic(
                model, {torch.nn.Linear}, dtype=torch.qint8
            )
    if way.compiled:
        model.forward = torch.compile(model.forward)
    return model


def runner(name: str, way: Way, chats: Sequence[Any], tokens: int) -> Callable[[int], float]:
    """Gives the seconds for a batch of so many chats."""
    import torch
    from transformers import AutoTokenizer

    model, tokenizer = prepared(name, way), AutoTokenizer.from_pretrained(checkpoint(name))
    extra = {"cache_implementation": "static"} if way.static else {}

    def run(batch: int) -> float:
        torch.set_num_threads(way.threads)
        texts = [
            tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
            for chat in chats[:batch]
        ]
        inputs = tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
        inputs.pop("token_type_ids", None)
        begun = time.perf_counter()
        with torch.inference_mode():
            model.generate(
                **inputs, max_new_tokens=tokens, min_new_tokens=tokens, do_sample=False, **extra
            )
        return time.perf_counter() - begun

    return run


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", default="nano")
    parser.add_argument("--tokens", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    ten = [load_problem(r) for r in held_out() if int(r["number_of_qubits"]) == 10][:8]
    chats = [get_style("compact").render(problem, Request()) for problem in ten]
    runs: dict[str, Callable[[int], float]] = {}
    first: dict[tuple[str, int], float] = {}
    seconds: dict[tuple[str, int], list[float]] = {}
    for name, way in WAYS.items():
        runs[name] = runner(options.model, way, chats, options.tokens)
        for batch in BATCHES:
            first[name, batch] = runs[name](batch)
            seconds[name, batch] = []
    for _ in range(options.rounds):
        for name, run in runs.items():
            for batch in BATCHES:
                seconds[name, batch].append(run(batch))
    rows = [
        {
            "way": name,
            **{
                f"tokens/s, batch {batch}": batch
                * options.tokens
                / statistics.median(seconds[name, batch])
                for batch in BATCHES
            },
            **{f"first s, batch {batch}": first[name, batch] for batch in BATCHES},
        }
        for name in WAYS
    ]
    print_table(rows)
    print(write_result("generation", rows, {"settings": vars(options)}))


if __name__ == "__main__":
    main()
