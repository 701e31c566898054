"""What stands beside every figure: when, where and with what it was measured."""

from gemel.circumstances import circumstances, processor

__all__ = ["circumstances", "processor"]
