"""Recipes: one YAML file a training, each with its command, its cost and its result in its header."""

from gemel.recipes.naming import packaged_recipes, recipe_for
from gemel.recipes.recipe import Recipe

__all__ = ["Recipe", "packaged_recipes", "recipe_for"]
