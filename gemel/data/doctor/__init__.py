"""The data doctor: what is in a data set, what is wrong with it, and what to do about it."""

from gemel.data.doctor.finding import Finding
from gemel.data.doctor.inspection import FINDINGS, inspect
from gemel.data.doctor.report import ClassSizes, Report, Sizes

__all__ = ["FINDINGS", "ClassSizes", "Finding", "Report", "Sizes", "inspect"]
