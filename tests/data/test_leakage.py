from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quasar.core.errors import InputError
from quasar.core.seeds import generator
from quasar.data.build import build
from quasar.data.leakage import leakage, splits_of
from quasar.data.source import Source
from quasar.problems.registry import PROBLEMS
from support.renamed import renamed
from support.small_data import records_of, small


def write(path: Path, rows: list[dict[str, Any]]) -> Source:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Source(path)


def instances(number: int) -> list[dict[str, Any]]:
    return [
        kind.sample(generator(11, "leakage", name, number), 9).to_data()
        for name, kind in PROBLEMS.items()
    ]


@pytest.mark.parametrize("jobs", [1, 2])
def test_permuted_copies_are_caught(tmp_path: Path, jobs: int) -> None:
    originals = instances(0)
    copies = [renamed(data, generator(12, i)) for i, data in enumerate(originals)]
    found = leakage(
        write(tmp_path / "a.jsonl", originals), write(tmp_path / "b.jsonl", copies[::-1]), jobs=jobs
    )
    assert found.first_records == found.second_records == len(PROBLEMS)
    assert found.shared_instances == len(found.pairs) == len(PROBLEMS)
    kinds = list(PROBLEMS)
    for pair in found.pairs:
        line = kinds.index(pair.problem_type)
        assert pair.first.endswith(f"a.jsonl, line {line + 1}")
        assert pair.second.endswith(f"b.jsonl, line {len(kinds) - line}")


def test_near_copies_are_not(tmp_path: Path) -> None:
    data = next(d for d in instances(0) if d["problem_type"] == "min_cut")
    near = json.loads(json.dumps(data))
    near["graph"]["edges"][0]["capacity"] += 1
    swapped = json.loads(json.dumps(data))
    marks = swapped["problem_specific_attributes"]
    marks["source"], marks["sink"] = marks["sink"], marks["source"]
    found = leakage(
        write(tmp_path / "a.jsonl", [data]), write(tmp_path / "b.jsonl", [near, swapped])
    )
    assert found.pairs == []


def test_equal_hashes_are_compared_exactly(tmp_path: Path) -> None:
    def cycles(*lists: tuple[int, ...]) -> dict[str, Any]:
        edges = [{"source": c[i], "target": c[i - 1]} for c in lists for i in range(len(c))]
        nodes = [{"id": i} for i in range(6)]
        return {"problem_type": "vertex_cover", "graph": {"nodes": nodes, "edges": edges}}

    hexagon, triangles = cycles((0, 1, 2, 3, 4, 5)), cycles((0, 1, 2), (3, 4, 5))
    one = write(tmp_path / "a.jsonl", [hexagon])
    two = write(tmp_path / "b.jsonl", [triangles])
    both = write(tmp_path / "c.jsonl", [hexagon, triangles])
    assert leakage(one, two).look_alikes == 1
    assert leakage(one, two).shared_instances == 0
    assert leakage(both, both).shared_instances == 2


def test_splits_share_nothing_by_construction(small_set: Path) -> None:
    assert splits_of(small_set) == ["test", "train", "validation"]
    for a, b in (("train", "test"), ("train", "validation"), ("validation", "test")):
        found = leakage(Source(small_set, a), Source(small_set, b))
        assert found.first_records > 0
        assert found.second_records > 0
        assert found.shared_instances == 0


def test_splits_of_data_sets_with_other_seeds_share_nothing_either(
    small_set: Path, tmp_path: Path
) -> None:
    """Tiny instances, so that both sets surely have many in common."""
    tiny = {"max_qubits": 4, "problems": {"vertex_cover": 1}, "algorithms": {"qaoa": 1}}
    for seed in (1, 2):
        build(tmp_path / str(seed), small(seed=seed, **tiny), jobs=1)
    a, b = tmp_path / "1", tmp_path / "2"
    assert leakage(Source(a, "train"), Source(b, "train")).shared_instances > 0
    assert leakage(Source(a, "train"), Source(b, "test")).shared_instances == 0


def test_a_records_file_against_a_data_set(small_set: Path, tmp_path: Path) -> None:
    records = [r for r in records_of(small_set) if r["split"] == "test"]
    copies = [renamed(json.loads(r["problem"]), generator(1, r["index"])) for r in records]
    file = write(tmp_path / "r.jsonl", copies)
    assert len(leakage(Source(small_set), file).pairs) == len(copies)
    assert leakage(Source(small_set, "train"), file).pairs == []


def test_bad_sources_are_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing at"):
        leakage(Source(tmp_path / "absent"), Source(tmp_path))
    with pytest.raises(InputError, match=r"holds no \.parquet"):
        leakage(Source(tmp_path), Source(tmp_path))
    file = write(tmp_path / "r.jsonl", [{"problem_type": "maxcut"}])
    with pytest.raises(InputError, match="line 1"):
        leakage(file, file)
    with pytest.raises(InputError, match="no splits"):
        splits_of(write(tmp_path / "s.jsonl", instances(0)[:1]).path)
    with pytest.raises(InputError, match="split 'train'"):
        leakage(Source(tmp_path / "s.jsonl", "train"), file)
