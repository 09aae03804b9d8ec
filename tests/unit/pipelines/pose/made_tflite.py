"""TFLite networks made on the spot: whatever they are shown, they answer with the arrays they were made of."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

DETECTOR, LANDMARKS = (1, 224, 224, 3), (1, 256, 256, 3)


def network(shape: tuple[int, ...], outputs: list[np.ndarray]) -> bytes:
    """A network with one float32 input of ``shape``, not looked at, and float32 outputs, each a constant's copy."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT()
    model.version, model.buffers = 3, [schema.BufferT()]
    graph = schema.SubGraphT()
    graph.tensors, graph.operators = [_tensor(schema, "input", shape, 0)], []
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.RESHAPE
    model.operatorCodes = [code]
    for number, array in enumerate(outputs):
        shape_at = _constant(schema, model, graph, f"shape{number}", np.array(array.shape, np.int32))
        value_at = _constant(schema, model, graph, f"value{number}", array.astype(np.float32).ravel())
        graph.tensors.append(_tensor(schema, f"output{number}", array.shape, 0))
        step = schema.OperatorT()
        step.opcodeIndex, step.inputs, step.outputs = 0, [value_at, shape_at], [len(graph.tensors) - 1]
        graph.operators.append(step)
    graph.inputs, graph.outputs = [0], [step.outputs[0] for step in graph.operators]
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def archive(path: Path, networks: Mapping[str, bytes]) -> Path:
    """A zip of them, as a wheel or a .task is."""
    with zipfile.ZipFile(path, "w") as made:
        for name, content in networks.items():
            made.writestr(name, content)
    return path


def _tensor(schema, name: str, shape: tuple[int, ...], buffer: int, kind: int = 0):
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.buffer, tensor.type = name, list(shape), buffer, kind
    return tensor


def _constant(schema, model, graph, name: str, values: np.ndarray) -> int:
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(values.tobytes(), np.uint8)
    model.buffers.append(buffer)
    kind = schema.TensorType.INT32 if values.dtype == np.int32 else schema.TensorType.FLOAT32
    graph.tensors.append(_tensor(schema, name, values.shape, len(model.buffers) - 1, kind))
    return len(graph.tensors) - 1
