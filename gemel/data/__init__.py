"""Data sets: where items come from, what is done to them, and how their classes are split."""

from gemel.data.class_symmetries import ClassFlips, ClassRotations
from gemel.data.dataset import Dataset
from gemel.data.item_groups import item_groups
from gemel.data.item_split import split_item_groups
from gemel.data.one_shot_runs import OneShotRun, read_one_shot_runs
from gemel.data.opening import decode
from gemel.data.preprocessing import Preprocessing
from gemel.data.sources import NAMED, Listing, Skipped, Source, open_source
from gemel.data.split_file import read_split
from gemel.data.splits import Split, split_classes
from gemel.data.store import decode_all

__all__ = [
    "NAMED",
    "ClassFlips",
    "ClassRotations",
    "Dataset",
    "Listing",
    "OneShotRun",
    "Preprocessing",
    "Skipped",
    "Source",
    "Split",
    "decode",
    "decode_all",
    "item_groups",
    "open_source",
    "read_one_shot_runs",
    "read_split",
    "split_classes",
    "split_item_groups",
]
