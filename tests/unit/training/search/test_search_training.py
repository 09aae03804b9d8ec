"""A run of the search network: from a tiny wardrobe to a bundle whose both stages find what is worn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.unit.data.tryon_rows import tryon_row, write_wardrobe

from fitroom.pipelines.search.embed import EmbedPipeline
from fitroom.pipelines.search.places import PlaceCodes
from fitroom.training.fit import make_plan, run
from fitroom.training.tasks import load_run

ROOT = Path(__file__).resolve().parents[4]
OTHER = {"design": 9, "size": "M", "fabric": 9, "print": 9, "photo": "flat"}
MORE = {"plan": {"source": OTHER}, "source_labels": {"region": "bottom"}}


def test_a_run_learns_both_stages_and_ships_them(tmp_path: Path) -> None:
    rows = [tryon_row(case, **MORE) for case in range(24)] + [
        tryon_row(100 + c, "validation", **MORE) for c in range(8)
    ]
    words = {
        "data.folder": write_wardrobe(tmp_path, rows), "runs": tmp_path / "runs", "weights": "none", "epochs": 12,
        "batch_size": 12, "model.taps": "[0]", "model.code_dim": 8, "model.compare_dim": 8, "data.views": 2,
        "preprocessing.height_px": 32, "preprocessing.width_px": 32, "ema_decay": 0.5, "checkpoint_steps": 20,
        "validate_epochs": 6,
    }  # fmt: skip
    plan = make_plan(load_run(ROOT / "configs/train/search.yaml", *(f"--{k}={v}" for k, v in words.items())))
    bundle = run(plan)
    assert bundle is not None and "second stage compares" in (bundle.path / "README.md").read_text()
    assert bundle.spec.training.num_images == 2 * 32  # worn pictures and shop photos
    measured = bundle.spec.measured
    assert measured["select part, worn pictures"] == 8
    assert measured["select part, found first among 8, both stages"] > 0.5  # one in eight is chance
    pipeline = EmbedPipeline(bundle)
    worn = pipeline.worn_looks(rows[0]["worn"], rows[0]["worn_parse"])["top"]
    products = [pipeline.product_look(row["garment"]) for row in rows[:4]]
    similarity_K = np.stack([look.vector_D for look in products]) @ worn.vector_D
    places = PlaceCodes(*(np.stack(part) for part in zip(*(look.places for look in products), strict=True)))
    assert pipeline.judged(worn, places, similarity_K).argmax() == 0


def test_a_dyed_view_dyes_all_alike_and_the_first_is_as_it_is(tmp_path: Path) -> None:
    rows = [tryon_row(case, split, **MORE) for case, split in ((0, "train"), (1, "train"), (2, "validation"))]
    words = {"data.folder": write_wardrobe(tmp_path, rows), "runs": tmp_path / "runs", "views.coarse": 0}
    still = {f"views.{name}": 0 for name in ("exposure", "balance", "gamma", "noise", "hidden")}
    words = [f"--{k}={v}" for k, v in (words | still).items()]
    plan = make_plan(load_run(ROOT / "configs/train/search.yaml", *words))
    cuts = plan.pairs["fit"].products  # type: ignore[attr-defined]
    as_they_are, dyed, light = ([c.image_u8 for c in plan._seen(cuts, number)] for number in range(3))  # type: ignore[attr-defined]
    for number in range(2):
        assert (as_they_are[number] == cuts[number].image_u8).all()
        np.testing.assert_allclose(light[number].astype(int), as_they_are[number], atol=1)
    assert np.abs(dyed[0].astype(int) - as_they_are[0]).mean() > 5
    again = [c.image_u8 for c in plan._seen(cuts, 1)]  # type: ignore[attr-defined]
    assert (again[1] == dyed[1]).all()
