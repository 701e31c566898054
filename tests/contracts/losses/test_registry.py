"""No registered loss is left out."""

from __future__ import annotations

from gemel.losses import (
    LOSSES,
)
from tests.contracts.losses.cases import (
    CASES,
)


def test_every_registered_loss_is_tried() -> None:
    for cases, registry in CASES:
        assert {name for name, _ in cases} == registry.keys()
    assert {name: kind for _, registry in CASES for name, kind in registry.items()} == LOSSES
    assert len(LOSSES) == sum(len(registry) for _, registry in CASES)
