"""``POST /v1/search/...`` with the shipped models: the pipelines' answers, every fault by name, an index of its own."""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from tests.unit.serve.example_catalogue import SEARCH, UNSEEN
from tests.unit.serve.test_advice_routes import ask, refused

from fitroom import cli
from fitroom.bundles import open_bundle
from fitroom.data.outfits.jsonl import write_jsonl
from fitroom.data.outfits.pieces import Piece
from fitroom.errors import DataError
from fitroom.images import decode_rgb_u8, encode_png
from fitroom.pipelines.search.catalogue import open_catalogue, write_catalogue
from fitroom.pipelines.search.searcher import Searcher
from serve.problem_codes import PROBLEMS
from serve.routes.page import FOLDER
from serve.settings import Settings
from serve.workers.opened import Opened

PARSER = SEARCH.parent / "parser-wardrobe"
PERSON, SHIRT = (FOLDER / "examples" / name for name in ("person-1.jpg", "garment-2.jpg"))
Serving = Callable[..., AbstractContextManager[TestClient]]


@pytest.fixture(scope="module")
def index(example_index: Path) -> Path:
    return example_index


@pytest.fixture(scope="module")
def client(index: Path, serving: Serving) -> Iterator[TestClient]:
    with serving(SEARCH, PARSER, index=index, max_image_bytes=2**20) as client:
        yield client


def sent(client: TestClient, path: str, photos: dict[str, bytes], **fields: Any) -> dict[str, Any]:
    """The answer to a multipart request."""
    files = {name: (name, photo) for name, photo in photos.items()}
    answer = client.post(path, files=files, data=fields)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


written: list[str] | None = None


def note_writes(event: str, args: tuple[Any, ...]) -> None:
    if written is not None and event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR):
        written.append(str(args[0]))


@contextmanager
def no_writes() -> Iterator[None]:
    """Fails where a file is opened to be written."""
    global written
    sys.addaudithook(note_writes)
    written = []
    try:
        yield
        assert written == []
    finally:
        written = None


def ids(products: list[dict[str, Any]]) -> list[str]:
    return [product["item_id"] for product in products]


def test_words_of_either_language_find_what_the_searcher_finds(client: TestClient, index: Path) -> None:
    searcher = Searcher(open_catalogue(index))
    for words in ("sparkly black polo for summer", "黑色 polo衫 宇航员"):
        found = ask(client, "/v1/search/words", words=words, num=4)
        expected = searcher.words(words, 4)
        assert ids(found["products"]) == [match.product.piece_id for match in expected.matches]
        assert found["products"][0]["fits"] == list(expected.matches[0].fits)
        assert found["products"][0]["similarity"] == expected.matches[0].plain()["similarity"]
        assert found["understood"]["color"] == ["black"] and found["understood"]["category"] == ["polo"]
        assert found["unknown"] == list(expected.wanted.unknown) != []
    assert found["model"]["bundle_sha256"] == open_bundle(SEARCH).hash
    listed = client.get("/v1/models").json()["index"]
    assert found["index"] == {"sha256": listed["sha256"], "num_products": 12} and len(listed["sha256"]) == 64


def test_a_category_limits_every_way_to_search(client: TestClient) -> None:
    everything = ask(client, "/v1/search/words", words="grey", num=50)["products"]
    categories = {product["category"] for product in everything}
    assert len(categories) > 1
    one = ask(client, "/v1/search/words", words="grey", category="shirt", num=50)["products"]
    assert ids(one) == [product["item_id"] for product in everything if product["category"] == "shirt"] != []
    near = ask(client, "/v1/search/similar", item_id="garment-2", num=50)["products"]
    kept = ask(client, "/v1/search/similar", item_id="garment-2", category="t-shirt", num=50)["products"]
    assert ids(kept) == [product["item_id"] for product in near if product["category"] == "t-shirt"] != []
    worn = sent(client, "/v1/search/look", {"person": PERSON.read_bytes()}, category="polo")["worn"]
    assert {product["category"] for part in worn for product in part["products"]} == {"polo"}
    assert ask(client, "/v1/search/words", words="winter coat", category="hat")["products"] == []


def test_a_shop_photo_finds_its_product_and_a_product_others(client: TestClient, index: Path) -> None:
    found = sent(client, "/v1/search/similar", {"image": SHIRT.read_bytes()}, num="3")
    assert ids(found["products"])[0] == "garment-2" and len(found["products"]) == 3
    assert found["products"][0]["similarity"] > 0.98 and found["item_id"] is None
    assert found["timings_ms"]["embed"] > 0 and found["timings_ms"]["parse"] == 0
    by_id = ask(client, "/v1/search/similar", item_id="garment-2", num=2)
    assert ids(by_id["products"]) == [
        match.product.piece_id for match in Searcher(open_catalogue(index)).similar("garment-2", 2)
    ]
    assert by_id["timings_ms"]["embed"] == 0


