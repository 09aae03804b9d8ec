"""By what an autoencoder is known to those who keep its latents: all that turns a picture into them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import torch


def autoencoder_sha256(vae: Any) -> str:
    """Hex digest of the encoding half of diffusers' AutoencoderKL: settings, and weights in the types they are held in.

    The weights are read as they are, not from the files they came from, so that nothing done to them is overlooked.
    """
    settings = {key: value for key, value in sorted(vae.config.items()) if not key.startswith("_")}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for name, tensor in sorted(vae.state_dict().items()):
        if not name.startswith(("decoder.", "post_quant_conv.")):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
