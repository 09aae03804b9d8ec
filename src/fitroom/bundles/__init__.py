"""The bundle's format: read, write, hash, verify. All that evaluation and serving need of a model is in one folder."""

from fitroom.bundles.format import Bundle, add_files, copy_bundle, open_bundle, resolve_bundle, write_bundle
from fitroom.bundles.mix import mix_bundles
from fitroom.bundles.spec import FORMAT_VERSION, BundleSpec, TrainingRecord

__all__ = [
    "FORMAT_VERSION",
    "Bundle",
    "BundleSpec",
    "TrainingRecord",
    "add_files",
    "copy_bundle",
    "mix_bundles",
    "open_bundle",
    "resolve_bundle",
    "write_bundle",
]
