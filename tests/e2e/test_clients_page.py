"""The examples of docs/clients.md, run as they stand there: curl, Python, fetch and a mini-program."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from PIL import Image
from tests.e2e.chromium import open_chromium

from serve.app import create_app
from serve.client import Client
from serve.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/clients.md").read_text(encoding="utf-8")
PERSON, GARMENT = ROOT / "docs/tryon/example-person.jpg", ROOT / "docs/tryon/example-garment.jpg"
SHOPPER = ROOT / "src/serve/page/examples/person-1.jpg"  # head to feet
BUDGET_S = 300
CHART = {"S": {"chest": 96, "length": 64}, "M": {"chest": 102, "length": 66}, "L": {"chest": 108, "length": 68}}
# What a mini-program has in place of fetch, as far as the examples use it.
WX = """
const wx = {
  uploadFile({ url, filePath, name, formData, success, fail }) {
    const form = new FormData();
    form.append(name, photo(filePath), "photo.jpg");
    for (const [key, value] of Object.entries(formData)) form.append(key, value);
    fetch(url, { method: "POST", body: form })
      .then(async (answer) => success({ statusCode: answer.status, data: await answer.text() })).catch(fail);
  },
  request({ url, method, data, success, fail }) {
    fetch(url, { method, body: JSON.stringify(data), headers: { "Content-Type": "application/json" } })
      .then(async (answer) => success({ statusCode: answer.status, data: await answer.json() })).catch(fail);
  },
};
"""
FETCH_USED = """
const worn = await tryOn(photo("person.jpg"), photo("garment.jpg"), { category: "t-shirt", seed: 7 });
const advice = await sizeAdvice({ garment_id: "tee-4711", body_cm: { height: 172 }, weight_kg: 65 });
const read = await sizeByPhoto(photo("shopper.jpg"), { garment_id: "tee-4711", body_cm: { height: 172 } });
const ranked = await outfits([{ item_id: "a", category: "shirt" }, { item_id: "b", category: "skirt" }], { num: 1 });
const found = await searchWords("黑色 polo衫", { num: 1 });
const seen = await searchLook(photo("person.jpg"), { num: 2 });
const wrong = await sizeAdvice({ garment_id: "tee-4711", body_cm: { height: 68 } }).catch((error) => error);
return [worn.seed, worn.url.slice(0, 22), advice.size, ranked.outfits[0].items.length, found.products[0].category,
  seen[0].products.length, wrong.code, read.reader.name];
"""
WX_USED = """
const worn = await wornIn("person.jpg", "tee-4711", "M", { chest: 96 });
const advice = await adviseSize("tee-4711", { height: 172 }, 65);
const read = await adviseSizeByPhoto("shopper.jpg", "tee-4711", { height: 172 });
const found = await findWorn("person.jpg", "bottom");
const wrong = await wornIn("person.jpg", "none", "M", {}).catch((said) => said);
return [worn.src.slice(0, 22), worn.fit.ease_cm.chest, advice.size, found.length, wrong.code, read.reader.name];
"""


@pytest.fixture(scope="module")
def port(example_index: Path) -> Iterator[int]:
    """A server of the bundles that the page names, one garment registered."""
    names = ("tryon-compact", "recognizer-clothing", "parser-photos", "size-advisor", "body-photo", "outfits",
             "search")  # fmt: skip
    assert all(f"bundles/{name}" in PAGE for name in names)
    bundles = [ROOT / "bundles" / name for name in names]
    settings = Settings(bundles=bundles, index=example_index, isolate=False, runtime="torch")
    server = uvicorn.Server(uvicorn.Config(create_app(settings), log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        found = int(listener.getsockname()[1])
        while not server.started:
            time.sleep(0.01)
        Client(f"http://127.0.0.1:{found}", max_wait_s=BUDGET_S).put_garment("tee-4711", GARMENT, size_chart=CHART)
        yield found
        server.should_exit = True
        thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the examples find their photos."""
    for name, photo in (("person.jpg", PERSON), ("garment.jpg", GARMENT), ("shopper.jpg", SHOPPER)):
        (tmp_path / name).write_bytes(photo.read_bytes())
    return tmp_path


def example(language: str, place: int, port: int) -> str:
    """The example of a language, asking the server of the test."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[place].replace(":8000", f":{port}")


def ran(command: list[str], folder: Path) -> str:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=BUDGET_S)
    assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


def test_curl(port: int, folder: Path) -> None:
    script = example("sh", 1, port).replace("curl ", "curl -sS --fail-with-body ")
    ran(["bash", "-euo", "pipefail", "-c", script], folder)
    names = ("advice", "registered", "read", "outfits")
    said = {name: json.loads((folder / f"{name}.json").read_text()) for name in names}
    assert said["advice"]["size"] in CHART and said["registered"]["garment_id"] == "tee-4711"
    assert said["read"]["size"] in CHART and "simulated people" in said["read"]["remarks"][0]
    assert said["outfits"]["outfits"][0]["items"][0]["item_id"] == "a1"


def test_python(port: int, folder: Path) -> None:
    said = ran([sys.executable, "-c", example("python", 0, port)], folder).splitlines()
    assert said[0].startswith("6.0 ") and said[-1] == "measure-unit 68 looks like inches: give 172.7 cm"
    assert Image.open(folder / "worn.jpg").size == Image.open(PERSON).size
    assert Image.open(folder / "product.jpg").format == "JPEG"
    assert "black stripe jersey polo" in " ".join(said) and any(line.startswith("bottom [") for line in said)


@pytest.mark.parametrize(("place", "before", "used"), [(0, "", FETCH_USED), (1, WX, WX_USED)], ids=["fetch", "wx"])
def test_javascript(port: int, folder: Path, tmp_path: Path, place: int, before: str, used: str) -> None:
    script = f"{before}{example('js', place, port)}{used}"
    found = in_node(script, folder) if shutil.which("node") else in_chromium(script, port, tmp_path)
    jpeg = "data:image/jpeg;base64"
    if place:
        assert [found[0], found[1], *found[3:]] == [jpeg, 6.0, 6, "unknown-garment", "body-photo"]
    else:
        assert [found[0], found[1], *found[3:]] == [7, jpeg, 2, "polo", 2, "measure-unit", "body-photo"]
    assert found[2] in CHART


def in_node(script: str, folder: Path) -> list[object]:
    photo = 'const photo = (name) => new Blob([require("fs").readFileSync(name)], { type: "image/jpeg" });'
    whole = f"{photo}\n(async () => {{ {script} }})().then((found) => console.log(JSON.stringify(found)));"
    found: list[object] = json.loads(ran(["node", "-e", whole], folder))
    return found


def in_chromium(script: str, port: int, profile: Path) -> list[object]:
    with open_chromium(profile / "chromium") as page:
        page.open(f"http://127.0.0.1:{port}/page/strings.en.json")
        photos = (
            "Promise.all(['person-1', 'garment-2'].map(async n => (await fetch(`/page/examples/${n}.jpg`)).blob()))"
        )
        given = "const photo = (name) => name === 'garment.jpg' ? blobs[1] : blobs[0];"
        found: list[object] = page.run(f"{photos}.then(async blobs => {{ {given} {script} }})")
        return found
