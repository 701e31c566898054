"""An item among the classes of a support set."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gemel.data.sources.glyphs import Glyphs
from gemel.errors import DataError
from gemel.evaluation.unknown import class_log_odds, posterior
from gemel.model import Model
from tests.model.drawn import PAGES, support


def test_a_support_item_itself_is_identified_with_itself_as_reference(tiny_model: Model, tmp_path: Path) -> None:
    source = Glyphs(alphabets=1, characters=4, writers=1, size=40, seed=1)
    examples: dict[str, list[Path]] = {}
    for number in range(4):
        path = tmp_path / f"{number}.png"
        source.image(number).save(path)
        examples[f"class {number}"] = [path]
    answers = tiny_model.identify([path for (path,) in examples.values()], examples, unknown_prior=1e-6)
    for answer, (label, (path,)) in zip(answers, examples.items(), strict=True):
        assert answer.item == str(path)
        assert answer.label == label
        assert answer.matches[0].label == label
        assert answer.matches[0].reference == str(path)
        assert answer.matches[0].score == float(tiny_model.similarity.highest)


def test_matches_name_the_nearest_support_item_of_each_class(tiny_model: Model) -> None:
    examples = support()
    item = PAGES[2, 3]
    (answer,) = tiny_model.identify([item], examples, matches=5)
    assert [match.score for match in answer.matches] == sorted((m.score for m in answer.matches), reverse=True)
    assert {match.label for match in answer.matches} == set(examples)
    for match in answer.matches:
        number = list(examples).index(match.label)
        scores = [tiny_model.score(item, example) for example in examples[match.label]]
        assert match.reference == f"item {2 * number + int(np.argmax(scores)) + 1}"


def test_probabilities_with_the_unknown_s_make_one(tiny_model: Model) -> None:
    for answer in tiny_model.identify(list(PAGES[:, 3]), support(), matches=99):
        known = sum(match.probability for match in answer.matches)
        assert 0 < known < 1
        best = max(1 - known, max(match.probability for match in answer.matches))
        assert answer.probability == pytest.approx(best)
        assert (answer.label is None) == (1 - known >= answer.matches[0].probability)


def test_the_prior_decides_between_a_class_and_unknown(tiny_model: Model) -> None:
    items, examples = [PAGES[1, 0]], support()
    (trusting,) = tiny_model.identify(items, examples, unknown_prior=1e-9)
    (doubting,) = tiny_model.identify(items, examples, unknown_prior=1 - 1e-9)
    assert trusting.label == trusting.matches[0].label
    assert doubting.label is None
    assert doubting.matches[0].label == trusting.matches[0].label


def test_a_class_is_added_by_adding_its_examples(tiny_model: Model) -> None:
    examples = support()
    last = examples.pop("character 4")
    (without,) = tiny_model.identify([last[0]], examples, unknown_prior=1e-9, matches=9)
    (with_it,) = tiny_model.identify([last[0]], {**examples, "new": last[:1]}, unknown_prior=1e-9, matches=9)
    assert without.label in examples
    assert with_it.label == "new"
    scores = {match.label: match.score for match in with_it.matches}
    assert scores.pop("new") == float(tiny_model.similarity.highest)
    assert scores == {match.label: match.score for match in without.matches}


def test_a_support_embedded_once_answers_the_same(tiny_model: Model) -> None:
    once = tiny_model.support(support())
    items = list(PAGES[:, 3])
    assert tiny_model.identify(items, once) == tiny_model.identify(items, support())
    assert once.classes == tuple(support())
    assert once.labels.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_an_empty_support_is_a_clear_error(tiny_model: Model) -> None:
    with pytest.raises(DataError) as error:
        tiny_model.identify([PAGES[0, 0]], {})
    assert str(error.value) == "There is no class to choose from; give at least one labelled example."
    with pytest.raises(DataError) as error:
        tiny_model.identify([PAGES[0, 0]], {"a": [PAGES[0, 0]], "b": []})
    assert str(error.value) == "Class 'b' has no example; give at least one."


def test_an_answer_does_not_depend_on_the_other_items(tiny_model: Model) -> None:
    items, known = list(PAGES[:, 3]), tiny_model.support(support())
    together = tiny_model.identify(items, known)
    for item, answer in zip(items, together, strict=True):
        (alone,) = tiny_model.identify([item], known)
        assert alone.matches == answer.matches
        assert (alone.label, alone.probability) == (answer.label, answer.probability)


def test_eight_threads_get_the_answers_of_one(tiny_model: Model, tmp_path: Path) -> None:
    paths = []
    for number, page in enumerate(PAGES.reshape(-1, 40, 40)):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(page).save(paths[-1])
    expected = tiny_model.identify(paths, support())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: tiny_model.identify(paths, support()), range(8)))
    assert all(answer == expected for answer in answers)


def test_the_threshold_told_is_where_the_answer_turns(tiny_model):
    for answer in tiny_model.identify(list(PAGES[:, 3]), support()):
        assert (answer.decision == "match") == (answer.score >= answer.threshold) == (answer.label is not None)
        assert answer.score == answer.matches[0].score


def test_limits_that_were_set_decide(tiny_model):
    known = tiny_model.support(support())
    embedding = torch.from_numpy(tiny_model.embed([PAGES[0, 3]]))
    (free,) = tiny_model.identify_embeddings(embedding, ["x"], known)
    best = known.classes.index(free.matches[0].label)
    for limit, decision in ((free.score, "match"), (free.score + 1e-6, "unknown")):
        limits = [None] * len(known.classes)
        limits[best] = limit
        (answer,) = tiny_model.identify_embeddings(embedding, ["x"], known, limits=limits)
        assert (answer.decision, answer.threshold, answer.matches) == (decision, limit, free.matches)


def test_classes_left_out_count_in_the_posterior(tiny_model):
    known = tiny_model.support(support())
    embedding = torch.from_numpy(tiny_model.embed([PAGES[0, 3]]))
    odds = class_log_odds(tiny_model.learner, tiny_model.calibration, embedding, known.embeddings, known.labels, 5)
    kept = replace(known, embeddings=known.embeddings[known.labels < 2], labels=known.labels[known.labels < 2])
    kept = replace(kept, classes=known.classes[:2], names=known.names[: len(kept.labels)])
    (answer,) = tiny_model.identify_embeddings(embedding, ["x"], kept, others=odds[:, 2:])
    whole = posterior(odds)[0]
    by_label = {match.label: match.probability for match in answer.matches}
    assert [by_label[label] for label in kept.classes] == pytest.approx(whole[:2].tolist())
