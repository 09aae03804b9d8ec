"""``fitroom export``: a run's model as a bundle that ships, by the model's kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fitroom.bundles import Bundle, open_bundle, resolve_bundle
from fitroom.config import parse_config
from fitroom.errors import ConfigError


@dataclass
class ExportConfig:
    """What to export, and where to."""

    run: str
    """A run folder, or a bundle."""
    out: str
    """Folder of the new bundle; must not exist."""
    onnx: bool = True
    """Of a recogniser: add model.onnx, and check that it answers as PyTorch does. A try-on model never gets one."""
    tolerance: float = 1e-3
    """Of a recogniser: largest difference of a calibrated probability between the runtimes."""
    results: str = "results"
    """Folder of result records; those under the bundle's name go into the card."""
    known_failures: str = ""
    """Of a try-on model: Markdown file with what was seen to fail, for the card."""


def main(argv: Sequence[str]) -> int:
    """Exports as the words say, and prints what came of it."""
    bundle = _export(parse_config(ExportConfig, argv, prog="fitroom export"))
    print(f"{bundle.path}  {bundle.spec.name} revision {bundle.spec.revision}  {bundle.size_bytes() / 1e6:.1f} MB")
    return 0


def _export(config: ExportConfig) -> Bundle:
    run, out = Path(config.run), Path(config.out)
    kind = open_bundle(resolve_bundle(run), verify=False).spec.kind
    failures = _read(config.known_failures) if config.known_failures else ""
    if kind == "tryon":
        from fitroom.export.tryon import export_tryon

        return export_tryon(run, out, results=Path(config.results), known_failures=failures)
    if kind == "tryon_latent":
        from fitroom.export.tryon_latent import export_tryon_latent

        return export_tryon_latent(run, out, results=Path(config.results), known_failures=failures)
    from fitroom.export.recognizer import export

    return export(run, out, onnx=config.onnx, tolerance=config.tolerance, results=Path(config.results))


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "the file cannot be read", where="known_failures", rule="Markdown, UTF-8", got=path
        ) from error
