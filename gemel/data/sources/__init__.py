"""Where items come from: a folder, a zip, a list, an array file, a generator."""

from gemel.data.sources.archive import ZipArchive
from gemel.data.sources.csv_list import CsvList
from gemel.data.sources.csv_pixels import CsvPixels
from gemel.data.sources.digits import Digits
from gemel.data.sources.folder import Folder
from gemel.data.sources.glyphs import Glyphs
from gemel.data.sources.idx import IdxImages
from gemel.data.sources.named import NAMED
from gemel.data.sources.open_source import open_source
from gemel.data.sources.source import Listing, Skipped, Source

__all__ = [
    "NAMED",
    "CsvList",
    "CsvPixels",
    "Digits",
    "Folder",
    "Glyphs",
    "IdxImages",
    "Listing",
    "Skipped",
    "Source",
    "ZipArchive",
    "open_source",
]
