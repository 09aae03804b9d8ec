"""``POST /v1/size-advice`` and ``/v1/outfits`` with the shipped models: the pipelines' answers, every fault by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from fitroom.bundles import Bundle, open_bundle
from fitroom.pipelines.sizing.advise import advise
from fitroom.pipelines.sizing.answers import Answers
from fitroom.pipelines.sizing.body import BodyPipeline
from serve.answering.advising import chart
from serve.problem_codes import PROBLEMS

BUNDLES = Path(__file__).parents[3] / "bundles"
CHART = {size: {"chest": 92.0 + 6 * i, "length": 62.0 + 2 * i} for i, size in enumerate(("XS", "S", "M", "L", "XL"))}
BODY = {"sex": "female", "body_cm": {"height": 172}, "weight_kg": 65}
ITEMS: list[dict[str, Any]] = [
    {"item_id": "a1", "category": "trousers", "attributes": {"color": "beige", "material": "linen"}, "price": 59},
    {"item_id": "b7", "category": "shirt", "attributes": {"color": "white", "season": ["spring", "summer"]}},
    {"item_id": "c3", "category": "t-shirt", "attributes": {"color": "black", "pattern": "solid"}},
    {"item_id": "d9", "category": "coat", "attributes": {"material": "wool knit", "season": "winter"}},
]


@pytest.fixture(scope="module")
def client(tiny_tryon: Bundle, serving: Callable[..., AbstractContextManager[TestClient]]) -> Iterator[TestClient]:
    with serving(tiny_tryon.path, BUNDLES / "size-advisor", BUNDLES / "outfits") as client:
        yield client


def ask(client: TestClient, path: str, **values: Any) -> dict[str, Any]:
    answer = client.post(path, json=values)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json()
    assert found["timings_ms"]["total"] == pytest.approx(sum(found["timings_ms"].values()) / 2, abs=0.01)
    return found


def refused(client: TestClient, path: str, code: str, **values: Any) -> dict[str, Any]:
    answer = client.post(path, json=values)
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["code"]) == (PROBLEMS[code][0], code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return problem


def test_the_advice_is_the_pipelines(client: TestClient) -> None:
    found = ask(client, "/v1/size-advice", size_chart=CHART, **BODY)
    pipeline = BodyPipeline.from_bundle(BUNDLES / "size-advisor")
    expected = advise(pipeline, Answers({"height": 172.0, "weight": 65.0}, "female"), chart(CHART)).plain()
    for name in ("size", "probability", "words", "region", "sizes", "body", "remarks"):
        assert found[name] == expected[name]
    assert sum(size["probability"] for size in found["sizes"]) == pytest.approx(1)
    chosen = next(size for size in found["sizes"] if size["size"] == found["size"])
    assert chosen["places"]["chest"]["low_cm"] < chosen["places"]["chest"]["ease_cm"]
    assert chosen["places"]["chest"]["label"] == "regular" and chosen["hem"]["height_cm"] > 50
    assert found["model"]["bundle_sha256"] == open_bundle(BUNDLES / "size-advisor").hash


def test_a_registered_garment_brings_its_chart_and_its_region(client: TestClient, photo_bytes: Any) -> None:
    photo = {"garment": ("g.jpg", photo_bytes(width_px=64, height_px=64))}
    sizes = '{"S": {"waist": 70, "hip": 92}, "M": {"waist": 76, "hip": 98}}'
    put = client.put("/v1/garments/skirt", files=photo, data={"size_chart": sizes, "category": "skirt"})
    assert put.status_code == 201
    found = ask(client, "/v1/size-advice", garment_id="skirt", prefer="tighter", **BODY)
    assert (found["region"], found["garment_id"], found["prefer"]) == ("bottom", "skirt", "tighter")
    assert client.put("/v1/garments/plain", files=photo).status_code == 201
    refused(client, "/v1/size-advice", "chart-unusable", garment_id="plain", **BODY)
    refused(client, "/v1/size-advice", "unknown-garment", garment_id="none", **BODY)
    refused(client, "/v1/size-advice", "invalid-field", garment_id="skirt", size_chart=CHART, **BODY)


@pytest.mark.parametrize(
    ("values", "code", "said"),
    [
        ({"body_cm": {"height": 68}}, "measure-unit", "68 looks like inches: give 172.7 cm"),
        ({"body_cm": {"heigth": 172}}, "unknown-measure", "height"),
        ({"body_cm": {"height": 900}}, "measure-range", "120 to 230"),
        ({"weight_kg": 120, "body_cm": {"hip": 65}}, "impossible-body", "in 99 of 100"),
        ({"body_cm": {"weight": 65}}, "invalid-field", "own fields"),
        ({"sex": "f"}, "invalid-field", "female"),
        ({"weight_kg": "65"}, "invalid-field", "number"),
        ({"size_chart": {}}, "chart-unusable", "each size once"),
        ({"size_chart": {"m": {"chest": 90}, "M": {"chest": 94}}}, "chart-unusable", "twice"),
        ({"size_chart": {"S": {"chest": 36}}}, "measure-unit", "give 91.4"),
        ({"size_chart": {"S": {"chest": 90, "hip": 96}, "M": {"chest": 94}}}, "chart-holes", "hip of M"),
        ({"size_chart": {"S": {"chest": 98}, "M": {"chest": 92}}}, "chart-order", "order the sizes"),
        ({"size_chart": {"S": {"sleeve": 60}}}, "chart-unusable", "at least one of chest, hip"),
        ({"size_chart": {"S": {"chest": 90, "inseam": 70}}}, "region-needed", "name the region"),
        ({"size_chart": None}, "missing-field", "garment_id"),
        ({"model": "other"}, "unknown-model", "size-advisor"),
    ],
)
def test_what_cannot_be_advised_on_is_named(client: TestClient, values: dict[str, Any], code: str, said: str) -> None:
    problem = refused(client, "/v1/size-advice", code, **{"size_chart": CHART, **BODY, **values})
    assert said in str(problem)


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"weight_kg": 20}, "weight_kg"),
        ({"age_years": 7}, "age_years"),
        ({"body_cm": {"height": 172, "chest": 38}}, "body_cm.chest"),
        ({"body_cm": {"chst": 90}}, "body_cm.chst"),
    ],
)
def test_a_wrong_answer_is_named_by_its_field(client: TestClient, values: dict[str, Any], where: str) -> None:
    assert client.post("/v1/size-advice", json={"size_chart": CHART, **BODY, **values}).json()["where"] == where


def test_outfits_are_ranked_with_reasons(client: TestClient) -> None:
    found = ask(client, "/v1/outfits", items=ITEMS, season="summer", given=["a1"], num=2)
    assert [outfit["items"][0]["item_id"] for outfit in found["outfits"]] == ["a1", "a1"]
    first, second = (outfit["probability"] for outfit in found["outfits"])
    assert 1 > first >= second > 0
    assert found["outfits"][0]["items"][0]["words"] == "beige linen trousers"
    assert {reason["name"] for reason in found["outfits"][0]["reasons"]} <= {
        "color", "pattern", "material", "season", "style", "price",
    }  # fmt: skip
    assert found["model"]["name"] == "outfits"
    one = ask(client, "/v1/outfits", items=ITEMS, given=["a1"], category="shirt")
    assert [item["item_id"] for item in one["outfits"][0]["items"]] == ["a1", "b7"]


@pytest.mark.parametrize(
    ("values", "code", "said"),
    [
        ({"items": []}, "invalid-field", "items"),
        ({"items": ITEMS * 80}, "invalid-field", "300"),
        ({"items": [{"category": "shirt"}]}, "invalid-field", "item_id"),
        ({"items": [{**ITEMS[0], "attributes": {"colour": "red"}}]}, "unknown-attribute", "did you mean 'color'"),
        ({"items": [{**ITEMS[0], "attributes": {"color": "blu"}}]}, "unknown-word", "did you mean 'blue'"),
        ({"items": [{**ITEMS[0], "category": "spacesuit"}]}, "unknown-word", "shirt"),
        ({"items": [{**ITEMS[0], "price": -1}]}, "invalid-item", "items.0"),
        ({"items": [ITEMS[0], {**ITEMS[0], "price": 2}]}, "invalid-item", "items.1"),
        ({"given": ["a2"]}, "unknown-item", "a1"),
        ({"given": ["a1", "a1"]}, "unknown-item", "twice"),
        ({"category": "shirt"}, "no-outfit", "a piece that is given"),
        ({"category": "shrit", "given": ["a1"]}, "unknown-word", "did you mean 'shirt'"),
        ({"items": ITEMS[1:3]}, "no-outfit", "a top and a bottom"),
        ({"season": "sommer"}, "invalid-field", "summer"),
        ({"num": 0}, "invalid-field", "num"),
        ({"model": "other"}, "unknown-model", "outfits"),
    ],
)
def test_what_cannot_be_matched_is_named(client: TestClient, values: dict[str, Any], code: str, said: str) -> None:
    assert said in str(refused(client, "/v1/outfits", code, **{"items": ITEMS, **values}))


def test_outfits_are_json_alone_and_not_without_end(client: TestClient) -> None:
    multipart = client.post("/v1/outfits", files={"items": b"[]"})
    assert (multipart.status_code, multipart.json()["rule"]) == (415, "application/json, not compressed")
    long = client.post("/v1/outfits", json={"items": ITEMS, "season": "f" * 2**23})
    assert (long.status_code, long.json()["rule"]) == (413, "at most 8 MiB")


def test_models_say_what_they_can_be_told(client: TestClient) -> None:
    listed = {model["kind"]: model for model in client.get("/v1/models").json()["models"]}
    assert listed["sizing"]["input_size_px"] is None and "weight" in listed["sizing"]["measures"]
    assert "linen" in listed["outfits"]["words"]["material"]
    assert listed["outfits"]["words"]["weather"] == ["hot", "mild", "cold", "rain"]
    assert all(model["default"] for model in listed.values())


def test_without_the_bundles_it_says_so(
    tiny_tryon: Bundle, serving: Callable[..., AbstractContextManager[TestClient]]
) -> None:
    with serving(tiny_tryon.path) as client:
        problem = refused(client, "/v1/size-advice", "unknown-model", size_chart=CHART)
        assert problem["detail"] == "no model that advises sizes is loaded"
        refused(client, "/v1/outfits", "unknown-model", items=ITEMS)
