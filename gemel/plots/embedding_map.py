"""Embeddings laid out in the plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from sklearn.manifold import TSNE

from gemel.errors import DataError, RecipeError, did_you_mean
from gemel.plots.style import INK, SMALL, SMOOTH, WIDTH, as_rgb, bare, class_colours, new_figure
from gemel.randomness import derived_seed, numpy_generator
from gemel.wording import counted

#: Fewer items than this are laid out by PCA: t-SNE needs neighbourhoods.
FEWEST_FOR_TSNE = 10
#: More classes than this have no room in a legend.
MOST_NAMED = 8
#: A thumbnail's side, as a share of the map's width, and how many there are at most.
THUMBNAIL, MOST_THUMBNAILS = 0.055, 120


def laid_out(embeddings: np.ndarray, method: Literal["tsne", "pca"] = "tsne", seed: int = 0) -> tuple[np.ndarray, str]:
    """Return places in the plane and how they were found: (N, D) -> (N, 2).

    Embeddings of one or two dimensions are places already. t-SNE (van der Maaten & Hinton 2008) keeps neighbours
    together; distances between groups mean little. It gives way to PCA below 10 items or where they are all alike,
    and is turned so that it is widest from left to right.

    Raises:
        RecipeError: the method is unknown.
    """
    if method not in ("tsne", "pca"):
        raise RecipeError(f"Unknown map '{method}'.{did_you_mean(method, ('tsne', 'pca'))}")
    count, dimensions = embeddings.shape
    values = embeddings.astype(np.float64)
    if dimensions <= 2:
        return np.pad(values, ((0, 0), (0, 2 - dimensions))), "the embedding itself"
    if method == "pca" or count < FEWEST_FOR_TSNE or np.ptp(values, axis=0).max() < 1e-9:
        return principal(values), "PCA"
    perplexity = min(30.0, (count - 1) / 3)
    layout = TSNE(perplexity=perplexity, init="pca", random_state=derived_seed(seed, "map") % 2**32)
    return principal(layout.fit_transform(values).astype(np.float64)), f"t-SNE, perplexity {perplexity:.0f}"


def principal(values: np.ndarray) -> np.ndarray:
    """Return the projection on the two principal axes: (N, D) -> (N, 2)."""
    centred = values - values.mean(0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    places = centred @ axes.T
    return np.pad(places, ((0, 0), (0, 2 - places.shape[1])))


def embedding_map(
    embeddings: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    items: np.ndarray | None,
    what: str,
    method: Literal["tsne", "pca"] = "tsne",
    seed: int = 0,
) -> Figure:
    """Return a map of the embeddings, coloured by class, with the items themselves drawn where there is room.

    Args:
        embeddings: (N, D).
        labels: (N,) positions in ``classes``.
        classes: their names; up to 8 stand in a legend.
        items: uint8 (N, C, H, W), or None for dots alone.
        what: the items, for the title.
        method, seed: of ``laid_out``.

    Raises:
        DataError: there is no item.
    """
    if not len(embeddings):
        raise DataError("There is no embedding to draw; give at least one item.")
    found, found_by = laid_out(embeddings, method, seed)
    places, height = in_a_strip(found)
    figure = new_figure(
        0.8 + (WIDTH - 0.2) * height,
        f"Map of {what}",
        f"{counted(len(labels), 'item')} of {counted(len(classes), 'class', 'classes')}, "
        f"coloured by class ({found_by}).",
    )
    axes = figure.subplots()
    bare(axes)
    axes.set(xlim=(0, 1), ylim=(0, height), aspect="equal")
    colours = np.array(class_colours(len(classes)))[labels]
    pictured = apart(places, THUMBNAIL, MOST_THUMBNAILS if items is not None else 0, seed)
    dots = np.setdiff1d(np.arange(len(labels)), pictured)
    axes.scatter(places[dots, 0], places[dots, 1], s=18, c=colours[dots], alpha=0.75, linewidths=0)
    if items is not None:
        for position in pictured:
            draw_thumbnail(axes, items[position], places[position], colours[position])
    if 1 < len(classes) <= MOST_NAMED:
        name_classes(axes, classes)
    return figure


def in_a_strip(places: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the places scaled, alike in both directions, into a strip of width 1, and its height: (N, 2).

    The height is between 0.4 and 0.8; a thumbnail in the outermost place still lies within.
    """
    low, span, room = places.min(0), np.ptp(places, axis=0), 1.3 * THUMBNAIL
    scale = 1 / max(span[0] / (1 - room), span[1] / (0.8 - room), 1e-12)
    height = float(np.clip(span[1] * scale + room, 0.4, 0.8))
    return (places - low - span / 2) * scale + np.array([0.5, height / 2]), height


def apart(places: np.ndarray, distance: float, most: int, seed: int) -> np.ndarray:
    """Return up to ``most`` places in random order, no two overlapping as squares of that side: (N, 2) -> (M,)."""
    kept: list[int] = []
    for position in numpy_generator(seed, "thumbnails").permutation(len(places)).tolist():
        if len(kept) == most:
            break
        if (np.abs(places[kept] - places[position]).max(1) >= distance).all():
            kept.append(position)
    return np.array(kept, dtype=np.int64)


def draw_thumbnail(axes: Axes, item: np.ndarray, place: np.ndarray, colour: str) -> None:
    """Draw an item at a place, framed in its class's colour."""
    pixels = THUMBNAIL * WIDTH * 72 * 0.8  # points, less the frame, which is what OffsetImage's zoom makes of a pixel
    picture = OffsetImage(as_rgb(item), zoom=pixels / max(item.shape[1:]), interpolation=SMOOTH)
    box = AnnotationBbox(picture, (place[0], place[1]), pad=0.12, bboxprops={"edgecolor": colour, "linewidth": 1.6})
    axes.add_artist(box)


def name_classes(axes: Axes, classes: Sequence[str]) -> None:
    """Put the classes' names and colours above the map."""
    for name, colour in zip(classes, class_colours(len(classes)), strict=True):
        axes.scatter([], [], s=28, color=colour, label=name if len(name) <= 28 else f"…{name[-27:]}")
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=4, fontsize=SMALL, frameon=False, labelcolor=INK,
        handletextpad=0.3, columnspacing=1.2, borderaxespad=0.1,
    )  # fmt: skip
