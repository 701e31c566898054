import matplotlib as mpl
import numpy as np
import pytest
import torch
from PIL import Image

from gemel.data import Dataset
from gemel.data.sources.glyphs import Glyphs
from gemel.errors import DataError
from gemel.training.progress import Record
from gemel.workflows import picturing
from gemel.workflows.picturing import drawn, look, picture, shown


def glyphs(model, alphabets=1, characters=6, writers=5):
    source = Glyphs(alphabets, characters, writers, size=32)
    images = np.stack([model.preprocessing.pixels(Image.fromarray(page)) for page in source.pixels()])
    listing = source.listing
    return Dataset(images, listing.labels, listing.names, listing.classes)


def test_pictures_are_written_and_only_they(tiny_model, tmp_path):
    settings = dict(mpl.rcParams)
    history = [Record(step, 1 / step, 0.5, 100.0, float(step)) for step in (10, 20)]
    paths = picture(tiny_model, glyphs(tiny_model), "test classes", tmp_path / "pictures", history)
    assert set(paths) == {"pairs", "roc", "map", "trial", "curves"}
    assert sorted(paths.values()) == sorted((tmp_path / "pictures").iterdir())
    for path in paths.values():
        with Image.open(path) as image:
            assert image.width == 1200
            assert len(image.convert("L").getcolors()) > 50
    assert dict(mpl.rcParams) == settings


def test_without_a_history_there_are_no_curves(tiny_model, tmp_path, monkeypatch):
    monkeypatch.setattr(picturing, "PICTURES", {})  # the others are drawn above
    assert picture(tiny_model, glyphs(tiny_model), "validation classes", tmp_path, []) == {}


def test_one_class_is_refused(tiny_model, tmp_path):
    with pytest.raises(DataError, match="2 classes"):
        picture(tiny_model, glyphs(tiny_model, characters=1), "test classes", tmp_path)


def test_single_items_are_refused(tiny_model, tmp_path):
    with pytest.raises(DataError, match="No class has 2 items"):
        picture(tiny_model, glyphs(tiny_model, writers=1), "test classes", tmp_path)


def test_what_is_seen_repeats_and_says_of_what(tiny_model):
    first, second = (look(tiny_model, glyphs(tiny_model), "test classes") for _ in range(2))
    np.testing.assert_array_equal(first.scores, second.scores)
    assert first.what == "test classes of glyphs"
    pair = first.embeddings[first.pairs.left[7]], first.embeddings[first.pairs.right[7]]
    assert float(tiny_model.similarity(*pair)) == pytest.approx(first.scores[7], abs=1e-6)


def labelled(sizes):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    images = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1)
    return Dataset(
        images, labels, tuple(f"i{row}" for row in range(len(labels))), tuple(f"c{n}" for n in range(len(sizes)))
    )


def test_a_draw_takes_whole_classes_within_the_limit():
    dataset = labelled([12] * 50)
    rows = drawn(dataset, 100, seed=0)
    assert len(rows) == 96
    assert set(np.bincount(dataset.labels[rows])) == {0, 12}
    np.testing.assert_array_equal(rows, drawn(dataset, 100, seed=0))
    assert not np.array_equal(rows, drawn(dataset, 100, seed=1))


def test_a_draw_shares_evenly_among_few_large_classes():
    assert np.bincount(labelled([90] * 2).labels[drawn(labelled([90] * 2), 100, seed=0)]).tolist() == [50, 50]
    assert len(drawn(labelled([3, 2]), 100, seed=0)) == 5
    assert len(np.unique(labelled([3] * 9).labels[drawn(labelled([3] * 9), 100, seed=0, classes=4)])) == 4


def test_taken_items_keep_their_pixels_names_and_classes():
    part = labelled([2, 3, 4]).select(["c2", "c0"]).take(np.array([1, 3, 4]))
    assert part.classes == ("c2", "c0")
    assert part.names == ("i6", "i8", "i0")
    assert part.labels.tolist() == [0, 0, 1]
    assert part.items(torch.arange(3)).flatten().tolist() == [6, 8, 0]


def test_drawings_are_shown_dark_on_light(tiny_model):
    dataset = glyphs(tiny_model)
    assert dataset.images.mean() < 100
    np.testing.assert_array_equal(shown(tiny_model, dataset), 255 - dataset.images)
