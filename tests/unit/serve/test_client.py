"""The Python client over a real socket: every endpoint, errors by type and code, patience with a busy server."""

from __future__ import annotations

import inspect
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from fitroom.bundles import Bundle
from serve import client as package
from serve.app import create_app
from serve.client import (
    ApiError,
    Busy,
    Client,
    Conflict,
    JobFailed,
    NotAllowed,
    NotFound,
    NotReady,
    Refused,
    ServerFailed,
    TooLarge,
    Unreachable,
    answers,
    picture_of,
    search_answers,
)
from serve.client.searching import Searches
from serve.routes.page import FOLDER
from serve.settings import Settings

BUNDLES = Path(__file__).parents[3] / "bundles"
KEY = "a-key-of-enough-letters"


@pytest.fixture(scope="module")
def address(tiny_tryon: Bundle, tiny_bundle: Bundle, until: Callable[..., None], example_index: Path) -> Iterator[str]:
    shipped = [BUNDLES / name for name in ("size-advisor", "outfits", "search")]
    settings = Settings(
        bundles=[tiny_tryon.path, tiny_bundle.path, *shipped], isolate=False, api_keys={KEY: "shop"},
        max_image_bytes=2**18, index=example_index,
    )  # fmt: skip
    app = create_app(settings)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        found = f"http://127.0.0.1:{listener.getsockname()[1]}"
        until(lambda: server.started)
        until(Client(found).ready)
        yield found
        server.should_exit = True
        thread.join()


@pytest.fixture
def client(address: str) -> Client:
    return Client(address, KEY)


@pytest.fixture(scope="module")
def photo(photo_bytes: Callable[..., bytes]) -> bytes:
    return photo_bytes(width_px=64, height_px=64)


def test_every_endpoint_is_asked(client: Client, photo: bytes, tmp_path: Path) -> None:
    (tmp_path / "person.jpg").write_bytes(photo)
    chart = {"S": {"chest": 96.0, "length": 64.0}, "M": {"chest": 102.0, "length": 66.0}}
    garment = client.put_garment("tee-1", photo, category="t-shirt", size_chart=chart)
    assert garment == client.garment("tee-1") and client.garments() == [garment]
    worn = client.try_on(tmp_path / "person.jpg", garment_id="tee-1", size="M", body_cm={"chest": 96.0}, format="png")
    assert picture_of(worn).startswith(b"\x89PNG") and worn["fit"] and worn["fit"]["ease_cm"] == {"chest": 6.0}
    assert client.try_on(str(tmp_path / "person.jpg"), photo, seed=3)["seed"] == 3
    assert client.start_try_on("order-1", photo, garment_id="tee-1", seed=7)["id"] == "order-1"
    assert client.wait_for_try_on("order-1")["seed"] == 7
    assert client.try_on_job("order-1")["state"] == "done"
    client.delete_try_on("order-1")
    assert len(client.recognize(photo, embedding=True)["embedding"]) > 1
    advice = client.size_advice(garment_id="tee-1", body_cm={"height": 172.0, "chest": 92.0}, prefer="looser")
    assert advice["size"] in chart and advice["prefer"] == "looser"
    items: list[answers.OutfitItem] = [
        {"item_id": "a", "category": "trousers", "attributes": {"color": "blue"}},
        {"item_id": "b", "category": "shirt"},
    ]
    assert len(client.outfits(items, given=["a"], num=1)["outfits"][0]["items"]) == 2
    loaded = ["tryon", "recognizer", "sizing", "outfits", "search"]
    assert [model["kind"] for model in client.models()] == loaded
    assert client.live() and client.ready() and "fitroom_requests_total" in client.metrics()
    client.delete_garment("tee-1")
    assert client.garments() == []


def test_a_catalogue_is_searched(client: Client) -> None:
    person, garment = (FOLDER / "examples" / name for name in ("person-1.jpg", "garment-2.jpg"))
    by_words = client.search_words("灰色夏季T恤", num=3)
    assert len(by_words["products"]) == 3 and by_words["understood"]["category"] == ["t-shirt"]
    assert client.search_similar(garment, num=1)["products"][0]["item_id"] == "garment-2"
    others = client.search_similar(item_id="garment-2", category="t-shirt")["products"]
    assert [product["item_id"] for product in others] == ["garment-4"]
    with pytest.raises(NotFound, match="no model that looks at photos"):  # the try-on photos here show nobody
        client.search_look(str(person), part="bottom", num=2)
    assert client.picture("garment-2") == garment.read_bytes()
    index = client.index()
    assert index is not None and index["sha256"] == by_words["index"]["sha256"]
    with pytest.raises(Refused, match="words-unknown"):
        client.search_words("宇航员")


