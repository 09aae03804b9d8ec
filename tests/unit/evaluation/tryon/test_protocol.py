"""Protocols stay what they were: a changed setting without a new version fails here.

The frozen hashes lie in protocol_hashes.json. A NEW protocol, or a new version of one, is added to it by

    python -c "from fitroom.evaluation.tryon.protocol import PROTOCOLS; import json
    print(json.dumps({name: make().hash for name, make in PROTOCOLS.items()}, indent=1))" > \
        tests/unit/evaluation/tryon/protocol_hashes.json

and no line that was there before may change, once records under it exist.
"""

import dataclasses
import json
from pathlib import Path

import pytest

from fitroom.errors import EvaluationError, FitroomError
from fitroom.evaluation.tryon.catalogue import METRICS, metric
from fitroom.evaluation.tryon.protocol import PROTOCOLS, TryOnProtocol, protocol_from_settings

FROZEN = json.loads((Path(__file__).parent / "protocol_hashes.json").read_text())


@pytest.mark.parametrize("name", FROZEN)
def test_a_change_is_a_new_version(name: str) -> None:
    assert name in PROTOCOLS, f"{name} is gone; its records could not be made again"
    assert PROTOCOLS[name]().hash == FROZEN[name], f"{name} has other settings: a change is a new version"


def test_every_protocol_is_frozen() -> None:
    assert set(PROTOCOLS) == set(FROZEN), "add the new ones to protocol_hashes.json, see above"


@pytest.mark.parametrize("name", PROTOCOLS)
def test_names_and_settings_agree(name: str) -> None:
    protocol = PROTOCOLS[name]()
    assert protocol.id == name and len(set(protocol.metrics)) == len(protocol.metrics)
    again = protocol_from_settings(json.loads(json.dumps(protocol.settings)))
    assert again == protocol and again.hash == protocol.hash


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"truth_filter": "area"}, {"metrics": ["psnr"]}, {"dilation": 0.03}, {"paste_back": "none"},
     {"sets_at": "own"}, {"kinds": []}, {"version": 4}, {"out_of_sight": "missing"}, {"num_resamples": 999}],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_any_setting_changes_the_hash(change: dict[str, object]) -> None:
    protocol = PROTOCOLS["wardrobe-leak@3"]()
    assert dataclasses.replace(protocol, **change).hash != protocol.hash  # type: ignore[arg-type]


def test_the_registry_cannot_be_changed_through_a_protocol() -> None:
    PROTOCOLS["compat/ladi@1"]().metrics.append("psnr")
    assert "psnr" not in PROTOCOLS["compat/ladi@1"]().metrics


def test_an_unknown_metric_names_the_nearest() -> None:
    with pytest.raises(EvaluationError, match="did you mean 'ssim_color'"):
        TryOnProtocol("mine", 1, "wardrobe", ["ssim_colour"])
    with pytest.raises(EvaluationError, match="did you mean 'hem_error_cm'"):
        metric("hem_error")


@pytest.mark.parametrize("size", [{"score_at": "fixed"}, {"height_px": 512, "width_px": 384}])
def test_a_size_belongs_to_the_protocols_that_fix_one(size: dict[str, object]) -> None:
    with pytest.raises(EvaluationError, match="size does not fit"):
        TryOnProtocol("mine", 1, "viton-hd", ["psnr"], **size)  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"metrics": ["nothing"]}, {"seed": "0"}, {"extra": 1}, {"data": "closet"}])
def test_settings_that_are_not_a_protocol_s_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(FitroomError):
        protocol_from_settings(PROTOCOLS["wardrobe-paired@3"]().settings | change)


def test_every_metric_says_what_it_is() -> None:
    for name, one in METRICS.items():
        assert one.name == name and one.title and one.meaning and one.low < one.high
        assert (one.better == "lower") <= (one.low <= 0)
    assert METRICS["fit_macro_f1_pasted"].source == "fit_pasted" and METRICS["fit_macro_f1"].source == "fit"
    proxies = [name for name, one in METRICS.items() if one.needs == "effnetlite0"]
    assert proxies and not any("fid" in name or "kid" in name or "lpips" in name for name in proxies)
