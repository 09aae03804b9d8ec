"""The data card: README.md of a wardrobe, with the front matter that Hugging Face reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from fitroom.wardrobe.registry import SPLITS
from fitroom.wardrobe.truth.columns import COLUMNS
from fitroom.writing import write_text_atomically

LICENSE = "cc0-1.0"
PICTURES = {
    "sheet.jpg": "Person, garment, and the person wearing it",
    "sizes.jpg": "One garment in all sizes on one body",
    "truth.jpg": "What is known of every pixel",
}
KINDS = {
    "paired": "the garment is the one already worn: it must come back unchanged",
    "counterfactual-garment": "another garment on the same person, in the same pose, place and light",
    "counterfactual-size": "one garment in all six sizes on one body",
    "size-across-bodies": "one garment in one size on several bodies",
    "leak": "one target over several source garments: the answers must be equal, whatever was worn before",
}


def write_card(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Writes ``folder/README.md``."""
    pictures = [name for name in PICTURES if (folder / name).is_file()]
    write_text_atomically(folder / "README.md", render_card(manifest, pictures))


def render_card(manifest: Mapping[str, Any], pictures: list[str]) -> str:
    """The card as text.

    Args:
        manifest: see ``manifest.write_manifest``.
        pictures: names of those in :data:`PICTURES` that lie beside the card.
    """
    sections = {
        "What it is": _about(manifest),
        "Pictures": "\n\n".join(f"{PICTURES[name]}:\n\n![{PICTURES[name]}]({name})" for name in pictures),
        "Loading": _loading(),
        "Counts": _counts(manifest),
        "Columns": _columns(),
        "How it was made": _how(manifest),
        "Limits": LIMITS,
        "Licence": RIGHTS,
    }
    body = "".join(f"\n## {title}\n\n{text}\n" for title, text in sections.items() if text)
    return f"---\n{_front_matter(manifest)}---\n\n# A simulated wardrobe\n{body}"


LIMITS = """\
- People and cloth are simulated. What a model learns here about faces, hair and real photographs is little; results
  on real photos must be measured on real photos.
- Bodies are adults. Cloth does not collide with itself, and closures (zips, buttons) are drawn, not built.
- Drapes that failed a check (overstretched, inside the body) are left out, so that extreme misfits are rarer than
  planned; the counts of what was left out are above."""
RIGHTS = """\
The data is CC0: the bodies come from anny (code Apache-2.0, MakeHuman data CC0); patterns, fabrics, prints, faces and
pictures are made by rules in fitroom (Apache-2.0). No photograph of a person is in it. Where textures were cut from
photos of fabrics (`simulation.photos` in `config.yaml`), the licence of those photos holds for the prints of kind
photo."""


def _front_matter(manifest: Mapping[str, Any]) -> str:
    splits = [split for split in SPLITS if manifest["counts"]["split"].get(split)]
    page = {
        "license": LICENSE,
        "pretty_name": "Simulated wardrobe",
        "task_categories": ["image-to-image"],
        "tags": ["virtual-try-on", "fashion", "synthetic"],
        "size_categories": [_size_category(manifest["cases"])],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": split, "path": f"data/{split}/*.parquet"} for split in splits],
            }
        ],
    }
    return yaml.safe_dump(page, sort_keys=False)


def _size_category(cases: int) -> str:
    for limit, name in ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K")):
        if cases < limit:
            return name
    return "100K<n<1M"


def _about(manifest: Mapping[str, Any]) -> str:
    size = manifest["config"]["simulation"]
    return (
        f"{manifest['cases']:,} cases of virtual try-on: a person in one garment, the shop photo of another, and the "
        "same person, pose, place and light with the other garment on. Everything is simulated: bodies, sewing "
        "patterns graded in sizes, cloth draped on the bodies, and pictures by ray casting, so the answer and all maps "
        f"are exact. Pictures are {size['height_px']} x {size['width_px']} px (height x width)."
    )


def _loading() -> str:
    return """\
```python
from datasets import load_dataset

wardrobe = load_dataset("path/to/this/folder", split="train", streaming=True)
case = next(iter(wardrobe))
case["person"], case["garment"], case["worn"]  # pictures
```"""


def _counts(manifest: Mapping[str, Any]) -> str:
    parts = [
        _table(name, {value: f"{number:,}" for value, number in manifest["counts"][name].items()})
        for name in ("split", "category", "size", "fit")
        if manifest["counts"][name]
    ]
    kinds = manifest["counts"]["kind"]
    lines = ["| kind | cases | what for |", "|---|---:|---|"]
    lines += [f"| {kind} | {kinds[kind]:,} | {text} |" for kind, text in KINDS.items() if kind in kinds]
    parts.insert(1, "\n".join(lines))
    rejected, failed = manifest["rejected"], manifest["failed_groups"]
    parts.append(_table("rejected because", rejected) if rejected else "No case was rejected.")
    if failed:
        parts.append(_table("groups lost because", failed))
    return "\n\n".join(parts)


def _table(name: str, counts: Mapping[str, Any]) -> str:
    return "\n".join([f"| {name} | cases |", "|---|---:|", *(f"| {value} | {n} |" for value, n in counts.items())])


def _columns() -> str:
    lines = ["| column | kind | unit | what it holds |", "|---|---|---|---|"]
    lines += [f"| `{column.name}` | {column.kind} | {column.unit} | {column.about} |" for column in COLUMNS]
    return "\n".join(lines)


def _how(manifest: Mapping[str, Any]) -> str:
    makers = [_maker(maker) for maker in manifest["made_by"]]
    hours = manifest["worker_seconds"] / 3600
    return "\n".join(
        [
            f"`fitroom wardrobe --config config.yaml --out FOLDER`, seed {manifest['config']['seed']}; "
            f"{manifest['shards_done']} of {manifest['shards_planned']} shards; {hours:.2f} hours of one core.",
            "",
            *makers,
            "",
            "Every body, face, design, print, font, fabric, backdrop and light belongs to one split only, decided by "
            "hash before anything was rendered (`registry.json`). `manifest.json` lists the shards with their hashes; "
            "`fitroom wardrobe check FOLDER` compares them.",
        ]
    )


def _maker(maker: Mapping[str, Any]) -> str:
    code = maker["commit"]
    commit = f", commit {code['hash'][:12]}{' with changes' * code['changed']}" if code else ""
    python, processor = maker["versions"]["python"], maker["machine"]["processor"]
    return f"- fitroom {maker['fitroom']}{commit}, Python {python}, on {processor}"
