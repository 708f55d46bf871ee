"""What goes with a checkpoint: its manifest, and a README that says what it is and how good."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quasar.core.files import disk_errors
from quasar.models.registry import checkpoint
from quasar.prompts.task_style import TASK_STYLE

CARD = "README.md"
MANIFEST = "manifest.json"
BASE_MANIFEST = "base_manifest.json"
"""The manifest of the model that the training began with."""


_PROBLEMS = (
    "Writes OpenQASM 3 circuits, angles included, that minimise a diagonal Hamiltonian: graph "
    "problems\nand any other sum of products of Z.",
    "--problem problem.json",
    "A circuit that prepares one bit string is a classical answer written as a circuit; most "
    "converged\nVQE and adaptive answers are of that kind.",
)
_TASKS = (
    "Writes OpenQASM 3 circuits for target tasks: states, unitaries, oracles, estimates, time\n"
    "evolution and codes, of up to 8 qubits.",
    "--task ghz --qubits 5",
    "For given amplitudes, sets of bit strings, permutations, and phases of more than 4 qubits it\n"
    "names a construction, whose gates `quasar` writes. Of an oracle it is\n"
    "told the size alone.",
)
"""What a model is for, the command's question, and its limits; by the prompt style."""


def describe(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write manifest and card beside the weights; the base's manifest too, where it has one.

    Raises:
        InfrastructureError: no space, or no right to write.
    """
    base = manifest["settings"]["model"]["base"]
    with disk_errors(folder):
        text = json.dumps(manifest, indent=2) + "\n"
        (folder / MANIFEST).write_text(text, encoding="utf-8")
        if base is not None and (known := Path(checkpoint(base)) / MANIFEST).is_file():
            (folder / BASE_MANIFEST).write_bytes(known.read_bytes())
    write_card(folder, manifest)


def write_card(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the model card beside the weights."""
    settings = manifest["settings"]
    name = settings["model"]["name"]
    base = settings["model"]["base"]
    purpose, question, limits = _TASKS if _style(settings["data"]) == TASK_STYLE else _PROBLEMS
    text = f"""---
library_name: transformers
license: apache-2.0
pipeline_tag: text-generation
tags: [quantum, openqasm, qaoa, vqe]
---

# {name}

{purpose}

- {_origin(base, manifest)} on {_data(settings["data"])}.
- Prompt style: `{_style(settings["data"])}`.
- {manifest["steps"]} steps, {manifest["examples_seen"]} examples seen,
  {manifest["training_seconds"] / 60:.0f} minutes of training.

```console
$ quasar generate {question} --model {folder.name} --out out
```

`transformers` loads the folder by itself (`AutoModelForCausalLM.from_pretrained`).

{_quality(manifest)}## Limits

{limits} Measure with `quasar verify` before you rely on an
answer. `{MANIFEST}` has settings, seed, versions and commit{_of_base(folder)}.
"""
    with disk_errors(folder):
        (folder / CARD).write_text(text, encoding="utf-8")


def _origin(base: str | None, manifest: Mapping[str, Any]) -> str:
    if base is None:
        return "Trained from scratch"
    way = "Reinforced (GRPO)" if "before" in manifest else "Fine-tuned"
    return f"{way} from `{base}`"


def _data(data: Mapping[str, Any]) -> str:
    if stream := data.get("stream"):
        kinds = ", ".join(f"`{kind['name']}`" for kind in stream["kinds"])
        return f"fresh instances, made while it learnt ({kinds})"
    return "the data sets " + ", ".join(dict.fromkeys(f"`{Path(p).name}`" for p in data["paths"]))


def _style(data: Mapping[str, Any]) -> str:
    stream = data.get("stream")
    if stream and str(stream.get("source", "")).endswith(".fresh_tasks"):
        return TASK_STYLE
    return "compact" if stream else str(data["examples"]["prompt_style"])


def _apart(data: Mapping[str, Any]) -> str:
    return "of the sets kept apart" if data.get("stream") else "of the validation splits"


def _of_base(folder: Path) -> str:
    known = (folder / BASE_MANIFEST).is_file()
    return f", `{BASE_MANIFEST}`\nthose of the base model" if known else ""


def _quality(manifest: Mapping[str, Any]) -> str:
    """The section of that name; empty where nothing was measured."""
    quality = manifest["validation"]
    if not quality:
        return ""
    rows = "\n".join(f"| {key} | {value:.4f} |" for key, value in sorted(quality.items()))
    return f"""## Quality

Greedy answers (`sampled/`: one draw each), unrepaired, on {manifest["validation_problems"]}
problems {_apart(manifest["settings"]["data"])}, measured by the verifier: fraction that
parses, mean approximation ratio, mean probability of an optimum; for QAOA asked for by name also
the fraction within 5% of the energy range of the best angles known.

| measure | value |
|---|---|
{rows}

"""
