"""A very small CLIP, as the hub's folders are: weights, configuration, and a tokenizer that knows a few words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gemel.encoders.pretrained import transformers
from gemel.randomness import seeded

WORDS = ("a</w>", "photo</w>", "of</w>", "bolt</w>", "nut</w>")

CONFIG: dict[str, Any] = {
    "model_type": "clip",
    "projection_dim": 12,
    "text_config": {
        "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
        "max_position_embeddings": 9, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1,
    },
    "vision_config": {
        "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
        "image_size": 32, "patch_size": 8,
    },
}  # fmt: skip


def tiny_clip(folder: Path) -> tuple[Any, Any]:
    """Write the folder; return the model, drawn large enough to tell texts apart, and its tokenizer."""
    library = transformers()
    tokenizer = tiny_tokenizer(library)
    text = {**CONFIG["text_config"], "vocab_size": len(tokenizer)}
    config = library.AutoConfig.for_model(**{**CONFIG, "text_config": text, "initializer_factor": 4.0})
    with seeded(0):
        model = library.AutoModel.from_config(config).eval()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({"size": 32, "image_mean": [0.5] * 3}))
    return model, tokenizer


def tiny_tokenizer(library: Any) -> Any:
    """Return a tokenizer of letters, and of a few words put together of them."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    merges: list[tuple[str, str]] = []
    for word in WORDS:
        characters = [*word.removesuffix("</w>")]
        parts = [*characters[:-1], f"{characters[-1]}</w>"]
        while len(parts) > 1:
            merges.append((parts[0], parts[1]))
            parts = [parts[0] + parts[1], *parts[2:]]
    pieces = [*letters, *(f"{letter}</w>" for letter in letters), *(left + right for left, right in merges)]
    tokens = ["<|startoftext|>", "<|endoftext|>", *dict.fromkeys(pieces)]
    return library.CLIPTokenizer({token: number for number, token in enumerate(tokens)}, merges)
