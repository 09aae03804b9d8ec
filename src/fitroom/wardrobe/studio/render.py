"""Meshes, camera, light and backdrop to a picture with its exact buffers.

The triangles behind the pixels' centres make the buffers. Where the surface or the brightness changes between
neighbouring pixels, further rays make the edge smooth.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fitroom.errors import ConfigError
from fitroom.wardrobe.studio import camera as cameras
from fitroom.wardrobe.studio.catcher import shadow
from fitroom.wardrobe.studio.edges import contrasts, outlines
from fitroom.wardrobe.studio.film import develop
from fitroom.wardrobe.studio.sampler import Hit, Rig, Sampler
from fitroom.wardrobe.studio.scene import Camera, Frame, Light, SceneMesh
from fitroom.wardrobe.studio.stage import Backdrop


def render(
    meshes: Sequence[SceneMesh],
    camera: Camera,
    light: Light,
    backdrop: Backdrop,
    rng: np.random.Generator,
    samples: int = 2,
    noise: float = 0.004,
) -> Frame:
    """Takes the picture.

    Args:
        meshes: what stands there; may be empty.
        camera: what takes it.
        light: what lights the meshes.
        backdrop: what fills the rest; its plane catches their shadow.
        rng: of the sensor noise; equal state, equal bytes.
        samples: per axis, at least 1; pixels on outlines get ``4 * samples**2`` rays (a third of them lit), those of
            high contrast ``samples**2``, all others one (textures and light are filtered).
        noise: of the sensor, standard deviation in sRGB units [0, 1].

    Raises:
        ConfigError: for ``samples`` below 1.
        DataError: for a mesh whose arrays do not fit together.
    """
    if samples < 1:
        raise ConfigError("too few samples", where="render", rule="samples >= 1", got=samples)
    sampler = Sampler(meshes, camera, Rig.of(light, camera))
    background = _background(sampler, light, backdrop)
    hit = sampler.centres()
    sampler.measure_light(hit)
    flat = background.reshape(-1, 3)
    image = flat.copy()
    image[hit.sample] = sampler.colors(hit, flat[hit.sample])
    frame = _frame(camera, hit, sampler)
    edge = outlines(frame.mesh, frame.depth_m, frame.normal, cameras.pixel_m(camera))
    detail = contrasts(image.reshape(background.shape) * np.float32(light.exposure)) & (frame.mesh >= 0) & ~edge
    coverage = frame.coverage.ravel()
    for wanted, count, of in ((edge, 4 * samples * samples, 3), (detail, samples * samples, 1)):
        pixels = np.flatnonzero(wanted)
        image[pixels], coverage[pixels] = _smooth(sampler, pixels, flat[pixels], count, of)
    frame.image_u8 = develop(image.reshape(background.shape), light.exposure, rng, noise)
    return frame


def _background(sampler: Sampler, light: Light, backdrop: Backdrop) -> np.ndarray:
    camera = sampler.camera
    image = np.array(backdrop.image(camera, camera.height_px, camera.width_px), np.float32)
    image /= np.float32(light.exposure)
    if backdrop.plane is not None and len(sampler.blockers.faces):
        image *= shadow(sampler.blockers, camera, sampler.rig, backdrop.plane)
    return image


def _smooth(
    sampler: Sampler, pixels: np.ndarray, behind: np.ndarray, count: int, of: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mean colour (P, 3) and coverage (P,) of ``count`` rays spread over each pixel, of which one in ``of`` is lit."""
    k = np.arange(count)[:, None] + 0.5
    spread = k * (0.7548776662466927, 0.5698402909980532) % 1.0
    hit, stands_for, struck = sampler.within(pixels, spread, 0.6, of)
    coverage = struck.mean(1, dtype=np.float32)
    pixel = hit.sample // count
    light = sampler.colors(hit, behind[pixel]) * (stands_for / np.float32(count))[:, None]
    met = np.stack([np.bincount(pixel, light[:, channel], len(pixels)) for channel in range(3)], 1)
    return met + (1.0 - coverage)[:, None] * behind, coverage


def _frame(camera: Camera, hit: Hit, sampler: Sampler) -> Frame:
    size = (camera.height_px, camera.width_px)
    count = size[0] * size[1]

    def spread(values: np.ndarray, empty: float) -> np.ndarray:
        out = np.full((count, *values.shape[1:]), empty, values.dtype)
        out[hit.sample] = values
        return out.reshape(size + values.shape[1:])

    return Frame(
        image_u8=np.zeros((*size, 3), np.uint8),
        mesh=spread(hit.mesh, -1),
        face=spread(hit.local_face, -1),
        bary=spread(hit.bary, 0.0),
        depth_m=spread(hit.depth_m, np.inf),
        normal=spread(hit.normal, 0.0),
        part=spread(sampler.parts(hit), 0),
        coverage=spread(np.ones(len(hit.sample), np.float32), 0.0),
        camera=camera,
    )
