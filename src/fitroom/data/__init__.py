"""Datasets on disk become samples: sources, audit, manifest, parts, streams."""
