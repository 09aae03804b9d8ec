"""How far protocols differ on the same pictures: what one evaluator prints, another would not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from fitroom.evaluation.tryon.records import TryOnRecord

_FAMILIES = {
    "SSIM": ("ssim_color", "ssim_gray"),
    "LPIPS": ("lpips_alex", "lpips_alex_128", "lpips_vgg", "lpips_squeeze"),
    "FID": ("fid_inception", "fid_clean"),
    "KID": ("kid_inception", "kid_clean"),
}


def differences(records: Sequence[TryOnRecord]) -> list[str]:
    """A line for each model and family of scores that several protocols print of the same cases, smallest first."""
    found: dict[tuple[str, str, str], list[tuple[float, str]]] = defaultdict(list)
    for record in records:
        for family, names in _FAMILIES.items():
            for name in names:
                one = record.scores.get(name)
                if one is not None and one.value is not None:
                    found[record.model.name, family, record.data.digest].append(
                        (one.value, f"{name} of {record.protocol.id}")
                    )
    lines = []
    for (model, family, _), values in found.items():
        if len({where.split(" of ")[1] for _, where in values}) > 1:
            said = ", ".join(f"{value:.4g} ({where})" for value, where in sorted(values))
            lines.append(f"{model}: {family} differs by {max(values)[0] - min(values)[0]:.4g}: {said}")
    return ["how far the protocols differ on the same pictures:", *lines] if lines else []
