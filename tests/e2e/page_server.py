"""The server's page for a browser, and what its tests wait for and press."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.chromium import Page

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "src/serve/page/examples"
STATUS = "document.querySelector('#status').textContent"
BUDGET_S = 120  # a busy machine is no failure


@contextmanager
def page_address(*names: str, index: Path | None = None) -> Iterator[str]:
    """A server of shipped bundles, ready, while it is needed.

    Args:
        names: of the bundles.
        index: that is searched.
    """
    import uvicorn

    from serve.app import create_app
    from serve.settings import Settings

    app = create_app(Settings(bundles=[ROOT / "bundles" / name for name in names], index=index, isolate=False))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        wait_until_ready(listener.getsockname()[1])
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server.should_exit = True
        thread.join()


def wait_until_ready(port: int) -> None:
    """Waits until the models are loaded."""
    end_s = time.monotonic() + BUDGET_S
    while True:
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=BUDGET_S)
        asked.request("GET", "/health/ready")
        if asked.getresponse().status == 200:
            return
        assert time.monotonic() < end_s, "the server does not become ready"
        time.sleep(0.1)


def open_page(browser: Page, address: str) -> Page:
    """The page, freshly opened in a wide, light window, with its first picture made."""
    browser.look(1280)
    browser.open(address)
    wait_for(browser, f"/Size M, made in \\d+ ms/.test({STATUS})")
    return browser


def say(page: Page, field: str, value: str) -> None:
    """Types into a field or chooses in a list, as its user would."""
    page.run(
        f"(() => {{ const field = document.querySelector({field!r}); field.value = {value!r};"
        " field.dispatchEvent(new Event('change')); })()"
    )


def wait_for(page: Page, expression: str) -> None:
    """Waits until a JavaScript expression holds."""
    end_s = time.monotonic() + BUDGET_S
    while not page.run(expression):
        assert time.monotonic() < end_s, f"not {expression}: {page.run('document.body.innerText')}"
        time.sleep(0.1)
