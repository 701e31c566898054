"""Random and fixed variants of whole batches of pictures, on their device."""

from gemel.data.augmentation.augmentation import Augmentation
from gemel.data.augmentation.views import VIEWS, views

__all__ = ["VIEWS", "Augmentation", "views"]
