"""The tornado: what the saving hangs on, widest first."""

from __future__ import annotations

from pathlib import Path

from fitroom.errors import ConfigError
from fitroom.evaluation.returns.estimate import Estimate

SUFFIXES = (".svg", ".png", ".pdf")


def draw_tornado(found: Estimate, currency: str, path: Path) -> None:
    """Writes a bar for each assumption, from its 10 % to its 90 % point, around the saving at the middle of all.

    Raises:
        ConfigError: no format of :data:`SUFFIXES`.
    """
    import matplotlib

    if path.suffix.lower() not in SUFFIXES:
        raise ConfigError("the picture's format is not known", where=path, rule=" or ".join(SUFFIXES), got=path.suffix)
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 0.5 * len(found.tornado) + 1.4))
    for place, swing in enumerate(reversed(found.tornado)):
        axes.barh(place, swing.at_high - swing.at_low, left=swing.at_low, color="#1b6ca8")
    axes.set_yticks(range(len(found.tornado)), [swing.name.replace("_", " ") for swing in reversed(found.tornado)])
    axes.axvline(found.saving.median, color="#222222", linewidth=0.8)
    axes.axvline(0, color="#c2571a", linewidth=0.8)
    axes.set_xlabel(f"saved a year, {currency}; one assumption from its 10 % to its 90 % point")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)
