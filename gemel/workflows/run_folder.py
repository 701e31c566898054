"""The folder of a run: free, or held by the run to go on with."""

from __future__ import annotations

from pathlib import Path

from gemel.errors import ModelError, RecipeError
from gemel.files import clear_drafts
from gemel.recipes import Recipe


def recipe_of_run(run: Path, resume: bool) -> Recipe:
    """Return the recipe that a run was begun with.

    Raises:
        RecipeError: a new training was asked for, without data or a recipe.
        ModelError: the folder holds no run.
    """
    if not resume:
        raise RecipeError("Nothing to train on came; name a folder, zip or CSV of labelled pictures, or a recipe.")
    if not (run / "recipe.yaml").is_file():
        raise ModelError(f"{run} holds no run to resume; start the training without --resume.")
    return Recipe.read(run / "recipe.yaml")


def check_folder(run: Path, recipe: Recipe, resume: bool) -> None:
    """Check that the folder is free for a new run, or holds this recipe's run to resume.

    Raises:
        ModelError: it holds another run, or none to resume, or is no folder.
    """
    written = run / "recipe.yaml"
    if run.exists() and not run.is_dir():
        raise ModelError(f"{run} is a file; choose a folder for the run.")
    if resume:
        if not written.is_file():
            raise ModelError(f"{run} holds no run to resume; start the training without --resume.")
        if Recipe.read(written) != recipe:
            raise ModelError(
                f"{run} was begun with another recipe; resume with the same one, or train into a new folder."
            )
        clear_drafts(run)
    elif run.exists() and any(not path.name.startswith(".") for path in run.iterdir()):
        raise ModelError(f"{run} is not empty; choose another --out, or go on with --resume.")


def text_of(run: Path, recipe: Recipe, resume: bool) -> str:
    """Return the recipe's text: on resuming, as it was written, perhaps by a Gemel that had fewer keys."""
    return (run / "recipe.yaml").read_text(encoding="utf-8") if resume else recipe.yaml()
