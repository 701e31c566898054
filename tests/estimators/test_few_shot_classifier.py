from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gemel.errors import InputError, ModelError, RecipeError
from gemel.randomness import numpy_generator
from gemel.sklearn import EmbeddingTransformer, FewShotClassifier


class Convertible:
    """What NumPy can make an array of, and nothing else."""

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.values.astype(dtype or self.values.dtype)


def clouds(classes: int = 4, items: int = 12, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    g = numpy_generator(seed, "clouds")
    centres = g.normal(0, 3, (classes, 5))
    return (centres[:, None] + g.normal(0, 1, (classes, items, 5))).reshape(-1, 5), np.repeat(np.arange(classes), items)


@pytest.fixture
def paths(glyph_folder: Path) -> list[Path]:
    """One drawing of each of six characters."""
    return sorted(glyph_folder.glob("alphabet00/*/writer00.png"))


def test_rows_are_of_the_class_of_the_nearest_mean():
    x, y = clouds()
    queries = clouds(seed=0, items=20)[0]
    means = np.stack([x[y == label].mean(0) for label in range(4)])
    distances = np.square(queries[:, None] - means).sum(-1)
    classifier = FewShotClassifier().fit(x, y)
    assert np.array_equal(classifier.predict(queries), distances.argmin(1))
    shares = np.exp(-distances) / np.exp(-distances).sum(1, keepdims=True)
    assert classifier.predict_proba(queries) == pytest.approx(shares)
    assert classifier.class_counts_.tolist() == [12] * 4


def test_cosine_takes_the_mean_of_unit_vectors():
    x = np.array([[1.0, 0], [0, 9], [-1, -1]])
    classifier = FewShotClassifier(similarity="cosine").fit(x, ["a", "a", "b"])
    logits = np.array([1.0, -1.0])  # of the direction (1, 1), that of a's mean
    assert classifier.predict_proba([[5.0, 5.0]])[0] == pytest.approx(np.exp(logits) / np.exp(logits).sum())


def test_partial_fit_in_any_parts_and_order_is_fit():
    x, y = clouds(classes=5)
    order = numpy_generator(1, "order").permutation(len(y))
    whole, parts = FewShotClassifier().fit(x, y), FewShotClassifier()
    for chunk in np.array_split(order, 7):
        parts.partial_fit(x[chunk], y[chunk])
    assert parts.classes_.tolist() == whole.classes_.tolist()
    assert parts.class_counts_.tolist() == whole.class_counts_.tolist()
    assert parts.predict_proba(x) == pytest.approx(whole.predict_proba(x))


def test_a_new_class_takes_its_place_among_the_sorted():
    x = np.eye(3)
    classifier = FewShotClassifier().fit(x[:2], ["b", "d"])
    classifier.partial_fit(x[2:], ["a long name"])
    assert classifier.classes_.tolist() == ["a long name", "b", "d"]
    assert classifier.predict(x).tolist() == ["b", "d", "a long name"]
    assert classifier.fit(x[:1], ["b"]).classes_.tolist() == ["b"]


def test_labels_are_of_one_kind():
    classifier = FewShotClassifier().fit(np.eye(2), [1, 2])
    with pytest.raises(ValueError, match=r"^Labels of type <U1 came beside labels of type int64; give one kind\.$"):
        classifier.partial_fit(np.eye(2), ["a", "b"])


def test_what_becomes_an_array(tiny_model, paths):
    x, y = clouds()
    assert FewShotClassifier().fit(Convertible(x), Convertible(y)).predict(Convertible(x)).tolist() == y.tolist()
    embeddings = EmbeddingTransformer(tiny_model, image_shape=(1, -1)).fit_transform(Convertible(x))
    assert np.array_equal(embeddings, EmbeddingTransformer(tiny_model, image_shape=(1, -1)).fit_transform(x))
    names = np.array([str(path) for path in paths])
    assert np.array_equal(EmbeddingTransformer(tiny_model).fit_transform(Convertible(names)), tiny_model.embed(paths))


def test_pictures_come_in_any_form(tiny_model, paths):
    labels = [path.parent.name for path in paths]
    classifier = FewShotClassifier(tiny_model).fit(paths, labels)
    arrays = np.stack([np.asarray(Image.open(path)) for path in paths])
    rows = FewShotClassifier(tiny_model, image_shape=(32, 32)).fit(arrays.reshape(len(arrays), -1), labels)
    expected = classifier.predict_proba(paths)
    forms = {
        "names": [str(path) for path in paths],
        "array of names": np.array([str(path) for path in paths]),
        "bytes": [path.read_bytes() for path in paths],
        "pictures": [Image.open(path) for path in paths],
        "arrays": list(arrays),
        "one array": arrays,
        "with channels": arrays[..., None],
    }
    for form, x in forms.items():
        assert np.array_equal(classifier.predict_proba(x), expected), form
    assert np.array_equal(rows.predict_proba(arrays.reshape(len(arrays), -1)), expected)
    assert rows.n_features_in_ == 1024
    assert classifier.predict(paths).tolist() == labels


def test_probabilities_are_the_models_given_that_it_is_known(tiny_model, paths, glyph_folder):
    labels = [path.parent.name for path in paths]
    queries = sorted(glyph_folder.glob("alphabet00/*/writer03.png"))
    classifier = FewShotClassifier(tiny_model).fit(paths, labels)
    answers = tiny_model.identify(queries, dict(zip(labels, [[path] for path in paths], strict=True)), matches=6)
    known = np.array([[{m.label: m.probability for m in a.matches}[c] for c in classifier.classes_] for a in answers])
    assert classifier.predict_proba(queries) == pytest.approx(known / known.sum(1, keepdims=True), rel=1e-4)
    assert classifier.predict(queries).tolist() == [answer.matches[0].label for answer in answers]


def test_unknown_is_answered_as_the_model_does(tiny_model, paths, glyph_folder):
    labels = [path.parent.name for path in paths]
    queries = paths + sorted(glyph_folder.glob("alphabet01/*/writer00.png"))
    answers = tiny_model.identify(queries, dict(zip(labels, [[path] for path in paths], strict=True)))
    given = FewShotClassifier(tiny_model, unknown_label="neither").fit(paths, labels).predict(queries)
    assert given.tolist() == [answer.label or "neither" for answer in answers]
    assert "neither" in given.tolist()
    numbers = FewShotClassifier(tiny_model, unknown_label=-1).fit(paths, np.arange(6)).predict(queries)
    assert numbers.tolist() == [labels.index(answer.label) if answer.label else -1 for answer in answers]


def test_the_prior_of_unknown_shifts_the_answers(tiny_model, paths, glyph_folder):
    queries = sorted(glyph_folder.glob("*/*/writer04.png"))
    labels = np.arange(6)

    def unknown(prior: float) -> int:
        classifier = FewShotClassifier(tiny_model, unknown_label=-1, unknown_prior=prior)
        return int((classifier.fit(paths, labels).predict(queries) == -1).sum())

    assert unknown(1e-6) < unknown(0.5) <= len(queries)
    with pytest.raises(RecipeError, match=r"^The prior of unknown is 1\.0"):
        unknown(1.0)


@pytest.mark.parametrize(
    ("classifier", "error", "message"),
    [
        (FewShotClassifier(unknown_label="?"), RecipeError, r"^unknown_label needs a model, whose calibration tells"),
        (FewShotClassifier(similarity="cosin"), RecipeError, r"^Unknown similarity 'cosin'\. Did you mean 'cosine'\?$"),
        (FewShotClassifier("no/such/model"), ModelError, r"^There is no model 'no/such/model'"),
    ],
)
def test_settings_are_checked_by_fit(classifier, error, message):
    with pytest.raises(error, match=message):
        classifier.fit(np.eye(3), ["a", "b", "c"])


def test_an_unknown_label_is_of_the_classes_kind(tiny_model, paths):
    with pytest.raises(ValueError, match=r"^Labels of type <U1 came beside labels of type int64; give one kind\.$"):
        FewShotClassifier(tiny_model, unknown_label="?").fit(paths, np.arange(6))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (
            np.zeros((2, 64)),
            r"^Rows of 64 numbers came, and a model needs pictures; give image_shape=\(height, width\)",
        ),
        ([[0.0] * 64] * 2, r"^Rows of 64 numbers came, and a model needs pictures"),
        (np.zeros(4), r"^An array of shape \(4,\) came; n paths, \(n, H, W\) or \(n, H, W, C\) is expected\.$"),
        (np.zeros((2, 8, 8, 2)), r"^An array of shape \(8, 8, 2\) and type float64 came"),
        ("a.png", r"^One str came; a sequence of items is expected\.$"),
        ([], r"^No item came; at least one is expected\.$"),
    ],
)
def test_what_is_no_picture_is_refused(tiny_model, x, message):
    with pytest.raises(InputError, match=message):
        FewShotClassifier(tiny_model).fit(x, ["a", "b"])


