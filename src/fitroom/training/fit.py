"""A training run from config to bundle, on one page, whatever is trained."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import torch
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import Callback, RichProgressBar
from pytorch_lightning.loggers import Logger, WandbLogger
from pytorch_lightning.utilities.exceptions import SIGTERMException
from torch import nn

from fitroom.bundles.format import Bundle, write_bundle
from fitroom.config import config_to_yaml
from fitroom.progress import log
from fitroom.runinfo import run_info, seed_everything
from fitroom.training import launch
from fitroom.training.averaging import WarmAverage
from fitroom.training.callbacks import LogLines
from fitroom.training.checkpoint import AtomicCheckpointIO, SaveCheckpoint, read_step
from fitroom.training.compiled import Compiled
from fitroom.training.config import RunConfig
from fitroom.training.metrics_file import MetricsFile
from fitroom.training.plan import Built, Plan
from fitroom.training.quiet import quiet
from fitroom.training.run_folder import create_run
from fitroom.training.sharded_average import ShardedAverage
from fitroom.training.sharding import ShardedStrategy, is_sharded
from fitroom.training.tasks import get_task, parse_run
from fitroom.training.throughput import Throughput
from fitroom.training.trained_average import TrainedAverage

EXIT_TERMINATED = 128 + signal.SIGTERM


FLAGS = """\
  --resume              go on from the run's last checkpoint
  --dry-run             print what the run would be, on as many processes as it asks for, and write nothing
"""


def main(argv: Sequence[str]) -> int:
    """Trains from command-line words: a config, any field, ``--resume``, ``--dry-run``."""
    words = list(argv)
    resume, dry_run = (_take(words, flag) for flag in ("--resume", "--dry-run"))
    try:
        config = parse_run(words)
    except SystemExit:  # after --help, which knows the fields alone
        print(FLAGS, end="")
        raise
    if not dry_run:  # which tells of processes that need not be there
        launch.check_processes(config.processes)
    launch.check_environment(config)
    if launch.rank() > 0:
        log.setLevel(logging.ERROR)  # rank 0 says it for all
    plan = make_plan(config, resume)
    if dry_run:
        if launch.rank() == 0:
            print(describe(plan))
        return 0
    bundle = run(plan, argv=list(argv))
    if bundle is not None:
        log.info("bundle: %s (revision %s)", bundle.path, bundle.spec.revision)
    return 0


def make_plan(config: RunConfig, resume: bool = False) -> Plan:
    """Looks at data, folder and start weights' names, and plans the run; writes nothing.

    Raises:
        FitroomError: whatever stands against the run: bad photos, an existing folder, no such label, an empty part.
    """
    return get_task(config.task).make_plan(config, resume)


def describe(plan: Plan) -> str:
    """What ``--dry-run`` prints: data, network and steps; the network is built without memory for its weights."""
    with torch.device("meta"):
        model = plan.network()
    count = sum(p.numel() for p in model.parameters())
    trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
    config = plan.config
    rows = [
        ("run", f"{plan.folder.path}"),
        ("task", config.task),
        ("photos", f"{len(plan.manifest)}: fit {len(plan.fit)}, select {len(plan.select)}"),
        *plan.about(),
        ("parameters", f"{count:,}, trainable {trainable:,}"),
        ("steps", f"{plan.num_steps} of {config.batch_size} photos ({config.epochs:g} epochs), {_part(plan)}"),
        ("processes", f"{launch.planned(config)}, {config.strategy}"),
        *plan.needs(model),
    ]
    return "\n".join(f"{name:<16}{value}" for name, value in rows)


def _part(plan: Plan) -> str:
    until = f" to {plan.end_step}" if plan.end_step < plan.num_steps else ""
    return f"from {plan.start_step}{until}"


def run(plan: Plan, argv: list[str] | None = None) -> Bundle | None:
    """Trains and writes the bundle.

    Returns:
        the bundle on rank 0, None on the others.

    Raises:
        KeyboardInterrupt: after Ctrl-C; SystemExit 143 after SIGTERM. What is left can be resumed.
    """
    config, is_first = plan.config, launch.rank() == 0
    if config.threads:
        torch.set_num_threads(config.threads)
    seed_everything(config.seed)
    built = plan.build()
    compiled = built.module.compiled_parts() if config.compile else []
    if is_first:
        info = run_info(config.seed, argv) | {"started_at_step": plan.start_step}
        create_run(plan.folder, config, plan.manifest, info, resumed=plan.start_step > 0)
    checkpoint = plan.folder.checkpoint
    with quiet(), _exit_codes(checkpoint):
        trainer = _trainer(plan, compiled)
        trainer.fit(built.module, built.data, ckpt_path=checkpoint if plan.start_step else None, weights_only=True)
        assert trainer.global_step == max(plan.end_step, plan.start_step)
        _look_once_more(trainer, plan, built)
    network = _whole_network(trainer, built)
    bundle = _ship(plan, built, network) if is_first else None
    trainer.strategy.barrier("bundle written")
    return bundle


@contextmanager
def _exit_codes(checkpoint: Path) -> Iterator[None]:
    """Ctrl-C leaves as KeyboardInterrupt and SIGTERM with code 143, where Lightning exits with 1 (and is deaf to a
    further Ctrl-C) and 0; a process that lost another says so."""
    listener = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as stop:
        if checkpoint.exists():
            log.info("stopped; --resume goes on from step %d", read_step(checkpoint))
        if isinstance(stop, SIGTERMException):
            raise SystemExit(EXIT_TERMINATED) from stop
        raise KeyboardInterrupt from stop
    except RuntimeError as error:
        if lost := launch.lost_process(error, checkpoint):
            raise lost from error
        raise
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, listener)


def _look_once_more(trainer: Trainer, plan: Plan, built: Built) -> None:
    """Leaves the weights that ship in the module, and what it says of the select part is theirs.

    Calibration must come from the very weights that ship. The last validation was some steps earlier where an epoch is
    no whole number of steps; and a run resumed after its last step has neither validated nor put its average in place.
    """
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        if isinstance(callback, WarmAverage | ShardedAverage | TrainedAverage):
            callback.on_train_end(trainer, built.module)
    if len(plan.select) and built.module.selection_step != trainer.global_step:
        trainer.validate(built.module, built.data, verbose=False)


def _whole_network(trainer: Trainer, built: Built) -> nn.Module | dict[str, torch.Tensor]:
    """The network; where weights are shared out, those of all processes on rank 0, and all must come here."""
    if not is_sharded(trainer):
        return built.module.model
    state = trainer.strategy.lightning_module_state_dict()
    return {name.removeprefix("model."): value for name, value in state.items() if name.startswith("model.")}


def _ship(plan: Plan, built: Built, network: nn.Module | dict[str, torch.Tensor]) -> Bundle:
    """The network's weights as ``bundle/``."""
    config, shipment = plan.config, plan.shipment(built.module)
    return write_bundle(
        plan.folder.bundle,
        kind=config.task,
        name=config.name,
        model=network,
        model_config=shipment.model_config,
        preprocessing=shipment.preprocessing,
        calibration=shipment.calibration,
        measured=shipment.measured,
        config_yaml=config_to_yaml(config),
        trained_on=[*plan.fit.table["sha256"], *plan.select.table["sha256"], *shipment.learned_too],
        data_digest=plan.manifest.digest,
        seed=config.seed,
        weights=built.weights,
        license=config.license,
    )


