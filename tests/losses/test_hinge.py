from __future__ import annotations

import torch

from gemel.losses import Hinge
from gemel.similarity import Euclidean


def test_by_hand() -> None:
    score = torch.tensor([2.0, 1.0, 0.25, -3.0, -3.0, -1.0, -0.25, 2.0])
    same = torch.tensor([1, 1, 1, 1, 0, 0, 0, 0])
    assert Hinge()(score, same, Euclidean()).tolist() == [0.0, 0.0, 0.75, 4.0, 0.0, 0.0, 0.75, 3.0]
