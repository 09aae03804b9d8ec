"""A headless Chromium, driven through the pipe of its DevTools: no driver, no port, no package."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TIMEOUT_S = 180  # a busy machine is no failure
KEYS = {
    "Tab": ("Tab", 9, ""), "Enter": ("Enter", 13, "\r"), "Space": ("Space", 32, " "),
    "ArrowRight": ("ArrowRight", 39, ""), "ArrowLeft": ("ArrowLeft", 37, ""),
    "Home": ("Home", 36, ""), "End": ("End", 35, ""),
}  # fmt: skip


class Page:
    """One tab."""

    def __init__(self, process: subprocess.Popen[bytes], to_it: int, from_it: int) -> None:
        self.process, self.to_it, self.from_it = process, to_it, from_it
        self.count, self.rest, self.session, self.events = 0, b"", "", []
        self.own = "file:"
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> Any:
        """Calls a method of the DevTools and gives its result."""
        self.count += 1
        message: dict[str, Any] = {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_it, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self.count:
            self.events.append(answer)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def open(self, place: Path | str) -> None:
        """Loads a file, or what lies at an address, and waits until it is there."""
        self.events.clear()
        self.own = "file:" if isinstance(place, Path) else place
        self.send("Page.navigate", url=place.resolve().as_uri() if isinstance(place, Path) else place)
        self._wait_for("Page.loadEventFired")

    def follow(self, expression: str) -> None:
        """Clicks the link that a JavaScript expression gives, and waits for its page."""
        self.events.clear()
        self.run(f"{expression}.click()")
        self._wait_for("Page.loadEventFired")

    def run(self, expression: str) -> Any:
        """Value of a JavaScript expression; a promise is waited for."""
        found = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found.get("exceptionDetails")
        return found["result"].get("value")

    def press(self, key: str) -> None:
        """Presses and releases a key."""
        code, number, text = KEYS[key]
        name = " " if key == "Space" else key
        words = {"key": name, "code": code, "windowsVirtualKeyCode": number}
        self.send("Input.dispatchKeyEvent", type="keyDown", **words, **({"text": text} if text else {}))
        self.send("Input.dispatchKeyEvent", type="keyUp", **words)

    def type(self, text: str) -> None:
        """Types where the focus is."""
        self.send("Input.insertText", text=text)

    def upload(self, selector: str, path: Path) -> None:
        """Chooses a file in a file input, as its user would."""
        root = self.send("DOM.getDocument")["root"]["nodeId"]
        node = self.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.send("DOM.setFileInputFiles", nodeId=node, files=[str(path)])

    def look(self, width_px: int, height_px: int = 900, theme: str = "light") -> None:
        """Size of the window, and the theme its user likes."""
        phone = width_px < 600
        self.send("Emulation.setDeviceMetricsOverride", width=width_px, height=height_px,
                  deviceScaleFactor=1, mobile=phone)  # fmt: skip
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])

    def picture(self, path: Path) -> None:
        """Writes what is seen, the whole page, as a PNG."""
        found = self.send("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))

    @property
    def complaints(self) -> list[str]:
        """Errors of scripts, failed loads and every address elsewhere than where what was opened lies."""
        found = []
        for event in self.events:
            method, params = event.get("method"), event.get("params", {})
            wrong_log = method == "Log.entryAdded" and params["entry"]["level"] == "error"
            if wrong_log or method == "Runtime.exceptionThrown":
                found.append(str(params))
            elif method == "Network.loadingFailed" and not params.get("canceled"):  # by the page itself
                found.append(params["errorText"])
            elif method == "Network.requestWillBeSent" and not params["request"]["url"].startswith(
                (self.own, "data:", "blob:")
            ):
                found.append(params["request"]["url"])
        return found

    def _wait_for(self, method: str) -> None:
        end_s = time.monotonic() + TIMEOUT_S
        while not any(event.get("method") == method for event in self.events):
            assert time.monotonic() < end_s, f"no {method}"
            self.events.append(self._next())

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.from_it], [], [], TIMEOUT_S)
            assert ready, "Chromium says nothing"
            block = os.read(self.from_it, 1 << 16)
            assert block, "Chromium has gone away"
            self.rest += block
        message, _, self.rest = self.rest.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


def tab_to(page: Page, selector: str) -> None:
    """Presses Tab until what is looked for has the focus."""
    for _ in range(140):
        page.press("Tab")
        if page.run(f"document.activeElement.matches({selector!r})"):
            return
    raise AssertionError(f"no way to {selector} with the keyboard")


@contextlib.contextmanager
def open_chromium(profile: Path) -> Iterator[Page]:
    """Starts Chromium and ends it; skips the test where there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium; on Debian: apt-get install chromium")
    its_in, to_it = os.pipe()
    from_it, its_out = os.pipe()
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--hide-scrollbars", "--remote-debugging-pipe", f"--user-data-dir={profile}"]  # fmt: skip
    # The pipe is file 3 and 4 of the process; the shell moves ours there.
    moved = f'exec "$0" "$@" 3<&{its_in} 4>&{its_out}'
    process = subprocess.Popen(
        ["bash", "-c", moved, program, *flags], pass_fds=(its_in, its_out), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(its_in)
    os.close(its_out)
    try:
        yield Page(process, to_it, from_it)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(to_it)
        os.close(from_it)
