"""Optimisers that are learnt, the problems that they learn on, and the field's own to hold them against."""

from gemel.optimisers.baselines import BASELINES, Adam, Nesterov, RmsProp, Sgd
from gemel.optimisers.comparison import RATES, Descents, compare, tuned_rate
from gemel.optimisers.coordinatewise_lstm import CoordinatewiseLstm, log_and_sign, lstm_step
from gemel.optimisers.descent import descend
from gemel.optimisers.meta_training import MetaTrainer, MetaTraining
from gemel.optimisers.problems import Family, Problems
from gemel.optimisers.quadratic import Quadratic
from gemel.optimisers.small_network import SmallNetwork
from gemel.optimisers.update_rule import UpdateRule

PROBLEMS: dict[str, type[Family]] = {"quadratic": Quadratic, "network": SmallNetwork}

__all__ = [
    "BASELINES",
    "PROBLEMS",
    "RATES",
    "Adam",
    "CoordinatewiseLstm",
    "Descents",
    "Family",
    "MetaTrainer",
    "MetaTraining",
    "Nesterov",
    "Problems",
    "Quadratic",
    "RmsProp",
    "Sgd",
    "SmallNetwork",
    "UpdateRule",
    "compare",
    "descend",
    "log_and_sign",
    "lstm_step",
    "tuned_rate",
]
