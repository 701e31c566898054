"""What is asked of every learner, whatever it learns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from gemel.batches import Batch, Labelled
from gemel.data.sources.glyphs import draw_glyphs
from gemel.learners import Learner
from gemel.randomness import seeded


def characters(classes: int, items: int, side: int) -> Labelled:
    """Return made-up characters, each drawn so many times: (classes * items, 1, side, side) in -1 ... 1."""
    pages = draw_glyphs(alphabet=0, characters=classes, writers=items, size=side)
    pictures = 1 - torch.from_numpy(pages).reshape(-1, 1, side, side).float() / 127.5
    return Labelled(pictures, torch.arange(classes).repeat_interleave(items))


def state_after_three_steps(learner: Learner, batch: Batch) -> dict[str, Tensor]:
    """Return a learner's state after three steps whose draws are given."""
    optimizer = torch.optim.AdamW(learner.parameters(), 1e-3)
    for step in range(3):
        with seeded(5, "step", step):
            learner(batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return learner.state_dict()


def learns_to_the_same_bits(make: Callable[[], Learner], batch: Batch, name: str) -> bool:
    """Tell whether two learners of one seed end alike to the bit, and other than they began by the tensor named."""
    first, second = (state_after_three_steps(make(), batch) for _ in range(2))
    alike = all(torch.equal(first[key], second[key]) for key in first)
    return alike and not torch.equal(first[name], make().state_dict()[name])


def loss_in_half_precision(learner: Learner, batch: Batch) -> Tensor:
    """Return the loss under autocast, after a pass back."""
    with torch.autocast("cpu", torch.bfloat16):
        loss = learner(batch).loss
    loss.backward()
    return loss


def hand_over(learner: Learner, other: Learner, path: Path) -> None:
    """Write a learner's state, read it into another, and put both into evaluation."""
    save_file({name: value.contiguous() for name, value in learner.state_dict().items()}, path)
    other.load_state_dict(load_file(path))
    learner.eval(), other.eval()
