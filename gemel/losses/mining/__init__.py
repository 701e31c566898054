"""Which triplets of a batch to learn from."""

from gemel.losses.mining.all_triplets import AllTriplets
from gemel.losses.mining.distance_weighted import DistanceWeighted
from gemel.losses.mining.hard import Hard
from gemel.losses.mining.miner import Mined, Miner
from gemel.losses.mining.semi_hard import SemiHard

MINERS: dict[str, type[Miner]] = {
    "all": AllTriplets,
    "hard": Hard,
    "semi_hard": SemiHard,
    "distance_weighted": DistanceWeighted,
}

__all__ = ["MINERS", "AllTriplets", "DistanceWeighted", "Hard", "Mined", "Miner", "SemiHard"]
