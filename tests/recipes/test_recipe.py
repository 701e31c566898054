from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemel.errors import RecipeError
from gemel.recipes import Recipe, packaged_recipes
from gemel.recipes.recipe import overridden


def refusal(*overrides: str, **values: Any) -> str:
    with pytest.raises(RecipeError) as error:
        Recipe.of(values, overrides)
    assert "\n" not in str(error.value)
    return str(error.value)


# Overrides


def test_an_override_changes_one_value_and_leaves_the_others() -> None:
    recipe = Recipe.of({"training": {"steps": 7, "seed": 3}}, ["training.steps=9", "name=mine"])
    assert (recipe.training.steps, recipe.training.seed, recipe.name) == (9, 3, "mine")
    assert recipe.training.learning_rate == Recipe().training.learning_rate


def test_a_part_named_anew_drops_the_former_one_s_options() -> None:
    values = {"encoder": {"name": "residual", "widths": [8, 16]}}
    assert Recipe.of(values, ["encoder=conv4"]).encoder == {"name": "conv4"}
    assert Recipe.of(values, ["encoder=conv4", "encoder.dimensions=32"]).encoder == {"name": "conv4", "dimensions": 32}
    assert Recipe.of(values, ["encoder.dimensions=32"]).encoder == {**values["encoder"], "dimensions": 32}


def test_an_option_of_a_part_left_out_goes_to_its_default() -> None:
    assert Recipe.of({}, ["loss.margin=0.1"]).loss == {"name": "margin_softmax", "margin": 0.1}
    for values in ({}, {"sampler": None}):
        assert Recipe.of(values, ["sampler.batch_size=32"]).sampler == {"batch_size": 32}


def test_overrides_are_read_as_yaml() -> None:
    recipe = Recipe.of({}, ["data.validation=[a/*, b]", "data.rotations=true", "encoder={name: conv4, dimensions: 8}"])
    assert recipe.data.validation == ["a/*", "b"]
    assert recipe.data.rotations is True
    assert recipe.encoder == {"name": "conv4", "dimensions": 8}
    assert Recipe.of({}, ["data.source=a=b.zip"]).data.source == "a=b.zip"
    assert Recipe.of({}, ["data.options.alphabets=3"]).data.options == {"alphabets": 3}


def test_an_override_leaves_what_it_was_given() -> None:
    values = {"training": {"steps": 7}}
    assert overridden(values, "training.steps=8") == {"training": {"steps": 8}}
    assert values == {"training": {"steps": 7}}


@pytest.mark.parametrize("text", ["steps", "=3", "training.=3", ".steps=3", ""])
def test_what_is_no_override_is_told_how_to_write_one(text: str) -> None:
    assert refusal(text) == f"'{text}' is not an override; write key=value, e.g. training.steps=500."


def test_an_override_into_a_value_is_refused() -> None:
    assert (
        refusal("name.x=1", name="mine")
        == "Recipe key 'name' is {'name': 'mine', 'x': 1}: input should be a valid string."
    )
    with pytest.raises(RecipeError) as error:
        overridden({"training": {"steps": 7}}, "training.steps.x=1")
    assert str(error.value) == "'training.steps.x=1': 'steps' is not a section."


def test_an_override_that_is_no_yaml_is_refused() -> None:
    assert refusal("training.steps=[").startswith("The value of 'training.steps=[' is not valid YAML: while parsing")


# Keys and values


UNKNOWN = {
    "traning.steps=3": "Unknown recipe key 'traning'. Did you mean 'training'?",
    "training.step=3": "Unknown recipe key 'training.step'. Did you mean 'steps'?",
    "data.validaton=0.1": "Unknown recipe key 'data.validaton'. Did you mean 'validation'?",
    "preprocessing.colour=3": "Unknown recipe key 'preprocessing.colour'. Known: background, channels, fit, size, "
    "trim.",
    "xyz=1": "Unknown recipe key 'xyz'. Known: augmentation, data, description, encoder, learner, loss, miner, name, "
    "preprocessing, sampler, similarity, training, validation.",
}


@pytest.mark.parametrize("override", UNKNOWN)
def test_an_unknown_key_gets_did_you_mean(override: str) -> None:
    assert refusal(override) == UNKNOWN[override]


