"""What Ray is told: nothing is sent home, no dashboard, a small object store that spills nothing, no strangers."""

from __future__ import annotations

import logging
import math
import os
import secrets
from collections.abc import Mapping
from typing import Any

from fitroom.errors import LaunchError
from serve.replicas.options import RayOptions
from serve.settings import Settings

_OBJECT_STORE_BYTES = 80 * 2**20  # about the least that Ray takes; no photo goes there
_LEAST_MESSAGE_BYTES = 64 * 2**20
_TRIES_TO_LOAD = 2
_HEALTH_CHECK_S = 2.0  # how soon a replica that ended is missed


def environment(settings: Settings) -> dict[str, str]:
    """Environment of this process and of the replicas, which Ray reads when it is imported."""
    longest = max(settings.max_batch, 2) * settings.max_image_bytes + 2**20
    return {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_SERVE_REPLICA_GRPC_MAX_MESSAGE_LENGTH": str(max(longest, _LEAST_MESSAGE_BYTES)),
    }


def import_ray(variables: Mapping[str, str]) -> tuple[Any, Any]:
    """Ray and Ray Serve.

    Raises:
        ModuleNotFoundError: Ray is not installed.
        LaunchError: it is, but not all that Ray Serve needs.
    """
    os.environ.update(variables)
    import ray

    try:
        from ray import serve
    except ModuleNotFoundError as error:
        raise LaunchError(
            "Ray is installed without all that Ray Serve needs", got=error.name, fix="pip install 'fitroom[ray]'"
        ) from error
    return ray, serve


def init_options(settings: Settings) -> dict[str, Any]:
    """Arguments of ``ray.init``."""
    options = _ray_of(settings)
    both = {
        "address": options.address, "logging_level": logging.ERROR,
        "log_to_driver": not settings.access_log,  # what replicas log is no JSON line
    }  # fmt: skip
    if not options.is_local:
        return both
    # Whoever asks for more replicas than there are cores gets them.
    num_cpus = max(os.cpu_count() or 1, math.ceil(options.max_replicas * cpus_of(settings)))
    return both | {
        "num_cpus": num_cpus,
        "include_dashboard": False,
        "object_store_memory": _OBJECT_STORE_BYTES,
        "_system_config": {"automatic_object_spilling_enabled": False},
    }


def deployment_options(settings: Settings) -> dict[str, Any]:
    """Arguments of ``serve.deployment``."""
    options = _ray_of(settings)
    told: dict[str, Any] = {
        "name": "models",
        "max_ongoing_requests": settings.concurrency,
        "ray_actor_options": {
            "num_cpus": cpus_of(settings),
            "runtime_env": {"env_vars": environment(settings)},
        },
        "graceful_shutdown_timeout_s": settings.shutdown_s,
        "graceful_shutdown_wait_loop_s": 0.5,
        "health_check_period_s": _HEALTH_CHECK_S,
        "max_constructor_retry_count": _TRIES_TO_LOAD,
        "logging_config": {"log_level": "WARNING", "enable_access_log": False},
    }
    if options.min_replicas == options.max_replicas:
        return told | {"num_replicas": options.min_replicas}
    return told | {
        "autoscaling_config": {
            "min_replicas": options.min_replicas,
            "max_replicas": options.max_replicas,
            "target_ongoing_requests": options.target_load or float(settings.concurrency),
            "upscale_delay_s": options.upscale_delay_s,
            "downscale_delay_s": options.downscale_delay_s,
        }
    }


def cpus_of(settings: Settings) -> float:
    """CPUs of a replica."""
    return _ray_of(settings).cpus or float(settings.concurrency * settings.num_threads)


def guard_variables(options: RayOptions) -> dict[str, str]:
    """A token without which nobody speaks to a cluster of one's own; others have theirs set where they are started."""
    if not options.is_local or "RAY_AUTH_MODE" in os.environ:
        return {}
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}


def _ray_of(settings: Settings) -> RayOptions:
    assert settings.ray is not None
    return settings.ray
