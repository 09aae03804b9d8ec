"""The type of numbers inside compiled kernels, which mix float32 and float64 as they need."""

from __future__ import annotations

from typing import Any

Real = Any
