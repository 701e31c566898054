"""Twin networks and few-shot learning: learn likeness from a few examples, then verify and recognise."""

from gemel.errors import GemelError
from gemel.model import Model, load
from gemel.verdicts import Identification, Match, Verdict
from gemel.workflows.training import train

__all__ = ["GemelError", "Identification", "Match", "Model", "Verdict", "load", "train"]
