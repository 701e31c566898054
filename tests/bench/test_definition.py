"""The definitions that come with the package, and how settings are written."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gemel.bench import NAMES, Definition, Setting, definition
from gemel.errors import RecipeError
from gemel.recipes import packaged_recipes, recipe_for


@pytest.mark.parametrize("text", ["5w1s", "20w5s", "100w10s"])
def test_a_setting_reads_as_it_is_written(text: str) -> None:
    assert str(Setting.read(text)) == text


@pytest.mark.parametrize("text", ["", "5w", "w1s", "0w1s", "5w0s", "5W1S", "5w1s ", "5-way"])
def test_another_text_is_no_setting(text: str) -> None:
    with pytest.raises(RecipeError, match="is no setting; write the ways and the shots as in 5w1s"):
        Setting.read(text)


@pytest.mark.parametrize("name", NAMES)
def test_every_definition_hangs_together(name: str) -> None:
    known = definition(name)
    assert {protocol.training for protocol in known.protocols.values()} == set(known.trainings)
    for method in known.methods.values():
        assert method.recipe in packaged_recipes()
        assert set(method.protocols) <= set(known.protocols)
        for overrides in known.trainings.values():
            recipe_for(method.recipe, (*method.overrides, *overrides))
    for protocol in known.protocols.values():
        assert set(protocol.methods) <= set(known.methods)
    for told in known.published:
        assert known.asks(told.protocol, told.method)
        assert set(told.accuracy) <= set(known.protocols[told.protocol].settings)


def test_the_papers_accuracies_are_found_by_method_protocol_and_setting() -> None:
    known = definition("omniglot")
    assert known.paper("prototypical", "vinyals", Setting(20, 1)) == 0.960
    assert known.paper("prototypical", "unstructured", Setting(20, 1)) is None
    assert known.paper("pixels", "vinyals", Setting(20, 1)) is None


def test_an_unknown_benchmark_or_key_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"Unknown benchmark 'omniglott'\. Did you mean 'omniglot'"):
        definition("omniglott")
    values = definition("omniglot").model_dump()
    with pytest.raises(ValidationError, match="protocolz"):
        Definition.model_validate({**values, "protocolz": {}})
    assert Definition.model_validate(values) == definition("omniglot")


def test_one_s_own_data_stand_in_for_the_public_sets() -> None:
    own = definition("images").on("some where/parts.zip")
    assert list(own.protocols) == list(own.trainings) == ["parts"]
    recipe = recipe_for(next(iter(own.methods.values())).recipe, own.trainings["parts"])
    assert recipe.data.source == "some where/parts.zip"
    assert all(own.asks("parts", method) for method in own.methods)
