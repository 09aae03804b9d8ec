"""One replica, without a cluster: answers as the models do, and takes no bundle or version but the server's."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from fitroom import __version__
from fitroom.bundles import Bundle
from fitroom.errors import BundleError, ConfigError, ImageError, LaunchError
from serve.replicas import replica as module
from serve.replicas.on_ray import settings_of_replicas
from serve.replicas.options import RayOptions
from serve.replicas.ray_settings import deployment_options, environment, guard_variables, init_options
from serve.replicas.replica import END, Replica
from serve.settings import Settings
from serve.workers.opened import Opened
from serve.workers.wire import pack_works, unpack_outcomes
from serve.workers.work import Made, Work


@pytest.fixture
def hashes(tiny_bundle: Bundle) -> dict[str, str]:
    return {tiny_bundle.spec.name: tiny_bundle.hash}


def replica_of(bundle: Bundle, hashes: dict[str, str], version: str = __version__, **options: Any) -> Replica:
    return Replica(Settings(bundles=[bundle.path], concurrency=1, **options), hashes, version)


def test_it_answers_as_the_models_do(tiny_bundle: Bundle, hashes: dict[str, str], photo_bytes: Any) -> None:
    replica = replica_of(tiny_bundle, hashes)
    works = [Work("recognize", "tiny", {"embedding": False}, {"image": blob}) for blob in (photo_bytes(), b"text")]
    number, (good, bad) = unpack_outcomes(asyncio.run(replica.answer(pack_works(17, works))))
    assert number == 17
    assert isinstance(good, Made)
    (right,) = replica.models.make(works[:1])
    assert isinstance(right, Made)
    assert good.values["probabilities"] == right.values["probabilities"]
    assert isinstance(bad, ImageError)


def test_another_bundle_or_version_than_the_servers_is_refused(tiny_bundle: Bundle, hashes: dict[str, str]) -> None:
    with pytest.raises(BundleError, match="another bundle"):
        replica_of(tiny_bundle, {name: "0" * 64 for name in hashes})
    with pytest.raises(LaunchError, match="another version"):
        replica_of(tiny_bundle, hashes, version="0.0.0")


def test_work_that_takes_too_long_ends_the_process(
    tiny_bundle: Bundle, hashes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []
    monkeypatch.setattr(module.Models, "make", lambda self, works: time.sleep(0.3) or [])
    settings = Settings(bundles=[tiny_bundle.path], concurrency=1, work_timeout_s=0.05)
    asyncio.run(Replica(settings, hashes, __version__, end=ended.append).answer(pack_works(1, [])))
    assert ended == [END]


def on_ray(bundle: Bundle, **options: Any) -> Settings:
    return Settings(bundles=[bundle.path], concurrency=2, num_threads=3, ray=RayOptions(**options))


def test_the_desk_hands_out_what_all_replicas_can_do(tiny_bundle: Bundle) -> None:
    assert on_ray(tiny_bundle, min_replicas=1, max_replicas=4).at_once == 8
    assert Settings(bundles=[tiny_bundle.path], concurrency=2).at_once == 2


def test_a_cluster_of_ones_own_is_quiet_small_and_closed(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    settings = on_ray(tiny_bundle, max_replicas=50)
    told = init_options(settings)
    assert not told["include_dashboard"]
    assert told["_system_config"] == {"automatic_object_spilling_enabled": False}
    assert told["num_cpus"] >= 50 * 6
    variables = environment(settings)
    assert variables["RAY_USAGE_STATS_ENABLED"] == "0"
    assert int(variables["RAY_SERVE_REPLICA_GRPC_MAX_MESSAGE_LENGTH"]) > settings.max_batch * settings.max_image_bytes
    assert len(guard_variables(RayOptions())["RAY_AUTH_TOKEN"]) == 64
    assert guard_variables(RayOptions()) != guard_variables(RayOptions())
    assert guard_variables(RayOptions(address="auto")) == {}
    assert set(init_options(on_ray(tiny_bundle, address="auto"))) == {"address", "logging_level", "log_to_driver"}


def test_replicas_are_scaled_only_where_there_may_be_more(tiny_bundle: Bundle) -> None:
    fixed = deployment_options(on_ray(tiny_bundle, min_replicas=2, max_replicas=2))
    assert fixed["num_replicas"] == 2 and "autoscaling_config" not in fixed
    assert fixed["ray_actor_options"]["num_cpus"] == 6
    scaled = deployment_options(on_ray(tiny_bundle, max_replicas=5, target_load=1.5))["autoscaling_config"]
    assert (scaled["min_replicas"], scaled["max_replicas"], scaled["target_ongoing_requests"]) == (1, 5, 1.5)
    assert deployment_options(on_ray(tiny_bundle, max_replicas=5))["autoscaling_config"]["target_ongoing_requests"] == 2


def test_what_the_cluster_keeps_holds_no_key(tiny_bundle: Bundle) -> None:
    settings = Settings(bundles=[tiny_bundle.path], api_keys={"k" * 20: "shop"}, ray=RayOptions())
    told = settings_of_replicas(Opened(settings))
    assert (told.api_keys, told.ray) == ({}, None)
    assert all(path.is_absolute() for path in told.bundles)
    assert told.max_image_bytes == settings.max_image_bytes


@pytest.mark.parametrize(
    "options",
    [
        {"min_replicas": 0},
        {"min_replicas": 3, "max_replicas": 2},
        {"target_load": 0.0},
        {"cpus": -1.0},
        {"downscale_delay_s": -1.0},
        {"address": "ray://head:10001"},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        RayOptions(**options)
