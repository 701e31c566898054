"""The command line: argument parsing only; the work is done in ``gemel.workflows``."""

from gemel.cli.main import main

__all__ = ["main"]
