"""What the try-on commands do with the words that the door has read."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from fitroom.data.sizing.measures import drape_of, read_pairs
from fitroom.data.sizing.size_charts import garment_cm_of, read_chart
from fitroom.errors import DataError
from fitroom.images import decode_rgb_u8
from fitroom.pipelines.picture_files import check_picture_path, read_mask, write_picture
from fitroom.pipelines.tryon.batch import Batch
from fitroom.pipelines.tryon.checked import CheckedTryOn, TryOnSettings, open_tryon
from fitroom.pipelines.tryon.report import summary_of, told, write_results, write_sheets, write_summary
from fitroom.pipelines.tryon.table import read_jobs


def try_on(args: argparse.Namespace) -> int:
    """``fitroom try-on``: one picture; everything that can be wrong is said before the bundle is loaded."""
    check_picture_path(args.out, args.overwrite)
    settings = _settings(args, _garment_cm(args))
    person_u8, garment_u8 = decode_rgb_u8(args.person), decode_rgb_u8(args.garment)
    mask = None if args.mask is None else read_mask(args.mask)
    tryon = _opened(args)
    start = time.perf_counter()
    answer = tryon(person_u8, garment_u8, settings, mask, str(args.person))
    for flag in answer.warnings:
        print(f"warning: {flag.message} ({flag.code})", file=sys.stderr)
    write_picture(args.out, answer.worn_u8)
    category = answer.category or "category not known"
    print(f"wrote {args.out}: {category}, {time.perf_counter() - start:.1f} s")
    return 0


def try_on_batch(args: argparse.Namespace) -> int:
    """``fitroom try-on-batch``: a table; exit status 3 where a row failed."""
    jobs = read_jobs(args.table)
    batch = Batch(args.out, _settings(args, None), f".{args.format}", args.overwrite)
    summary_of([], 0.0, args.price_per_hour, {})  # a wrong price is said before hours of work
    start = time.perf_counter()
    tryon = _opened(args)
    load_seconds = time.perf_counter() - start
    outcomes = batch.run(jobs, tryon)
    write_results(outcomes, args.out)
    summary = summary_of(outcomes, load_seconds, args.price_per_hour, tryon.made_by())
    write_summary(summary, args.out)
    write_sheets(outcomes, args.out, args.table.name)
    print(f"{args.out}: {told(summary)}")
    failed = [outcome for outcome in outcomes if outcome.error]
    for outcome in failed:
        print(f"fitroom: line {outcome.job.line}, {outcome.job.name}: {outcome.error}", file=sys.stderr)
    return DataError.exit_code if failed else 0


def _settings(args: argparse.Namespace, garment_cm: dict[str, float] | None) -> TryOnSettings:
    return TryOnSettings(
        category=args.category,
        garment_cm=garment_cm,
        body_cm=read_pairs(args.body, "body", "--body") or None,
        drape_coefficient=drape_of(args.fabric, args.drape, "--fabric, --drape"),
        steps=args.steps,
        guidance=args.guidance,
        seed=args.seed,
    )


def _garment_cm(args: argparse.Namespace) -> dict[str, float] | None:
    chart = None if args.chart is None else read_chart(args.chart)
    return garment_cm_of(chart, args.size, "--size, --chart")


def _opened(args: argparse.Namespace) -> CheckedTryOn:
    return open_tryon(
        Path(args.bundle),
        parser=args.parser,
        recognizer=args.recognizer,
        pose=args.pose,
        device=args.device,
        garment_cache=args.garment_cache,
        garment_cache_mb=args.garment_cache_mb,
    )
