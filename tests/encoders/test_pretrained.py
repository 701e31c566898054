from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from gemel.encoders import Pretrained
from gemel.encoders.pretrained import height_and_width, published_facts, transformers
from gemel.errors import MissingExtraError, ModelError
from gemel.randomness import seeded, torch_generator
from tests.encoders.tiny_published import FACTS


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


def items(count: int, *size: int) -> Tensor:
    return torch.randn(count, 3, *(size or (28, 28)), generator=torch_generator(1))


def written(folder: Path, config: dict[str, Any], preprocessor: dict[str, Any] | None = None) -> tuple[str, Any]:
    """Return a folder as the hub's are, and the model whose weights it holds."""
    library = transformers()
    with seeded(0):
        model = library.AutoModel.from_config(library.AutoConfig.for_model(**config)).eval()
    model.save_pretrained(folder)
    if preprocessor is not None:
        (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    return str(folder), model


@torch.no_grad()
def test_a_folder_s_model_gives_its_class_token_or_the_mean_of_its_patches(tmp_path: Path) -> None:
    folder, model = written(tmp_path, FACTS["config"])
    hidden = model(items(2)).last_hidden_state
    assert hidden.shape == (2, 17, 16)
    torch.testing.assert_close(Pretrained(3, model=folder).eval()(items(2)), hidden[:, 0])
    torch.testing.assert_close(Pretrained(3, model=folder, pooling="mean").eval()(items(2)), hidden[:, 1:].mean(1))
    maps = Pretrained(3, model=folder).eval().features(items(2))
    torch.testing.assert_close(maps[:, :, 2, 3], hidden[:, 1 + 2 * 4 + 3])


@torch.no_grad()
def test_its_files_say_what_it_expects(tmp_path: Path) -> None:
    said = {
        "do_center_crop": True, "crop_size": {"height": 21, "width": 28}, "size": {"shortest_edge": 32},
        "image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.25, 0.3],
    }  # fmt: skip
    folder, _ = written(tmp_path / "full", FACTS["config"], said)
    expected = Pretrained.expected({"model": folder})
    assert (expected.size, expected.mean, expected.std) == ((21, 28), (0.4, 0.5, 0.6), (0.2, 0.25, 0.3))
    bare, _ = written(tmp_path / "bare", FACTS["config"])
    assert Pretrained.expected({"model": bare}).size == (28, 28)


@torch.no_grad()
def test_what_its_files_say_is_all_that_a_model_folder_needs(tmp_path: Path) -> None:
    folder, _ = written(tmp_path, FACTS["config"])
    options = Pretrained.complete({"name": "pretrained", "model": folder, "tune": "last_block"})
    assert json.loads(json.dumps(options)) == options
    assert Pretrained.complete(options) == options
    first = Pretrained(3, model=folder)
    for file in tmp_path.iterdir():
        file.unlink()
    second = Pretrained(3, model=folder, published=options["published"], blank=True)
    second.load_state_dict(first.state_dict())
    assert torch.equal(first.eval()(items(2)), second.eval()(items(2)))


VIT = {
    "model_type": "vit", "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
    "image_size": 32, "patch_size": 8,
}  # fmt: skip
CLIP = {
    "model_type": "clip", "projection_dim": 8,
    "text_config": {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8,
                    "vocab_size": 16, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1},
    "vision_config": {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
                      "image_size": 32, "patch_size": 8},
}  # fmt: skip
RESNET = {
    "model_type": "resnet", "embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "layer_type": "basic",
}  # fmt: skip


@torch.no_grad()
@pytest.mark.parametrize("config", [VIT, CLIP, RESNET], ids=lambda config: config["model_type"])
@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_other_kinds_of_model_at_other_sizes(tmp_path: Path, config: dict[str, Any], pooling: str) -> None:
    folder, _ = written(tmp_path, config)
    encoder = Pretrained(3, 5, model=folder, pooling=pooling, tune="last_block").eval()
    assert encoder.features(items(2, 30, 52)).shape[:2] == (2, 16)
    assert encoder(items(2, 30, 52)).shape == (2, 5)
    assert any(parameter.requires_grad for parameter in encoder.body.parameters())


def test_clip_s_class_token_is_that_of_its_image_tower(tmp_path: Path) -> None:
    folder, model = written(tmp_path, CLIP)
    with torch.no_grad():
        expected = model.vision_model(items(2, 32, 32)).pooler_output
        torch.testing.assert_close(Pretrained(3, model=folder).eval()(items(2, 32, 32)), expected)


def test_absent_and_offline_it_says_what_to_put_where(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as error:
        published_facts(str(tmp_path / "none"))
    text = str(error.value)
    assert text.startswith(f"There is no pretrained model '{tmp_path / 'none'}' to be had (")
    assert text.endswith(
        "). Put its config.json, model.safetensors and preprocessor_config.json (for class names, its tokenizer's "
        "files too) into a folder, and name that: encoder.model=FOLDER"
    )
    assert "\n" not in text


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    folder, model = written(tmp_path, FACTS["config"])
    (tmp_path / "model.safetensors").unlink()
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"There is no pretrained model .*safetensors"):
        Pretrained(3, model=folder)


def test_an_unknown_pooling_is_refused() -> None:
    with pytest.raises(ValueError, match="Did you mean 'mean'"):
        Pretrained(3, pooling="means", published=FACTS, blank=True)


@pytest.mark.parametrize(
    ("size", "expected"),
    [(224, (224, 224)), ([3, 4], (3, 4)), ({"height": 3, "width": 4}, (3, 4)), ({"shortest_edge": 9}, (9, 9))],
)
def test_sizes_are_read_however_they_are_written(size: Any, expected: tuple[int, int]) -> None:
    assert height_and_width(size) == expected


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"Install it with: pip install gemel\[pretrained\]$"):
        Pretrained(3)
