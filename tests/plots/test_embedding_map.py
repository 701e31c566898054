import numpy as np
import pytest
from matplotlib.offsetbox import AnnotationBbox

from gemel.errors import DataError, RecipeError
from gemel.plots.embedding_map import MOST_THUMBNAILS, THUMBNAIL, apart, embedding_map, in_a_strip, laid_out, principal
from gemel.plots.style import class_colours
from gemel.randomness import numpy_generator
from tests.evaluation.clouds import clouds
from tests.plots.drawn import texts


def drawn_items(count, channels=1):
    return numpy_generator(0, "items").integers(0, 256, (count, channels, 8, 8)).astype(np.uint8)


def test_tsne_keeps_classes_together_and_repeats_to_the_bit():
    embeddings, labels = clouds(classes=4, items=12, spread=0.05)
    places, found_by = laid_out(embeddings.numpy(), seed=3)
    assert found_by == "t-SNE, perplexity 16"
    distances = np.linalg.norm(places[:, None] - places[None], axis=-1) + np.diag(np.full(len(places), np.inf))
    assert (labels[distances.argmin(1)] == labels).all()
    np.testing.assert_array_equal(places, laid_out(embeddings.numpy(), seed=3)[0])


def test_principal_axes_hold_the_most_variance():
    values = numpy_generator(0, "map").normal(size=(50, 6)) * np.array([9, 1, 1, 5, 1, 1])
    largest = np.sort(np.linalg.eigvalsh(np.cov(values.T)))[::-1][:2]
    np.testing.assert_allclose(np.var(principal(values), axis=0, ddof=1), largest)


@pytest.mark.parametrize(
    ("embeddings", "found_by"),
    [
        (np.arange(6.0).reshape(3, 2), "the embedding itself"),
        (np.arange(4.0).reshape(4, 1), "the embedding itself"),
        (np.eye(5), "PCA"),
        (np.ones((40, 5)), "PCA"),
        (np.ones((1, 5)), "PCA"),
    ],
)
def test_small_and_flat_embeddings_are_laid_out_plainly(embeddings, found_by):
    places, how = laid_out(embeddings)
    assert (places.shape, how) == ((len(embeddings), 2), found_by)
    assert np.isfinite(places).all()


def test_two_dimensions_are_shown_as_they_are():
    embeddings = np.array([[0.0, 1.0], [3.0, -2.0]])
    np.testing.assert_array_equal(laid_out(embeddings)[0], embeddings)


def test_unknown_method_is_refused():
    with pytest.raises(RecipeError, match="Did you mean 'tsne'"):
        laid_out(np.eye(3), "tsn")


def test_a_strip_keeps_the_shape_within_its_room():
    for spread in (np.array([10.0, 1.0]), np.array([1.0, 10.0]), np.zeros(2)):
        places = numpy_generator(0, "strip").random((30, 2)) * spread
        moved, height = in_a_strip(places)
        assert 0.4 <= height <= 0.8
        assert (moved >= THUMBNAIL / 2).all()
        assert (moved <= np.array([1, height]) - THUMBNAIL / 2).all()
        ratio = np.ptp(moved, axis=0) * np.ptp(places, axis=0)[::-1]
        assert ratio[0] == pytest.approx(ratio[1])


def test_thumbnails_do_not_overlap():
    places = numpy_generator(2, "places").random((500, 2))
    kept = places[apart(places, 0.1, 40, seed=0)]
    gaps = np.abs(kept[:, None] - kept[None]).max(-1) + np.eye(len(kept))
    assert len(kept) == 40
    assert gaps.min() >= 0.1


@pytest.mark.parametrize("channels", [1, 3])
def test_every_item_is_a_dot_or_a_thumbnail(channels):
    embeddings, labels = clouds(classes=3, items=10, spread=0.2)
    names = ("red", "green", "blue")
    figure = embedding_map(embeddings.numpy(), labels, names, drawn_items(30, channels), "3 toys")
    (axes,) = figure.get_axes()
    thumbnails = axes.findobj(AnnotationBbox)
    assert 0 < len(thumbnails) <= MOST_THUMBNAILS
    assert len(thumbnails) + len(axes.collections[0].get_offsets()) == 30
    said = texts(figure)
    assert "Map of 3 toys" in said
    assert "30 items of 3 classes, coloured by class (t-SNE, perplexity 10)." in said
    assert set(names) <= set(said)


def test_dots_alone_and_a_thousand_classes():
    embeddings = numpy_generator(0, "many").normal(size=(1000, 4))
    names = [f"class{number}" for number in range(1000)]
    figure = embedding_map(embeddings, np.arange(1000), names, None, "toys", method="pca")
    (axes,) = figure.get_axes()
    assert len(axes.collections[0].get_offsets()) == 1000
    assert axes.get_legend() is None


def test_one_class_and_one_item_draw():
    figure = embedding_map(np.ones((1, 4)), np.zeros(1, int), ["toy"], drawn_items(1), "1 toy")
    assert "1 item of 1 class, coloured by class (PCA)." in texts(figure)


def test_no_item_is_refused():
    with pytest.raises(DataError, match="no embedding to draw"):
        embedding_map(np.zeros((0, 4)), np.zeros(0, int), [], None, "nothing")


@pytest.mark.parametrize("count", [1, 8, 9, 300])
def test_class_colours_differ(count):
    assert len(set(class_colours(count))) == count
