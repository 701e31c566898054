from __future__ import annotations

import gc
import json
import pickle
import shutil
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gemel.adaptation import Numbers
from gemel.assembly import assemble
from gemel.batches import Labelled
from gemel.data.sources.glyphs import Glyphs, draw_glyphs
from gemel.errors import DataError, InputError, ModelError
from gemel.evaluation.unknown import class_log_odds, posterior
from gemel.files import sha256
from gemel.learners import Adaptive
from gemel.loading import load
from gemel.model import Model
from gemel.randomness import numpy_generator
from gemel.recipes import Recipe

PAGES = draw_glyphs(alphabet=3, characters=5, writers=4, size=40, seed=1)  # (5, 4, 40, 40)


@pytest.fixture(scope="module")
def saved(tiny_model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "saved"
    tiny_model.save(folder)
    return folder


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    """Return a copy of the saved model, to damage."""
    return Path(shutil.copytree(saved, tmp_path / "model"))


def support() -> dict[str, list[np.ndarray]]:
    return {f"character {number}": list(pages[:2]) for number, pages in enumerate(PAGES)}


# Saved and loaded


def test_a_loaded_model_answers_as_the_saved_one_to_the_bit(tiny_model: Model, saved: Path) -> None:
    loaded = load(saved)
    state = tiny_model.learner.state_dict()
    for name, value in loaded.learner.state_dict().items():
        assert name.startswith("loss.") or torch.equal(value, state[name])
    assert np.array_equal(loaded.embed(list(PAGES[0])), tiny_model.embed(list(PAGES[0])))
    assert loaded.verify(PAGES[0, 0], PAGES[1, 0]) == tiny_model.verify(PAGES[0, 0], PAGES[1, 0])
    assert loaded.identify(list(PAGES[:, 3]), support()) == tiny_model.identify(list(PAGES[:, 3]), support())
    assert (loaded.recipe, loaded.preprocessing) == (tiny_model.recipe, tiny_model.preprocessing)
    assert (loaded.calibration, loaded.thresholds) == (tiny_model.calibration, tiny_model.thresholds)
    assert loaded.folder == saved


def test_a_model_saved_again_has_the_same_files(saved: Path, tmp_path: Path) -> None:
    load(saved).save(tmp_path / "again")
    assert {path.name for path in saved.iterdir()} == {"model.json", "model.safetensors", "recipe.yaml"}
    for path in saved.iterdir():
        if path.name != "model.json":
            assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
    first, second = (json.loads((where / "model.json").read_text()) for where in (saved, tmp_path / "again"))
    assert {key: second[key] for key in first} == first


def test_a_loaded_model_is_only_for_use(saved: Path) -> None:
    learner = load(saved).learner
    assert not learner.training
    assert not any(parameter.requires_grad for parameter in learner.parameters())


def test_loading_leaves_the_global_generator_alone(saved: Path) -> None:
    before = torch.get_rng_state()
    load(saved)
    assert torch.equal(torch.get_rng_state(), before)


# Damage


def refusal(folder: Path) -> str:
    with pytest.raises(ModelError) as error:
        load(folder)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


FILES = ("model.json", "model.safetensors", "recipe.yaml")


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_short_is_refused(name: str, folder: Path) -> None:
    content = (folder / name).read_bytes()
    for length in (0, 1, len(content) // 2, len(content) - 2):
        (folder / name).write_bytes(content[:length])
        assert str(folder) in refusal(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_noise_is_refused(name: str, folder: Path) -> None:
    (folder / name).write_bytes(numpy_generator(0, "noise").bytes(500))
    assert "is damaged" in refusal(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused(name: str, folder: Path) -> None:
    (folder / name).unlink()
    expected = f"{folder} holds no model.json: it is no model." if name == "model.json" else str(folder / name)
    assert expected in refusal(folder)


def test_a_changed_weight_is_refused(folder: Path) -> None:
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-5] ^= 1
    (folder / "model.safetensors").write_bytes(content)
    assert refusal(folder) == (
        f"The model in {folder} is damaged: the weights are not those that model.json names. Train it again, or "
        "restore the folder."
    )


def test_another_recipe_is_refused(folder: Path) -> None:
    text = (folder / "recipe.yaml").read_text()
    for former, new in (("dimensions: 16", "dimensions: 24"), ("  - 16\n", "  - 16\n  - 16\n")):
        (folder / "recipe.yaml").write_text(text.replace(former, new))
        assert "the recipe is not the one that model.json names." in refusal(folder)
        hashed = sha256(folder / "recipe.yaml")
        assert "the weights do not fit the recipe" in edited(
            folder, lambda d, hashed=hashed: d.update(recipe_sha256=hashed)
        )


def edited(folder: Path, change: Callable[[dict[str, Any]], object]) -> str:
    described = json.loads((folder / "model.json").read_text())
    change(described)
    (folder / "model.json").write_text(json.dumps(described))
    return refusal(folder)


@pytest.mark.parametrize("key", ["preprocessing", "calibration", "thresholds", "weights_sha256"])
@pytest.mark.parametrize("value", [None, 5, "x", [], [1], {}, {"a": 1}])
def test_a_wrong_value_in_the_description_is_refused(key: str, value: object, folder: Path) -> None:
    assert f"The model in {folder} is damaged: " in edited(folder, lambda described: described.update({key: value}))


@pytest.mark.parametrize("key", ["preprocessing", "calibration", "thresholds", "weights_sha256"])
def test_a_missing_value_in_the_description_is_refused(key: str, folder: Path) -> None:
    assert f"The model in {folder} is damaged: " in edited(folder, lambda described: described.pop(key))


@pytest.mark.parametrize("text", ["[]", "5", "null", "{}", '"x"', "[" * 100_000, "\udcff"])
def test_a_description_of_another_shape_is_refused(text: str, folder: Path) -> None:
    (folder / "model.json").write_bytes(text.encode(errors="surrogateescape"))
    assert f"{folder / 'model.json'} is damaged" in refusal(folder)


def test_a_newer_format_is_refused(folder: Path) -> None:
    message = edited(folder, lambda described: described.update(format=2))
    assert message == f"{folder} has format 2; this Gemel reads 1. Install the Gemel that wrote it."


def test_no_folder_an_empty_one_and_an_unfinished_run(folder: Path, tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") == (
        f"There is no model '{tmp_path / 'none'}': neither a folder of that path nor a packaged model of that name."
    )
    (tmp_path / "empty").mkdir()
    assert refusal(tmp_path / "empty") == f"{tmp_path / 'empty'} holds no model.json: it is no model."
    (folder / "model.json").unlink()
    (folder / "checkpoint.pt").touch()
    assert refusal(folder) == (
        f"{folder} holds no model.json: its training has not finished; run gemel train again with --resume."
    )


class Trap:
    """Touches a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("how", ["pickle", "torch"])
def test_nothing_is_unpickled(how: str, folder: Path, tmp_path: Path) -> None:
    weights = folder / "model.safetensors"
    trap = Trap(tmp_path / "sprung")
    weights.write_bytes(pickle.dumps(trap)) if how == "pickle" else torch.save({"weight": trap}, weights)
    assert "the weights are not those" in refusal(folder)
    assert "the weights do not fit the recipe" in edited(folder, lambda d: d.update(weights_sha256=sha256(weights)))
    assert not (tmp_path / "sprung").exists()


# Verifying


@pytest.mark.parametrize("similarity", ["cosine", "euclidean", "squared_euclidean", "exp_manhattan", "weighted_l1"])
@pytest.mark.parametrize("views", [1, 4])
def test_identical_pictures_are_the_same_with_the_highest_score(similarity: str, views: int, tiny_model: Model) -> None:
    recipe = Recipe.of(tiny_model.recipe.model_dump(), [f"similarity={similarity}", f"validation.views={views}"])
    learner = assemble(recipe, channels=1, classes=1).eval().requires_grad_(False)
    highest = float(learner.similarity.highest)
    points = {"eer": replace(tiny_model.thresholds["eer"], threshold=highest)}
    model = replace(tiny_model, learner=learner, recipe=recipe, thresholds=points)
    for picture in (PAGES[0, 0], PAGES[3, 2], np.zeros((9, 9), np.uint8), numpy_generator(0).random((30, 50, 3))):
        verdict = model.verify(picture, picture.copy())
        assert verdict.same
        assert verdict.score == highest
    for left, right in zip(PAGES[:, 0], PAGES[:, 1], strict=True):
        verdict = model.verify(left, right)
        assert verdict == model.verify(right, left)
        assert verdict.score <= highest


def test_a_verdict_tells_threshold_and_rates(tiny_model: Model) -> None:
    verdict = tiny_model.verify(PAGES[0, 0], PAGES[1, 0])
    assert verdict.threshold == tiny_model.thresholds["eer"].threshold
    assert verdict.same == (verdict.score >= verdict.threshold)
    assert (verdict.far, verdict.frr) == pytest.approx(
        (tiny_model.thresholds["eer"].far, tiny_model.thresholds["eer"].frr), abs=0.01
    )
    assert 0 < verdict.probability < 1
    strict = tiny_model.verify(PAGES[0, 0], PAGES[1, 0], threshold=tiny_model.thresholds["far_0.01"].threshold)
    assert strict.score == verdict.score
    assert strict.far <= 0.01 + 1e-9
    assert strict.frr >= verdict.frr


def test_a_picture_is_the_same_however_it_comes(tiny_model: Model, tmp_path: Path) -> None:
    image = Image.fromarray(PAGES[0, 0])
    image.save(tmp_path / "größer a.png")
    path = tmp_path / "größer a.png"
    forms = [PAGES[0, 0], PAGES[0, 0][..., None], image, path, str(path), path.read_bytes()]
    embeddings = tiny_model.embed(forms)
    assert (embeddings == embeddings[0]).all()


def test_an_unreadable_picture_is_a_clear_error(tiny_model: Model, tmp_path: Path) -> None:
    for item in (tmp_path / "none.png", b"", np.zeros((3, 3, 7))):
        with pytest.raises(InputError):
            tiny_model.verify(PAGES[0, 0], item)


# Embedding


def test_an_embedding_does_not_depend_on_its_company(tiny_model: Model) -> None:
    items = list(PAGES[:, 0])
    together = tiny_model.embed(items)
    assert together.shape == (5, 16)
    assert together.dtype == np.float32
    assert np.array_equal(tiny_model.embed(items[::-1])[::-1], together)
    for item, row in zip(items, together, strict=True):
        assert np.array_equal(tiny_model.embed([item])[0], row)


def test_no_item_has_no_embedding(tiny_model: Model) -> None:
    assert tiny_model.embed([]).shape == (0, 16)


# Identifying


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


# Networks that adapt


@pytest.fixture
def adapting(tiny_model: Model) -> Model:
    parts = {"encoder": {"name": "conv4", "filters": 4}, "method": "maml", "preprocessing": {"size": 28, "channels": 1}}
    recipe = Recipe.of(parts)
    return replace(tiny_model, learner=assemble(recipe, channels=1, classes=1).eval().requires_grad_(False))


def test_a_support_is_adapted_to_once_while_it_is_in_use(adapting: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    learner, known, asked = (
        adapting.learner,
        adapting.support(support()),
        torch.from_numpy(adapting.embed([PAGES[0, 3]])),
    )
    assert isinstance(learner, Adaptive)
    numbers = (known.embeddings, known.labels, len(known.classes))
    expected = learner.class_scores(asked, *numbers)
    odds = class_log_odds(learner, adapting.calibration, asked, *numbers)
    adapted, times = learner.adapted, list[int]()

    def counted(batch: Labelled) -> Numbers:
        times.append(len(batch.labels))
        return adapted(batch)

    monkeypatch.setattr(learner, "adapted", counted)
    first = adapting.identify([PAGES[0, 3]], known)
    assert len(times) == 1
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(adapting.identify, [[PAGES[0, 3]]] * 4, [known] * 4)) == [first] * 4
    assert len(times) == 1
    scorer = adapting.scorer(known)
    assert torch.equal(scorer.class_scores(asked, *numbers), expected)
    assert np.array_equal(class_log_odds(scorer, adapting.calibration, asked, *numbers), odds)
    two = adapting.support(dict(list(support().items())[:2]))
    assert len(adapting.identify([PAGES[0, 3]], two)[0].matches) == 2
    assert times == [10, 4]

    kept = weakref.ref(scorer)
    del scorer, known, numbers
    gc.collect()
    assert kept() is None


def test_other_learners_keep_nothing_for_a_support(tiny_model: Model) -> None:
    assert tiny_model.scorer(tiny_model.support(support())) is tiny_model.learner


def test_a_model_in_use_may_be_sent_to_another_process(adapting: Model) -> None:
    known = adapting.support(support())
    answer = adapting.identify([PAGES[0, 3]], known)
    assert pickle.loads(pickle.dumps(adapting)).identify([PAGES[0, 3]], known) == answer
