"""Checkpoints to resume from, which survive whatever interrupts their writing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO

from fitroom.errors import RunError


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside, flushes to the disk, then renames.

    A full disk, a SIGINT or a SIGKILL in the middle leaves the last good checkpoint as it was. (Lightning's own writer
    goes through the system's temporary folder, which may be another disk, where a rename is a copy.)
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | os.PathLike[str], storage_options: Any = None) -> None:
        """Saves ``checkpoint`` at ``path``; raises RunError where the disk refuses it."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.writing")
        try:
            with beside.open("wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(target)
        except (OSError, RuntimeError) as error:
            # torch reports a failed write as a RuntimeError of its zip writer.
            raise RunError(
                "the checkpoint could not be written; the last good one is untouched",
                where=target,
                got=str(error).splitlines()[0],
                fix="free disk space, then go on with --resume",
            ) from error
        finally:
            beside.unlink(missing_ok=True)


def read_step(path: Path) -> int:
    """Global step a checkpoint was written at.

    Raises:
        RunError: missing or unreadable.
    """
    try:
        return int(torch.load(path, map_location="cpu", weights_only=True, mmap=True)["global_step"])
    except Exception as error:
        raise RunError(
            "there is no checkpoint to resume from" if not path.exists() else "the checkpoint cannot be read",
            where=path,
            got=None if not path.exists() else str(error).splitlines()[0],
            fix="start the run anew under another name",
        ) from error
