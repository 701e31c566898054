"""How a network becomes another one for a support set: its structure apart from its numbers, and what changes these."""

from gemel.adaptation.encoded import Encoded
from gemel.adaptation.handed_gradient import handed_gradient
from gemel.adaptation.inner_loop import descent
from gemel.adaptation.network import Network
from gemel.adaptation.stateless import Numbers, Stateless
from gemel.adaptation.update_rules import UPDATE_RULES, RunningScale, UpdateRule

__all__ = [
    "UPDATE_RULES",
    "Encoded",
    "Network",
    "Numbers",
    "RunningScale",
    "Stateless",
    "UpdateRule",
    "descent",
    "handed_gradient",
]
