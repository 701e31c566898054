"""Every similarity that needs no training, to try losses with."""

from __future__ import annotations

import pytest

from gemel.similarity import SIMILARITIES, Similarity
from tests.contracts.losses.cases import DIMENSIONS
from tests.contracts.parts import UNTRAINED, similarity_of


@pytest.fixture(params=sorted(SIMILARITIES.keys() - UNTRAINED))
def similarity(request: pytest.FixtureRequest) -> Similarity:
    return similarity_of(request.param, DIMENSIONS)
