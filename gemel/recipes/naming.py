"""What is trained by: a recipe by its file or name, or data and a recipe for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from gemel.errors import RecipeError, did_you_mean
from gemel.recipes.recipe import Recipe

#: The endings of a recipe's file.
YAML = (".yaml", ".yml")


def packaged_recipes() -> dict[str, Path]:
    """Return the recipes that come with the package, by name."""
    return {path.stem: path for path in sorted(Path(str(files("gemel.recipes"))).glob("*.yaml"))}


def recipe_for(source: str | Path, overrides: Sequence[str], base: str | Path | None = None) -> Recipe:
    """Return the recipe that ``source`` names, or the ``base`` recipe on the data that it names.

    The base keeps nothing of its own data's section, which speaks of other classes.

    Raises:
        RecipeError: it is neither a recipe nor data, or a value is refused.
    """
    path, recipes = Path(source), packaged_recipes()
    if base is None and path.suffix.lower() in YAML:
        return Recipe.read(path, overrides)
    if base is not None or path.exists():
        data = json.dumps({"source": str(source)}, ensure_ascii=False)
        return Recipe.read(recipe_file(base or "likeness"), [f"data={data}", *overrides])
    if str(source) in recipes:
        return Recipe.read(recipes[str(source)], overrides)
    raise RecipeError(f"'{source}' is neither a path nor a packaged recipe.{did_you_mean(str(source), recipes)}")


def recipe_file(name: str | Path) -> Path:
    """Return the file of a recipe given by path, or by the name of a packaged one.

    Raises:
        RecipeError: it is neither.
    """
    recipes = packaged_recipes()
    if str(name) in recipes:
        return recipes[str(name)]
    if Path(name).suffix.lower() in YAML:
        return Path(name)
    raise RecipeError(f"'{name}' is neither a recipe's file nor a packaged recipe.{did_you_mean(str(name), recipes)}")
