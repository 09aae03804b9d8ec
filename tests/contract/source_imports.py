"""Imports as they stand in the source: those inside functions, under TYPE_CHECKING and by name as well."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def imports(path: Path, package: str) -> Iterator[tuple[int, str, str]]:
    """(line, module, dotted name) of every import: of ``from a import b`` they are ``a`` and ``a.b``, else the same.

    Args:
        path: a Python file.
        package: that relative imports in it start from.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        found: list[tuple[str, str]] = []
        if isinstance(node, ast.Import):
            found = [(alias.name, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            found = [(origin, f"{origin}.{alias.name}") for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("importlib.import_module", "__import__"):
            found = [(str(arg.value), str(arg.value)) for arg in node.args[:1] if isinstance(arg, ast.Constant)]
        for module, name in found:
            yield getattr(node, "lineno", 0), module, name
