"""What a training run of the search network is: its pairs, network, features and loaders."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from pytorch_lightning import Callback
from torch import nn
from typing_extensions import override

from fitroom.config import hash_settings
from fitroom.data.manifest import Manifest
from fitroom.data.search.cutouts import Cutout
from fitroom.data.search.feature_store import kept
from fitroom.data.search.loaders import Looks, PairData, PairDataset
from fitroom.data.search.pairs import WornPairs, read_pairs
from fitroom.data.search.views import view
from fitroom.data.stream import sample_seed
from fitroom.models.search.batches import looks_of
from fitroom.models.search.network import GarmentEmbedder
from fitroom.models.weights import load_backbone
from fitroom.progress import track
from fitroom.training import launch
from fitroom.training.module import RunModule
from fitroom.training.plan import Built, Plan, Shipment
from fitroom.training.run_folder import check_photos, check_run
from fitroom.training.search.config import SearchRunConfig
from fitroom.training.search.module import SearchModule

VIEWED, DYED = 8, 9  # purposes: of the random numbers that change a view, and that dye it
_SEEN_BY = ("backbone", "taps", "bands", "places")  # what of the network's config features depend on


def make_plan(config: SearchRunConfig, resume: bool = False) -> SearchPlan:
    """Reads the wardrobe; writes nothing."""
    launch.check_batch(config, in_pairs=False)
    folder, start_step = check_run(config, resume)
    pairs = {
        part: read_pairs(config.data.folder, split, config.preprocessing)
        for part, split in (("fit", "train"), ("select", "validation"))
    }
    learned, looked_at = pairs["fit"].manifest, pairs["select"].manifest
    manifest = Manifest(learned.root, pd.concat([learned.table, looked_at.table], ignore_index=True), [])
    if resume:
        check_photos(folder, manifest)
    return SearchPlan(
        config, folder, manifest, learned, looked_at,
        num_steps=max(round(config.epochs * len(learned) / config.batch_size), 1),
        steps_per_epoch=math.ceil(len(learned) / config.batch_size),
        start_step=start_step,
        pairs=pairs,
    )  # fmt: skip


@dataclass
class SearchPlan(Plan):
    """A plan with its pairs."""

    config: SearchRunConfig
    pairs: dict[str, WornPairs]

    @override
    def network(self) -> nn.Module:
        return GarmentEmbedder(self.config.model)

    @override
    def about(self) -> Iterable[tuple[str, str]]:
        for part, pairs in self.pairs.items():
            yield part, f"{len(pairs)} worn pictures of {len(pairs.products)} products"
        yield "backbone", f"{self.config.model.backbone}, {self.config.model.taps[-1] + 1} blocks, not trained"

    @override
    def build(self) -> Built:
        config = self.config
        backbone, weights = load_backbone(config.model.backbone, config.weights)
        model = GarmentEmbedder(config.model, backbone)
        seen_by = {name: getattr(config.model, name) for name in _SEEN_BY} | asdict(config.preprocessing)
        network = hash_settings({"weights": weights.sha256, **seen_by})
        make = partial(_features, model, config, network if weights.sha256 else "")
        sets = [self._dataset(make, part, varied=part == "fit") for part in ("fit", "select")]
        loaders = PairData(sets[0], sets[1], batch_size=config.batch_size, num_steps=self.num_steps, seed=config.seed)
        return Built(SearchModule(model, config, self.num_steps), loaders, weights)

    @override
    def callbacks(self) -> list[Callback]:
        return []

    @override
    def shipment(self, module: RunModule) -> Shipment:
        search: Any = module
        measured: dict[str, Any] = {"select part, worn pictures": len(self.pairs["select"])}
        among = len(self.pairs["select"].products)
        measured |= {f"select part, found first among {among}, {name}": share for name, share in search.found.items()}
        shown = [digest for pairs in self.pairs.values() for digest in pairs.product_hashes]
        return Shipment(self.config.model, self.config.preprocessing, measured=measured, learned_too=shown)

    def _dataset(self, make: Callable[[list[Cutout]], Looks], part: str, varied: bool) -> PairDataset:
        pairs, count = self.pairs[part], self.config.data.views if varied else 1
        worn, products = (
            Looks.together([make(list(self._seen(cuts, number))) for number in _told(count, part, len(cuts))])
            for cuts in (pairs.worn, pairs.products)
        )
        return PairDataset(worn, products, pairs.product_of_N, self.config.seed, varied)

    def _seen(self, cuts: Sequence[Cutout], number: int) -> Iterator[Cutout]:
        """Cut-outs in a view; those of odd numbers are all dyed alike."""
        dye = sample_seed(self.config.seed, number, 0, DYED) if number % 2 else None
        for index, cut in enumerate(cuts):
            seed = sample_seed(self.config.seed, number, index, VIEWED)
            yield view(cut, self.config.views, seed, dye) if number else cut


def _told(count: int, part: str, num_cuts: int) -> Iterable[int]:
    return track(range(count), f"features of {num_cuts} cut-outs, {part}", total=count)


def _features(model: GarmentEmbedder, config: SearchRunConfig, network: str, cuts: list[Cutout]) -> Looks:
    """Of cut-outs in one view; kept where the config says so, and where start weights are known by their hash."""
    make = partial(looks_of, model, spec=config.preprocessing)
    return kept(Path(config.data.features), network, cuts, make) if config.data.features and network else make(cuts)
