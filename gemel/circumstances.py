"""What stands beside every figure: when, where and with what it was measured."""

from __future__ import annotations

import datetime
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any


def processor() -> str:
    """Return the processor's name, as the system tells it."""
    table = Path("/proc/cpuinfo")
    lines = table.read_text(encoding="utf-8").splitlines() if table.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def hardware() -> str:
    """Return how many CPU cores of which processor."""
    return f"{os.cpu_count()} CPU cores, {processor()}"


def today() -> str:
    """Return the date as YYYY-MM-DD."""
    return datetime.date.today().isoformat()


def versions() -> dict[str, str]:
    """Return the versions of what decides a figure."""
    return {name: version(name) for name in ("gemel", "torch", "numpy")}


def circumstances() -> dict[str, Any]:
    """Return the command, the date, the hardware and the versions."""
    return {"command": " ".join(["python", *sys.argv]), "date": today(), "hardware": hardware(), "versions": versions()}
