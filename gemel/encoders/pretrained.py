"""Any image encoder of the transformers library, by its name on the hub or its folder."""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from gemel.encoders.encoder import Expected
from gemel.encoders.learnt_elsewhere import LearntElsewhere
from gemel.encoders.text_tower import TextTower
from gemel.errors import MissingExtraError, ModelError, did_you_mean

T = TypeVar("T")

POOLINGS = ("cls", "mean", "shared")


def transformers() -> ModuleType:
    """Return the library, silenced: its bars and remarks would run into ours.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        library = importlib.import_module("transformers")
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"Encoder 'pretrained' needs transformers, and {error.name} is not installed. "
            "Install it with: pip install gemel[pretrained]"
        ) from error
    library.logging.set_verbosity_error()
    library.logging.disable_progress_bar()
    return library


def fetched(model: str, fetch: Callable[[], T]) -> T:
    """Return what ``fetch`` returns of a model's files.

    Raises:
        ModelError: they are neither in a folder nor to be had from the hub, or are of an unknown kind.
    """
    try:
        return fetch()
    except (OSError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split("\n")[0].split())
        raise ModelError(
            f"There is no pretrained model '{model}' to be had ({reason}). Put its config.json, model.safetensors and "
            "preprocessor_config.json (for class names, its tokenizer's files too) into a folder, and name that: "
            "encoder.model=FOLDER"
        ) from error


def published_facts(model: str) -> dict[str, Any]:
    """Return what a model's own files say: its ``config``, and the ``size``, ``mean`` and ``std`` of its items.

    Raises:
        ModelError: see ``fetched``.
    """
    library = transformers()
    config = fetched(model, lambda: library.AutoConfig.from_pretrained(model))
    seen = getattr(config, "vision_config", config)
    prepared = preprocessor_facts(model)
    size = prepared.get("crop_size") if prepared.get("do_center_crop") else prepared.get("size")
    return {
        "config": json.loads(config.to_json_string()),
        "size": list(height_and_width(size or getattr(seen, "image_size", None) or Pretrained.input_size[0])),
        "mean": list(prepared.get("image_mean") or (0.5,) * 3),
        "std": list(prepared.get("image_std") or (0.5,) * 3),
    }


def preprocessor_facts(model: str) -> dict[str, Any]:
    """Return the content of ``preprocessor_config.json``; nothing where a model comes without."""
    hub = importlib.import_module("transformers.utils.hub")
    try:
        path = hub.cached_file(model, "preprocessor_config.json")
    except OSError:
        return {}
    return dict(json.loads(Path(path).read_text(encoding="utf-8")))


def height_and_width(size: int | list[int] | Mapping[str, int]) -> tuple[int, int]:
    """Return the size in any of the ways in which models write it: 224, [224, 224], or by the names of the sides."""
    if isinstance(size, int):
        return size, size
    if not isinstance(size, Mapping):
        return size[0], size[1]
    side = size.get("shortest_edge", Pretrained.input_size[0])
    return size.get("height", side), size.get("width", side)


class Pretrained(LearntElsewhere):
    """A published image encoder, such as DINOv2 (Oquab et al. 2023), as it is or tuned.

    It takes items of its own size, mean and deviation unless the recipe names others; sides that are no multiple of a
    patch are stretched to the next. Of a model with two towers, such as CLIP, it is the image tower. A model folder
    holds its weights and configuration, and needs neither the hub nor the network again.

    Args:
        channels: input channels; grey is taken thrice.
        dimensions: D of the embedding, by a new linear layer; None for the model's own.
        model: its name on the hub, or a folder with config.json, preprocessor_config.json and model.safetensors.
        pooling: ``cls``, the class token; ``mean`` of the patches, as always where there is no such token; or
            ``shared``, the class token in the space that CLIP's two towers share, where class names compare with items.
        tune: what training moves: ``nothing``, ``last_block``, or ``all``.
        published: what the model's files say (see ``published_facts``); training writes it into the run's recipe.
        blank: leave the weights to be filled in, as in loading a model folder.

    Raises:
        MissingExtraError: transformers is not installed.
        ModelError: the model's files are not to be had.
        ValueError: ``pooling`` or ``tune`` is unknown, or the model has no shared space.
    """

    input_size = (224, 224)

    def __init__(
        self,
        channels: int = 1,
        dimensions: int | None = None,
        model: str = "facebook/dinov2-small",
        pooling: str = "cls",
        tune: str = "nothing",
        published: Mapping[str, Any] | None = None,
        blank: bool = False,
    ) -> None:
        if pooling not in POOLINGS:
            raise ValueError(f"pooling is '{pooling}'.{did_you_mean(pooling, POOLINGS)}")
        whole = empty(published or published_facts(model)) if blank else with_weights(model)
        body = getattr(whole, "vision_model", whole)
        features = feature_count(body.config)
        shared = pooling == "shared"
        head = shared_space(whole, dimensions) if shared else new_layer(features, dimensions)
        super().__init__(channels, head.out_features if isinstance(head, nn.Linear) else features)
        self.two_towers, self.pooling = body is not whole, pooling
        self.patch = getattr(body.config, "patch_size", None) or 1
        named = inspect.signature(body.forward).parameters
        self.options = {"interpolate_pos_encoding": True} if "interpolate_pos_encoding" in named else {}
        self.body = body
        self.linear = head
        self.tune(tune, body, [*last_of(body), head] if shared else last_of(body))
        self.texts = text_tower_of(whole, "" if blank else vocabulary_of(model)) if shared else None

    @classmethod
    def complete(cls, options: Mapping[str, Any]) -> Mapping[str, Any]:
        return options if "published" in options else {**options, "published": published_facts(model_of(options))}

    @classmethod
    def expected(cls, options: Mapping[str, Any]) -> Expected:
        facts = cls.complete(options)["published"]
        height, width = facts["size"]
        return Expected((height, width), tuple(facts["mean"]), tuple(facts["std"]))

    def text_tower(self) -> TextTower:
        return super().text_tower() if self.texts is None else self.texts

    def features(self, items: Tensor) -> Tensor:
        """Return the last maps, a cell a patch: (B, channels, H, W) -> (B, F, h, w)."""
        return self.read(items)[0]

    def forward(self, items: Tensor) -> Tensor:
        maps, token = self.read(items)
        return self.linear(maps.mean((2, 3)) if token is None or self.pooling == "mean" else token)

    def read(self, items: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the last maps (B, F, h, w), and the class token (B, F) where there is one."""
        whole = self.whole_patches(self.coloured(items))
        outputs = self.body(whole, **self.options)
        hidden = outputs.last_hidden_state  # (B, F, h, w), or of tokens (B, 1 + h * w, F)
        if hidden.ndim == 4:
            return hidden, None
        height, width = (side // self.patch for side in whole.shape[-2:])
        maps = hidden[:, -height * width :].mT.unflatten(-1, (height, width))
        if self.two_towers:
            return maps, outputs.pooler_output
        return maps, hidden[:, 0] if hidden.shape[1] > height * width else None

    def whole_patches(self, items: Tensor) -> Tensor:
        """Return the items stretched to the next multiple of a patch: (B, 3, H, W) -> (B, 3, H', W')."""
        size = [-(-side // self.patch) * self.patch for side in items.shape[-2:]]
        if list(items.shape[-2:]) == size:
            return items
        return functional.interpolate(items, size, mode="bilinear", align_corners=False)


def model_of(options: Mapping[str, Any]) -> str:
    """Return the model that a recipe's options name, or the default one."""
    return str(options.get("model", inspect.signature(Pretrained).parameters["model"].default))


def with_weights(model: str) -> nn.Module:
    """Return a model with its weights, in single precision; nothing is unpickled.

    Raises:
        ModelError: see ``fetched``.
    """
    library = transformers()
    return fetched(model, lambda: library.AutoModel.from_pretrained(model, use_safetensors=True, dtype=torch.float32))


def new_layer(features: int, dimensions: int | None) -> nn.Module:
    """Return a layer that is to be learnt, F -> D numbers; none without dimensions."""
    return nn.Identity() if dimensions is None else nn.Linear(features, dimensions)


def shared_space(whole: nn.Module, dimensions: int | None) -> nn.Linear:
    """Return a model's projection of the class token into the space that its towers share.

    Raises:
        ValueError: it has no such space, or other dimensions were asked for.
    """
    if dimensions is not None:
        raise ValueError(
            f"dimensions is {dimensions} with pooling 'shared', whose space is the model's own; leave it out"
        )
    projection = getattr(whole, "visual_projection", None)
    if not isinstance(projection, nn.Linear) or not hasattr(whole, "text_projection"):
        raise ValueError(
            f"pooling is 'shared', and {type(whole).__name__} has no text tower with a projection, as CLIP has; "
            "take 'cls' or 'mean'"
        )
    return projection


def text_tower_of(whole: Any, vocabulary: str) -> TextTower:
    """Return the text tower of a model with two."""
    return TextTower(whole.text_model, whole.text_projection, whole.logit_scale, vocabulary)


def vocabulary_of(model: str) -> str:
    """Return a model's tokenizer, as the tokenizers library writes it.

    Raises:
        ModelError: its files are not to be had.
    """
    return fetched(model, lambda: tokenizer_of(model))


def tokenizer_of(model: str) -> str:
    """Return the same; the library would make one without a word where there are no files."""
    tokenizer = transformers().AutoTokenizer.from_pretrained(model)
    if len(tokenizer) <= len(tokenizer.all_special_tokens):
        raise OSError("it holds no tokenizer.json, and no vocab.json with merges.txt")
    return str(tokenizer.backend_tokenizer.to_str())


def empty(facts: Mapping[str, Any]) -> nn.Module:
    """Return the model that the ``published_facts`` describe, its weights drawn."""
    library = transformers()
    return library.AutoModel.from_config(library.AutoConfig.for_model(**facts["config"]))


def feature_count(config: Any) -> int:
    """Return F of a model's last maps."""
    return int(config.hidden_size if hasattr(config, "hidden_size") else config.hidden_sizes[-1])


def last_of(body: nn.Module) -> list[nn.Module]:
    """Return the last block of the longest row of blocks, and the norms that follow it."""
    rows = [module for module in body.modules() if isinstance(module, nn.ModuleList) and len(module)]
    norms: list[nn.Module] = [module for module in body.children() if isinstance(module, nn.LayerNorm)]
    return [max(rows, key=len)[-1], *norms] if rows else norms
