"""A recipe: everything that decides what a training gives, in one YAML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from gemel.errors import RecipeError, did_you_mean
from gemel.recipes.methods import with_method
from gemel.registry import as_part


def as_patterns(value: object) -> object:
    """Read ``test: images_evaluation/*`` as a list of one pattern."""
    return [value] if isinstance(value, str) else value


def as_size(value: object) -> object:
    """Read ``size: 64`` as 64 x 64."""
    return (value, value) if isinstance(value, int) else value


Part = Annotated[dict[str, Any], BeforeValidator(as_part)]
Share = Annotated[float, Field(ge=0, lt=1)]
Patterns = Annotated[list[str], BeforeValidator(as_patterns)]
Classes = Annotated[Share | list[str], BeforeValidator(as_patterns)]

#: What pydantic adds to a key's path where several types are allowed.
TYPE_NAMES = ("function-", "list[", "constrained", "float", "int", "str", "bool", "[key]")


class Section(BaseModel):
    """A part of a recipe; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False)


class Data(Section):
    """Where the items come from, and which classes are for what."""

    source: str = Field("", description="a folder, zip or CSV file, or a name: omniglot, fashion_mnist, digits, glyphs")
    options: dict[str, Any] = Field({}, description="passed to a named source, e.g. glyphs' alphabets: 100")
    split_by: Literal["class", "group", "item_group"] = Field(
        "class", description="keep classes, or whole groups, in one part; or item groups, with every class in each part"
    )
    validation: Classes = Field(0.15, description="a share of the classes or groups, or patterns over class paths")
    test: Classes = Field(0.15, description="likewise")
    split_file: str = Field(
        "",
        description="a JSON file of the train, val and test class paths, here or under GEMEL_DATA; it stands in for "
        "split_by, validation and test",
    )
    ignore: Patterns = Field([], description="patterns of class paths to leave out")
    item_groups: str = Field(
        "",
        description="a regular expression for item paths: its match names what an item shows, such as num_(\\d+); the "
        "support and the queries of an episode then show different things, and so do both items of a pair",
    )
    item_gap: int = Field(0, ge=0, description="numbers that item_groups matches show one thing if so close together")
    rotations: bool = Field(False, description="train on quarter turns as classes of their own")
    flips: bool = Field(False, description="train on mirror images as classes of their own")
    mixing: float = Field(
        0.0, ge=0, description="mix each task of a batch with another one, by shares from Beta(mixing, mixing); 0: none"
    )


class Preprocess(Section):
    """What happens to a picture before it is stored."""

    size: Annotated[tuple[int, int], BeforeValidator(as_size)] | None = Field(None, description="height and width")
    channels: Literal[1, 3] | None = Field(None, description="1 grey, 3 colour; by default what the data are")
    fit: Literal["stretch", "pad", "crop"] = "pad"
    background: Literal["keep", "dark"] = Field("keep", description="dark: bright-bordered grey pictures are inverted")
    trim: bool = Field(False, description="cut away the even background around the ink")


class Training(Section):
    """The loop."""

    steps: int = Field(2000, ge=0, description="0: nothing is trained, only calibrated")
    learning_rate: float = Field(2e-3, gt=0)
    weight_decay: float = Field(0.02, ge=0)
    start: str = Field("", description="a run whose encoder it begins with; by default drawn by the seed")
    frozen: bool = Field(False, description="whether the encoder that it begins with stays as it is")
    optimizer: Literal["adamw", "sgd"] = "adamw"
    momentum: Share = Field(0.9, description="of sgd (Nesterov's)")
    warmup: Share = Field(0.1, description="share of the steps in which the rate rises")
    average: Share = Field(0.998, description="decay of the moving average of the weights; 0 keeps none")
    clip: float = Field(5.0, gt=0, description="largest gradient norm")
    precision: Literal["bf16", "float32"] = "bf16"
    device: str = Field("auto", description="auto, cpu, cuda, cuda:1, mps")
    threads: int = Field(0, ge=0, description="CPU threads; 0 takes all")
    seed: int = 0
    validate_every: int = Field(250, ge=1, description="steps")
    patience: int = Field(10, ge=1, description="validations without a better accuracy before it stops")


class Validation(Section):
    """The one-shot accuracy that early stopping watches, and the averaging at test time."""

    ways: int = Field(20, ge=2, description="lowered to the number of validation classes")
    shots: int = Field(1, ge=1)
    queries: int = Field(5, ge=1, description="lowered to what the classes hold")
    episodes: int = Field(400, ge=10)
    within_group: bool = Field(False, description="an episode's classes come from one group, as one alphabet")
    views: int = Field(1, ge=1, description="embeddings averaged over this many fixed small changes of an item")
    mirror: bool = Field(False, description="average over each view's mirror image, too")

    @property
    def seen(self) -> tuple[int, bool]:
        """How an item is looked at: the number of views, and whether in the mirror, too."""
        return self.views, self.mirror


class Recipe(Section):
    """Data, parts and loop of one training."""

    name: str = "likeness"
    description: str = ""
    data: Data = Data()
    preprocessing: Preprocess = Preprocess()
    augmentation: dict[str, float | int | str | bool] = {}
    encoder: Part = {"name": "residual"}
    similarity: Part = {"name": "cosine"}
    learner: Part = {"name": "classification"}
    loss: Part = {"name": "margin_softmax"}
    miner: Part = {"name": "semi_hard"}
    sampler: Part | None = None
    training: Training = Training()
    validation: Validation = Validation()

    @classmethod
    def read(cls, path: Path, overrides: Sequence[str] = ()) -> Recipe:
        """Read a YAML file, with ``key.key=value`` overrides.

        Raises:
            RecipeError: the file cannot be read, or a key or value is refused.
        """
        try:
            values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except (OSError, UnicodeDecodeError) as error:
            raise RecipeError(f"Cannot read the recipe {path}: {error}") from error
        except yaml.YAMLError as error:
            raise RecipeError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
        if not isinstance(values, dict):
            raise RecipeError(f"{path} holds a {type(values).__name__}; a recipe is a mapping of sections.")
        return cls.of(values, overrides)

    @classmethod
    def of(cls, values: Mapping[str, Any], overrides: Sequence[str] = ()) -> Recipe:
        """Check a mapping of sections, with ``key.key=value`` overrides; ``method: NAME`` stands for its sections."""
        merged = {key: section for key, section in values.items() if key != "method"}
        if "method" in values:
            merged = {**with_method({}, values["method"]), **merged}
        for text in overrides:
            merged = overridden(merged, text)
        try:
            return cls.model_validate(merged)
        except ValidationError as error:
            raise RecipeError(explained(error)) from error

    def yaml(self) -> str:
        """Return the recipe, complete, as YAML."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def overridden(values: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Return ``values`` with one ``key.key=value`` applied; the value is read as YAML.

    ``encoder=conv4`` names another part and drops the old one's options; ``encoder.dimensions=64`` changes one option;
    ``method=prototypical`` sets all that makes the method.

    Raises:
        RecipeError: there is no ``=``, or a key leads into something that is not a section.
    """
    path, equals, value = text.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise RecipeError(f"'{text}' is not an override; write key=value, e.g. training.steps=500.")
    try:
        parsed = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise RecipeError(f"The value of '{text}' is not valid YAML: {' '.join(str(error).split())}") from error
    return with_method(values, parsed) if keys == ["method"] else _with(values, keys, parsed, text)


def _with(values: Mapping[str, Any], keys: Sequence[str], value: object, text: str) -> dict[str, Any]:
    if len(keys) == 1:
        return {**values, keys[0]: value}
    inner = as_part(values.get(keys[0]) or default_of(keys[0]))
    if not isinstance(inner, Mapping):
        raise RecipeError(f"'{text}': '{keys[0]}' is not a section.")
    return {**values, keys[0]: _with(inner, keys[1:], value, text)}


def default_of(section: str) -> object:
    """Return a section's default as a mapping, so that an override of one option keeps the others."""
    field = Recipe.model_fields.get(section)
    return {} if field is None or not isinstance(field.default, dict) else dict(field.default)


def explained(error: ValidationError) -> str:
    """Return the deepest complaint of pydantic in one line, with "did you mean" for an unknown key."""
    complaint = max(error.errors(), key=lambda one: len(one["loc"]))
    path = [step for step in complaint["loc"] if not str(step).startswith(TYPE_NAMES)]
    where = ".".join(str(step) for step in path)
    if complaint["type"] == "extra_forbidden":
        return f"Unknown recipe key '{where}'.{did_you_mean(str(path[-1]), known_keys(path[:-1]))}"
    if complaint["type"] in ("dict_type", "model_type"):
        return f"Recipe key '{where}' is {complaint['input']!r}: a section of keys and values is expected."
    return f"Recipe key '{where}' is {complaint['input']!r}: {complaint['msg'].lower()}."


def known_keys(path: Sequence[int | str]) -> list[str]:
    """Return the keys of the section at ``path``."""
    model: type[BaseModel] = Recipe
    for step in path:
        annotation = model.model_fields[str(step)].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)
