"""A benchmark on made-up alphabets, from training to the page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gemel.bench import Bench, Definition, Models, Question, Results, Setting
from gemel.bench.budget import steps_within
from gemel.bench.writing import written
from gemel.errors import DataError, ModelError, RecipeError
from gemel.evaluation import episode_accuracy
from gemel.loading import load
from gemel.recipes import recipe_for
from gemel.training.progress import Silent
from gemel.workflows.evaluating import embedded, unseen
from gemel.workflows.preparing import prepare
from gemel.workflows.training import train

DATA = "data={source: glyphs, options: {alphabets: 4, characters: 6, writers: 6, size: 28}, split_by: group, " \
    "validation: 0.25, test: ['*01/*'], rotations: true}"  # fmt: skip
QUICK = (
    "preprocessing.size=16",
    "encoder={name: conv4, filters: 4}",
    "augmentation={}",
    "sampler={name: episodes, ways: 3, shots: 1, queries: 2}",
    "training={steps: 4, validate_every: 2, device: cpu, threads: 1, precision: float32}",
    "validation={ways: 3, queries: 2, episodes: 10}",
)
MADE = Definition.model_validate(
    {
        "name": "made",
        "description": "Made-up alphabets",
        "trainings": {"glyphs": (DATA,)},
        "protocols": {
            "turned": {"training": "glyphs", "rotations": True, "queries": 2, "settings": ["5w1s", "5w2s"]},
            "within": {"training": "glyphs", "within_group": True, "queries": 2, "settings": ["4w1s"]},
        },
        "methods": {
            "prototypical": {"recipe": "prototypical", "overrides": QUICK},
            "matching": {"recipe": "matching", "overrides": QUICK},
            "together": {
                "recipe": "prototypical",
                "overrides": [*QUICK, "method=transductive", "training.steps=0"],
                "start": "prototypical",
                "transductive": True,
                "protocols": ["turned"],
            },
            "snail": {
                "recipe": "snail",
                "overrides": [*QUICK, "sampler={name: tasks, tasks: 2, ways: 5, shots: 1, queries: 2}"],
                "each": {"5w1s": [], "5w2s": ["sampler.shots=2", "learner.shots=2"]},
            },
            "pixels": {"recipe": "pixels", "overrides": ["preprocessing.size=16"], "protocols": ["within"]},
        },
        "published": [
            {"method": "matching", "protocol": "turned", "source": "Nobody 2000", "accuracy": {"5w1s": 0.999}}
        ],
    }
)
ONE = Question("prototypical", "turned", Setting(5, 1))


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMEL_CACHE", str(tmp_path_factory.getbasetemp() / "bench cache"))


def bench(
    folder: Path, minutes: float = 45.0, resume: bool = True, episodes: int = 20, definition: Definition = MADE
) -> Bench:
    return Bench(definition, Models(definition, folder, minutes, resume, Silent, lambda done, total: None), episodes)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    """Return a folder with runs and results, and what was told of all questions."""
    folder = tmp_path_factory.mktemp("bench")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEMEL_CACHE", str(tmp_path_factory.getbasetemp() / "bench cache"))
        asking = bench(folder / "runs")
        return folder, written(asking, asking.questions(), folder / "results", lambda row: None)


def test_every_question_has_its_row_and_every_row_its_circumstances(done: tuple[Path, Results]) -> None:
    _, results = done
    asked = {(row.method, row.protocol, str(row.setting)) for row in results.rows}
    learnt = {
        (m, *p)
        for m in ("prototypical", "matching")
        for p in (("turned", "5w1s"), ("turned", "5w2s"), ("within", "4w1s"))
    }
    together = {("together", "turned", setting) for setting in ("5w1s", "5w2s")}
    each = {("snail", "turned", setting) for setting in ("5w1s", "5w2s")}
    assert asked == learnt | together | each | {("pixels", "within", "4w1s")}
    for row in results.rows:
        assert 0 <= row.ci95[0] <= row.accuracy <= row.ci95[1] <= 1
        assert row.episodes == 20
        assert row.steps == (0 if row.method == "pixels" else 4)
    assert {row.paper for row in results.rows if row.key[:2] == ("matching", "turned")} == {0.999, None}


def test_a_row_is_what_evaluate_says_of_the_run(done: tuple[Path, Results]) -> None:
    folder, results = done
    model = load(folder / "runs" / "matching-glyphs")
    items = embedded(model, unseen(model))
    expected = episode_accuracy(
        items.embeddings, items.dataset.labels, model.learner, 4, 1, 2, 20, seed=0, groups=items.groups
    )
    row = next(row for row in results.rows if row.key[:2] == ("matching", "within"))
    assert (row.accuracy, row.ci95) == (expected.accuracy.value, expected.accuracy.ci95)
    assert row.weights_sha256 == model.fingerprint


def test_differences_are_paired_by_episode(done: tuple[Path, Results]) -> None:
    folder, results = done
    within = [row for row in results.rows if row.protocol == "within"]
    best = max(within, key=lambda row: row.accuracy)
    told = {one.method: one for one in results.differences if one.protocol == "within"}
    assert set(told) == {row.method for row in within} - {best.method}
    for row in within:
        if row is not best:
            rates = [
                np.load(folder / "runs" / f"{one.method}-glyphs" / "bench" / "within-4w1s.npz")["rates"]
                for one in (row, best)
            ]
            assert told[row.method].difference == pytest.approx(np.mean(rates[0] - rates[1]))
            assert told[row.method].difference == pytest.approx(row.accuracy - best.accuracy)


def test_a_difference_outlives_its_answers_and_not_its_rows(done: tuple[Path, Results], tmp_path: Path) -> None:
    folder, _ = done
    told = Results.read(folder / "results" / "made.json")
    elsewhere = bench(tmp_path)  # without the runs and their answers
    assert elsewhere.differences(told) == list(told.differences)
    one = told.differences[0]
    again = next(row for row in told.rows if row.key == one.key)
    anew = told.with_rows([replace(again, weights_sha256="0" * 64)])
    assert one.key not in {left.key for left in elsewhere.differences(anew)}
    assert told.with_rows([again]).differences == told.differences
    best = next(row for row in told.rows if row.key == one.other_key)
    left = told.with_rows([replace(best, weights_sha256="0" * 64)]).differences
    assert all(best.key[1:] != difference.key[1:] for difference in left)
    assert len(left) < len(told.differences)


def test_a_transductive_method_begins_with_another_s_model_and_is_nobody_s_measure(done: tuple[Path, Results]) -> None:
    folder, results = done
    start = load(folder / "runs" / "prototypical-glyphs")
    row = next(row for row in results.rows if row.method == "together")
    assert (row.steps, row.train_seconds) == (4, start.facts["training"]["seconds"])
    assert load(folder / "runs" / "together-glyphs").facts["start"]["weights_sha256"] == start.fingerprint
    turned = [one for one in results.differences if one.protocol == "turned"]
    assert {one.method for one in turned} > {"together"}
    assert "together" not in {one.other for one in turned}
    page = (folder / "results" / "made.md").read_text(encoding="utf-8")
    assert "| together (transductive) | " in page
    assert "its rows compare with each other alone" in page


def test_a_method_may_have_a_model_for_each_setting(done: tuple[Path, Results]) -> None:
    folder, results = done
    weights = {str(row.setting): row.weights_sha256 for row in results.rows if row.method == "snail"}
    for setting, shots in (("5w1s", 1), ("5w2s", 2)):
        model = load(folder / "runs" / f"snail-glyphs-{setting}")
        assert model.recipe.learner["shots"] == shots
        assert weights[setting] == model.fingerprint
    assert "glyphs, 5-way 2-shot" in (folder / "results" / "made.md").read_text(encoding="utf-8")


def test_the_page_and_the_figure_are_written(done: tuple[Path, Results]) -> None:
    folder, results = done
    page = (folder / "results" / "made.md").read_text(encoding="utf-8")
    assert "(99.9, **below**)" in page
    assert "Nobody 2000" in page
    assert page.count("\n## ") == 4  # two protocols, differences, circumstances
    assert (folder / "results" / "made.png").stat().st_size > 10_000
    assert Results.read(folder / "results" / "made.json") == results


def test_what_is_there_is_neither_trained_nor_asked_again(
    done: tuple[Path, Results], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, results = done

    def never(*arguments: object, **options: object) -> None:
        raise AssertionError

    monkeypatch.setattr("gemel.bench.models.train", never)
    monkeypatch.setattr("gemel.bench.bench.on_episodes", never)
    asking = bench(folder / "runs")
    again = written(asking, asking.questions(["matching"]), folder / "results", lambda row: None)
    assert again.rows == tuple(row for row in results.rows if row.method == "matching")
    assert len(Results.read(folder / "results" / "made.json").rows) == len(results.rows)


def test_a_recheck_asks_anew_and_comes_to_the_same(done: tuple[Path, Results]) -> None:
    folder, results = done
    asking = bench(folder / "elsewhere")
    rows = list(asking.rechecked(folder / "runs" / "prototypical-glyphs", asking.questions(["prototypical"])))
    assert rows == [row for row in results.rows if row.method == "prototypical"]
    assert not (folder / "elsewhere").exists()


def test_a_model_that_has_seen_the_test_classes_is_refused(tmp_path: Path) -> None:
    other = DATA.replace("*01/*", "*00/*")
    train("prototypical", tmp_path / "run", (*QUICK, other, "training.steps=2"))
    with pytest.raises(DataError, match=r"were seen by the model in .* when it was trained"):
        list(bench(tmp_path).rechecked(tmp_path / "run", [ONE]))


def test_where_items_are_split_the_test_items_are_asked_about_and_must_be_unseen(tmp_path: Path) -> None:
    data = DATA.replace("split_by: group", r"split_by: item_group, item_groups: 'writer(\d+)'")
    data = data.replace("validation: 0.25, test: ['*01/*'], rotations: true", "validation: 0.33, test: 0.33")
    values = MADE.model_dump(exclude={"methods": {"prototypical", "matching"}, "published": True})
    protocol = {**values["protocols"]["within"], "within_group": False, "queries": 1}
    by_writer = Definition.model_validate(
        {**values, "trainings": {"glyphs": (data,)}, "protocols": {"within": protocol}}
    )
    asking = bench(tmp_path / "runs", definition=by_writer)
    row = next(asking.rows(asking.questions()))
    assert row == next(asking.rechecked(tmp_path / "runs" / "pixels-glyphs", asking.questions()))
    train("pixels", tmp_path / "other", ("preprocessing.size=16", data, "training.seed=1"))
    with pytest.raises(DataError, match=r"test pictures, such as 'alphabet00.*', were seen by the model"):
        list(asking.rechecked(tmp_path / "other", asking.questions()))


def test_an_interrupted_training_is_gone_on_with_or_refused(done: tuple[Path, Results], tmp_path: Path) -> None:
    folder, results = done
    run = tmp_path / "prototypical-glyphs"
    run.mkdir()
    for name in ("recipe.yaml", "checkpoint.pt"):
        (run / name).write_bytes((folder / "runs" / run.name / name).read_bytes())
    with pytest.raises(ModelError, match="holds an unfinished training; go on with --resume"):
        list(bench(tmp_path, resume=False).rows([ONE]))
    row = next(bench(tmp_path).rows([ONE]))
    assert row.weights_sha256 == results.rows[0].weights_sha256


def test_a_damaged_answer_is_asked_again(done: tuple[Path, Results]) -> None:
    folder, results = done
    kept = folder / "runs" / "prototypical-glyphs" / "bench" / "turned-5w1s.npz"
    kept.write_bytes(kept.read_bytes()[:100])
    assert next(bench(folder / "runs").rows([ONE])) == results.rows[0]
    assert next(bench(folder / "runs", episodes=30).rows([ONE])).episodes == 30


def test_the_budget_lowers_the_steps_to_whole_rounds_of_validation() -> None:
    recipe = recipe_for("prototypical", (*QUICK, DATA, "training.steps=1000"))
    prepared = prepare(recipe)
    assert steps_within(recipe, prepared, minutes=1e-6) == recipe.training.validate_every
    assert steps_within(recipe, prepared, minutes=1e6) == 1000
    some = steps_within(recipe, prepared, minutes=0.01)
    assert 0 < some < 1000
    assert some % recipe.training.validate_every == 0


def test_unknown_names_and_empty_tables_are_refused(tmp_path: Path) -> None:
    asking = bench(tmp_path)
    with pytest.raises(RecipeError, match=r"Unknown method 'prototypica'\. Did you mean 'prototypical'"):
        asking.questions(["prototypica"])
    with pytest.raises(RecipeError, match="Unknown protocol 'with'"):
        asking.questions([], ["with"])
    with pytest.raises(RecipeError, match="The benchmark made has no row of pixels, turned"):
        asking.questions(["pixels"], ["turned"])


def test_another_file_is_no_results(tmp_path: Path) -> None:
    path = tmp_path / "made.json"
    path.write_text(json.dumps({"rows": [{"method": "x"}]}))
    with pytest.raises(DataError, match="holds no results of a benchmark"):
        Results.read(path)
