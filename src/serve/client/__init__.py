"""A client of the server for Python: every endpoint, typed, with nothing but the standard library.

from serve.client import Client

client = Client("http://127.0.0.1:8000", api_key="...")
worn = client.try_on("person.jpg", "garment.jpg", seed=7)
"""

from serve.client.client import Client, picture_of
from serve.client.errors import (
    ApiError,
    Busy,
    Conflict,
    JobFailed,
    NotAllowed,
    NotFound,
    NotReady,
    Refused,
    ServerFailed,
    TooLarge,
    Unreachable,
)

__all__ = [
    "ApiError",
    "Busy",
    "Client",
    "Conflict",
    "JobFailed",
    "NotAllowed",
    "NotFound",
    "NotReady",
    "Refused",
    "ServerFailed",
    "TooLarge",
    "Unreachable",
    "picture_of",
]
