"""A bundle's network as an ONNX graph that reads its weights out of the bundle's own ``model.safetensors``.

ONNX lets a tensor lie outside the graph, at an offset of another file; safetensors is raw tensors after a header. So
both runtimes share one copy of the weights, equal to the bit, and the graph itself is some hundred kilobytes. What is
stored as float16 it casts to float32; ONNX Runtime does so once, at load, and folds norms into convolutions.
"""

from __future__ import annotations

import json
import logging
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from onnxscript import ir, optimizer
from torch import nn

from fitroom.bundles import Bundle
from fitroom.bundles.format import WEIGHTS
from fitroom.errors import ExportError

OPSET = 18
INPUT = "image"
TYPES = {"F16": ir.DataType.FLOAT16, "F32": ir.DataType.FLOAT, "I64": ir.DataType.INT64, "BOOL": ir.DataType.BOOL}


def onnx_graph(bundle: Bundle) -> bytes:
    """The bytes of ``model.onnx``, to be put beside the bundle's ``model.safetensors``.

    Input ``image``: (B, 3, height_px, width_px) float32, normalised, any B. Outputs: (B, C) by head, and
    ``embedding`` (B, D).

    Raises:
        ExportError: the exporter cannot express the network.
    """
    spec = bundle.spec
    example_BCHW = torch.zeros(2, 3, spec.preprocessing.height_px, spec.preprocessing.width_px)
    try:
        graph_model = _trace(bundle.build_model(), example_BCHW)
    except Exception as error:  # the exporter's own errors share no base
        raise ExportError(
            "the network cannot be turned into ONNX",
            where=bundle.path,
            got=f"{type(error).__name__}: {error}".splitlines()[0],
            fix="choose another backbone, or export without ONNX",
        ) from error
    stored = {name: value for name, value in graph_model.graph.initializers.items() if name in _layout(bundle)}
    with _as_inputs(graph_model.graph, stored):
        optimizer.optimize_ir(graph_model)
    _refer(graph_model.graph, stored, _layout(bundle))
    _strip(graph_model)
    graph_model.producer_name, graph_model.producer_version = "fitroom", spec.fitroom
    graph_model.metadata_props.update({"bundle": spec.name, "revision": spec.revision})
    return ir.to_proto(graph_model).SerializeToString(deterministic=True)


def _trace(model: nn.Module, example_BCHW: torch.Tensor) -> ir.Model:
    with torch.inference_mode():
        names = list(model(example_BCHW))
    with _quiet("torch.onnx", "onnxscript"):
        program = torch.onnx.export(
            model,
            (example_BCHW,),
            dynamo=True,
            input_names=[INPUT],
            output_names=names,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            opset_version=OPSET,
            optimize=False,
            verbose=False,
        )
    assert program is not None
    return program.model


@contextmanager
def _as_inputs(graph: ir.Graph, stored: dict[str, ir.Value]) -> Iterator[None]:
    """While the graph is simplified its weights are unknowns, so that none is computed away or copied."""
    for name, value in stored.items():
        value.const_value = None
        del graph.initializers[name]
        graph.inputs.append(value)
    yield
    for value in stored.values():
        graph.inputs.remove(value)


def _refer(graph: ir.Graph, stored: dict[str, ir.Value], layout: dict[str, dict[str, Any]]) -> None:
    """Each weight becomes a reference into ``model.safetensors``, behind a cast where it is stored as float16."""
    casts = []
    for name, value in stored.items():
        if not value.uses():
            continue
        entry = layout[name]
        begin, end = entry["data_offsets"]
        dtype, shape = TYPES[entry["dtype"]], ir.Shape(entry["shape"])
        tensor = ir.ExternalTensor(WEIGHTS, begin, end - begin, dtype, shape=shape, name=name)
        if entry["dtype"] == "F16":
            tensor.name = f"{name}.float16"
            half = ir.Value(name=tensor.name, shape=shape, type=ir.TensorType(dtype), const_value=tensor)
            cast = ir.node("Cast", [half], {"to": ir.DataType.FLOAT}, name=f"{name}.cast")
            cast.outputs[0].name, cast.outputs[0].type, cast.outputs[0].shape = name, value.type, shape
            value.replace_all_uses_with(cast.outputs[0])
            casts.append(cast)
            value = half
        value.const_value = tensor
        graph.initializers[tensor.name] = value
    graph.insert_before(graph[0], casts)


def _layout(bundle: Bundle) -> dict[str, dict[str, Any]]:
    """Type, shape and byte range of each tensor in ``model.safetensors``, counted from the start of the file."""
    with Path(bundle.path / WEIGHTS).open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        header = json.loads(stream.read(length))
    header.pop("__metadata__", None)
    for entry in header.values():
        entry["data_offsets"] = [8 + length + offset for offset in entry["data_offsets"]]
    return header


def _strip(model: ir.Model) -> None:
    """The exporter notes source paths and stack traces of this machine on every node."""
    model.graph.metadata_props.clear()
    model.graph.doc_string = None
    for node in model.graph:
        node.metadata_props.clear()
        node.doc_string = None
        for value in node.outputs:
            value.metadata_props.clear()
    for value in (*model.graph.inputs, *model.graph.initializers.values()):
        value.metadata_props.clear()


@contextmanager
def _quiet(*loggers: str) -> Iterator[None]:
    levels = {name: logging.getLogger(name).level for name in loggers}
    for name in loggers:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
