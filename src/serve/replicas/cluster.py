"""What the server needs of a cluster: replicas of the models somewhere, asked in bytes. No word of Ray."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class State:
    """How a cluster stands.

    Attributes:
        running: replicas that have loaded the models and take work.
        failure: why none ever will; None = no such thing.
    """

    running: int
    failure: Exception | None = None


class ReplicaGone(Exception):
    """A replica ended before it answered.

    Args:
        id: of the replica; empty = not known.
    """

    def __init__(self, id: str = "") -> None:
        super().__init__(id)
        self.id = id


class Cluster(Protocol):
    """Replicas of the models. What blocks is called in threads, one call at a time."""

    def join(self) -> None:
        """Starts the cluster, or joins one that runs; blocks for seconds.

        Raises:
            LaunchError: there is no such cluster.
        """

    def deploy(self) -> None:
        """Has the replicas started, which load the models; blocks for seconds, but not until they are ready."""

    def state(self) -> State:
        """How it stands; blocks for milliseconds."""

    async def ask(self, message: bytes) -> bytes:
        """What a replica answers to a message of ``serve.workers.wire``; waits until one is free.

        Raises:
            ReplicaGone: it ended before it answered.
        """

    async def tell_all(self, message: bytes) -> None:
        """Has every replica answer a message, for what it keeps of it; answers are thrown away."""

    def stop(self) -> None:
        """Ends the replicas, and the cluster where it is the server's own; blocks for seconds."""
