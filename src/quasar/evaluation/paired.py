"""Two runs compared record by record.

Records differ far more from each other than two models do on one record. A difference taken on
the same records leaves that spread out, so its interval is much narrower than those of the two
means, which may overlap although one model is better (Koehn 2004, EMNLP: paired bootstrap).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from quasar.core.errors import InputError
from quasar.evaluation.rows import Row
from quasar.evaluation.scores import Scores, bootstrap_intervals, count, mean


def need_run(against: str, runs: Iterable[str]) -> None:
    """Make sure that the run to compare with is there.

    Raises:
        InputError: it is not; the message names those that are.
    """
    known = list(runs)
    if against not in known:
        raise InputError(
            f"no run {against!r} to compare with; there are {', '.join(map(repr, known))}."
        )


def differences(
    scores: Mapping[str, Scores],
    against: str,
    names: Sequence[str],
    rng: np.random.Generator,
    *,
    resamples: int,
) -> dict[str, Row]:
    """What each run has more than one of them, in the mean over records.

    Args:
        scores: of every record, shape [R], by run and metric.
        against: the run that is taken away from the others.
        names: metrics.

    Returns:
        By run, without `against`: `from`, which is `against`, and by metric the `mean` difference,
        its 95% `interval`, the number of `records` that count in both runs, and over those the
        means of both, `of_from` and `of_run`; null where no record counts in both.

    Raises:
        InputError: there is no such run.
    """
    need_run(against, scores)
    columns = {
        (run, name): own[name] - scores[against][name]
        for run, own in scores.items()
        if run != against
        for name in names
    }
    out: dict[str, Row] = {run: {"from": against} for run, _ in columns}
    intervals = bootstrap_intervals(columns, rng, resamples=resamples)
    for (run, name), bounds in intervals.items():
        column = columns[run, name]
        out[run][name] = None
        if bounds is not None:
            shared = ~np.isnan(column)
            out[run][name] = {
                "mean": mean(column),
                "interval": list(bounds),
                "records": count(column),
                "of_from": mean(scores[against][name][shared]),
                "of_run": mean(scores[run][name][shared]),
            }
    return out
