"""A recogniser learns categories and attributes from DeepFashion by its official partition."""

from __future__ import annotations

from pathlib import Path

from tests.unit.data.deepfashion_tree import deepfashion

from fitroom.bundles import open_bundle
from fitroom.training import fit


def test_a_run_learns_from_it(tiny_run, tmp_path: Path) -> None:
    root = deepfashion(tmp_path / "deepfashion", 24)
    heads = "[{name: category}, {name: texture, kind: multi}, {name: style, kind: multi}]"
    words = ["--data.source.root", str(root), "--data.parts.by", "split", "--model.heads", heads, "--epochs", "1"]
    assert fit.main(tiny_run(*words)) == 0
    bundle = open_bundle(tmp_path / "runs/tiny/bundle")
    assert [(head.name, head.classes) for head in bundle.spec.heads] == [
        ("category", ["Blouse", "Dress", "Jeans"]),
        ("texture", ["abstract chevron print", "floral"]),
        ("style", ["party", "preppy"]),
    ]
