"""Scikit-learn's own checks of estimators; those that are not run are listed with the reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.utils.estimator_checks import estimator_checks_generator

from gemel import Model
from gemel.sklearn import EmbeddingTransformer, FewShotClassifier

#: A row of F numbers as a picture 1 x F, so that the checks' tables, of any width, go through a model.
ROW = (1, -1)

#: Not run for any of the estimators.
ANY = {
    "check_array_api_input": "array API dispatch is an option of scikit-learn that is off by default, not offered",
    "check_classifier_data_not_an_array": "its second half needs pandas; the first is test_what_becomes_an_array",
    "check_transformer_data_not_an_array": "its second half needs pandas; the first likewise",
}

#: Not run with a model besides.
WITH_MODEL = {
    "check_classifiers_train": "asks for 83 % on points of two coordinates, which are no pictures of anything",
}

Check = Callable[[BaseEstimator], Any]


def checks_of(estimator: BaseEstimator, left_out: dict[str, str]) -> list[Any]:
    checks = [check for _, check in estimator_checks_generator(estimator)]
    return [pytest.param(check, id=check.func.__name__) for check in checks if check.func.__name__ not in left_out]


@pytest.fixture(scope="session")
def tiny_folder(tiny_model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    tiny_model.save(folder)
    return folder


@pytest.mark.parametrize("similarity", ["squared_euclidean", "cosine"])
@pytest.mark.parametrize("check", checks_of(FewShotClassifier(), ANY))
def test_classifier_of_rows(check: Check, similarity: str):
    check(FewShotClassifier(similarity=similarity))


@pytest.mark.parametrize("check", checks_of(FewShotClassifier(), ANY | WITH_MODEL))
def test_classifier_of_pictures(check: Check, tiny_folder: Path):
    check(FewShotClassifier(tiny_folder, image_shape=ROW))


@pytest.mark.parametrize("check", checks_of(EmbeddingTransformer("tiny", image_shape=ROW), ANY))
def test_transformer(check: Check, tiny_folder: Path):
    check(EmbeddingTransformer(tiny_folder, image_shape=ROW))


def test_what_is_left_out_exists():
    estimators = [FewShotClassifier(), EmbeddingTransformer("tiny", image_shape=ROW)]
    names = {check.func.__name__ for each in estimators for _, check in estimator_checks_generator(each)}
    assert names >= set(ANY | WITH_MODEL)


def test_estimators_of_pictures_can_be_cloned(tiny_model: Model):
    """All that is checked where X is no table: a model itself, not its folder, is copied with the estimator."""
    for estimator in (FewShotClassifier(tiny_model, unknown_label="?"), EmbeddingTransformer(tiny_model)):
        copy = clone(estimator)
        assert copy.model is not tiny_model
        assert copy.model.fingerprint == tiny_model.fingerprint
        assert not copy.__sklearn_tags__().input_tags.two_d_array
