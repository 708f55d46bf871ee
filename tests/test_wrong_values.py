"""Wrong values of the Python interface: one line that names the argument, what is taken and what
was given.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

import quasar
from quasar.core.errors import InputError

PROBLEM = quasar.load_problem(nx.path_graph(3), problem_type="maxcut")
CIRCUIT = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\n'


def generated(**wrong: Any) -> Any:
    return quasar.generate(PROBLEM, **{"model": "designer", **wrong})


def verified(**wrong: Any) -> Any:
    return quasar.verify(CIRCUIT, PROBLEM, **wrong)


def evaluated(**wrong: Any) -> Any:
    return quasar.evaluate("records.jsonl", "generations.jsonl", **wrong)


WRONG: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (generated, {"refine": "yes"}, "refine must be True, False, a RefineSettings or"),
    (generated, {"refine": 1}, "refine must be True, False, a RefineSettings or"),
    (generated, {"refine": {"turns": 0}}, "refine.turns must be from 1 to 10, not 0."),
    (generated, {"request": {"layers": 0}}, "layers must be an integer of at least 1, not 0."),
    (generated, {"request": {"layers": "two"}}, "layers must be an integer of at least 1, not"),
    (generated, {"request": {"layers": 25}}, "request.layers must be from 1 to 20, not 25."),
    (generated, {"request": "qoaa"}, "algorithm must be 'qaoa', 'vqe' or 'adaptive_vqe', not"),
    (generated, {"request": 3}, "request must be a Request, a dict of its fields, or an"),
    (generated, {"request": {"style": "x"}}, "style must be 'converged' or 'agent-q', not 'x'."),
    (generated, {"settings": "fast"}, "settings must be a DesignerSettings or a dict of its"),
    (generated, {"settings": {"restarts": 0}}, "settings.restarts must be at least 1, not 0."),
    (generated, {"model": 3}, "model must be a name or a model from load_model, not 3."),
    (generated, {"samples": -1}, "samples must be an integer of at least 1, not -1."),
    (generated, {"samples": 1.5}, "samples must be an integer of at least 1, not 1.5."),
    (generated, {"first_sample": -1}, "first_sample must be an integer of at least 0, not -1."),
    (generated, {"sampling": 0.7}, "sampling must be a Sampling or a dict of its fields, not 0.7."),
    (generated, {"sampling": {"temperature": -1}}, "sampling.temperature must be from 0 to 5, not"),
    (generated, {"constrained": "no"}, "constrained must be True or False, not 'no'."),
    (generated, {"guided": 1}, "guided must be True or False, not 1."),
    (generated, {"compare": None}, "compare must be True or False, not None."),
    (generated, {"sandbox": 5}, "sandbox must be True, False, a SandboxLimits or a dict of its"),
    (generated, {"model_options": ["x"]}, "model_options must be a dict such as"),
    (generated, {"progress": 3}, "progress must be a function that takes a candidate, not 3."),
    (generated, {"interrupt": True}, "interrupt must be a quasar.core.interrupt.Interrupt, not"),
    (
        generated,
        {"verifier_settings": {"max_stage": 9}},
        "verifier_settings.max_stage must be from",
    ),
    (verified, {"limits": "none"}, "limits must be True, False, a SandboxLimits or a dict of its"),
    (verified, {"settings": 3}, "settings must be a VerifierSettings or a dict of its fields, not"),
    (evaluated, {"baselines": "yes"}, "baselines must be True or False, not 'yes'."),
    (evaluated, {"jobs": 0}, "jobs must be at least 1, not 0."),
    (evaluated, {"out": 3}, "out must be the name of a folder, not 3."),
    (
        evaluated,
        {"energy_convention": "x"},
        "energy_convention must be 'physical' or 'agent-q', not",
    ),
]


@pytest.mark.parametrize(("call", "wrong", "said"), WRONG)
def test_the_message_names_the_argument(
    call: Callable[..., Any], wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError) as caught:
        call(**wrong)
    text = str(caught.value)
    assert text.startswith(said)
    assert re.fullmatch(r"[\w.]+ must be .+, not .+\.", text)
    assert len(text) < 160


def test_folders_of_results(tmp_path: Path) -> None:
    report = verified()
    with pytest.raises(InputError, match="folder must be the name of a folder, not 3"):
        report.save(3)
    with pytest.raises(InputError, match="force must be True or False, not 'yes'"):
        report.save(tmp_path / "x", force="yes")


def test_short_forms_are_taken() -> None:
    budget = {"max_evaluations": 20}
    found = generated(request="qaoa", refine=budget)
    assert found.best.design is not None
    assert found.best.design.algorithm == "qaoa"
    assert found.trace
    with pytest.raises(InputError, match="give the designer either a request or settings"):
        generated(request="qaoa", settings=budget)
