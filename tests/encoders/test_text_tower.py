"""Class names in the space of pictures, against transformers' own CLIP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from gemel.encoders import Conv4, Pretrained
from gemel.errors import ModelError
from gemel.randomness import torch_generator
from gemel.similarity import Cosine
from tests.encoders.tiny_clip import tiny_clip
from tests.encoders.tiny_published import FACTS

TEXTS = ("a photo of a bolt", "a photo of a nut", "a zebra", "")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture
def clip(tmp_path: Path) -> tuple[Any, Any, Pretrained]:
    model, tokenizer = tiny_clip(tmp_path)
    return model, tokenizer, Pretrained(3, model=str(tmp_path), pooling="shared").eval()


def pictures(count: int) -> Tensor:
    return torch.randn(count, 3, 32, 32, generator=torch_generator(1))


@torch.no_grad()
def test_scores_are_those_of_the_library_s_own_model(clip: tuple[Any, Any, Pretrained]) -> None:
    model, tokenizer, encoder = clip
    texts = [text for text in TEXTS if text]
    read = tokenizer(texts, padding=True, return_tensors="pt")
    expected = model(pixel_values=pictures(4), **read)
    tower = encoder.text_tower()
    scores = Cosine().matrix(encoder(pictures(4)), tower(texts))
    torch.testing.assert_close(tower.scale * scores, expected.logits_per_image, atol=1e-4, rtol=1e-4)
    assert expected.logits_per_image.std() > 0.1
    assert encoder.dimensions == 12


def test_each_text_is_read_as_the_library_reads_it(clip: tuple[Any, Any, Pretrained]) -> None:
    _, tokenizer, encoder = clip
    long = "a photo of a very very long text"
    for text in (*TEXTS, "  A Photo\nOF\ta  nut!", long):
        expected = tokenizer(text, truncation=True, max_length=9)["input_ids"]
        assert encoder.text_tower().tokens([text])[0].tolist() == expected
    assert len(encoder.text_tower().tokens([long])[0]) == 9


@torch.no_grad()
def test_its_state_is_all_that_it_needs(clip: tuple[Any, Any, Pretrained], tmp_path: Path) -> None:
    encoder = clip[2]
    published = Pretrained.complete({"model": str(tmp_path)})["published"]
    for file in tmp_path.iterdir():
        file.unlink()
    again = Pretrained(3, pooling="shared", published=published, blank=True).eval()
    again.load_state_dict(encoder.state_dict())
    assert torch.equal(again.text_tower()(TEXTS), encoder.text_tower()(TEXTS))
    assert all(isinstance(value, Tensor) for value in encoder.state_dict().values())


def test_training_moves_pictures_towards_texts_that_stand_still(tmp_path: Path) -> None:
    tiny_clip(tmp_path)
    encoder = Pretrained(3, model=str(tmp_path), pooling="shared", tune="last_block").train()
    moving = {name for name, value in encoder.named_parameters() if value.requires_grad}
    assert "linear.weight" in moving
    assert not any(name.startswith("texts.") for name in moving)
    assert not encoder.text_tower().training
    still = Pretrained(3, model=str(tmp_path), pooling="shared")
    assert not any(value.requires_grad for value in still.parameters())


def test_a_model_without_a_text_tower_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="pooling is 'shared', and Dinov2Model has no text tower with a projection"):
        Pretrained(3, pooling="shared", published=FACTS, blank=True)
    tiny_clip(tmp_path)
    with pytest.raises(ValueError, match="dimensions is 5 with pooling 'shared'"):
        Pretrained(3, 5, model=str(tmp_path), pooling="shared")
    for encoder in (Conv4(), Pretrained(3, model=str(tmp_path))):
        with pytest.raises(ModelError, match=r"^The model's encoder knows no class names: .* pooling: shared}'\.$"):
            encoder.text_tower()


def test_a_tokenizer_that_is_not_there_is_told(tmp_path: Path) -> None:
    tiny_clip(tmp_path)
    for file in (*tmp_path.glob("*token*"), *tmp_path.glob("*vocab*"), *tmp_path.glob("*merges*")):
        file.unlink()
    with pytest.raises(ModelError, match="tokenizer's files too"):
        Pretrained(3, model=str(tmp_path), pooling="shared")
