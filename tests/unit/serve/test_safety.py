"""What the server never does with what clients send: fetch an address, unpickle, show one client another's."""

from __future__ import annotations

import base64
import io
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from fitroom.bundles import Bundle
from fitroom.pipelines.ai_label import SOURCE_TYPE

Serving = Callable[..., AbstractContextManager[TestClient]]
PhotoBytes = Callable[..., bytes]
SRC = Path(__file__).parents[3] / "src"
ADVISORS = [SRC.parent / "bundles" / name for name in ("size-advisor", "outfits")]


class Bait(BaseHTTPRequestHandler):
    """Notes whoever fetches anything."""

    fetched: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        Bait.fetched.append(self.path)
        self.send_response(404)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def bait() -> Iterator[str]:
    """An address that is watched."""
    Bait.fetched.clear()
    server = HTTPServer(("127.0.0.1", 0), Bait)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/photo.jpg"
    server.shutdown()


def test_an_address_is_never_fetched(
    tiny_tryon: Bundle, tiny_bundle: Bundle, serving: Serving, photo_bytes: PhotoBytes, bait: str
) -> None:
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{bait}"/></svg>'.encode()
    exif = Image.Exif()
    exif[0x010E] = bait
    told = io.BytesIO()
    Image.open(io.BytesIO(photo_bytes(width_px=64, height_px=64))).save(told, "JPEG", exif=exif, xmp=svg)
    photo = base64.b64encode(told.getvalue()).decode()
    linked = (
        b'--cut\r\nContent-Disposition: form-data; name="image"; filename="%b"\r\nContent-Type: message/external-body; '
        b'access-type=URL; URL="%b"\r\nContent-Location: %b\r\n\r\n%b\r\n--cut--\r\n'
    ) % (*[bait.encode()] * 3, bait.encode())
    with serving(tiny_tryon.path, tiny_bundle.path) as client:
        answers = [
            client.post("/v1/recognize", json={"image": bait}),
            client.post("/v1/recognize", json={"image": f"data:{bait},"}),
            client.post("/v1/recognize", json={"image": {"url": bait}}),
            client.post("/v1/recognize", files={"image": ("a", svg)}),
            client.post("/v1/recognize", files={"image": ("a", bait.encode())}),
            client.post("/v1/recognize", content=linked, headers={"Content-Type": "multipart/form-data; boundary=cut"}),
            client.post("/v1/try-on", json={"person": photo, "garment": bait}),
            client.post("/v1/try-on", json={"person": photo, "garment_id": bait}),
            client.post("/v1/recognize", json={"image": photo, "model": bait}),
            client.post("/v1/recognize", json={"image": photo}, headers={"Referer": bait, "Origin": bait}),
        ]
    assert [answer.status_code // 100 for answer in answers] == [4] * 9 + [2]
    assert Bait.fetched == []


unpickled: list[str] | None = None


def note_pickles(event: str, args: tuple[Any, ...]) -> None:
    if unpickled is not None and event == "pickle.find_class":
        unpickled.append(f"{args[0]}.{args[1]}")


def test_nothing_is_unpickled_from_the_bundle_to_the_answer(
    tiny_tryon: Bundle, exported_bundle: Bundle, serving: Serving, photo_bytes: PhotoBytes
) -> None:
    global unpickled
    sys.addaudithook(note_pickles)
    photo = photo_bytes(width_px=64, height_px=64)
    unpickled = []
    try:
        with serving(tiny_tryon.path, exported_bundle.path, *ADVISORS) as client:
            files = {name: ("a", photo) for name in ("person", "garment")}
            assert client.post("/v1/try-on", files=files).status_code == 200
            assert client.post("/v1/recognize", files={"image": ("a", photo)}).status_code == 200
            pickled = b"\x80\x04cbuiltins\nprint\n(S'no'\ntR."
            assert client.post("/v1/recognize", files={"image": ("a", pickled)}).status_code == 415
        assert unpickled == []
        import pickle

        pickle.loads(pickle.dumps(Path("a")))
        assert unpickled  # the watch works
    finally:
        unpickled = None


@pytest.fixture
def shops(tiny_tryon: Bundle, serving: Serving) -> Iterator[TestClient]:
    with serving(tiny_tryon.path, api_keys={"k" * 20: "shop-a", "l" * 20: "shop-b"}) as client:
        yield client


def test_one_id_of_two_clients_is_two_try_ons(
    shops: TestClient, photo_bytes: PhotoBytes, until: Callable[..., None]
) -> None:
    sizes = {"k": (64, 80), "l": (96, 64)}
    path, keys = "/v1/try-ons/order-1", {letter: {"X-API-Key": letter * 20} for letter in sizes}
    garment = photo_bytes(2, width_px=64, height_px=64)
    for letter, (width_px, height_px) in sizes.items():
        assert shops.get(path, headers=keys[letter]).status_code == 404
        files = {"person": ("p", photo_bytes(1, width_px=width_px, height_px=height_px)), "garment": ("g", garment)}
        assert shops.put(path, files=files, headers=keys[letter]).status_code == 202
    for letter, size in sizes.items():
        until(lambda letter=letter: shops.get(path, headers=keys[letter]).json()["state"] == "done")
        result = shops.get(path, headers=keys[letter]).json()["result"]
        assert (result["width_px"], result["height_px"]) == size
    assert shops.delete(path, headers=keys["k"]).status_code == 204
    assert shops.get(path, headers=keys["k"]).status_code == 404
    assert shops.get(path, headers=keys["l"]).status_code == 200


@pytest.mark.parametrize("way", ["at once", "registered garment", "by id", "by id, as a picture"])
def test_the_label_is_on_a_picture_however_it_is_asked_for(
    shops: TestClient, photo_bytes: PhotoBytes, until: Callable[..., None], way: str
) -> None:
    key = {"X-API-Key": "k" * 20}
    person, garment = (("a", photo_bytes(seed, width_px=64, height_px=64)) for seed in (1, 2))
    if way == "registered garment":
        assert shops.put("/v1/garments/tee", files={"garment": garment}, headers=key).status_code == 201
        told = shops.post("/v1/try-on", files={"person": person}, data={"garment_id": "tee"}, headers=key).json()
    elif way == "at once":
        told = shops.post("/v1/try-on", files={"person": person, "garment": garment}, headers=key).json()
    else:
        shops.put("/v1/try-ons/one", files={"person": person, "garment": garment}, headers=key)
        until(lambda: shops.get("/v1/try-ons/one", headers=key).json()["state"] == "done")
        told = shops.get("/v1/try-ons/one", headers=key).json()["result"]
    if way == "by id, as a picture":
        picture = shops.get("/v1/try-ons/one", headers={**key, "Accept": "image/*"}).content
    else:
        assert told["ai_generated"] is True
        picture = base64.b64decode(told["image"])
    assert SOURCE_TYPE.encode() in picture


def test_what_a_client_says_of_a_failure_is_no_line_of_the_log(
    tiny_tryon: Bundle, serving: Serving, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("inside")

    with serving(tiny_tryon.path) as client:
        monkeypatch.setattr(client.app.state.service.garments, "get", fail)  # type: ignore[attr-defined]
        client = TestClient(client.app, raise_server_exceptions=False)
        answer = client.get("/v1/garments/secret%0Aid")
        assert answer.status_code == 422  # the id is looked at first
        assert client.get("/v1/garments/secret").json()["code"] == "internal"
    assert "secret" not in caplog.text and "/v1/garments/{id}" in caplog.text
    assert json.dumps("inside") not in caplog.text


UNPICKLING = re.compile(
    r"^\s*(import|from) (pickle|dill|cloudpickle|marshal|shelve|joblib)\b|torch\.load\(|allow_pickle"
    r"|torch\.export\.load\(|(connection|pipe|_pipe|far_end)\.(send|recv)\(",
    re.MULTILINE,
)


def test_nothing_that_serves_can_unpickle() -> None:
    files = [file for room in ("serve", "fitroom/bundles") for file in (SRC / room).rglob("*.py")]
    assert len(files) > 50
    assert [file.name for file in files if UNPICKLING.search(file.read_text(encoding="utf-8"))] == []
    assert UNPICKLING.search("    import pickle") and UNPICKLING.search("self._pipe.recv()")
