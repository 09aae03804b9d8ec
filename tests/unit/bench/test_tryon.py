"""The benchmark of try-on runs from words to report with small networks; how large its figures are is never asked."""

from __future__ import annotations

import json
from itertools import cycle, repeat
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from fitroom.bench.memory import peak_mb_of
from fitroom.bench.stopwatch import ALL, Stopwatch
from fitroom.bench.tryon import tables as tryon_tables
from fitroom.bench.tryon import tryon
from fitroom.bench.tryon.catvton_form import STAGES as PEER_STAGES
from fitroom.bench.tryon.catvton_form import CatVTONForm, PeerSize
from fitroom.bench.tryon.request import STAGES, TryOnSide, make_files, untrained_bundle
from fitroom.bench.tryon.tryon import TryOnBenchConfig
from fitroom.bundles import Bundle
from fitroom.contracts import Preprocessing
from fitroom.errors import ConfigError
from fitroom.images import read_header
from fitroom.models.tryon.config import TryOnConfig
from fitroom.pipelines.tryon import TryOnPipeline

TINY = TryOnConfig("test_efficientnet", 4, [8, 16, 16, 32], depth=1, denoiser_width=16, detail=8)
TINY_PEER = PeerSize(unet=(32, 32, 64, 64), vae=(32, 32, 32, 32), layers=1)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return untrained_bundle(tmp_path_factory.mktemp("b") / "tiny", TINY, Preprocessing(64, 64, "pad"))


@pytest.fixture(scope="module")
def peer() -> CatVTONForm:
    return CatVTONForm(TINY_PEER, CPU)


def test_every_figure_is_there(bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tryon_tables, "PEER_SIZE", TINY_PEER)
    monkeypatch.setattr(tryon_tables, "peak_mb_of", lambda work, *_: 100.0 if work.__name__ == "one_answer" else 250.0)
    out = tmp_path / "report.json"
    words = ["--bundle", str(bundle.path), "--quick", "true", "--device", "cpu", "--out", str(out)]
    assert tryon.main([*words, "--heights_px", "[64, 96]", "--peer_heights_px", "[64]", "--steps", "[1, 3]"]) == 0
    latency, stages, peers, memory = json.loads(out.read_text(encoding="utf-8"))["tables"]
    rows = [(row["photo px"], row["steps"], row["precision"], row["garment"]) for row in latency["rows"]]
    for size in ("64 x 48", "96 x 72"):
        assert {row[1:] for row in rows if row[0] == size} == {
            *((steps, "float32", garment) for steps in (1, 3) for garment in ("kept", "new")),
            (1, "bf16", "kept"),
            (1, "bf16", "new"),
        }
    assert all(0 < row["p50 ms"] <= row["p95 ms"] for row in latency["rows"])
    compared = {(row["photo px"], row["precision"]): row["CatVTON's form, times"] for row in latency["rows"]}
    assert compared["64 x 48", "float32"]["median"] > 0
    assert compared["64 x 48", "bf16"] == compared["96 x 72", "float32"] == "-"
    assert all(row[f"{stage} ms"] > 0 for row in stages["rows"] for stage in STAGES)
    assert all(row[f"{stage} s"] > 0 for row in peers["rows"] for stage in PEER_STAGES)
    assert [(row["fitroom MB"], row["times"]) for row in memory["rows"]] == [(100.0, 2.5), (100.0, "-")]


