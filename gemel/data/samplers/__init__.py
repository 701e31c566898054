"""Which items meet in a batch."""

from gemel.data.samplers.class_items import ClassItems
from gemel.data.samplers.episodes import Episodes
from gemel.data.samplers.items import Items
from gemel.data.samplers.pairs import RandomPairs
from gemel.data.samplers.sampler import Sampler
from gemel.data.samplers.tasks import RandomTasks
from gemel.data.samplers.triplets import RandomTriplets

SAMPLERS: dict[str, type[Sampler]] = {
    "items": Items,
    "class_items": ClassItems,
    "pairs": RandomPairs,
    "triplets": RandomTriplets,
    "episodes": Episodes,
    "tasks": RandomTasks,
}

__all__ = ["SAMPLERS", "ClassItems", "Episodes", "Items", "RandomPairs", "RandomTasks", "RandomTriplets", "Sampler"]
