"""How a network becomes another one for a support set: its structure apart from its numbers, and what changes these."""

from gemel.adaptation.abreast import abreast, stacked
from gemel.adaptation.encoded import Encoded
from gemel.adaptation.fastest import fastest
from gemel.adaptation.handed_gradient import handed_gradient
from gemel.adaptation.inner_loop import descent
from gemel.adaptation.inner_rules import FixedRate, InnerRule, RatePerNumber, RatePerStep, RunningScale
from gemel.adaptation.lstm_rule import LstmRule
from gemel.adaptation.network import Network
from gemel.adaptation.norm_sets import SETS, at_step, give_sets
from gemel.adaptation.side_threads import in_threads
from gemel.adaptation.stateless import Numbers, Stateless

#: Those that MAML may take.
INNER_RULES: dict[str, type[InnerRule]] = {
    "fixed": FixedRate,
    "per_step": RatePerStep,
    "per_number": RatePerNumber,
    "lstm": LstmRule,
}

__all__ = [
    "INNER_RULES",
    "SETS",
    "Encoded",
    "FixedRate",
    "InnerRule",
    "Network",
    "Numbers",
    "RunningScale",
    "Stateless",
    "abreast",
    "at_step",
    "descent",
    "fastest",
    "give_sets",
    "handed_gradient",
    "in_threads",
    "stacked",
]