WRONG = {
    "training.steps=abc": "Recipe key 'training.steps' is 'abc': input should be a valid integer, unable to parse "
    "string as an integer.",
    "training.steps=-1": "Recipe key 'training.steps' is -1: input should be greater than or equal to 0.",
    "training.learning_rate=.nan": "Recipe key 'training.learning_rate' is nan: input should be a finite number.",
    "training.precision=fp8": "Recipe key 'training.precision' is 'fp8': input should be 'bf16' or 'float32'.",
    "training=5": "Recipe key 'training' is 5: a section of keys and values is expected.",
    "encoder=5": "Recipe key 'encoder' is 5: a section of keys and values is expected.",
    "data.validation=1.5": "Recipe key 'data.validation' is 1.5: input should be less than 1.",
    "data.validation=[1]": "Recipe key 'data.validation.0' is 1: input should be a valid string.",
    "augmentation.rotate=[1]": "Recipe key 'augmentation.rotate' is [1]: input should be a valid number.",
    "preprocessing.size=[1,2,3]": "Recipe key 'preprocessing.size' is [1, 2, 3]: tuple should have at most 2 items "
    "after validation, not 3.",
    "1=2": "Unknown recipe key '1'. " + UNKNOWN["xyz=1"].partition(". ")[2],
}


@pytest.mark.parametrize("override", WRONG)
def test_a_wrong_value_gets_one_line(override: str) -> None:
    assert refusal(override) == WRONG[override]


def test_keys_that_are_no_words_are_refused() -> None:
    with pytest.raises(RecipeError, match="Recipe key '1' is 1: keys should be strings"):
        Recipe.of({1: 2})  # type: ignore[dict-item]


KEYS = st.sampled_from(
    ["data", "training", "steps", "encoder", "validation", "sampler", "name", "size", "x", "options"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_mapping_gives_a_recipe_or_one_line(values: dict[str, Any]) -> None:
    try:
        recipe = Recipe.of(values)
    except RecipeError as error:
        told = str(error).splitlines()
        again = recipe = None
    else:
        told, again = ["fine"], Recipe.of(recipe.model_dump(mode="json"))
    assert len(told) == 1
    assert again == recipe


# Files


def test_a_file_with_overrides(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nencoder: conv4\npreprocessing: {size: 40}\n", encoding="utf-8")
    recipe = Recipe.read(path, ["training.steps=3"])
    assert (recipe.name, recipe.encoder, recipe.training.steps) == ("mine", {"name": "conv4"}, 3)
    assert recipe.preprocessing.size == (40, 40)


def test_an_empty_file_is_the_default_recipe(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("")
    assert Recipe.read(tmp_path / "empty.yaml") == Recipe()


BROKEN = {
    "no yaml": (b"a: [1\nb: 2", "is not valid YAML: while parsing"),
    "a list": (b"- a\n- b\n", "holds a list; a recipe is a mapping of sections."),
    "a word": (b"hello", "holds a str; a recipe is a mapping of sections."),
    "a picture": (b"\x89PNG\r\n\x1a\n\xff\xfe", "Cannot read the recipe"),
    "an object": (b"!!python/object/apply:os.getcwd []", "is not valid YAML: could not determine a constructor"),
    "a control sign": (b"name: a\x07b", "is not valid YAML: unacceptable character"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_is_no_recipe_is_one_line(what: str, tmp_path: Path) -> None:
    content, message = BROKEN[what]
    (tmp_path / "broken.yaml").write_bytes(content)
    with pytest.raises(RecipeError) as error:
        Recipe.read(tmp_path / "broken.yaml")
    assert message in str(error.value)
    assert str(tmp_path / "broken.yaml") in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"^Cannot read the recipe .*nothing\.yaml: "):
        Recipe.read(tmp_path / "nothing.yaml")


def test_what_a_recipe_writes_reads_as_itself(tmp_path: Path) -> None:
    overrides = [
        "name='größer: ''a'",
        "data.validation=[x/*]",
        "preprocessing.size=[20,30]",
        "training.learning_rate=1e-3",
    ]
    for path in packaged_recipes().values():
        recipe = Recipe.read(path, overrides)
        (tmp_path / "again.yaml").write_text(recipe.yaml(), encoding="utf-8")
        again = Recipe.read(tmp_path / "again.yaml")
        assert again == recipe
        assert again.yaml() == recipe.yaml()
