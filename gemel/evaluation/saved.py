"""Strict reading of what a model folder's JSON says about thresholds and calibration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from gemel.errors import ModelError


def checked_fields(data: Any, what: str, names: set[str]) -> dict[str, Any]:
    """Return ``data`` if it is an object with these fields and no others.

    Raises:
        ModelError: it is not.
    """
    if not isinstance(data, dict) or set(data) != names:
        came = ", ".join(sorted(map(str, data))) if isinstance(data, dict) else type(data).__name__
        raise ModelError(f"The model's {what} holds {came or 'nothing'}; {', '.join(sorted(names))} are expected.")
    return data


def checked_number(value: Any) -> float:
    """Return a finite number as a float.

    Raises:
        ModelError: it is not one.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ModelError(f"The model's calibration holds {value!r} where a finite number is expected; calibrate again.")
    return float(value)


def checked_numbers(values: Any) -> tuple[float, ...]:
    """Return a list of finite numbers as floats.

    Raises:
        ModelError: it is not one.
    """
    if not isinstance(values, (list, tuple)):
        raise ModelError(
            f"The model's calibration holds {values!r} where a list of numbers is expected; calibrate again."
        )
    return tuple(checked_number(value) for value in values)


def checked_count(value: Any) -> int:
    """Return a whole number of 1 or more.

    Raises:
        ModelError: it is not one.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ModelError(f"The model's calibration holds {value!r} where a count is expected; calibrate again.")
    return value


def rises(values: Sequence[float]) -> bool:
    """Return whether every value is greater than the one before."""
    return all(low < high for low, high in pairwise(values))
