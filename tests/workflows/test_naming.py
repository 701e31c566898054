"""Class names instead of examples, from a CLIP's folder to the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

import gemel
from gemel.cli.main import outcome
from gemel.data.items import as_image
from gemel.errors import DataError, ModelError
from gemel.loading import load
from gemel.model import Model
from gemel.workflows.supporting import names_in
from tests.encoders.tiny_clip import tiny_clip

QUICK = (
    "training={steps: 0, device: cpu, threads: 1, precision: float32}",
    "validation={ways: 2, queries: 2, episodes: 10}",
    "sampler.batch_size=4",
)


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMEL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


def trained(photos: Path, tmp_path: Path, *overrides: str) -> Model:
    encoder = f"encoder={{name: pretrained, model: {tmp_path / 'hub'}, pooling: shared}}"
    return gemel.train(photos, tmp_path / "run", [*QUICK, encoder, *overrides], base="pretrained")


def test_names_are_classes(glyph_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "hub").mkdir()
    clip, tokenizer = tiny_clip(tmp_path / "hub")
    trained(glyph_folder, tmp_path, "learner=classification")
    shutil.rmtree(tmp_path / "hub")
    model = load(tmp_path / "run")
    picture = sorted(glyph_folder.rglob("*.png"))[0]

    known = model.name_classes(["bolt", "nut", "ox"])
    assert known.names == ("a photo of a bolt", "a photo of a nut", "a photo of a ox")
    found = model.identify([picture], known)[0]
    items = model.preprocessing.normalise(torch.from_numpy(model.preprocessing.pixels(as_image(picture)))[None] / 255)
    with torch.no_grad():
        read = tokenizer(list(known.names), padding=True, return_tensors="pt")
        expected = clip(pixel_values=items, **read).logits_per_image.softmax(-1)[0]
        scores = model.learner.adapt_to_names(known.names).scores(items)
    assert {match.label: match.probability for match in found.matches} == pytest.approx(
        dict(zip(known.classes, expected.tolist(), strict=True)), abs=1e-4
    )
    assert found.label == found.matches[0].label == known.classes[int(scores.argmax())]
    assert found.probability == found.matches[0].probability
    assert found.matches[0].reference == f"a photo of a {found.label}"

    words = ["identify", str(tmp_path / "run"), "--names", "bolt, nut,ox", str(picture), "--json"]
    assert outcome(words) == 0
    assert json.loads(capsys.readouterr().out)[0]["label"] == found.label
    assert outcome([*words, "--template", "the {}"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["matches"][0]["reference"].startswith("the ")
    for wrong in ([*words, "--support", str(glyph_folder)], ["identify", str(tmp_path / "run"), str(picture)]):
        assert outcome(wrong) == 2
        assert "give --support, --names or --gallery" in capsys.readouterr().err


def test_what_cannot_be_named_is_refused(tiny_model: Model, glyph_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="The model's encoder knows no class names"):
        tiny_model.name_classes(["bolt"])
    for names in ([], ["bolt", "bolt"], ["bolt", ""]):
        with pytest.raises(DataError, match="at least one is needed, each once and none empty"):
            tiny_model.name_classes(names)
    with pytest.raises(DataError, match=r"The template 'a photo' has no place for the name; write {} there"):
        tiny_model.name_classes(["bolt"], "a photo")
    (tmp_path / "hub").mkdir()
    tiny_clip(tmp_path / "hub")
    with pytest.raises(ModelError, match=r"where class names do not belong; train with learner=classification\.$"):
        trained(glyph_folder, tmp_path).name_classes(["bolt"])


def test_names_come_from_a_file_or_a_list(tmp_path: Path) -> None:
    assert names_in("a cat, a dog ,") == ["a cat", "a dog"]
    (tmp_path / "names.txt").write_text("a cat, asleep\n\n größe \n", encoding="utf-8")
    assert names_in(str(tmp_path / "names.txt")) == ["a cat, asleep", "größe"]
    (tmp_path / "names.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="a text file with a class name a line is expected"):
        names_in(str(tmp_path / "names.txt"))
