"""Who is judged: outfit networks out of bundles, and controls; each scores candidates, and whole outfits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from fitroom.bundles.format import SHORT_HASH, open_bundle, resolve_bundle
from fitroom.config import hash_settings
from fitroom.data.outfits.pieces import OutfitSet, Piece
from fitroom.errors import EvaluationError
from fitroom.evaluation.entries import ModelEntry, refuse_seen
from fitroom.evaluation.outfits.controls import Score
from fitroom.models.outfits.judge import OutfitJudge


class Contestant(Protocol):
    """Somebody who scores."""

    def rank(self, rest: Sequence[Piece], candidates: Sequence[Piece], context: Mapping[str, str]) -> np.ndarray:
        """(K,) of candidates; higher = rather."""
        ...

    def together(self, pieces: Sequence[Piece], context: Mapping[str, str]) -> float:
        """Of an outfit; higher = rather one."""
        ...

    def entry(self) -> ModelEntry:
        """What a record says of it."""
        ...


class ModelContestant:
    """An outfit network out of its bundle.

    Raises:
        EvaluationError: another kind of bundle, or it has learned from outfits it would be scored on.
    """

    def __init__(self, path: Path, outfits: OutfitSet) -> None:
        self.bundle = open_bundle(resolve_bundle(path))
        if self.bundle.spec.kind != "outfits":
            raise EvaluationError(
                "this bundle holds no outfit network", where=path, rule="outfits", got=self.bundle.spec.kind
            )
        known = self.bundle.trained_on()
        seen = [one.outfit_id for one in outfits.outfits if outfits.sha256(one)[:SHORT_HASH] in known]
        refuse_seen(path, seen, len(outfits.outfits), "outfits")
        model: Any = self.bundle.build_model()
        self.judge = OutfitJudge(model)

    def rank(self, rest: Sequence[Piece], candidates: Sequence[Piece], context: Mapping[str, str]) -> np.ndarray:
        """By both heads."""
        return self.judge.rank(rest, candidates, context)

    def together(self, pieces: Sequence[Piece], context: Mapping[str, str]) -> float:
        """Logit of the first head."""
        return float(self.judge.together([pieces], [context])[0])

    def entry(self) -> ModelEntry:
        """Of the bundle."""
        spec = self.bundle.spec
        size = {name: spec.model[name] for name in ("width", "layers", "attention_heads", "embedding_dim")}
        training = {"training_data": spec.training.data_digest, "num_training_outfits": spec.training.num_images}
        count = sum(p.numel() for p in self.judge.model.parameters())
        return ModelEntry.of_bundle(self.bundle, count, size | training, sees_pixels=False)


class ControlContestant:
    """A control; its revision stands for its name, the outfits it counted, and the protocol."""

    def __init__(self, name: str, score: Score, train_digest: str, protocol_hash: str) -> None:
        self.name, self.score = name, score
        self.recipe = {"control": name, "data": train_digest, "protocol": protocol_hash}

    def rank(self, rest: Sequence[Piece], candidates: Sequence[Piece], context: Mapping[str, str]) -> np.ndarray:
        """The score of each completed outfit."""
        return np.array([self.score([*rest, candidate], context) for candidate in candidates])

    def together(self, pieces: Sequence[Piece], context: Mapping[str, str]) -> float:
        """The score of the outfit."""
        return self.score(pieces, context)

    def entry(self) -> ModelEntry:
        """Of the recipe."""
        return ModelEntry.of_control(self.name, hash_settings(self.recipe)[:12], dict(self.recipe))
