"""What records of every kind of model share: who was judged, by which recipe, on which machine, and with what numbers.

results/<model>/<revision>/<name@version>.json      a record; files of the same stem lie beside it
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from fitroom import __version__
from fitroom.config import read_typed
from fitroom.errors import EvaluationError, FitroomError
from fitroom.metrics.bootstrap import Interval
from fitroom.progress import log
from fitroom.runinfo import commit, machine, versions

if TYPE_CHECKING:
    from fitroom.bundles import Bundle

T = TypeVar("T")
FIX = "evaluate the model again; a record is never edited by hand"


@dataclass(frozen=True)
class Score:
    """One number, or the reason why there is none.

    Attributes:
        value: None = missing, see ``reason``.
        low, high: ends of the interval; None = not known.
        num_samples: photos it is over, or would be.
        num_missing: of these, photos without an answer.
        reason: why ``value`` is None.
    """

    value: float | None
    low: float | None
    high: float | None
    num_samples: int
    num_missing: int = 0
    reason: str | None = None

    @classmethod
    def of(cls, interval: Interval, num_samples: int, reason: str = "not defined") -> Score:
        """A value with its interval; where it is not finite there is none, for this reason."""
        if not math.isfinite(interval.value):
            return cls(None, None, None, num_samples, 0, reason)
        low, high = (end if math.isfinite(end) else None for end in (interval.low, interval.high))
        return cls(interval.value, low, high, num_samples)


@dataclass(frozen=True)
class ModelEntry:
    """What was evaluated.

    Attributes:
        name, revision: as in its bundle; a control's revision stands for its recipe and its data.
        kind: model kind, or "control".
        control: True = learned nothing about garments beyond what its recipe says.
        bundle_hash: SHA-256 of ``bundle.json``; None for a control.
        seed: of its training; None for a control.
        height_px, width_px: of its input; None where it looks at no pixels.
        num_parameters: numbers it is made of.
        license: SPDX id, where known.
        settings: resize mode, calibration, start weights, ...; a control's whole recipe and what it chose.
    """

    name: str
    revision: str
    kind: str
    control: bool
    bundle_hash: str | None
    seed: int | None
    height_px: int | None
    width_px: int | None
    num_parameters: int
    license: str | None
    settings: dict[str, Any]

    @classmethod
    def of_bundle(
        cls, bundle: Bundle, num_parameters: int, settings: dict[str, Any], *, sees_pixels: bool = True
    ) -> ModelEntry:
        """Of a model that was trained; ``sees_pixels`` = its input has a height and a width."""
        spec, seen = bundle.spec, bundle.spec.preprocessing
        height_px, width_px = (seen.height_px, seen.width_px) if sees_pixels else (None, None)
        return cls(
            spec.name, spec.revision, spec.kind, False, bundle.hash, spec.training.seed, height_px, width_px,
            num_parameters, spec.license, settings,
        )  # fmt: skip

    @classmethod
    def of_control(
        cls, name: str, revision: str, recipe: dict[str, Any], num_parameters: int = 0, input_px: int | None = None
    ) -> ModelEntry:
        """Of a control, whose revision stands for its recipe and its data; ``input_px`` = side of what it looks at."""
        return cls(name, revision, "control", True, None, None, input_px, input_px, num_parameters, None, recipe)

    def card_facts(self) -> dict[str, Any]:
        """What tells one training from another in a model card."""
        return {"revision": self.revision, "seed": self.seed}


@dataclass(frozen=True)
class ProtocolEntry:
    """Which recipe: ``name@version``, SHA-256 over its settings, and the settings."""

    id: str
    hash: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class RunEntry:
    """Circumstances: versions, machine, commit, when, and how long the model itself took."""

    fitroom: str
    versions: dict[str, str]
    machine: dict[str, Any]
    commit: dict[str, Any] | None
    started_utc: str
    world_size: int
    wall_s: float

    @classmethod
    def here(cls, start: float, world_size: int, wall_s: float) -> RunEntry:
        """Of this process; ``start`` in seconds since the epoch."""
        started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start))
        return cls(__version__, versions(), machine(), commit(), started, world_size, round(wall_s, 3))


def record_path(results: Path, model: str, revision: str, protocol_id: str) -> Path:
    """Where the record of a model lies; a protocol of a family ("compat/...") has a dash in its file name."""
    return results / model / revision / f"{protocol_id.replace('/', '-')}.json"


def check_place(path: Path, digest: str, read: Callable[[Path], Any], what: str) -> None:
    """Whether a record may be written at ``path``: nothing lies there, or a record of the same data.

    Args:
        path: see :func:`record_path`.
        digest: of the data.
        read: reads a record of this kind, with ``data.digest``.
        what: the data are, in the plural.

    Raises:
        EvaluationError: a record of other data is there.
    """
    if not path.exists():
        return
    try:
        there = read(path).data.digest
    except EvaluationError as error:
        log.warning("a broken record will be replaced: %s", error)
        return
    if there != digest:
        raise EvaluationError(
            f"a record of other {what} is in the way", where=path, rule=f"data digest {digest[:12]}", got=there[:12],
            fix=f"set `results` to another folder for these {what}, or move the old record away",
        )  # fmt: skip


def read_record_file(path: Path, kind: type[T], newest: int, read_protocol: Callable[[dict[str, Any]], object]) -> T:
    """Reads a record of one kind from its JSON.

    Args:
        path: of the file.
        kind: dataclass of the record, with ``record_version`` and ``protocol``.
        newest: version of the format that is known.
        read_protocol: makes the kind's protocol out of its settings, or raises.

    Raises:
        EvaluationError: unreadable, not JSON, of a newer version, or not of the form of such a record.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EvaluationError("a record cannot be read", where=path, got=error.strerror) from error
    except ValueError as error:
        raise EvaluationError("a record is not JSON", where=path, got=str(error), fix=FIX) from error
    version = values.get("record_version") if isinstance(values, dict) else None
    if not isinstance(version, int) or version > newest:
        raise EvaluationError(
            "a record is of a version that cannot be read",
            where=path,
            rule=f"record_version at most {newest}",
            got=version,
            fix="install the newer fitroom",
        )
    try:
        record: Any = read_typed(kind, values, "record", EvaluationError)
        read_protocol(record.protocol.settings)
    except FitroomError as error:
        raise EvaluationError(error.what, where=path, rule=error.rule, got=error.got, fix=FIX) from error
    return cast("T", record)


def refuse_seen(path: Path, seen: Sequence[str], count: int, cases: str) -> None:
    """Raises EvaluationError where a model has learned from cases that it would be scored on.

    Args:
        path: of its bundle.
        seen: names of such cases.
        count: of all cases, which are called ``cases``: "people".
    """
    if seen:
        raise EvaluationError(
            f"the model has seen {len(seen)} of the {count} {cases} it would be scored on",
            where=path, rule="none of them in its trained_on.json", got=", ".join(seen[:5]),
            fix="train it on the train and validation parts alone",
        )  # fmt: skip


def digest_samples(hashes: Iterable[str]) -> str:
    """SHA-256 (hex) over content hashes, whatever their order."""
    return hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()
