"""``POST /v1/size-advice`` with a photo: what the command says of it, every fault by name, and nothing left on disk."""

from __future__ import annotations

import base64
import inspect
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from fitroom.bundles import Bundle, open_bundle
from fitroom.pipelines.sizing import photo_check
from fitroom.pipelines.sizing.advise import advise_from_file
from fitroom.pipelines.sizing.answers import Answers
from fitroom.pipelines.sizing.photo import CAVEAT, PhotoFiles
from serve.problem_codes import FIGURE, PROBLEMS
from serve.routes.page import FOLDER

Serving = Callable[..., AbstractContextManager[TestClient]]
BUNDLES = Path(__file__).parents[3] / "bundles"
ADVISOR, READER, PARSER = (BUNDLES / name for name in ("size-advisor", "body-photo", "parser-wardrobe"))
WHOLE, CUT = (FOLDER / "examples" / f"person-{number}.jpg" for number in (1, 4))
CHART = {size: {"chest": 92.0 + 6 * i, "length": 62.0 + 2 * i} for i, size in enumerate(("XS", "S", "M", "L", "XL"))}
SAID = {"body_cm": json.dumps({"height": 172}), "size_chart": json.dumps(CHART)}
MAX_BYTES = 2**17

written: list[str] | None = None


def note_writes(event: str, args: tuple[Any, ...]) -> None:
    if written is not None and event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR):
        written.append(str(args[0]))
    if written is not None and event.startswith("tempfile."):
        written.append(event)


@pytest.fixture(scope="module")
def client(serving: Serving) -> Iterator[TestClient]:
    with serving(ADVISOR, READER, PARSER, max_image_bytes=MAX_BYTES) as client:
        yield client


def refused(client: TestClient, code: str, photo: bytes, **said: str) -> dict[str, Any]:
    answer = client.post("/v1/size-advice", files={"person": ("p", photo)}, data=SAID | said)
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["code"]) == (PROBLEMS[code][0], code), answer.text
    return problem


def png(height_px: int, width_px: int) -> bytes:
    """A grey wall."""
    buffer = io.BytesIO()
    Image.fromarray(np.full((height_px, width_px, 3), 200, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def test_the_advice_is_the_commands_with_its_caution_and_nothing_is_written(client: TestClient, tmp_path: Path) -> None:
    global written
    table = tmp_path / "tee.csv"
    rows = [f"{size},{cm['chest']},{cm['length']}" for size, cm in CHART.items()]
    table.write_text("\n".join(["size,chest,length", *rows]))
    photo = PhotoFiles(WHOLE, READER, PARSER)
    expected = advise_from_file(ADVISOR, Answers({"height": 172.0}), table, None, "regular", photo).plain()
    sys.addaudithook(note_writes)
    written = []
    try:
        answer = client.post("/v1/size-advice", files={"person": ("p", WHOLE.read_bytes())}, data=SAID)
        assert (answer.status_code, written) == (200, []), answer.text
    finally:
        written = None
    found = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert CAVEAT in found["remarks"] and found["remarks"] == expected["remarks"]
    assert found["size"] == expected["size"]
    for girth in ("chest", "waist", "hip"):
        for level in ("low", "median", "high"):
            assert found["body"][girth][level] == pytest.approx(expected["body"][girth][level], rel=1e-3)
    assert found["reader"]["bundle_sha256"] == open_bundle(READER).hash
    assert found["parser"]["name"] == "parser-wardrobe" and found["model"]["name"] == "size-advisor"
    assert found["timings_ms"]["read"] > found["timings_ms"]["decode"] > 0
    told = {"body_cm": {"height": 172}, "size_chart": CHART, "person": None}
    alone = client.post("/v1/size-advice", json=told).json()
    assert alone["remarks"] == [] and alone["reader"] is alone["parser"] is None and alone["timings_ms"]["read"] == 0
    widths = [one["body"]["waist"]["high"] - one["body"]["waist"]["low"] for one in (found, alone)]
    assert widths[0] < widths[1]


def test_a_photo_that_shows_no_whole_person_is_named(client: TestClient) -> None:
    problem = refused(client, "cut-off", CUT.read_bytes())
    assert problem["where"] == "person" and "head to feet" in problem["fix"]
    assert refused(client, "person-missing", png(320, 240))["where"] == "person"


def test_whatever_the_check_of_photos_says_has_a_code() -> None:
    said = set(re.findall(r'"([a-z-]+)", where', inspect.getsource(photo_check)))
    assert len(said) == 6 and said | {"person-missing"} == set(FIGURE) <= set(PROBLEMS)


def test_a_photo_without_a_height_is_refused_before_it_waits(client: TestClient, monkeypatch: Any) -> None:
    monkeypatch.setattr(client.app.state.service.desk, "submit", None)  # type: ignore[attr-defined]
    problem = refused(client, "height-needed", b"not even a photo", body_cm='{"chest": 92}')
    assert "body_cm" in problem["fix"]
    assert refused(client, "invalid-field", b"", body_cm="172")


@pytest.mark.parametrize(
    ("photo", "code"),
    [
        (b"", "image-empty"),
        (b"GIF89a", "image-unreadable"),
        (WHOLE.read_bytes()[:4000], "image-truncated"),
        (png(8, 8), "image-too-small"),
        (png(16, 400), "image-aspect"),
        (png(64, 64) + bytes(MAX_BYTES), "body-too-large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_no_photo_is_named(client: TestClient, photo: bytes, code: str) -> None:
    refused(client, code, photo)


def test_answers_are_looked_at_first_and_base64_is_checked(client: TestClient) -> None:
    assert "inches" in refused(client, "measure-unit", png(320, 240), body_cm='{"height": 68}')["fix"]
    told = {"body_cm": {"height": 172}, "size_chart": CHART}
    for photo, code in (("%%%", "malformed-base64"), (5, "invalid-field"), ([], "invalid-field"),
                        (base64.b64encode(png(8, 8)).decode(), "image-too-small")):  # fmt: skip
        answer = client.post("/v1/size-advice", json={**told, "person": photo})
        assert (answer.status_code, answer.json()["code"]) == (PROBLEMS[code][0], code)


def test_without_its_bundles_a_photo_is_not_read_and_answers_are(serving: Serving, tiny_bundle: Bundle) -> None:
    for bundles, lacks in (([ADVISOR], "reads bodies in photos"), ([ADVISOR, READER], "looks at photos")):
        with serving(*bundles) as client:
            problem = refused(client, "unknown-model", b"")
            assert problem["detail"] == f"no model that {lacks} is loaded"
            answer = client.post("/v1/size-advice", json={"body_cm": {"height": 172}, "size_chart": CHART})
            assert answer.status_code == 200
