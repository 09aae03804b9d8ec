"""A run's recogniser as a bundle that ships, with an ONNX graph proved to answer alike."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fitroom.bundles import Bundle, copy_bundle
from fitroom.bundles.card import NUMBERS, PARITY, numbers_section, parity_section, with_section
from fitroom.bundles.format import CARD, ONNX
from fitroom.evaluation.recognition.records import read_record
from fitroom.export.parity import check_parity
from fitroom.export.shipping import source_for
from fitroom.pipelines.recognize import RecognizePipeline
from fitroom.progress import log

PARITY_VERSIONS = ("torch", "onnx", "onnxruntime", "onnxscript")


def export(
    run: Path,
    out: Path,
    *,
    onnx: bool = True,
    parity_batch_sizes: Sequence[int] = (1, 2, 7),
    tolerance: float = 1e-3,
    results: Path | None = Path("results"),
) -> Bundle:
    """Makes a bundle that ships out of a run's bundle (or another one); ``out`` appears complete or not at all.

    Args:
        run: a run folder, or a bundle.
        out: folder of the new bundle; must not exist.
        onnx: add model.onnx; False leaves it out, even where the source has one.
        parity_batch_sizes: batch sizes the graph is checked at.
        tolerance: largest difference of a calibrated probability between the runtimes.
        results: folder of result records; those under the bundle's name go into the card, each marked where it is of
            other weights. None, or none there = the card keeps what it says.

    Raises:
        BundleError: no bundle at ``run``, a broken one, or ``out`` exists.
        EvaluationError: a record in ``results`` cannot be read.
        ExportError: the network cannot be expressed in ONNX, or the graph does not answer as PyTorch does.
    """
    source = source_for(run, out)
    source.require_kind("recognizer", "recogniser; models of other kinds ship as their run's bundle is")
    files: dict[str, bytes] = {}
    parity = None
    if onnx:
        files[ONNX], parity = _checked_graph(source, parity_batch_sizes, tolerance)
    card = with_section((source.path / CARD).read_text(encoding="utf-8"), PARITY, parity_section(parity))
    if results is not None and (records := _recorded(results, source)):
        card = with_section(card, NUMBERS, numbers_section(records, source.spec.revision))
    files[CARD] = card.encode()
    return copy_bundle(source, out, files, parity=parity, without=() if onnx else (ONNX,))


def _recorded(results: Path, bundle: Bundle) -> list[dict[str, Any]]:
    """What the card shows of the records under the bundle's name, those of its own revision first."""
    records = [read_record(path) for path in sorted((results / bundle.spec.name).glob("*/*.json"))]
    records.sort(key=lambda record: (record.model.revision != bundle.spec.revision, record.model.seed or 0))
    return [record.card_numbers() for record in records]


def _checked_graph(source: Bundle, batch_sizes: Sequence[int], tolerance: float) -> tuple[bytes, dict[str, Any]]:
    from fitroom.export.onnx import OPSET, onnx_graph

    log.info("exporting %s %s to ONNX", source.spec.name, source.spec.revision)
    graph = onnx_graph(source)
    with tempfile.TemporaryDirectory(prefix="fitroom-export-") as folder:
        trial = copy_bundle(source, Path(folder) / "bundle", {ONNX: graph})
        parity = check_parity(
            RecognizePipeline.from_bundle(trial.path, "torch"),
            RecognizePipeline.from_bundle(trial.path, "onnx"),
            batch_sizes,
            tolerance,
        )
    log.info("both runtimes agree to %.1e", parity.max_probability_difference)
    versions = {name: version(name) for name in PARITY_VERSIONS}
    return graph, {"opset": OPSET, **dataclasses.asdict(parity), "versions": versions}
