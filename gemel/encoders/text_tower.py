"""The text tower of a model that reads pictures and texts into one space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


class TextTower(nn.Module):
    """Texts -> embeddings in the space of the pictures, ``W t(x)``: B texts -> (B, D); CLIP (Radford et al. 2021).

    A picture is of the class with the highest ``scale cos(picture, text)``. Training does not move it. Its vocabulary
    is a part of its state, so that a model folder holds all that it needs; nothing is unpickled.

    Args:
        tower: token numbers -> what it makes of the whole text.
        projection: that -> D numbers, the W of the formula.
        log_scale: the logarithm of the scale that the model learnt.
        vocabulary: a tokenizer as the tokenizers library writes it (JSON); "" to be filled in.
    """

    def __init__(self, tower: nn.Module, projection: nn.Module, log_scale: Tensor, vocabulary: str = "") -> None:
        super().__init__()
        self.tower, self.projection = tower, projection
        self.log_scale = nn.Parameter(log_scale.detach().clone())
        self.vocabulary = vocabulary
        self.longest = int(tower.config.max_position_embeddings)  # type: ignore[union-attr, arg-type]
        self.requires_grad_(False)

    @property
    def scale(self) -> float:
        """What a cosine is multiplied with before a softmax over texts."""
        return float(self.log_scale.exp())

    def forward(self, texts: Sequence[str]) -> Tensor:
        rows = [self.projection(self.tower(input_ids=numbers[None]).pooler_output) for numbers in self.tokens(texts)]
        return torch.cat(rows).float()

    def tokens(self, texts: Sequence[str]) -> list[Tensor]:
        """Return each text's token numbers, (T,) with its start and end; what is too long is cut off before the end."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_str(self.vocabulary)
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.longest)
        device = self.log_scale.device
        return [torch.tensor(tokenizer.encode(text).ids, device=device) for text in texts]

    def get_extra_state(self) -> Tensor:
        """Return the vocabulary as bytes, to be saved with the weights: uint8 (L,)."""
        return torch.frombuffer(bytearray(self.vocabulary.encode() or b"\n"), dtype=torch.uint8)

    def set_extra_state(self, state: Any) -> None:
        """Take the vocabulary over from saved bytes: (L,)."""
        self.vocabulary = state.cpu().numpy().tobytes().decode().strip()
