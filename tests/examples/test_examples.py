"""The scripts of the walk-throughs: their comparisons, and a short run of what needs no outside data."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from gemel.model import Model

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def script(name: str) -> ModuleType:
    """Return an example as a module."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def signatures(tiny_model: Model) -> object:
    """Return 3 writers with 4 genuine and 2 forged signatures each, as random embeddings."""
    embeddings = torch.randn(18, tiny_model.dimensions, generator=torch.Generator().manual_seed(0))
    genuine = np.tile([True, True, True, True, False, False], 3)
    return script("signatures").Signatures(
        tiny_model.similarity.canonical(embeddings), np.repeat([0, 1, 2], 6), genuine
    )


def test_all_pairs_with_one_reference_are_those_that_count(tiny_model: Model, signatures: object) -> None:
    tried = script("signatures").trials(tiny_model, signatures, references=1)
    assert int(tried.same.sum()) == 3 * 6  # unordered pairs of 4
    assert int(((tried.same == 0) & (tried.claimed == tried.true)).sum()) == 3 * 4 * 2
    assert int((tried.claimed != tried.true).sum()) == 3 * 4 * 4  # unordered pairs of writers, times 4 x 4
    assert len(tried.skilled.scores) == 18 + 24
    assert len(tried.random.scores) == 18 + 48


def test_one_reference_scores_each_pair_as_the_similarity_does(tiny_model: Model, signatures: object) -> None:
    module = script("signatures")
    rows = list(module.one_reference(signatures))
    tried = module.trials(tiny_model, signatures, references=1)
    pairs = [(int(chosen[0]), int(other)) for _, chosen, questioned in rows for other in questioned]
    left, right = (signatures.embeddings[[pair[side] for pair in pairs]] for side in (0, 1))  # type: ignore[attr-defined]
    np.testing.assert_allclose(tried.scores, tiny_model.similarity(left, right).numpy(), atol=1e-6)


def test_several_references_are_never_questioned_themselves(tiny_model: Model, signatures: object) -> None:
    module = script("signatures")
    for writer, chosen, questioned in module.drawn_references(signatures, references=3, repeats=2, seed=0):
        assert len(set(chosen)) == 3
        assert not set(chosen) & set(questioned)
        assert set(signatures.writers[chosen]) == {writer}  # type: ignore[attr-defined]
        assert signatures.genuine[chosen].all()  # type: ignore[attr-defined]
    assert len(module.trials(tiny_model, signatures, references=3, repeats=2).scores) == 3 * 2 * (1 + 2 + 8)


def test_center_loss_draws_drawings_not_learnt_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = script("center_loss")
    monkeypatch.setenv("GEMEL_CACHE", str(tmp_path))
    one = module.features(weight=0.1, seed=0, steps=2)
    assert one.places.shape == (1797 - module.LEARNT, 2)
    assert 0 <= one.accuracy <= 1
    assert one.spread > 0
    picture = tmp_path / "picture.png"
    module.save(module.drawn([one, one]), picture)
    assert picture.stat().st_size > 10_000
