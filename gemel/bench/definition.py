"""What a benchmark consists of, read from a YAML file of this folder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, NamedTuple

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from gemel.errors import RecipeError, did_you_mean

#: The benchmarks that come with the package.
NAMES = ("omniglot", "images")


class Setting(NamedTuple):
    """N ways and K shots, written ``20w1s``."""

    ways: int
    shots: int

    @classmethod
    def read(cls, text: str) -> Setting:
        """Return what ``20w1s`` stands for.

        Raises:
            RecipeError: it is written otherwise.
        """
        found = re.fullmatch(r"([1-9]\d*)w([1-9]\d*)s", text)
        if found is None:
            raise RecipeError(f"'{text}' is no setting; write the ways and the shots as in 5w1s or 20w5s.")
        return cls(*map(int, found.groups()))

    def __str__(self) -> str:
        return f"{self.ways}w{self.shots}s"


#: As a field of a definition: text in the file.
SettingText = Annotated[
    Setting,
    BeforeValidator(lambda text: Setting.read(text) if isinstance(text, str) else text),
    PlainSerializer(str),
]


class Part(BaseModel):
    """A part of a definition; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Protocol(Part):
    """What a trained model is asked.

    Attributes:
        training: which of the definition's trainings its models come from.
        settings: the ways and shots.
        queries: items a class to be recognised, in each episode.
        rotations: the test classes' quarter turns are classes of their own.
        within_group: an episode's classes come from one group ("within alphabet").
        official_runs: Lake's 20 runs stand in for episodes.
        methods: those that it is meant for; all where none is named.
    """

    training: str
    settings: tuple[SettingText, ...]
    queries: int = 15
    rotations: bool = False
    within_group: bool = False
    official_runs: bool = False
    methods: tuple[str, ...] = ()


class Method(Part):
    """A recipe, and how this benchmark takes it.

    Attributes:
        recipe: its name.
        overrides: what is changed in it, as ``key=value``.
        protocols: those under which it can be asked, if not all.
        start: another method, whose model it begins with.
        each: settings, if it wants a model of its own for each, and what is changed in the recipe for it.
        transductive: it sees all queries of an episode together, so that nothing else is measured against it.
    """

    recipe: str
    overrides: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    start: str = ""
    each: Mapping[SettingText, tuple[str, ...]] = {}
    transductive: bool = False


class Published(Part):
    """A paper's accuracies, as fractions."""

    method: str
    protocol: str
    source: str
    accuracy: Mapping[SettingText, float]


class Trained(NamedTuple):
    """One model of a benchmark: of a method, on a training's data, and for one setting if it has one for each."""

    method: str
    training: str
    setting: Setting | None = None

    def __str__(self) -> str:
        return "-".join(str(part) for part in self if part is not None)


class Definition(Part):
    """Trainings (name -> overrides of a recipe: the data), protocols, methods and what papers say of them."""

    name: str
    description: str
    trainings: Mapping[str, tuple[str, ...]]
    protocols: Mapping[str, Protocol]
    methods: Mapping[str, Method]
    published: tuple[Published, ...] = ()

    def on(self, data: str, settings: Sequence[Setting] = (), queries: int = 15) -> Definition:
        """Return the methods that are bound to no protocol, on a folder, zip or CSV of one's own.

        Its classes are split by the recipes.

        Args:
            data: its path.
            settings: what is asked; 5-way 1-shot and 5-shot where none is given.
            queries: items a class to be recognised, in each episode.
        """
        name = Path(data).stem or "data"
        asked = Protocol(training=name, settings=tuple(settings) or (Setting(5, 1), Setting(5, 5)), queries=queries)
        changes = {
            "trainings": {name: (f"data={json.dumps({'source': data})}",)},
            "protocols": {name: asked},
            "methods": {method: one for method, one in self.methods.items() if not one.protocols},
        }
        return self.model_copy(update={**changes, "description": f"{self.description}: {name}", "published": ()})

    def paper(self, method: str, protocol: str, setting: Setting) -> float | None:
        """Return a method's published accuracy, or None."""
        told = (one for one in self.published if (one.method, one.protocol) == (method, protocol))
        return next((one.accuracy[setting] for one in told if setting in one.accuracy), None)

    def label(self, method: str) -> str:
        """Return a method's name, with what a reader must know of it."""
        return f"{method} (transductive)" if self.methods[method].transductive else method

    def asks(self, protocol: str, method: str) -> bool:
        """Tell whether a method is asked under a protocol."""
        wanted, able = self.protocols[protocol].methods, self.methods[method].protocols
        return (not wanted or method in wanted) and (not able or protocol in able)

    def settings(self, protocol: str, method: str) -> tuple[Setting, ...]:
        """Return the settings in which a method is asked under a protocol; none where it is not."""
        asked, each = self.protocols[protocol].settings, self.methods[method].each
        return tuple(one for one in asked if not each or one in each) if self.asks(protocol, method) else ()

    def trained(self, method: str, protocol: str, setting: Setting) -> Trained:
        """Return which model of a method it is that is asked."""
        own = setting if self.methods[method].each else None
        return Trained(method, self.protocols[protocol].training, own)


def definition(name: str) -> Definition:
    """Return a benchmark that comes with the package.

    Raises:
        RecipeError: there is none of that name.
    """
    chosen(name, NAMES, "benchmark")
    text = Path(str(files("gemel.bench"))).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return Definition.model_validate({"name": name, **yaml.safe_load(text)})


def chosen(name: str, names: Iterable[str], what: str) -> str:
    """Return the name, if it is one of those known.

    Raises:
        RecipeError: it is not.
    """
    if name not in names:
        raise RecipeError(f"Unknown {what} '{name}'.{did_you_mean(name, list(names))}")
    return name
