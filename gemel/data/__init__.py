"""Data sets: where items come from, what is done to them, and how their classes are split."""

from gemel.data.dataset import ClassRotations, Dataset
from gemel.data.preprocessing import Preprocessing
from gemel.data.sources import Source, open_source
from gemel.data.store import decode_all

__all__ = ["ClassRotations", "Dataset", "Preprocessing", "Source", "decode_all", "open_source"]
