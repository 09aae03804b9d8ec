"""Replicas on a Ray cluster: Ray Serve starts them, counts them, replaces those that end, and sends each its share.

Photos go from this process to a replica by gRPC, memory to memory. Ray's object store, which may
spill to disk, sees none.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
from typing import Any

from fitroom import __version__
from fitroom.errors import LaunchError
from fitroom.progress import log
from serve.replicas.cluster import ReplicaGone, State
from serve.replicas.options import RayOptions
from serve.replicas.ray_settings import deployment_options, environment, guard_variables, import_ray, init_options
from serve.replicas.replica import Replica
from serve.settings import Settings
from serve.workers.opened import Opened

_TELL_S = 60.0  # a replica that is busy longer looks at the garment when it is asked to try it on


class RayCluster:
    """A :class:`serve.replicas.cluster.Cluster` of Ray Serve; one in a process.

    Args:
        opened: the server's bundles, which lie in the same folders on all machines of the cluster.

    Raises:
        ModuleNotFoundError, LaunchError: Ray is not installed, or not with all that Ray Serve needs.
    """

    def __init__(self, opened: Opened) -> None:
        assert opened.settings.ray is not None
        self.opened, self.options = opened, opened.settings.ray
        self.ray, self.serve = import_ray(environment(opened.settings) | guard_variables(self.options))
        self._answer: Any = None
        self._one_at_a_time = threading.Lock()

    def join(self) -> None:
        """Starts the cluster, or joins one that runs."""
        with self._one_at_a_time:
            try:
                self.ray.init(**init_options(self.opened.settings))
            except (ConnectionError, RuntimeError, ValueError) as error:
                raise _no_cluster(self.options, error) from error

    def deploy(self) -> None:
        """Has the replicas started, in place of what has their name there."""
        with self._one_at_a_time:
            if not self.ray.is_initialized():  # stopped meanwhile
                return
            logging.getLogger("ray.serve").setLevel(logging.WARNING)
            self.serve.start(proxy_location="Disabled", logging_config={"log_level": "WARNING"})
            if self.options.name in self.serve.status().applications:
                log.info("what is called %s on the cluster is replaced", self.options.name)
                self.serve.delete(self.options.name)
            replica = self.serve.deployment(Replica, **deployment_options(self.opened.settings))
            bound = replica.bind(settings_of_replicas(self.opened), self.opened.hashes(), __version__)
            target = self.serve.RunTarget(target=bound, name=self.options.name, route_prefix=None)
            (handle,) = self.serve.run_many([target], wait_for_applications_running=False)
            self._answer = handle.options(method_name="answer", _by_reference=False)

    def state(self) -> State:
        """How many replicas run; a failure where the first ones cannot load the models."""
        application = self.serve.status().applications.get(self.options.name)
        if application is None:
            return State(running=0)
        if application.status == "DEPLOY_FAILED":
            return State(running=0, failure=_not_deployed(application.deployments.values()))
        states = [deployment.replica_states for deployment in application.deployments.values()]
        return State(running=sum(found.get("RUNNING", 0) for found in states))

    async def ask(self, message: bytes) -> bytes:
        """What a replica answers; Ray Serve chooses the less busy of two, and waits while all are."""
        import grpc
        from ray.exceptions import RayActorError, TaskCancelledError
        from ray.serve.exceptions import ReplicaUnavailableError

        try:
            answer: bytes = await self._answer.remote(message)
            return answer
        except (RayActorError, TaskCancelledError, ReplicaUnavailableError) as error:
            raise ReplicaGone(str(getattr(error, "actor_id", "") or "")) from None
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:  # too long for the channel: no fault of the replica
                raise
            raise ReplicaGone from None

    async def tell_all(self, message: bytes) -> None:
        """Has every replica that runs now answer; one that ends over it has nothing to remember."""
        await self._answer.broadcast("answer", message).results_async(timeout_s=_TELL_S, return_exceptions=True)

    def stop(self) -> None:
        """Ends the replicas; of a cluster that is not the server's own, nothing else."""
        with self._one_at_a_time:
            if not self.ray.is_initialized():
                return
            if not self.options.is_local and self._answer is not None:
                self.serve.delete(self.options.name)
            self.ray.shutdown()


def settings_of_replicas(opened: Opened) -> Settings:
    """What replicas are told: whole paths, since each has a folder of its own, and no keys, since Ray keeps it."""
    settings = opened.settings
    bundles = [bundle.path.resolve() for bundle in opened.bundles.values()]
    pose, index = (path and path.absolute() for path in (settings.pose, settings.index))
    return dataclasses.replace(settings, bundles=bundles, pose=pose, index=index, api_keys={}, ray=None)


def _no_cluster(options: RayOptions, error: Exception) -> LaunchError:
    if options.is_local:
        return LaunchError("Ray does not start on this machine", got=error, fix="see its logs, in the temporary folder")
    return LaunchError(
        "there is no Ray cluster", where=options.address, got=str(error).splitlines()[0],
        fix="ray start --head on one machine and ray start --address=HEAD:6379 on the others, this one among them",
    )  # fmt: skip


def _not_deployed(deployments: Any) -> LaunchError:
    said = "\n".join(deployment.message for deployment in deployments).strip()
    return LaunchError("no replica can load the models", got=said.rpartition("fitroom.errors.")[2])
