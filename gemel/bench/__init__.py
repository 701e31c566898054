"""Many methods on the same episodes: what to train, under which protocols, beside whose published figures."""

from gemel.bench.bench import Bench, Question
from gemel.bench.definition import NAMES, Definition, Setting, definition
from gemel.bench.models import Models
from gemel.bench.row import Difference, Results, Row

__all__ = [
    "NAMES",
    "Bench",
    "Definition",
    "Difference",
    "Models",
    "Question",
    "Results",
    "Row",
    "Setting",
    "definition",
]