def test_a_kept_garment_is_looked_at_once_and_a_new_one_every_time(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline, photos = TryOnPipeline.from_bundle(bundle.path, CPU), make_files(tmp_path, 64, 6)
    looks: list[int] = []
    look_at = pipeline._look_at
    monkeypatch.setattr(pipeline, "_look_at", lambda image: looks.append(1) or look_at(image))
    kept = TryOnSide(pipeline, cycle(photos.persons), repeat(photos.garments[0]), 1, "float32")
    kept.requests(2)
    assert len(looks) == 1
    new = TryOnSide(pipeline, cycle(photos.persons), iter(photos.garments[1:]), 1, "float32")
    new.requests(3)
    assert len(looks) == 1 + 4
    assert (kept.seconds().shape, new.seconds().shape) == ((2, len(STAGES)), (3, len(STAGES)))
    assert len(set(photos.garments)) == 6 and read_header(photos.persons[0]).width_px == 48
    assert not pipeline.network.layout._forward_hooks


def test_stages_fill_a_request(bundle: Bundle, tmp_path: Path) -> None:
    photos = make_files(tmp_path, 64, 2)
    side = TryOnSide(
        TryOnPipeline.from_bundle(bundle.path, CPU), cycle(photos.persons), cycle(photos.garments), 4, "bf16"
    )
    side.requests(3)
    seconds = side.seconds()
    assert (seconds > 0).all()
    whole = side.watch.seconds([ALL])[:, 0]
    assert (seconds.sum(1) <= whole).all() and len(side.watch.processor_s) == 3


def test_a_stopwatch_adds_what_comes_again() -> None:
    watch, layer = Stopwatch(CPU), nn.Linear(2, 2)
    with watch.inside(layer=layer), watch.request():
        layer(torch.zeros(1, 2))
        once = watch._now["layer"]
        layer(torch.zeros(1, 2))
        assert watch._now["layer"] > once > 0
    layer(torch.zeros(1, 2))
    assert watch.seconds(["layer", ALL, "no such stage"]).shape == (1, 3)
    assert watch.seconds(["no such stage"]) == 0


def test_the_peer_answers_at_the_persons_size(peer: CatVTONForm, tmp_path: Path) -> None:
    photos = make_files(tmp_path, 64, 2)
    watch = Stopwatch(CPU)
    with watch.request():
        worn = peer.answer(photos.persons[0], photos.garments[0], watch, steps=2)
    header = read_header(worn)
    assert (header.height_px, header.width_px) == (64, 48)
    assert (watch.seconds(PEER_STAGES) > 0).all()


def test_the_peer_has_nine_channels_and_no_attention_to_text(peer: CatVTONForm) -> None:
    assert peer.unet.conv_in.in_channels == 9
    assert not any("attn2" in name for name, _ in peer.unet.named_parameters())
    assert all(torch.isfinite(parameter).all() for parameter in peer.unet.parameters())


def test_the_peers_further_steps_are_added(bundle: Bundle) -> None:
    measured = tryon_tables.Measured(bundle, {}, CPU, ["float32"])
    watch = Stopwatch(CPU)
    with watch.request():
        for place, stage in enumerate(PEER_STAGES):
            watch._now[stage] = 10.0**place
    measured.peer = {64: watch}
    assert measured.peer_seconds(64, 1, "new") == 111111
    assert measured.peer_seconds(64, 3, "new") == 113111
    assert measured.peer_seconds(64, 1, "kept") == 111011
    with watch.request():
        watch._now["decode"] = 60.0
    assert measured.times_as_long(64, 1, "new", np.array([1.0, 11.0, 1e9, 2.0, 30.0])).values == (111111 / 11, 60 / 16)


@pytest.mark.slow
def test_peaks_of_memory_are_those_of_another_process() -> None:
    least, more = (peak_mb_of(np.ones, number) for number in (1, 40_000_000))
    assert more - least == pytest.approx(305, abs=60)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"requests": 0}, "nothing to measure"),
        ({"requests": 2, "rounds": 3}, "a block would be empty"),
        ({"steps": [0]}, "steps or precisions"),
        ({"heights_px": [100], "peer_heights_px": []}, "cannot have these heights"),
        ({"heights_px": [64]}, "nothing beside it"),
    ],
)
def test_nothing_to_measure(changes: dict[str, list[int]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TryOnBenchConfig(**changes)  # type: ignore[arg-type]
