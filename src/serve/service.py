"""All that the routes share, put together once."""

from __future__ import annotations

from serve.desk import Desk
from serve.garments import Garments
from serve.metrics import Metrics
from serve.products import Products
from serve.settings import Settings
from serve.tryon_jobs import TryOnJobs
from serve.workers.in_threads import InThreads
from serve.workers.opened import Opened
from serve.workers.supervisor import Supervisor
from serve.workers.work import Backend


class Service:
    """The parts of one server.

    Args:
        settings: of it.

    Raises:
        BundleError: a bundle does not open, two have the same name, or it is of a kind that is not served.
        ConfigError, WeightsError: a pose model that helps nobody, or is none; see :class:`serve.workers.opened.Opened`.
        DataError: the index is none, or another bundle's.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.opened = Opened(settings)
        index = self.opened.index
        self.products = Products.of(index, settings.max_image_bytes) if index else None
        self.metrics = Metrics()
        self.backend = _backend(self.opened)
        self.desk = Desk(self.backend, settings, self.metrics)
        self.garments = Garments(settings.max_garments, settings.max_garments_bytes)
        self.jobs = TryOnJobs(self.desk, settings)


def _backend(opened: Opened) -> Backend:
    if opened.settings.ray is not None:
        from serve.replicas.backend import Replicas
        from serve.replicas.on_ray import RayCluster  # Ray is heavy, and optional

        return Replicas(opened.settings, RayCluster(opened))
    return Supervisor(opened.settings) if opened.settings.isolate else InThreads(opened)
