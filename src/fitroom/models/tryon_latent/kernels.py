"""Which of torch's attention kernels runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch
from torch.nn import functional as F

from fitroom.errors import ConfigError

AttentionKernel = Literal["auto", "flash", "efficient", "cudnn", "math"]


@contextmanager
def attention_kernel(name: AttentionKernel) -> Iterator[None]:
    """Inside, scaled dot products are computed by this kernel alone; auto = by the fastest that torch finds."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    known = {
        "flash": SDPBackend.FLASH_ATTENTION,
        "efficient": SDPBackend.EFFICIENT_ATTENTION,
        "cudnn": SDPBackend.CUDNN_ATTENTION,
        "math": SDPBackend.MATH,
    }
    if name == "auto":
        yield
        return
    with sdpa_kernel(known[name]):
        yield


def check_attention_kernel(name: AttentionKernel, device: torch.device, dtype: torch.dtype) -> None:
    """Raises ConfigError where the device has not this kernel for numbers of this kind."""
    x = torch.zeros(1, 1, 8, 64, device=device, dtype=dtype)
    try:
        with attention_kernel(name):
            F.scaled_dot_product_attention(x, x, x)
    except RuntimeError as error:
        raise ConfigError(
            "this device has not the attention kernel that is asked for",
            where="memory.attention",
            rule=f"one that runs on {device.type} in {dtype}".replace("torch.", ""),
            got=name,
            fix="auto takes the fastest that is there",
        ) from error
