"""How many replicas there are, and on which cluster."""

from __future__ import annotations

from dataclasses import dataclass

from fitroom.errors import ConfigError

LOCAL = "local"


@dataclass(frozen=True)
class RayOptions:
    """Settings of the replicas.

    Attributes:
        address: "local": a cluster of this machine alone, which ends with the server; "auto" or HOST:PORT: another.
        min_replicas: replicas that there are at any time.
        max_replicas: as many there may be, where there is much to do; equal to the minimum = no autoscaling.
        target_load: requests of each replica, computed or waiting, that autoscaling aims at; None = what it computes at
            once.
        upscale_delay_s: how long the load must be larger before replicas are added.
        downscale_delay_s: how long it must be smaller before they are taken away.
        cpus: of each replica, as the cluster counts them; None = requests at once by threads of an inference.
        name: of the application on the cluster; servers that share a cluster need one each.
    """

    address: str = LOCAL
    min_replicas: int = 1
    max_replicas: int = 1
    target_load: float | None = None
    upscale_delay_s: float = 10.0
    downscale_delay_s: float = 300.0
    cpus: float | None = None
    name: str = "fitroom"

    def __post_init__(self) -> None:
        if not 1 <= self.min_replicas <= self.max_replicas:
            raise ConfigError(
                "there cannot be as many replicas", rule="at least 1, and the maximum not below the minimum",
                got=f"{self.min_replicas} to {self.max_replicas}", fix="give --replicas N, or also --max-replicas N",
            )  # fmt: skip
        for name in ("target_load", "cpus"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ConfigError(f"{name} of the replicas must be positive", got=value)
        if min(self.upscale_delay_s, self.downscale_delay_s) < 0:
            raise ConfigError("the delays of autoscaling cannot be negative")
        if not self.address or "://" in self.address:
            raise ConfigError(
                "this is no address of a cluster", rule="local, auto or HOST:PORT", got=self.address,
                fix="run the server on a machine of the cluster, with --ray auto",
            )  # fmt: skip

    @property
    def is_local(self) -> bool:
        """Whether the cluster is this server's own."""
        return self.address == LOCAL
