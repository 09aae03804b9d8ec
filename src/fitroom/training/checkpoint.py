"""Checkpoints to resume from, which survive whatever interrupts their writing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.plugins.io import TorchCheckpointIO
from typing_extensions import override

from fitroom.errors import RunError
from fitroom.training.across import gathered
from fitroom.training.sharding import own_share


class SaveCheckpoint(Callback):
    """Saves the checkpoint to resume from, always over the last one; it must come after callbacks that have a state.

    (Lightning's ModelCheckpoint saves none after the last step, and one in the middle of an accumulated step where a
    run goes on with ``accumulate`` > 1.)

    Args:
        path: of the checkpoint.
        every_steps: optimizer steps between two; one more is saved after the last step.

    Raises:
        RunError: the loss or a trained weight, on any process, is NaN or infinite; a good checkpoint is not replaced
            by a ruined one.
    """

    def __init__(self, path: Path, every_steps: int) -> None:
        self.path, self.every_steps = path, every_steps
        self._saved_step = 0

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._saved_step = trainer.global_step

    @override
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        step = trainer.global_step
        if step == self._saved_step or (step % self.every_steps and step < trainer.max_steps):
            return
        if not all(gathered(bool(torch.isfinite(outputs["loss"])) and _are_finite(pl_module))):
            raise RunError(
                f"the run diverged: the loss at step {step}, or a weight after it, is not finite",
                where=self.path,
                got=f"a loss of {float(outputs['loss']):g}",
                fix="start a new run with a smaller optim.lr, more optim.warmup or precision 32-true",
            )
        trainer.save_checkpoint(self.path)
        self._saved_step = step


def _are_finite(module: LightningModule) -> bool:
    """Whether this process's share of the trained weights is: a gradient may be ruined where the loss is not."""
    shares = [own_share(parameter.detach()) for parameter in module.parameters() if parameter.requires_grad]
    return all(bool(share.isfinite().all()) for share in shares)


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside, flushes to the disk, then renames.

    A full disk, a SIGINT or a SIGKILL in the middle leaves the last good checkpoint as it was. (Lightning's own writer
    goes through the system's temporary folder, which may be another disk, where a rename is a copy.)
    """

    @override
    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | os.PathLike[str], storage_options: Any = None
    ) -> None:
        """Saves ``checkpoint`` at ``path``; raises RunError where the disk refuses it."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.writing")  # one name: what a killed run left of it is written over
        try:
            with beside.open("wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(target)
        except (OSError, RuntimeError) as error:
            # torch's zip writer covers what stopped it, a Ctrl-C too, with a RuntimeError about its position.
            stopped = error.__context__ or error
            if isinstance(stopped, KeyboardInterrupt):
                raise stopped from None
            raise RunError(
                "the checkpoint could not be written; the last good one is untouched",
                where=target,
                got=_first_line(stopped),
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
            got=None if not path.exists() else _first_line(error),
            fix="start the run anew under another name",
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
