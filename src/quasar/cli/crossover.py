"""`quasar crossover`: from how many layers on noise makes QAOA worse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quasar.cli import options
from quasar.cli.output import check_new_file
from quasar.cli.waiting import waiting
from quasar.core.errors import InputError

if TYPE_CHECKING:
    from quasar.verifier.crossover import Crossover


def command(
    problem: options.ProblemFile,
    layers: Annotated[int, typer.Option(help="Layers to try, from 1 on.", min=1, max=12)] = 5,
    device: options.DeviceName = None,
    noise: options.Noise = None,
    mitigate: options.Mitigate = "",
    shots: options.Shots = None,
    seed: options.NoiseSeed = 0,
    problem_type: options.ProblemType = None,
    attribute: options.Attributes = None,
    weight: options.WeightKey = None,
    penalty: options.Penalty = None,
    picture: Annotated[
        Path | None, typer.Option(help="Also draw the ratios: a .png, .svg or .pdf file.")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Find how many QAOA layers are worth it on a noisy device."""
    from quasar.report.device_picture import layers_figure
    from quasar.report.style import save
    from quasar.verifier.crossover import crossover

    run = options.device_run(device, noise, mitigate, shots, seed)
    if run is None:
        raise InputError("layers are worth it or not under noise: give --device or --noise.")
    if picture is not None:
        check_new_file(picture, force=False)
    encoded = options.read_problem(problem, problem_type, attribute, weight=weight, penalty=penalty)
    with waiting("judging circuits"):
        found = crossover(encoded, run, layers)
    if picture is not None:
        save(layers_figure(found), picture)
    if as_json:
        options.print_json(found.model_dump(mode="json"))
    else:
        typer.echo(_text(found))


def _text(found: Crossover) -> str:
    from quasar.core.numerals import share
    from quasar.report.plain_text import labelled, table

    rows = []
    for one in found.layers:
        report, made = one.report, one.report.compiled
        mitigated = report.mitigated
        rows.append(
            [
                f"{one.layers}",
                "-" if made is None else f"{made.two_qubit_gates}",
                share(report.ideal.approximation_ratio),
                share(report.noisy.approximation_ratio),
                "-" if mitigated is None else share(mitigated.approximation_ratio),
                share(report.ideal.p_optimal, 3),
                share(report.noisy.p_optimal, 3),
            ]
        )
    headings = ("layers", "2q", "ideal r", "noisy r", "mitigated r", "P(opt)", "noisy P(opt)")
    if found.crossover is None:
        said = f"none up to {len(found.layers)} layers: more were always better"
    else:
        sure = "" if found.certain else " (within two standard errors)"
        said = f"{found.crossover} layers are worse than {found.crossover - 1}{sure}"
    best = f"{found.best_layers} layer{'s' * (found.best_layers != 1)}"
    return "\n".join(
        [
            table(headings, rows),
            labelled("crossover", said),
            labelled("best", f"{best}, by noisy r"),
        ]
    )
