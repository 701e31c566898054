"""Recipes: one YAML file a training, each with its command, its cost and its result in its header."""

from importlib.resources import files
from pathlib import Path

from gemel.recipes.recipe import Recipe


def packaged_recipes() -> dict[str, Path]:
    """Return the recipes that come with the package, by name."""
    return {path.stem: path for path in sorted(Path(str(files("gemel.recipes"))).glob("*.yaml"))}


__all__ = ["Recipe", "packaged_recipes"]
