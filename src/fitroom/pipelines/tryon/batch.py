"""A whole catalogue tried on: a table of jobs in; pictures, contact sheets, results and what they cost out.

    DIR/
      pictures/<name>.jpg    one a row
      sheet-01.png ...       person, garment and answer of each, with its warnings
      results.csv            one line a row: picture, status, error, warnings, seconds
      summary.json           counts, pictures an hour, cost of 1,000
      done.jsonl             what is done, so that a job that was killed goes on

A row that cannot be answered is listed with its error and does not stop the others.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from fitroom.config import hash_settings
from fitroom.errors import ConfigError, DataError, FitroomError
from fitroom.images import decode_rgb_u8
from fitroom.models.weights import file_sha256
from fitroom.pipelines.picture_files import SUFFIXES, encoded, read_mask, write_bytes
from fitroom.pipelines.tryon.checked import CheckedTryOn, TryOnSettings
from fitroom.pipelines.tryon.done import Done, DoneList
from fitroom.pipelines.tryon.table import Job
from fitroom.progress import track

PICTURES = "pictures"
_VERSION = 2  # another one where the same input gives another picture
Status = Literal["made", "kept", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What became of a row.

    Attributes:
        job: the row.
        status: "made" now, "kept" from before, or "failed".
        picture: its file; None where it failed.
        done: how it was made; None where it failed.
        seconds: spent on it, now or when it was made.
        error: why it failed.
    """

    job: Job
    status: Status
    picture: Path | None
    done: Done | None
    seconds: float
    error: FitroomError | None = None


@dataclass(frozen=True)
class Batch:
    """How a table is worked through.

    Attributes:
        out: folder of all that comes out.
        base: settings of all rows, where a row says nothing else.
        suffix: of the pictures: ".jpg", ".png" or ".webp".
        overwrite: whether a file that this job did not write may be written over.
    """

    out: Path
    base: TryOnSettings = field(default_factory=TryOnSettings)
    suffix: str = ".jpg"
    overwrite: bool = False

    def __post_init__(self) -> None:
        if self.suffix not in SUFFIXES:
            raise ConfigError("the picture's format is not known", rule=", ".join(SUFFIXES), got=self.suffix)

    def run(self, jobs: list[Job], tryon: CheckedTryOn) -> list[Outcome]:
        """Makes what is not made yet; one outcome a job, in their order.

        Raises:
            DataError: the folder cannot be written to.
        """
        try:
            (self.out / PICTURES).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError("the output folder cannot be made", where=self.out, got=error.strerror) from error
        known = DoneList(self.out)
        return list(track(self._outcomes(jobs, tryon, known), "trying on", len(jobs)))

    def _outcomes(self, jobs: list[Job], tryon: CheckedTryOn, known: DoneList) -> Iterator[Outcome]:
        made_by = tryon.made_by()
        for job in jobs:
            start = time.perf_counter()
            try:
                yield self._outcome(job, tryon, known, made_by)
            except (FitroomError, OSError) as error:
                said = error if isinstance(error, FitroomError) else DataError(str(error), where=job.where)
                yield Outcome(job, "failed", None, None, time.perf_counter() - start, said)

    def _outcome(self, job: Job, tryon: CheckedTryOn, known: DoneList, made_by: dict[str, str | None]) -> Outcome:
        photos = {name: _existing(job, name, name != "mask") for name in ("person", "garment", "mask")}
        settings = job.settings(self.base)
        files = {name: file_sha256(path) for name, path in photos.items() if path}
        key = hash_settings(
            {"version": _VERSION, "files": files, "made_by": made_by, **asdict(settings), "as": self.suffix}
        )
        path, before = self.out / PICTURES / f"{job.name}{self.suffix}", known.get(job.name)
        found = file_sha256(path) if path.is_file() else None
        if before and found == before.sha256 and before.key == key:
            return Outcome(job, "kept", path, before, before.seconds)
        if found and not known.wrote(job.name, found) and not self.overwrite:
            raise ConfigError("this job did not write the file that is there", where=path, fix="--overwrite")
        return self._made(job, photos, settings, tryon, known, key)

    def _made(
        self,
        job: Job,
        photos: Mapping[str, Path | None],
        settings: TryOnSettings,
        tryon: CheckedTryOn,
        known: DoneList,
        key: str,
    ) -> Outcome:
        start = time.perf_counter()
        person, garment, mask = (photos[name] for name in ("person", "garment", "mask"))
        assert person is not None and garment is not None
        answer = tryon(
            decode_rgb_u8(person),
            decode_rgb_u8(garment),
            settings,
            None if mask is None else read_mask(mask),
            person_name=str(person),
        )
        blob, path = encoded(answer.worn_u8, self.suffix), self.out / PICTURES / f"{job.name}{self.suffix}"
        seconds = round(time.perf_counter() - start, 4)
        flags = [asdict(flag) for flag in answer.warnings]
        done = Done(job.name, key, hashlib.sha256(blob).hexdigest(), seconds, answer.category, flags)
        known.add(done)  # before the file: killed in between, the next start knows whose file it finds
        write_bytes(path, blob)
        return Outcome(job, "made", path, done, seconds)


def _existing(job: Job, column: str, needed: bool = True) -> Path | None:
    path = job.path(column)
    if path is None and not needed:
        return None
    if path is None or not path.is_file():
        raise DataError(
            f"the row's {column} photo is not there" if path else f"the row names no {column} photo",
            where=job.where,
            rule="a file; paths start at the table's folder",
            got=job.cells.get(column),
        )
    return path