def test_rows_must_make_pictures(tiny_model):
    with pytest.raises(InputError, match=r"^Rows of 65 numbers came; they do not make pictures \(8, 8\)\.$"):
        FewShotClassifier(tiny_model, image_shape=(8, 8)).fit(np.eye(65), np.arange(65))


def test_as_many_labels_as_items(tiny_model, paths):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        FewShotClassifier(tiny_model).fit(paths, ["a"])


def test_it_serves_scikit_learns_own_tools(tiny_model):
    x, y = load_digits(n_class=3, return_X_y=True)
    x, y = x[:60], y[:60]
    classifier = FewShotClassifier(tiny_model, image_shape=(8, 8))
    assert cross_val_score(classifier, x, y, cv=3).mean() > 0.5  # chance: a third
    search = GridSearchCV(FewShotClassifier(), {"similarity": ["cosine", "euclidean"]}, cv=3).fit(x, y)
    assert search.best_score_ > 0.9
    embedded = EmbeddingTransformer(tiny_model, image_shape=(8, 8))
    pipeline = make_pipeline(embedded, StandardScaler(), LogisticRegression())
    assert pipeline.fit(x, y).score(x, y) > 0.6


def test_the_transformer_gives_the_models_embeddings(tiny_model, paths):
    transformer = EmbeddingTransformer(tiny_model)
    embeddings = transformer.fit_transform(paths)
    assert embeddings.dtype == np.float32
    assert np.array_equal(embeddings, tiny_model.embed(paths))
    assert transformer.get_feature_names_out()[:2].tolist() == ["embeddingtransformer0", "embeddingtransformer1"]


def test_embeddings_classified_by_rows_are_the_same(tiny_model, paths, glyph_folder):
    labels, queries = np.arange(6), sorted(glyph_folder.glob("alphabet00/*/writer02.png"))
    by_rows = make_pipeline(EmbeddingTransformer(tiny_model), FewShotClassifier(similarity="cosine"))
    by_pictures = FewShotClassifier(tiny_model)
    assert np.array_equal(by_rows.fit(paths, labels).predict(queries), by_pictures.fit(paths, labels).predict(queries))