def test_no_endpoint_is_forgotten_and_types_are_those_of_openapi(address: str, client: Client) -> None:
    described = json.loads(client.transport.ask("GET", "/openapi.json"))
    asked = "".join("".join(map(inspect.getsource, (Client, Searches))).split())
    for path, methods in described["paths"].items():
        for method in methods:
            kind = path.split("/")[2] if path.startswith("/v1/") else path
            with_id = f'f"/v1/{kind}/{{' if kind == "pictures" else f'_path("{kind}"'
            way = f'"{method.upper()}",' + (with_id if "{id}" in path else f'"{path}"')
            assert way in asked or (kind == "recognize" and '"/v1/recognize' in inspect.getsource(Client)), way
    schemas = described["components"]["schemas"]
    types = [value for module in (answers, search_answers) for value in vars(module).values()
             if hasattr(value, "__total__") and value.__name__[0] != "_"]  # fmt: skip
    assert len(types) > 15
    for kind in types:
        name = {"AdviceOptions": "SizeAdviceRequest", "OutfitOptions": "OutfitsRequest", "TryOnOptions": "TryOnRequest",
                "GarmentOptions": "GarmentRequest", "SearchOptions": "WordsRequest",
                "LookOptions": "LookRequest"}.get(kind.__name__, kind.__name__)  # fmt: skip
        beside = (
            {"person", "garment", "garment_id", "items", "size_chart", "words"} if name.endswith("Request") else set()
        )
        assert set(kind.__annotations__) | beside == set(schemas[name]["properties"]) | beside, name


def test_problems_are_errors_of_their_kind(address: str, client: Client, photo: bytes) -> None:
    with pytest.raises(Refused) as refused:
        client.size_advice({"M": {"chest": 102.0}}, body_cm={"height": 68.0})
    error = refused.value
    assert (error.code, error.status, error.fix) == ("measure-unit", 422, "68 looks like inches: give 172.7 cm")
    assert error.request_id and "measure-unit" in str(error) and "120 to 230 cm" in str(error)
    with pytest.raises(NotFound, match="unknown-garment"):
        client.try_on(photo, garment_id="none")
    with pytest.raises(TooLarge, match="body-too-large"):
        client.recognize(photo + bytes(2**18))
    with pytest.raises(NotAllowed, match="unauthorized"):
        Client(address, "another-key").models()
    client.start_try_on("order-2", photo, photo)
    with pytest.raises(Conflict, match="id-in-use"):
        client.start_try_on("order-2", photo, photo, seed=1)
    client.start_try_on("order-3", b"no photo", photo)
    with pytest.raises(JobFailed, match="image-unreadable"):
        client.wait_for_try_on("order-3")
    with pytest.raises(Unreachable):
        Client("http://127.0.0.1:9", timeout_s=5).live()
    assert all(issubclass(getattr(package, name), Exception) for name in package.__all__ if name[0].isupper()
               and name != "Client")  # fmt: skip


@pytest.mark.parametrize("status", [b"200 OK", b"500 Failed"])
def test_an_answer_that_breaks_off_is_no_answer(status: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def half() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(2**16)
                connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 100\r\n\r\n{}")

        thread = threading.Thread(target=half)
        thread.start()
        with pytest.raises(Unreachable, match="IncompleteRead"):
            Client(f"http://127.0.0.1:{listener.getsockname()[1]}").models()
        thread.join()


class Answers(HTTPServer):
    """Gives the prepared answers, one after the other: status, Retry-After, code."""

    def __init__(self, *prepared: tuple[int, str | None, str]) -> None:
        super().__init__(("127.0.0.1", 0), Prepared)
        self.prepared, self.asked = list(prepared), 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Prepared(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Answers)
        status, wait, code = self.server.prepared[min(self.server.asked, len(self.server.prepared) - 1)]
        self.server.asked += 1
        self.send_response(status)
        if wait is not None:
            self.send_header("Retry-After", wait)
        self.end_headers()
        self.wfile.write(json.dumps({"code": code, "status": "alive"} if code else "broken").encode())

    def log_message(self, *_: Any) -> None:
        pass


def patient(server: Answers, max_wait_s: float = 60.0) -> tuple[Client, list[float]]:
    """A client whose time passes only while it waits, and how long it waited."""
    client, waits = Client(server.address, max_wait_s=max_wait_s), []
    client.transport.sleep = waits.append
    client.transport.clock = lambda: sum(waits)
    return client, waits


def test_a_busy_server_is_asked_again_when_it_says() -> None:
    client, waits = patient(server := Answers((429, "7", "queue-full"), (503, "2", "not-ready"), (200, None, "ok")))
    assert client.live() and waits == [7.0, 2.0]
    assert server.asked == 3


def test_patience_has_an_end() -> None:
    client, waits = patient(server := Answers((429, "9", "rate-limited")), max_wait_s=20)
    with pytest.raises(Busy) as busy:
        client.live()
    assert waits == [9.0, 9.0] and server.asked == 3 and busy.value.retry_after_s == 9.0
    client, waits = patient(Answers((503, None, "not-ready")), max_wait_s=5)
    with pytest.raises(NotReady):
        client.live()
    assert waits == [1.0, 2.0]
    client, waits = patient(server := Answers((503, "5", "stopping")))
    with pytest.raises(NotReady):
        client.live()
    assert waits == [] and server.asked == 1
    client, waits = patient(Answers((502, None, "")))
    with pytest.raises(ServerFailed, match="502"):
        client.live()
    assert issubclass(ServerFailed, ApiError) and waits == []