def test_what_somebody_wears_is_found_garment_by_garment(client: TestClient, index: Path) -> None:
    found = sent(client, "/v1/search/look", {"person": PERSON.read_bytes()}, num="5")
    photo_u8 = decode_rgb_u8(PERSON)
    searching = client.app.state.service.backend.models.searching  # type: ignore[attr-defined]
    looks = searching.embedder.worn_looks(photo_u8, searching.parser([photo_u8])[0].parse)
    searcher = Searcher(open_catalogue(index), searching.embedder)
    assert {part["part"]: ids(part["products"]) for part in found["worn"]} == {
        part: [match.product.piece_id for match in searcher.wearing(look, 5)] for part, look in looks.items()
    }
    assert len(found["worn"]) > 1 and found["warnings"] == [] and found["parser"]["name"] == "parser-wardrobe"
    assert min(found["timings_ms"][stage] for stage in ("decode", "parse", "embed", "search")) > 0
    bottom = sent(client, "/v1/search/look", {"person": PERSON.read_bytes()}, part="bottom", num="5")["worn"]
    assert bottom == [part for part in found["worn"] if part["part"] == "bottom"]


@pytest.mark.parametrize(
    ("way", "values", "code", "said"),
    [
        ("words", {"words": "shrit"}, "words-unknown", "did you mean 'shirt'"),
        ("words", {"words": "宇航员"}, "words-unknown", "宇航员"),
        ("words", {"words": "!?"}, "words-unknown", "red summer dress"),
        ("words", {"words": "x" * 201}, "invalid-field", "words"),
        ("words", {"words": ""}, "invalid-field", "words"),
        ("words", {}, "invalid-field", "words"),
        ("words", {"words": "dress", "num": 0}, "invalid-field", "num"),
        ("words", {"words": "dress", "num": 51}, "invalid-field", "num"),
        ("words", {"words": "dress", "category": "polos"}, "unknown-category", "did you mean 'polo'"),
        ("words", {"words": "dress", "index": "/etc"}, "invalid-field", "words, category, num"),
        ("similar", {"item_id": "none"}, "unknown-item", "no product of this id"),
        ("similar", {"item_id": UNSEEN.piece_id}, "no-vector", "without a photo"),
        ("similar", {}, "missing-field", "item_id"),
        ("similar", {"item_id": "garment-1", "image": "aGk="}, "invalid-field", "one of"),
        ("similar", {"image": "aGk="}, "image-unreadable", ""),
        ("look", {}, "missing-field", "person"),
        ("look", {"person": "aGk=", "part": "feet"}, "invalid-field", "part"),
    ],
)
def test_what_cannot_be_searched_for_is_named(
    client: TestClient, index: Path, way: str, values: dict[str, Any], code: str, said: str
) -> None:
    problem = refused(client, f"/v1/search/{way}", code, **values)
    assert said in str(problem) and str(index) not in str(problem)


