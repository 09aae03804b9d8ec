"""The bundles that are served: opened and verified at once, by name, and what is told of them; and what helps them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from fitroom.bundles import Bundle, open_bundle, resolve_bundle
from fitroom.bundles.format import CARD, ONNX
from fitroom.data.outfits.pieces import CONTEXT
from fitroom.errors import BundleError, ConfigError
from fitroom.pipelines import Runtime
from fitroom.pipelines.pose.opening import pose_hash
from fitroom.pipelines.sizing.answers import RANGES
from fitroom.pipelines.tryon import REGION_OF_CATEGORY
from serve.answering.recognizing import ref
from serve.answering.search_index import SearchIndex, open_search_index
from serve.problems import Problem
from serve.schemas.models import HeadInfo, ModelInfo
from serve.settings import Settings

ModelKind = Literal["recognizer", "tryon", "parser", "sizing", "body_photo", "outfits", "search"]
RECOGNIZER: ModelKind = "recognizer"
TRYON: ModelKind = "tryon"
PARSER: ModelKind = "parser"
SIZING: ModelKind = "sizing"
BODY_PHOTO: ModelKind = "body_photo"
OUTFITS: ModelKind = "outfits"
SEARCH: ModelKind = "search"
POSE = "--pose"  # which no bundle can be named
_WORDS: dict[ModelKind, str] = {
    RECOGNIZER: "recognises garments", TRYON: "tries garments on", PARSER: "looks at photos", SIZING: "advises sizes",
    BODY_PHOTO: "reads bodies in photos", OUTFITS: "puts outfits together", SEARCH: "finds products",
}  # fmt: skip
_SEES = (RECOGNIZER, TRYON, PARSER, SEARCH)  # what looks at pictures


@dataclass(frozen=True)
class Opened:
    """Bundles by name, in the order they were given.

    Args:
        settings: which, and how to run them.

    Raises:
        BundleError: a bundle does not open, two have the same name, or it is of a kind that is not served.
        ConfigError: a pose model, and no try-on bundle that it would help.
        WeightsError: the pose model's file is not there, or an archive of other networks.
        DataError: the index is none, or was made by a bundle that is not there.

    Attributes:
        pose_sha256: the pose model's hash; None = there is none.
        index: the catalogue that is searched; None = there is none.
    """

    settings: Settings
    bundles: dict[str, Bundle] = field(init=False)
    pose_sha256: str | None = field(init=False)
    index: SearchIndex | None = field(init=False)
    _cards: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bundles", _by_name(self.settings.bundles))
        # Now, when they are as they were verified: later a bundle may be moved away from under the server.
        cards = {name: (one.path / CARD).read_text(encoding="utf-8") for name, one in self.bundles.items()}
        object.__setattr__(self, "_cards", cards)
        object.__setattr__(self, "pose_sha256", self._pose_sha256(self.settings.pose))
        folder = self.settings.index
        object.__setattr__(self, "index", open_search_index(folder, self.of(SEARCH)) if folder else None)

    def of(self, kind: ModelKind) -> list[Bundle]:
        """Those of a kind; the first is the one that answers unasked."""
        return [bundle for bundle in self.bundles.values() if bundle.spec.kind == kind]

    def named(self, kind: ModelKind, name: str | None) -> Bundle:
        """The bundle of a kind by name; None = the first.

        Raises:
            Problem: unknown-model.
        """
        known = {bundle.spec.name: bundle for bundle in self.of(kind)}
        if name is None and known:
            return next(iter(known.values()))
        if name not in known:
            raise Problem(
                "unknown-model",
                "no model of this name is loaded" if known else f"no model that {_WORDS[kind]} is loaded",
                rule=f"one of {', '.join(known)}" if known else None,
                got=None if name is None else ascii(name)[:100],
                fix="GET /v1/models lists them",
            )
        return known[name]

    def searched(self) -> SearchIndex:
        """The catalogue that is searched.

        Raises:
            Problem: no-index.
        """
        if self.index is None:
            raise Problem("no-index", "no catalogue is loaded", fix="start the server with --index")
        return self.index

    def hashes(self) -> dict[str, str]:
        """SHA-256 of each bundle by its name, and of the pose model, if there is one, as ``POSE``."""
        found = {name: bundle.hash for name, bundle in self.bundles.items()}
        return found if self.pose_sha256 is None else {**found, POSE: self.pose_sha256}

    def runtime(self, bundle: Bundle) -> Runtime:
        """What computes it."""
        if bundle.spec.kind != RECOGNIZER:
            return "torch"
        if self.settings.runtime != "auto":
            return self.settings.runtime
        return "onnx" if ONNX in bundle.spec.files and find_spec("onnxruntime") else "torch"

    def describe(self) -> list[ModelInfo]:
        """All models, in the order they were given."""
        first: dict[str, list[Bundle]] = {kind: self.of(kind)[:1] for kind in _WORDS}
        return [self._info(bundle, bundle in first[bundle.spec.kind]) for bundle in self.bundles.values()]

    def _pose_sha256(self, file: Path | None) -> str | None:
        if file is not None and not self.of(TRYON):
            raise ConfigError(
                "a pose model has nobody to find here", where=file, rule="it helps try-on bundles",
                got=", ".join(self.bundles), fix="add --bundle DIR of a try-on model, or leave --pose out",
            )  # fmt: skip
        return None if file is None else pose_hash(file)

    def _info(self, bundle: Bundle, default: bool) -> ModelInfo:
        spec, tryon = bundle.spec, bundle.spec.kind == TRYON
        return ModelInfo(
            **ref(bundle),
            kind=spec.kind,  # type: ignore[arg-type]
            default=default,
            license=spec.license,
            runtime=self.runtime(bundle),
            heads=[HeadInfo(name=h.name, kind=h.kind, classes=h.classes) for h in spec.heads],
            input_size_px=(spec.preprocessing.width_px, spec.preprocessing.height_px) if spec.kind in _SEES else None,
            steps=int(spec.model.get("steps", 1)) if tryon else None,
            categories=sorted(REGION_OF_CATEGORY) if tryon else None,
            measures=list(RANGES) if spec.kind == SIZING else None,
            words=_words(bundle) if spec.kind == OUTFITS else None,
            card=self._cards[spec.name],
        )


def _words(bundle: Bundle) -> dict[str, list[str]]:
    known: dict[str, list[str]] = bundle.spec.model["vocabulary"]
    return {name: words for name, words in known.items() if not name.startswith("for_")} | {
        name: list(words) for name, words in CONTEXT.items()
    }


def _by_name(folders: Iterable[Path]) -> dict[str, Bundle]:
    bundles: dict[str, Bundle] = {}
    for folder in folders:
        bundle = open_bundle(resolve_bundle(folder))
        name = bundle.spec.name
        if name in bundles:
            raise BundleError(
                "two bundles have the same name",
                where=f"{bundles[name].path} and {bundle.path}",
                rule="one name a model, since requests choose by it",
                got=name,
                fix="serve one of them, or export one under another name",
            )
        if bundle.spec.kind not in _WORDS:
            raise BundleError(
                "this kind of bundle is not served",
                where=bundle.path,
                rule=f"one of {', '.join(_WORDS)}",
                got=bundle.spec.kind,
            )
        bundles[name] = bundle
    return bundles
