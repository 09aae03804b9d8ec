"""FastAPI as its tutorial serves a model: a plain function, one request at a time in each thread of its pool.

python -m fitroom.bench.serving.peer_fastapi --task recognize --bundle bundles/recognizer-clothing --port 8001
"""

from __future__ import annotations

from typing import Any

import uvicorn
from fastapi import FastAPI, File, UploadFile

from fitroom.bench.serving.answering import Answering, read_words


def make_app(answering: Answering) -> FastAPI:
    """The app, with one route of the task's name."""
    app = FastAPI()

    def recognize(image: UploadFile = File()) -> dict[str, Any]:
        return answering.together([{"image": image.file.read()}])[0]

    def try_on(person: UploadFile = File(), garment: UploadFile = File()) -> dict[str, Any]:
        return answering.together([{"person": person.file.read(), "garment": garment.file.read()}])[0]

    app.post(f"/v1/{answering.task}")(recognize if answering.task == "recognize" else try_on)
    app.get("/health")(lambda: "ok")
    return app


def main() -> None:
    """Serves until it is killed."""
    words = read_words()
    app = make_app(Answering(words.task, words.bundle, words.num_threads))
    uvicorn.run(app, port=words.port, log_level="error")


if __name__ == "__main__":
    main()
