"""Where and how precisely tensors are computed."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch

from gemel.errors import RecipeError


def device_of(name: str) -> torch.device:
    """Return the device of a name; ``auto`` takes CUDA or Apple's GPU where there is one.

    Raises:
        RecipeError: the name is unknown or this machine lacks the device.
    """
    if name == "auto":
        return torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise RecipeError(f"No device '{name}' on this machine; use auto or cpu.") from error
    return device


def lowered(device: torch.device, precision: str) -> AbstractContextManager[None]:
    """Return the context in which matrix products run in ``precision``: "bf16" or "float32"."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")
