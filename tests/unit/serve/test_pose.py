"""``--pose``: the model sees who was found, answers name who looked, and a wrong file ends the start."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from tests.unit.serve.judged import Judge
from tests.unit.serve.test_tryon_route import answered, pixels, try_on

from fitroom import __version__, cli
from fitroom.bundles import Bundle
from fitroom.errors import BundleError, ConfigError, WeightsError
from fitroom.images import decode_rgb_u8, encode_jpeg
from fitroom.pipelines.pose.model import Pose
from fitroom.pipelines.pose.opening import open_pose
from fitroom.pipelines.tryon import TryOnPipeline
from fitroom.pipelines.tryon.checks import PERSON_UNSURE, Flag
from serve import run
from serve.replicas.on_ray import settings_of_replicas
from serve.replicas.options import RayOptions
from serve.replicas.replica import Replica
from serve.settings import Settings
from serve.workers.opened import Opened

BUDGET_S = 120
HASH = "5c" * 32
WORDS = {"category": "t-shirt", "seed": "5", "format": "png"}
PhotoBytes = Callable[..., bytes]
Serving = Callable[..., AbstractContextManager[TestClient]]


class MadeUpPose:
    """Finds somebody in the middle of every photo that is not dark.

    Attributes:
        seen: shape of every photo.
    """

    hash = HASH

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def __call__(self, image_u8: np.ndarray) -> Pose | None:
        self.seen.append(image_u8.shape)
        return Pose(np.zeros((17, 3), np.float32), middle(image_u8)) if image_u8.mean() > 40 else None


class Checks:
    """Doubts what no pose was found in; sees garments alone, so that they are cut out."""

    def person(self, person_u8: np.ndarray, where: str | None = None, *, pose_missing: bool) -> tuple[Flag, ...]:
        return (Flag(PERSON_UNSURE, "no pose"),) if pose_missing else ()

    def garment(self, garment_u8: np.ndarray) -> tuple[Flag, ...]:
        return ()


def middle(image_u8: np.ndarray) -> np.ndarray:
    """The mask of somebody there."""
    height, width = image_u8.shape[:2]
    mask = np.zeros((height, width), np.float32)
    mask[height // 8 : -height // 8, width // 4 : -width // 4] = 1
    return mask


@pytest.fixture(scope="module")
def finder() -> MadeUpPose:
    return MadeUpPose()


@pytest.fixture(scope="module")
def client(
    tiny_tryon: Bundle, finder: MadeUpPose, serving: Serving, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    file = tmp_path_factory.mktemp("pose") / "pose.task"
    patch = pytest.MonkeyPatch()
    patch.setattr("serve.workers.opened.pose_hash", lambda path: HASH)
    patch.setattr("serve.workers.models.open_pose", lambda path: finder)
    with serving(tiny_tryon.path, pose=file) as client:
        patch.undo()
        assert finder.seen == [(128, 128, 3)], "the warm-up looks once"
        models = client.app.state.service.backend.models  # type: ignore[attr-defined]
        models.tryons["tiny-tryon"].tryon.checks = Checks()
        yield client


@pytest.fixture
def photos(photo_bytes: PhotoBytes) -> dict[str, bytes]:
    return {
        "person": photo_bytes(1, width_px=96, height_px=128, color=(200, 190, 180)),
        "garment": encode_jpeg(on_a_floor()),
    }


def on_a_floor() -> np.ndarray:
    """(120, 90, 3) uint8: something red that lies on something blue."""
    garment_u8 = np.full((120, 90, 3), (40, 60, 110), np.uint8)
    garment_u8[30:90, 20:70] = 190, 50, 50
    return garment_u8


def expected(bundle: Bundle, photos: dict[str, bytes], person_mask: np.ndarray | None, cut: bool = True) -> np.ndarray:
    person_u8, garment_u8 = (decode_rgb_u8(photos[name]) for name in ("person", "garment"))
    pipeline = TryOnPipeline.from_bundle(bundle.path, "cpu")
    return pipeline.worn(
        person_u8, garment_u8, category="t-shirt", seed=5, person_mask=person_mask, cut_out=cut
    ).astype(int)


def test_the_model_sees_who_was_found_alone(client: TestClient, tiny_tryon: Bundle, photos: dict[str, bytes]) -> None:
    answer = answered(client, photos, WORDS)
    mask = middle(decode_rgb_u8(photos["person"]))
    right, plain = expected(tiny_tryon, photos, mask), expected(tiny_tryon, photos, None)
    on_its_floor = expected(tiny_tryon, photos, mask, cut=False)
    assert np.abs(pixels(answer["image"]).astype(int) - right).max() <= 1
    assert np.abs(right - plain).max() > 1 and np.abs(right - on_its_floor).max() > 1
    assert (answer["pose_sha256"], answer["warnings"]) == (HASH, [])


def test_where_nobody_is_found_the_photo_is_shown_and_doubted(
    client: TestClient, tiny_tryon: Bundle, photos: dict[str, bytes], photo_bytes: PhotoBytes
) -> None:
    dark = photos | {"person": photo_bytes(1, width_px=96, height_px=128, color=(9, 9, 9))}
    assert decode_rgb_u8(dark["person"]).mean() < 40
    answer = answered(client, dark, WORDS)
    assert np.abs(pixels(answer["image"]).astype(int) - expected(tiny_tryon, dark, None)).max() <= 1
    assert [warning["code"] for warning in answer["warnings"]] == [PERSON_UNSURE]
    assert answer["pose_sha256"] == HASH, "it looked"


def test_nothing_of_a_person_is_kept(client: TestClient, finder: MadeUpPose, photos: dict[str, bytes]) -> None:
    before = len(finder.seen)
    for _ in range(2):
        answered(client, photos, WORDS)
    assert finder.seen[before:] == [(128, 96, 3)] * 2


def test_answers_and_models_name_it_as_openapi_says(client: TestClient, photos: dict[str, bytes]) -> None:
    judge = Judge(client.get("/openapi.json").json())
    as_json = try_on(client, photos, WORDS)
    picture = try_on(client, photos, WORDS, headers={"Accept": "image/*"})
    models = client.get("/v1/models")
    for route, answer in (("/v1/try-on", as_json), ("/v1/try-on", picture), ("/v1/models", models)):
        method = answer.request.method
        assert judge.fault(route, method, answer.status_code, answer.headers, answer.content) is None
    assert picture.headers["x-fitroom-pose-sha256"] == HASH
    assert "X-Fitroom-Pose-SHA256" in judge.openapi["paths"]["/v1/try-on"]["post"]["responses"]["200"]["headers"]
    assert models.json()["pose_sha256"] == HASH
    assert judge.examples() == []


def test_without_one_answers_say_so(tiny_tryon: Bundle, serving: Serving, photos: dict[str, bytes]) -> None:
    with serving(tiny_tryon.path) as client:
        assert answered(client, photos)["pose_sha256"] is client.get("/v1/models").json()["pose_sha256"] is None
        assert "x-fitroom-pose-sha256" not in try_on(client, photos, headers={"Accept": "image/*"}).headers


def test_a_file_is_opened_and_known_by_its_networks(
    tiny_tryon: Bundle, serving: Serving, photos: dict[str, bytes], tmp_path: Path
) -> None:
    pytest.importorskip("ai_edge_litert", reason="LiteRT is not there")
    from tests.unit.pipelines.pose.test_blazepose import made

    file = made(tmp_path)
    model = open_pose(file)
    pose = model(decode_rgb_u8(photos["person"]))
    assert pose is not None
    with serving(tiny_tryon.path, pose=file) as client:
        answer = answered(client, photos, WORDS)
        assert answer["pose_sha256"] == client.get("/v1/models").json()["pose_sha256"] == model.hash
    assert np.abs(pixels(answer["image"]).astype(int) - expected(tiny_tryon, photos, pose.mask, cut=False)).max() <= 1


def test_a_file_that_is_not_there_or_of_other_networks_ends_the_start_at_once(
    tiny_tryon: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.unit.pipelines.pose.made_tflite import archive

    other = archive(tmp_path / "hands.task", {"hand_detector.tflite": b"any"})
    for file, said in ((tmp_path / "none.whl", "the pose model is not there"), (other, "holds no BlazePose")):
        words = ["serve", "--bundle", str(tiny_tryon.path), "--pose", str(file), "--port", "0"]
        assert cli.main(words) == WeightsError.exit_code
        told = capsys.readouterr().err
        assert said in told and str(file) in told


def test_a_file_that_a_worker_cannot_open_ends_the_start(tiny_tryon: Bundle, tmp_path: Path) -> None:
    file = tmp_path / "pose.pth"
    file.write_bytes(b"no weights")
    with (
        ThreadPoolExecutor(1) as pool,
        pytest.raises(WeightsError, match="the pose model's file cannot be read") as got,
    ):
        pool.submit(run.main, [tiny_tryon.path], port=0, pose=file, isolate=False).result(BUDGET_S)
    assert got.value.where == file and got.value.rule


def test_with_nothing_to_use_it_for_it_is_refused(tiny_bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a pose model has nobody to find here"):
        Opened(Settings(bundles=[tiny_bundle.path], pose=tmp_path / "pose.task"))


class TestReplicas:
    """It reaches them by its whole path, and has to be the server's own."""

    @pytest.fixture
    def file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr("serve.workers.opened.pose_hash", lambda path: HASH)
        monkeypatch.chdir(tmp_path)
        return Path("pose.task")

    def test_whole_paths(self, tiny_tryon: Bundle, file: Path, tmp_path: Path) -> None:
        told = settings_of_replicas(Opened(Settings(bundles=[tiny_tryon.path], pose=file, ray=RayOptions())))
        assert (told.pose, told.index) == (tmp_path / file, None)

    def test_the_same_model(self, tiny_tryon: Bundle, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("serve.workers.models.open_pose", lambda path: MadeUpPose())
        settings = Settings(bundles=[tiny_tryon.path], pose=file, concurrency=1)
        hashes = Opened(settings).hashes()
        assert json.loads(json.dumps(hashes)) == {"tiny-tryon": tiny_tryon.hash, "--pose": HASH}
        assert Replica(settings, hashes, __version__).models.tryons["tiny-tryon"].tryon.pose.hash == HASH
        with pytest.raises(WeightsError, match="another pose model"):
            Replica(settings, hashes | {"--pose": "0" * 64}, __version__)
        with pytest.raises(BundleError, match="another bundle"):
            Replica(settings, {"--pose": HASH}, __version__)
