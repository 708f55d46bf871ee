from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from quasar.models.row_sampler import RowSampler

torch = pytest.importorskip("torch")


def draw(
    logits: list[list[float]], seeds: list[int], temperature: float, top_p: float
) -> list[int]:
    sampler = RowSampler([np.random.default_rng(s) for s in seeds], temperature, top_p)
    scores = sampler(torch.zeros(len(logits), 1, dtype=torch.long), torch.tensor(logits))
    assert (scores > -np.inf).sum(dim=1).tolist() == [1] * len(logits)
    return scores.argmax(dim=1).tolist()


def test_draws_as_often_as_the_model_says() -> None:
    logits = [0.0, 1.0, 2.0, -1.0]
    temperature = 0.7
    drawn = np.bincount(draw([logits] * 4000, list(range(4000)), temperature, 1.0), minlength=4)
    weights = np.exp(np.array(logits) / temperature)
    assert stats.chisquare(drawn, 4000 * weights / weights.sum()).pvalue > 1e-3


def test_top_p_keeps_the_smallest_set_that_reaches_it() -> None:
    logits = np.log([0.1, 0.4, 0.2, 0.3]).tolist()
    for top_p, kept in [(0.3, {1}), (0.5, {1, 3}), (0.75, {1, 2, 3}), (0.95, {0, 1, 2, 3})]:
        assert set(draw([logits] * 400, list(range(400)), 1.0, top_p)) == kept


def test_tokens_that_are_ruled_out_are_never_drawn() -> None:
    class AlmostOne:
        def random(self) -> float:
            return float(np.nextafter(1.0, 0.0))

    logits = torch.tensor([[1.0, 3.0, 2.0, -np.inf, -np.inf]])
    for top_p in (0.5, 0.9, 1.0):
        scores = RowSampler([AlmostOne()], 1.0, top_p)(torch.zeros(1, 1), logits)  # type: ignore[list-item]
        assert int(scores.argmax()) == (1 if top_p == 0.5 else 2)


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    rng = np.random.default_rng(5)
    logits = rng.normal(size=(20, 50)).tolist()
    together = draw(logits, list(range(20)), 1.3, 0.9)
    alone = [draw([row], [seed], 1.3, 0.9)[0] for seed, row in enumerate(logits)]
    assert together == alone


def test_temperature_zero_leaves_the_scores_to_greedy_decoding() -> None:
    logits = torch.tensor([[0.5, 2.0, 1.0]])
    assert RowSampler([], 0.0, 0.5)(torch.zeros(1, 1), logits) is logits


@pytest.mark.parametrize("temperature", [0.0, 0.3, 1.0, 4.0])
@pytest.mark.parametrize("top_p", [0.05, 0.8, 0.999, 1.0])
def test_numpy_draws_the_same_tokens(temperature: float, top_p: float) -> None:
    from quasar.models.row_sampler import draw as draw_one

    logits = np.random.default_rng(3).normal(0, 3, (60, 500)).astype(np.float32)
    logits[:10, :400] = logits[:10, :1]  # equals
    streams = [np.random.default_rng(s) for s in range(60)]
    own = [
        draw_one(row, stream, temperature, top_p)
        for row, stream in zip(logits, streams, strict=True)
    ]
    if temperature == 0:
        assert own == logits.argmax(axis=1).tolist()
    else:
        assert own == draw(logits.tolist(), list(range(60)), temperature, top_p)


def test_a_token_without_alternative_takes_no_number() -> None:
    streams = [np.random.default_rng(0), np.random.default_rng(0)]
    logits = torch.tensor([[-np.inf, 2.0, -np.inf], [1.0, 2.0, 0.0]])
    RowSampler(streams, 1.0, 0.9)(torch.zeros(2, 1, dtype=torch.long), logits)
    assert streams[0].random() == np.random.default_rng(0).random()
    assert streams[1].random() != np.random.default_rng(0).random()
