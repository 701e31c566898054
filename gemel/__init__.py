"""Twin networks and few-shot learning: learn likeness from a few examples, then verify and recognise.

    import gemel

    model = gemel.train("photos/")               # or gemel.load("runs/parts"), gemel.load("characters")
    model.verify("a.png", "b.png")               # Verdict(score=0.83, probability=0.97, same=True, ...)
    model.identify(["x.png"], {"M6 bolt": ["b1.png"], "M8 bolt": ["b2.png"]})

The names below are imported when first used, so that ``import gemel`` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gemel.errors import GemelError
    from gemel.gallery import Gallery
    from gemel.loading import load
    from gemel.model import Model
    from gemel.verdicts import Identification, Match, Verdict
    from gemel.workflows.evaluating import evaluate
    from gemel.workflows.training import train

_HOMES = {
    "Gallery": "gemel.gallery",
    "GemelError": "gemel.errors",
    "Identification": "gemel.verdicts",
    "Match": "gemel.verdicts",
    "Model": "gemel.model",
    "Verdict": "gemel.verdicts",
    "evaluate": "gemel.workflows.evaluating",
    "load": "gemel.loading",
    "train": "gemel.workflows.training",
}

__all__ = [
    "Gallery",
    "GemelError",
    "Identification",
    "Match",
    "Model",
    "Verdict",
    "evaluate",
    "load",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'gemel' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)