def _trainer(plan: Plan, compiled: Sequence[nn.Module]) -> Trainer:
    config = plan.config
    interval = max(round(config.validate_epochs * plan.steps_per_epoch), 1) * config.accumulate
    has_select = len(plan.select) > 0
    return Trainer(
        accelerator=config.accelerator,
        devices=launch.local_world_size() if launch.world_size() > 1 else 1,
        num_nodes=max(launch.world_size() // launch.local_world_size(), 1),
        strategy=_strategy(config),
        precision=cast(Any, config.precision),
        # One Lightning "epoch" is the whole run: the stream of batches is a function of the step alone.
        max_epochs=1,
        max_steps=plan.end_step,
        val_check_interval=min(interval, plan.end_step * config.accumulate) if has_select else None,
        check_val_every_n_epoch=None if has_select else 1,
        limit_val_batches=1.0 if has_select else 0,
        num_sanity_val_steps=0,
        accumulate_grad_batches=config.accumulate,
        gradient_clip_val=config.optim.clip_norm or None,
        use_distributed_sampler=False,
        log_every_n_steps=min(config.logging.every_steps, plan.end_step),
        logger=_loggers(plan),
        callbacks=_callbacks(plan, compiled),
        plugins=[AtomicCheckpointIO()],
        enable_model_summary=False,
        enable_progress_bar=sys.stderr.isatty(),
        enable_checkpointing=False,  # SaveCheckpoint does it
        default_root_dir=plan.folder.path,
    )


def _strategy(config: RunConfig) -> str | ShardedStrategy:
    if config.strategy == "fsdp":
        return ShardedStrategy()
    return "ddp" if launch.world_size() > 1 else "auto"


def _callbacks(plan: Plan, compiled: Sequence[nn.Module]) -> list[Callback]:
    config = plan.config
    callbacks = plan.callbacks()  # they look at the averaged weights before these are taken out again
    if config.ema_decay:
        callbacks.append(plan.average())
    if compiled:
        callbacks.append(Compiled(compiled, config.compile))
    callbacks.append(RichProgressBar() if sys.stderr.isatty() else LogLines())
    callbacks.append(SaveCheckpoint(plan.folder.checkpoint, config.checkpoint_steps))
    speed = Throughput(config.batch_size, config.logging.every_steps)
    return [speed.step_end, *callbacks, speed]


def _loggers(plan: Plan) -> list[Logger]:
    config = plan.config
    loggers: list[Logger] = [MetricsFile(plan.folder.metrics, plan.start_step)]
    if config.logging.wandb != "off" and launch.rank() == 0:
        wandb = WandbLogger(
            name=config.name,
            project=config.logging.project,
            save_dir=plan.folder.path,
            offline=config.logging.wandb == "offline",
            settings={"silent": True},
        )
        wandb.log_hyperparams(asdict(config))
        loggers.append(wandb)
    return loggers


def _take(words: list[str], flag: str) -> bool:
    if flag in words:
        words.remove(flag)
        return True
    return False
