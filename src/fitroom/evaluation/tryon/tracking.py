"""The scores of records in wandb: the figures of the leaderboard, under the same names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from fitroom.evaluation.tryon.records import read_record


def log_records(paths: Sequence[Path], project: str = "fitroom") -> None:
    """One wandb run a record, ``<protocol>/<metric>`` in its summary; offline unless WANDB_MODE says otherwise."""
    import wandb

    for path in paths:
        record = read_record(path)
        mode = os.environ.get("WANDB_MODE", "offline")
        run = wandb.init(
            project=project, name=f"{record.model.name} {record.protocol.id}", job_type="evaluate", mode=mode,  # type: ignore[arg-type]
            config={"revision": record.model.revision, "protocol_hash": record.protocol.hash},
            settings=wandb.Settings(silent=True),
        )  # fmt: skip
        for name, one in record.scores.items():
            if one.value is not None:
                run.summary[f"{record.protocol.id}/{name}"] = one.value
        run.finish()
