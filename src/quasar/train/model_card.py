"""The README that goes with a checkpoint: what it is, from what, how good, how to use it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quasar.core.output import disk_errors

CARD = "README.md"


def write_card(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the model card beside the weights."""
    settings = manifest["settings"]
    name = settings["model"]["name"]
    base = settings["model"]["base"]
    paths = ", ".join(dict.fromkeys(f"`{Path(p).name}`" for p in settings["data"]["paths"]))
    text = f"""---
library_name: transformers
license: apache-2.0
pipeline_tag: text-generation
tags: [quantum, openqasm, qaoa, vqe]
---

# {name}

Writes OpenQASM 3 circuits, angles included, that minimise a diagonal Hamiltonian: graph problems
and any other sum of products of Z.

- {f"Fine-tuned from `{base}`" if base else "Trained from scratch"} on the data sets {paths}.
- Prompt style: `{settings["data"]["examples"]["prompt_style"]}`.
- {manifest["steps"]} steps, {manifest["examples_seen"]} examples seen,
  {manifest["training_seconds"] / 60:.0f} minutes of training.

```console
$ quasar generate --problem problem.json --model {folder.name} --out out
```

`transformers` loads the folder by itself (`AutoModelForCausalLM.from_pretrained`).

{_quality(manifest)}## Limits

A circuit that prepares one bit string is a classical answer written as a circuit; most converged
VQE and adaptive answers are of that kind. Measure with `quasar verify` before you rely on an
answer. `manifest.json` has settings, seed, versions and commit.
"""
    with disk_errors(folder):
        (folder / CARD).write_text(text, encoding="utf-8")


def _quality(manifest: Mapping[str, Any]) -> str:
    """The section of that name; empty where nothing was measured."""
    quality = manifest["validation"]
    if not quality:
        return ""
    rows = "\n".join(f"| {key} | {value:.4f} |" for key, value in sorted(quality.items()))
    return f"""## Quality

Greedy answers, unrepaired, on {manifest["validation_problems"]} problems of the
validation splits, measured by the verifier: share that parses, mean approximation ratio, mean
probability of an optimum; for QAOA asked for by name also the share within 5% of the energy range
of the best angles known.

| measure | value |
|---|---|
{rows}

"""