def test_a_photo_without_a_garment_or_a_person_is_named(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    dot_u8 = np.full((96, 72, 3), 255, np.uint8)
    dot_u8[40:44, 30:34] = 0

    def code(way: str, name: str, photo: bytes) -> tuple[int, str]:
        answer = client.post(f"/v1/search/{way}", files={name: ("p", photo)})
        return answer.status_code, answer.json().get("code", answer.text)

    assert code("similar", "image", encode_png(dot_u8)) == (422, "garment-missing")
    assert code("look", "person", encode_png(dot_u8)) == (422, "person-missing")
    monkeypatch.setattr("fitroom.pipelines.search.embed.LEAST_WORN", 1.0)
    assert code("look", "person", PERSON.read_bytes()) == (422, "garment-missing")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_whatever_is_sent_is_answered_and_nothing_is_written(client: TestClient) -> None:
    dice, statuses, photo = random.Random(1), set(), PERSON.read_bytes()
    odd = ["red dress", "-" * 200, "polo衫" * 60, "\ud800", "\0", "", None, 5, {}, [1], 10**400, "garment-1", "top"]
    with no_writes():
        for number in range(50):
            way, name = dice.choice([("words", "words"), ("similar", "image"), ("look", "person")])
            fields = dice.sample(["words", "item_id", "num", "category", "part", "nonsense"], dice.choice((0, 1, 2)))
            values: dict[str, Any] = {name: "red dress", **{field: dice.choice(odd) for field in fields}}
            if name != "words":
                broken = bytearray(photo[: dice.choice((40, 4000, len(photo), len(photo)))])
                for _ in range(dice.choice((0, 1, 8))):
                    broken[dice.randrange(len(broken))] = dice.randrange(256)
                values[name] = base64.b64encode(broken).decode()
            body = json.dumps(values).encode()[: dice.choice((20, *[10**9] * 9))]
            answer = client.post(f"/v1/search/{way}", content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code < 500, (number, way, values, answer.text)
            statuses.add(answer.status_code)
    assert {200, 400, 422} <= statuses  # the net catches more than one kind of fish


def test_models_tell_of_the_catalogue(client: TestClient) -> None:
    listed = client.get("/v1/models").json()
    assert [model["kind"] for model in listed["models"]] == ["search", "parser"]
    assert listed["models"][0]["input_size_px"] == [128, 160]
    told = listed["index"]
    assert (told["kind"], told["num_products"], told["num_vectors"]) == ("exact", 12, 11)
    assert told["bundle_sha256"] == listed["models"][0]["bundle_sha256"]
    assert "hat" in told["categories"] and "polo" in told["categories"]


def test_without_an_index_or_a_parser_it_says_so(index: Path, serving: Serving) -> None:
    with serving(SEARCH) as client:
        for way, values in (("words", {"words": "dress"}), ("similar", {"item_id": "a"}), ("look", {"person": "aGk="})):
            refused(client, f"/v1/search/{way}", "no-index", **values)
        assert client.get("/v1/pictures/garment-1").json()["code"] == "no-index"
        assert client.get("/v1/models").json()["index"] is None
    with serving(SEARCH, index=index) as client:
        problem = refused(client, "/v1/search/look", "unknown-model", person="aGk=")
        assert problem["detail"] == "no model that looks at photos is loaded"


def test_a_catalogue_without_vectors_answers_words_alone(
    tiny_bundle: Any, tmp_path: Path, serving: Serving, photo_bytes: Callable[..., bytes]
) -> None:
    write_jsonl(tmp_path / "items.jsonl", [Piece("a/1", "dress", {"color": ("red",)})], [])
    write_catalogue(tmp_path / "index", tmp_path / "items.jsonl", {}, "")
    with serving(tiny_bundle.path, index=tmp_path / "index") as client:
        found = ask(client, "/v1/search/words", words="red coat")
        assert ids(found["products"]) == ["a/1"] and found["model"] is None
        assert (found["products"][0]["similarity"], found["products"][0]["picture"]) == (None, None)
        refused(client, "/v1/search/similar", "no-vector", item_id="a/1")
        photo = client.post("/v1/search/similar", files={"image": ("i.jpg", photo_bytes(width_px=64, height_px=64))})
        assert photo.json()["code"] == "no-vector"


def test_an_index_of_another_bundle_is_refused_at_once(index: Path, tmp_path: Path, tiny_bundle: Any) -> None:
    with pytest.raises(DataError, match="another bundle"):
        Opened(Settings(bundles=[tiny_bundle.path], index=index))
    with pytest.raises(DataError, match="no catalogue"):
        Opened(Settings(bundles=[SEARCH], index=tmp_path))
    shutil.copytree(index, tmp_path / "other")
    spec = tmp_path / "other/search.json"
    spec.write_text(spec.read_text().replace(open_bundle(SEARCH).hash, "ab" * 32))
    told = cli.main(["serve", "--bundle", str(SEARCH), "--index", str(tmp_path / "other"), "--port", "0"])
    assert told == DataError.exit_code


def test_an_index_is_known_by_its_bytes(index: Path, tmp_path: Path) -> None:
    shutil.copytree(index, tmp_path / "copy")
    opened = [Opened(Settings(bundles=[SEARCH], index=folder)).index for folder in (index, tmp_path / "copy")]
    assert opened[0] and opened[1] and opened[0].sha256 == opened[1].sha256
    items = tmp_path / "copy/items.jsonl"
    items.write_text(items.read_text().replace('"black"', '"white"'))
    changed = Opened(Settings(bundles=[SEARCH], index=tmp_path / "copy")).index
    assert changed and changed.sha256 != opened[0].sha256


def test_an_index_that_fails_is_not_the_clients_fault(
    index: Path, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(SEARCH, index=index) as client:

        def fails(*_: Any) -> None:
            raise DataError("Qdrant did not do what it was asked for", where="http://inside:6333")

        monkeypatch.setattr(Searcher, "near", fails)
        answer = client.post("/v1/search/similar", json={"item_id": "garment-1"})
        assert (answer.status_code, answer.json()["code"]) == (PROBLEMS["internal"][0], "internal")
        assert "inside" not in answer.text
