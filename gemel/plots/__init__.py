"""Pictures: pairs, curves, ROC and scores, maps and trials, each a function that returns a figure."""

from gemel.plots.curves import curves
from gemel.plots.embedding_map import embedding_map
from gemel.plots.one_shot_trial import one_shot_trial
from gemel.plots.pair_grid import ScoredPairs, pair_grid
from gemel.plots.roc import roc_and_scores
from gemel.plots.saving import save

__all__ = ["ScoredPairs", "curves", "embedding_map", "one_shot_trial", "pair_grid", "roc_and_scores", "save"]
