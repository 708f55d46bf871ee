"""The options of `quasar generate`, one name each; `generate.py` says what they do together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from quasar.cli.completion import models
from quasar.cli.options import PROBLEM
from quasar.core.errors import InputError

_WRITER = "Who writes, and what"
_MODELS = "Language models"
_EFFORT = "Effort"


def _number(panel: str, text: str, least: float, most: float | None = None) -> Any:
    return typer.Option(metavar="N", help=text, min=least, max=most, rich_help_panel=panel)


ProblemOrNone = Annotated[
    Path | None,
    typer.Option(
        help="Problem file: JSON, one benchmark record, or another format (edge list, CSV, "
        "GraphML, DIMACS, Gset, TSPLIB, .qubo, ...; see docs/formats.md); - reads standard input.",
        rich_help_panel=PROBLEM,
    ),
]
Prompt = Annotated[
    str | None,
    typer.Option(
        help="The problem in words, in the published prompts' form; or a target task, such as "
        "'Prepare a W state on four qubits'.",
        rich_help_panel=PROBLEM,
    ),
]
RecordsFile = Annotated[
    Path | None,
    typer.Option(
        help="Records, one JSON object a line (.jsonl or .jsonl.gz); writes one line a "
        "candidate and resumes where it stopped.",
        rich_help_panel=PROBLEM,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        help="Folder to write (--problem, --prompt) or generations file to write (--records). "
        "Default: the answer and the program are printed, and nothing is written."
    ),
]
ModelName = Annotated[
    str | None,
    typer.Option(
        help="Who writes: designer (classical), nano, a checkpoint folder, owner/name on the "
        "Hugging Face hub, openai:NAME, vllm:NAME. See docs/models.md.",
        autocompletion=models,
        rich_help_panel=_WRITER,
    ),
]
Algorithm = Annotated[
    Literal["qaoa", "vqe", "adaptive_vqe"] | None,
    typer.Option(
        help="Default: the model's choice; the designer tries all and keeps the best measured.",
        rich_help_panel=_WRITER,
    ),
]
Layers = Annotated[
    int | None,
    _number(
        _WRITER,
        "Layers p of QAOA or VQE. Default: the writer's choice; for records, of language "
        "models, as the record states.",
        1,
        20,
    ),
]
Style = Annotated[
    Literal["converged", "agent-q"],
    typer.Option(
        help="converged: as good as can be; agent-q: like the benchmark's reference circuits "
        "(the designer then draws algorithm and layers as there).",
        rich_help_panel=_WRITER,
    ),
]
Start = Annotated[
    Literal["transfer", "table", "ramp", "nano", "fixed"] | None,
    typer.Option(
        help="First angles of the designer's QAOA: of 3-regular graphs, of the spin glass, a "
        "linear ramp, or nano's own on small look-alikes; all rescaled to the problem. fixed: for "
        "labs, of up to 12 layers, taken as they are. Default: a search; beyond 24 qubits, the "
        "better of table and transfer.",
        rich_help_panel=_WRITER,
    ),
]
WarmStart = Annotated[
    Literal["relaxation", "annealing"] | None,
    typer.Option(
        help="First state of the designer's QAOA: near a semidefinite relaxation, or near the "
        "answer of simulated annealing. Default: the uniform superposition.",
        rich_help_panel=_WRITER,
    ),
]
Cvar = Annotated[
    float | None,
    typer.Option(
        metavar="FRACTION",
        help="The designer's QAOA lowers the mean of this fraction of the lowest energies, such as "
        "0.1. Default: the mean of all.",
        min=1e-3,
        max=1.0,
        rich_help_panel=_WRITER,
    ),
]
Mixer = Annotated[
    Literal["x", "xy", "xy-complete", "grover"] | None,
    typer.Option(
        help="Mixer of the designer's QAOA. xy (on rings), xy-complete (on all pairs) and grover "
        "keep constraints that fix how many of some variables are 1: one-hot blocks, budgets, "
        "sizes of parts. Default: x, which keeps none.",
        rich_help_panel=_WRITER,
    ),
]
Samples = Annotated[
    int | None,
    _number(_WRITER, "Independent attempts. Default: 1; 8 of a language model with --refine.", 1),
]
Seed = Annotated[int, _number(_WRITER, "Seed of all randomness.", 0)]
Temperature = Annotated[
    float | None, _number(_MODELS, "0 takes the likeliest token each time. Default: 0.7.", 0.0, 5.0)
]
TopP = Annotated[
    float | None,
    _number(
        _MODELS, "Draw from the likeliest tokens of this total probability. Default: 0.8.", 0.0, 1.0
    ),
]
MaxTokens = Annotated[
    int | None, _number(_MODELS, "Longest answer. Default: what the context leaves.", 1)
]
Constrained = Annotated[
    bool,
    typer.Option(
        "--constrained/--no-constrained",
        help="Hold answers to a grammar of circuits on the right qubits.",
        rich_help_panel=_MODELS,
    ),
]
Guided = Annotated[
    bool | None,
    typer.Option(
        "--guided/--free-running",
        help="Leave to the model what takes thought (structure, depth, bits, "
        "angles), and write out the program that follows; or take every word from the model. "
        "Default: guided, where the model can be.",
        rich_help_panel=_MODELS,
    ),
]
ModelOptions = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY=VALUE",
        help="Setting of the model's back end, such as dtype=bfloat16; may be repeated.",
        rich_help_panel=_WRITER,
    ),
]
BatchSize = Annotated[int, _number(_MODELS, "Of --records: answers asked for at a time.", 1)]
Refine = Annotated[
    bool,
    typer.Option(
        "--refine",
        help="Several proposals, the verifier's report as another turn, and the angles of the "
        "best few polished.",
        rich_help_panel=_EFFORT,
    ),
]
WithTrace = Annotated[
    bool,
    typer.Option(
        "--trace", help="Also print what each step of --refine gained.", rich_help_panel=_EFFORT
    ),
]
RefineEvaluations = Annotated[
    int | None,
    typer.Option(
        "--refine-evaluations",
        "--budget",
        metavar="N",
        help="Energy evaluations of --refine, all candidates together; default: 2000, fewer on "
        "large circuits.",
        min=1,
        rich_help_panel=_EFFORT,
    ),
]
MaxEvaluations = Annotated[
    int | None,
    _number(
        _EFFORT,
        "Designer: energy evaluations for each algorithm; default: 600, fewer on large "
        "circuits, or what the agent-q recipe sets.",
        1,
    ),
]
MaxSeconds = Annotated[
    float | None,
    _number(
        _EFFORT,
        "Also stop after this many seconds for each algorithm of the designer, and for the "
        "polishing of --refine. What this cuts short may differ from run to run, and says so. "
        "Default: no limit.",
        0.1,
    ),
]
WithQaoa = Annotated[
    bool | None,
    typer.Option(
        "--with-qaoa/--without-qaoa",
        help="One problem: the designer's QAOA stands beside a language model's answers.",
        show_default="where no --model is named",
        rich_help_panel=_MODELS,
    ),
]
DeviceName = Annotated[
    str | None,
    typer.Option(
        "--device",
        help="One problem: rank circuits by what they give on this device, compiled and with its "
        "noise, trying several numbers of layers. A snapshot such as fake_torino, "
        "generic:27:heavy-hex, ions:11, or a device file (`quasar devices` lists them).",
        show_default=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing --out folder.")]


def model_options(given: list[str]) -> dict[str, Any]:
    """The back end's settings from `key=value` texts; lists and objects are written as JSON.

    Raises:
        InputError: one is not such a pair.
    """
    options: dict[str, Any] = {}
    for text in given:
        key, separator, value = text.partition("=")
        if not separator or not key:
            raise InputError(f"--model-option takes KEY=VALUE, not {text!r}.")
        options[key] = value
        if value[:1] in ("[", "{"):
            try:
                options[key] = json.loads(value)
            except ValueError as error:
                raise InputError(f"--model-option {key}: not JSON: {error}.") from error
    return options
