"""Features of a protocol's reference set, kept by content: measured once, read back by every later evaluation.

results/references/<digest>.parquet     digest over cases, pictures' size and filter, networks
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fitroom.config import hash_settings
from fitroom.evaluation.tryon.cases.case_set import CaseSet
from fitroom.evaluation.tryon.measuring.instruments import Instruments
from fitroom.evaluation.tryon.records import ReferencesEntry
from fitroom.evaluation.tryon.samples import FEATURES, references_to_parquet
from fitroom.images import resize_filtered_u8
from fitroom.progress import track
from fitroom.writing import write_bytes_atomically


def reference_features(
    cases: CaseSet,
    columns: Sequence[str],
    size_px: tuple[int, int],
    filter_name: str,
    instruments: Instruments,
    results: Path,
) -> ReferencesEntry | None:
    """The features of the reference pictures, from the file that has them or measured now.

    Args:
        cases: whose references they are.
        columns: feature columns that are needed; those ending in ``_pasted`` compare with the same references.
        size_px: height and width at which pictures are compared.
        filter_name: how a reference of another size is resized.
        instruments: networks; columns whose network is missing are left out.
        results: folder of the records.

    Returns:
        Where they lie; None where no network is there or nothing compares sets.
    """
    plain = sorted({column.removesuffix("_pasted") for column in columns})
    hashes = {c: instruments.hashes[name] for c in plain if (name := c.removeprefix(FEATURES)) in instruments.hashes}
    if not hashes:
        return None
    key = {"cases": cases.digest, "size_px": list(size_px), "filter": filter_name, "networks": hashes}
    path = results / "references" / f"{hash_settings(key)[:24]}.parquet"
    references = cases.references()
    if not path.is_file():
        rows: dict[str, list[np.ndarray]] = {column: [] for column in hashes}
        for name in track(references.keys, f"references of {cases.name}"):
            picture_u8 = references.load(name)
            if picture_u8.shape[:2] != size_px:
                picture_u8 = resize_filtered_u8(picture_u8, *size_px, filter_name)
            for column in hashes:
                rows[column].append(instruments.pooled([picture_u8], column)[0])
        blob = references_to_parquet(references.keys, {column: np.stack(found) for column, found in rows.items()})
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes_atomically(path, blob)
    return ReferencesEntry(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), len(references))
