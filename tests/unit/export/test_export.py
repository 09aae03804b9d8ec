"""Export: the ONNX graph answers as PyTorch does, or there is no export."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from PIL import Image

from fitroom.bundles import Bundle, open_bundle
from fitroom.errors import BundleError, ConfigError, ExportError
from fitroom.evaluation.entries import ModelEntry, ProtocolEntry, RunEntry, Score, record_path
from fitroom.evaluation.recognition.protocol import get_protocol
from fitroom.evaluation.recognition.records import AnswersEntry, DataEntry, Record
from fitroom.evaluation.recognition.scoring import Scores
from fitroom.export import onnx as graphs
from fitroom.export import parity
from fitroom.export.command import main
from fitroom.export.parity import PHOTO_SIZES_PX, check_parity, parity_files
from fitroom.export.recognizer import export
from fitroom.pipelines import RecognizePipeline


@pytest.mark.parametrize("batch_size", [1, 3, 16])
def test_the_graph_equals_the_model_at_any_batch_size(exported_bundle: Bundle, batch_size: int) -> None:
    x_BCHW = torch.randn(batch_size, 3, 64, 48, generator=torch.Generator().manual_seed(0))
    session = onnxruntime.InferenceSession(exported_bundle.path / "model.onnx", providers=["CPUExecutionProvider"])
    got = session.run(["category", "embedding"], {"image": x_BCHW.numpy()})
    with torch.inference_mode():
        expected = exported_bundle.build_model()(x_BCHW)
    np.testing.assert_allclose(got[0], expected["category"].numpy(), atol=1e-4)
    np.testing.assert_allclose(got[1], expected["embedding"].numpy(), atol=1e-5)


def test_the_graph_reads_its_weights_from_the_bundle(exported_bundle: Bundle) -> None:
    file = exported_bundle.path / "model.onnx"
    onnx.checker.check_model(str(file))
    model = onnx.load(file, load_external_data=False)
    assert next(entry.version for entry in model.opset_import if entry.domain == "") >= 17
    (image,) = model.graph.input
    assert image.name == "image"
    assert [dim.dim_param or dim.dim_value for dim in image.type.tensor_type.shape.dim] == ["batch", 3, 64, 48]
    assert [output.name for output in model.graph.output] == ["category", "material", "details", "drape", "embedding"]
    outside = [tensor for tensor in model.graph.initializer if tensor.external_data]
    assert {entry.value for tensor in outside for entry in tensor.external_data if entry.key == "location"} == {
        "model.safetensors"
    }
    matrices = [tensor for tensor in outside if len(tensor.dims) > 1]
    assert matrices
    assert all(tensor.data_type == onnx.TensorProto.FLOAT16 for tensor in matrices)
    assert file.stat().st_size < 0.2 * (exported_bundle.path / "model.safetensors").stat().st_size
    assert exported_bundle.size_bytes() == sum(entry.stat().st_size for entry in exported_bundle.path.iterdir())


def test_the_graph_holds_nothing_of_the_machine_it_was_made_on(exported_bundle: Bundle) -> None:
    content = (exported_bundle.path / "model.onnx").read_bytes()
    assert b".py" not in content
    assert str(Path.home()).encode() not in content
    assert str(exported_bundle.path.parent).encode() not in content


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    sizes = Path(__file__).resolve().parents[3] / "bundles" / "size-advisor"
    for wanted in (True, False):
        with pytest.raises(BundleError, match="holds no recogniser"):
            export(sizes, tmp_path / "out", onnx=wanted)
    assert not (tmp_path / "out").exists()


def test_the_export_is_the_same_model_with_its_parity_recorded(tiny_bundle: Bundle, exported_bundle: Bundle) -> None:
    assert open_bundle(exported_bundle.path) == exported_bundle
    assert exported_bundle.spec.revision == tiny_bundle.spec.revision
    assert exported_bundle.trained_on() == tiny_bundle.trained_on()
    found = exported_bundle.spec.parity
    assert found is not None
    assert 0 < found["max_probability_difference"] < 1e-4
    assert found["num_different_answers"] == 0
    assert found["batch_sizes"] == [1, 2, 7]
    assert len(found["photo_sizes_px"]) == 2 * len(PHOTO_SIZES_PX)
    assert found["versions"]["onnxruntime"] == onnxruntime.__version__
    card = (exported_bundle.path / "README.md").read_text()
    assert f"differ by {found['max_probability_difference']:.1e} at most" in card
    assert "No ONNX graph" not in card


def test_an_export_can_be_exported_again_with_and_without_a_graph(exported_bundle: Bundle, tmp_path: Path) -> None:
    plain = export(exported_bundle.path, tmp_path / "plain", onnx=False)
    assert "model.onnx" not in plain.spec.files
    assert plain.spec.parity is None
    assert "No ONNX graph" in (plain.path / "README.md").read_text()


@pytest.fixture
def same_graph(exported_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> onnx.ModelProto:
    """The graph of the exported bundle, which the next export takes as it then is, instead of tracing its own."""
    model = onnx.load(exported_bundle.path / "model.onnx", load_external_data=False)
    monkeypatch.setattr(graphs, "onnx_graph", lambda _: model.SerializeToString())
    return model


def test_an_export_that_disagrees_leaves_nothing_behind(
    tiny_bundle: Bundle, same_graph: onnx.ModelProto, tmp_path: Path
) -> None:
    (linear,) = [node for node in same_graph.graph.node if node.op_type == "Gemm" and "category" in node.input[1]]
    kept = [attribute for attribute in linear.attribute if attribute.name != "alpha"]
    del linear.attribute[:]
    linear.attribute.extend([*kept, onnx.helper.make_attribute("alpha", 0.5)])
    with pytest.raises(ExportError, match="does not answer as the model does"):
        export(tiny_bundle.path, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_the_tolerance_decides(tiny_bundle: Bundle, same_graph: onnx.ModelProto, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="within 0"):
        export(tiny_bundle.path, tmp_path / "out", tolerance=0.0)
    assert not list(tmp_path.iterdir())
    assert export(tiny_bundle.path, tmp_path / "out").spec.parity is not None


def test_a_network_that_cannot_be_expressed_leaves_nothing_behind(
    tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(torch.onnx, "export", refuse)
    with pytest.raises(ExportError, match="no such operator"):
        export(tiny_bundle.path, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_an_existing_folder_is_kept(tiny_bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="exists already"):
        export(tiny_bundle.path, tmp_path)


def test_the_photos_are_of_many_shapes_and_always_the_same() -> None:
    files = parity_files()
    assert files == parity_files()
    images = [Image.open(io.BytesIO(file)) for file in files]
    assert {image.mode for image in images} == {"RGB", "L"}
    ratios = [image.width / image.height for image in images]
    assert min(ratios) <= 1 / 12
    assert max(ratios) >= 12
    assert min(min(image.size) for image in images) == 16
    assert max(max(image.size) for image in images) > 1600


class TestParity:
    """``check_parity`` against pipelines that are wrong in one way each."""

    @pytest.fixture(autouse=True)
    def fewer_photos(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(parity, "PHOTO_SIZES_PX", ((40, 53), (53, 40), (16, 20), (100, 90), (64, 48)))

    @pytest.fixture
    def reference(self, tiny_bundle: Bundle) -> RecognizePipeline:
        return RecognizePipeline.from_bundle(tiny_bundle.path)

    def wrong(
        self, right: RecognizePipeline, change: Callable[[dict[str, np.ndarray], int], object]
    ) -> RecognizePipeline:
        def infer(x_BCHW: torch.Tensor) -> dict[str, np.ndarray]:
            outputs = {name: values.copy() for name, values in right.infer(x_BCHW).items()}
            change(outputs, len(x_BCHW))
            return outputs

        return RecognizePipeline(right.bundle, infer)

    def test_a_model_equals_itself(self, reference: RecognizePipeline) -> None:
        found = check_parity(reference, reference, (1, 4))
        assert found.max_probability_difference < 1e-5
        assert found.num_different_answers == 0

    @pytest.mark.parametrize(
        "change",
        [
            lambda outputs, _: outputs["category"].__imul__(1.1),
            lambda outputs, _: outputs["details"].__iadd__(0.1),
            lambda outputs, _: outputs["drape"].__imul__(0.9),
            lambda outputs, _: outputs["category"].fill(np.nan),
            lambda outputs, _: outputs["embedding"].fill(np.nan),
            lambda outputs, _: outputs["embedding"].__imul__(1.2),
            lambda outputs, batch_size: batch_size == 7 and outputs["category"].__imul__(1.1),
            lambda outputs, batch_size: batch_size == 2 and outputs.update(category=outputs["category"][::-1]),
        ],
        ids=["logits", "multi", "regression", "nan", "nan-embedding", "embedding", "one-batch-size", "order"],
    )
    def test_a_difference_is_found(
        self, reference: RecognizePipeline, change: Callable[[dict[str, np.ndarray], int], object]
    ) -> None:
        with pytest.raises(ExportError):
            check_parity(reference, self.wrong(reference, change))

    def test_a_difference_within_the_tolerance_passes(self, reference: RecognizePipeline) -> None:
        nearly = self.wrong(reference, lambda outputs, _: outputs["category"].__imul__(1.0001))
        assert 0 < check_parity(reference, nearly).max_probability_difference < 1e-3

    def test_another_answer_fails_whatever_the_tolerance_unless_it_is_a_tie(self, reference: RecognizePipeline) -> None:
        def swap(outputs: dict[str, np.ndarray], _: int) -> None:
            outputs["category"] = outputs["category"][:, [1, 0, 2]]

        with pytest.raises(ExportError, match="other answers"):
            check_parity(reference, self.wrong(reference, swap), tolerance=0.5)
        assert check_parity(reference, self.wrong(reference, swap), tolerance=1.0).num_different_answers == 0


def test_the_card_tells_what_is_recorded_under_its_name(tiny_bundle: Bundle, tmp_path: Path) -> None:
    protocol = get_protocol("clothing-recognition@1")
    spec = tiny_bundle.spec
    record = Record(
        record_version=1,
        task="recognition",
        model=ModelEntry(spec.name, spec.revision, spec.kind, False, tiny_bundle.hash, 0, 64, 48, 1, None, {}),
        protocol=ProtocolEntry(protocol.id, protocol.hash, protocol.settings),
        data=DataEntry("d", 500, "report", 341, "s", ["dress"], 1),
        seen=True,
        num_seen=4,
        scores=Scores({"top1": Score(0.9, 0.85, 0.94, 341)}, [], None, [], "photos", 341),
        answers=AnswersEntry("a.parquet", "0", 341),
        run=RunEntry("0", {}, {}, None, "2026-01-01T00:00:00Z", 1, 1.0),
    )
    results = tmp_path / "results"
    for revision, seed in ((spec.revision, 0), ("0123456789ab", 3)):
        model = dataclasses.replace(record.model, revision=revision, seed=seed)
        path = record_path(results, spec.name, revision, protocol.id)
        path.parent.mkdir(parents=True)
        path.write_text(dataclasses.replace(record, model=model).to_json())
    card = (export(tiny_bundle.path, tmp_path / "out", onnx=False, results=results).path / "README.md").read_text()
    own = f"| these | {protocol.id} | 341, 4 of them learned from | top1 | 0.9000 | 0.8500 to 0.9400 |"
    other = own.replace("these", "`0123456789ab`, seed 3")
    assert card.index(own) < card.index(other)
    assert card.count("| top1 |") == 2


def test_the_command_line_names_what_it_made(
    tiny_bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--run", str(tiny_bundle.path), "--out", str(tmp_path / "out"), "--onnx", "false"]
    assert main(words) == 0
    assert f"tiny revision {tiny_bundle.spec.revision}" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="tolerance"):
        main([*words, "--tolerence", "1"])
