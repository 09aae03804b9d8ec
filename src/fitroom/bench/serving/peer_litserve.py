"""LitServe with a worker a core and its batching.

python -m fitroom.bench.serving.peer_litserve --task recognize --bundle bundles/recognizer-clothing --port 8001
"""

import os
from pathlib import Path
from typing import Any

import litserve
from fastapi import Request

from fitroom.bench.serving.answering import BATCH_TIMEOUT_S, MAX_BATCH, PHOTOS, Answering, Task, read_words

NEVER_S = 3600.0  # a request is given up by whoever measures, not by the server


class Api(litserve.LitAPI):
    """Its form of a model.

    Args:
        task, bundle, num_threads: as :class:`fitroom.bench.serving.answering.Answering` takes them, in each worker.
    """

    def __init__(self, task: Task, bundle: Path, num_threads: int) -> None:
        super().__init__(max_batch_size=MAX_BATCH, batch_timeout=BATCH_TIMEOUT_S, api_path=f"/v1/{task}")
        self.task, self.bundle, self.num_threads = task, bundle, num_threads

    def setup(self, device: str) -> None:  # noqa: ARG002
        """Loads the model in a worker."""
        self.answering = Answering(self.task, self.bundle, self.num_threads)

    def decode_request(self, request: Request) -> dict[str, bytes]:
        """A form to the photos' bytes; LitServe reads the annotation, which is why it is no text here."""
        return {name: request[name].file.read() for name in PHOTOS[self.task]}

    def batch(self, inputs: list[dict[str, bytes]]) -> list[dict[str, bytes]]:
        """Requests as they are: the pipeline takes a list."""
        return inputs

    def predict(self, x: list[dict[str, bytes]]) -> list[dict[str, Any]]:
        """The answers of a batch."""
        return self.answering.together(x)

    def unbatch(self, output: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """One by one."""
        return output

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        """As JSON."""
        return output


def main() -> None:
    """Serves until it is killed."""
    words = read_words()
    api = Api(words.task, words.bundle, words.num_threads)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=os.cpu_count() or 1, timeout=NEVER_S)
    server.run(host="127.0.0.1", port=words.port, num_api_servers=1, log_level="error", generate_client_file=False)


if __name__ == "__main__":
    main()
