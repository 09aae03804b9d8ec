"""What a training run of the outfit network is: its outfits, vocabulary, network and loaders."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from pytorch_lightning import Callback
from torch import nn
from typing_extensions import override

from fitroom.contracts import Preprocessing
from fitroom.data.manifest import Manifest
from fitroom.data.outfits.encoding import CODED, price_scale_of, vocabulary_of
from fitroom.data.outfits.outfit_loaders import Chances, OutfitData, OutfitDataset
from fitroom.data.outfits.parts import read_part
from fitroom.data.outfits.pieces import OutfitSet
from fitroom.errors import ConfigError
from fitroom.models.outfits.config import OutfitConfig
from fitroom.models.outfits.network import OutfitNetwork
from fitroom.models.weights import WeightsRecord
from fitroom.progress import log
from fitroom.training import launch
from fitroom.training.module import RunModule
from fitroom.training.outfits.config import OutfitRunConfig
from fitroom.training.outfits.module import OutfitModule
from fitroom.training.plan import Built, Plan, Shipment
from fitroom.training.run_folder import check_photos, check_run


def make_plan(config: OutfitRunConfig, resume: bool = False) -> OutfitPlan:
    """Reads the outfits; writes nothing. Those of the test part are not even looked at."""
    launch.check_batch(config, in_pairs=False)
    folder, start_step = check_run(config, resume)
    root, release = Path(config.data.folder), config.data.release
    fit = read_part(root, "train", release)
    if fit is None or not fit.outfits:
        raise ConfigError(
            "there are no outfits to learn from", where=root, rule="train.jsonl with outfits, or Polyvore Outfits",
            fix="python -m fitroom.data.outfits.stylist --out FOLDER makes some",
        )  # fmt: skip
    select = read_part(root, "valid", release) or OutfitSet(root, {}, [])
    if not select.outfits:
        log.warning("there is no select part: nothing is validated")
    learned, looked_at = fit.manifest("train"), select.manifest("validation")
    manifest = Manifest(root, pd.concat([learned.table, looked_at.table], ignore_index=True), [])
    if resume:
        check_photos(folder, manifest)
    return OutfitPlan(
        config, folder, manifest, learned, looked_at,
        num_steps=max(round(config.epochs * len(fit.outfits) / config.batch_size), 1),
        steps_per_epoch=math.ceil(len(fit.outfits) / config.batch_size),
        start_step=start_step,
        model_config=described(config.model, fit),
        outfits={"fit": fit, "select": select},
    )  # fmt: skip


def described(config: OutfitConfig, fit: OutfitSet) -> OutfitConfig:
    """The config with words, scale of prices and width of embeddings of the fit part."""
    center, scale = price_scale_of(fit)
    widths = {len(piece.embedding) for piece in fit.pieces.values() if piece.embedding is not None}
    vocabulary = config.vocabulary or vocabulary_of(fit)
    return replace(
        config, vocabulary=vocabulary, price_center=center, price_scale=scale, embedding_dim=max(widths, default=0)
    )


@dataclass
class OutfitPlan(Plan):
    """A plan with its outfits."""

    config: OutfitRunConfig
    model_config: OutfitConfig
    outfits: dict[str, OutfitSet]

    @override
    def network(self) -> nn.Module:
        return OutfitNetwork(self.model_config)

    @override
    def about(self) -> Iterable[tuple[str, str]]:
        fit, words = self.outfits["fit"], self.model_config.vocabulary
        yield "outfits", f"{len(fit.outfits)} of {len(fit.pieces)} pieces"
        yield "words", ", ".join(f"{len(words.get(name, []))} of {name}" for name in CODED)
        yield "embeddings", f"{self.model_config.embedding_dim} wide" if self.model_config.embedding_dim else "none"

    @override
    def build(self) -> Built:
        config, data = self.config, self.config.data
        model = OutfitNetwork(self.model_config)
        chances = Chances(data.drop_attribute, data.drop_context, data.swap_all)
        sets = [
            OutfitDataset(self.outfits[part], model.coder, drops, data.num_candidates, config.seed)
            for part, drops in (("fit", chances), ("select", Chances(0, 0, data.swap_all)))
            if self.outfits[part].outfits
        ]
        loaders = OutfitData(
            sets[0], sets[1] if len(sets) > 1 else None,
            batch_size=config.batch_size, num_steps=self.num_steps, seed=config.seed,
        )  # fmt: skip
        return Built(OutfitModule(model, config, self.num_steps), loaders, WeightsRecord("none", None, None))

    @override
    def callbacks(self) -> list[Callback]:
        return []

    @override
    def shipment(self, module: RunModule) -> Shipment:
        outfits: Any = module
        measured: dict[str, Any] = {"select part, outfits": len(self.select)}
        if outfits.auc is not None:
            measured["select part, AUC of outfits against mixed ones"] = outfits.auc
            measured[f"select part, blanks filled rightly, of {self.config.data.num_candidates}"] = outfits.filled
        return Shipment(self.model_config, Preprocessing(), measured=measured)
