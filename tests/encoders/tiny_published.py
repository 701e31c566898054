"""What the files of a very small DINOv2 would say."""

from __future__ import annotations

from typing import Any

FACTS: dict[str, Any] = {
    "config": {
        "model_type": "dinov2",
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "mlp_ratio": 2,
        "image_size": 28,
        "patch_size": 7,
        "use_mask_token": False,
    },
    "size": [28, 28],
    "mean": [0.4, 0.5, 0.6],
    "std": [0.2, 0.25, 0.3],
}
