"""The page's files: complete, of their types, under their policy, in both languages, and of nobody else's host."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from serve import problems
from serve.routes.page import FOLDER, page_files, page_routes

FILES = page_files()
TEXTS = {name: file.content.decode() for name, file in FILES.items() if not name.endswith(".jpg")}
WORDS = {language: json.loads(TEXTS[f"strings.{language}.json"]) for language in ("en", "zh")}


@pytest.fixture(scope="module")
def client() -> TestClient:
    app = FastAPI()
    problems.install(app)
    app.include_router(page_routes())
    return TestClient(app)


def test_the_page_comes_with_a_strict_policy(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_served_as_what_it_is(client: TestClient, name: str) -> None:
    answer = client.get(f"/page/{name}")
    kinds = {
        ".js": "text/javascript",
        ".css": "text/css",
        ".json": "application/json",
        ".html": "text/html",
        ".jpg": "image/jpeg",
    }
    assert answer.status_code == 200 and answer.content == FILES[name].content
    assert answer.headers["content-type"].startswith(kinds[PurePosixPath(name).suffix])
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["nothing.js", "../app.py", "%2e%2e/app.py", "examples", "examples/../../app.py"])
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    answer = client.get(f"/page/{path}")
    assert answer.status_code == 404 and answer.headers["content-type"] == problems.MEDIA_TYPE


def test_no_file_names_another_host() -> None:
    named = {found for text in TEXTS.values() for found in re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"')]*", text)}
    assert named <= {"http://www.w3.org/2000/svg"}


def test_every_word_is_there_in_both_languages() -> None:
    asked = set(re.findall(r"data-(?:text|label)=\"([^\"]+)\"", TEXTS["index.html"]))
    for name, text in TEXTS.items():
        if name.endswith(".js"):
            asked |= set(re.findall(r"\bt\(\"([^\"]+)\"", text))
    assert len(asked) > 50 and asked <= set(WORDS["en"])
    assert set(WORDS["en"]) <= set(WORDS["zh"])
    for key, words in WORDS["en"].items():
        assert set(re.findall(r"{\w+}", words)) == set(re.findall(r"{\w+}", WORDS["zh"][key])), key


def test_examples_are_small_and_whole() -> None:
    examples = json.loads(TEXTS["examples/examples.json"])
    photos = [one["photo"] for kind in examples.values() for one in kind]
    assert {f"examples/{photo}" for photo in photos} == {name for name in FILES if name.endswith(".jpg")}
    assert sum(path.stat().st_size for path in (FOLDER / "examples").iterdir()) < 1_000_000
    for garment in examples["garments"]:
        assert list(garment["size_chart"]) == ["XS", "S", "M", "L", "XL", "XXL"]
        for key in (f"category.{garment['category']}", f"color.{garment['color']}", f"pattern.{garment['pattern']}"):
            assert key in WORDS["en"]
    assert all(person["body_cm"]["height"] > 120 for person in examples["people"])
