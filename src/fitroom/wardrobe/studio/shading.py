"""The light that leaves a point towards the eye: diffuse, wrapped, transmitted, glossy and fuzzy."""

from __future__ import annotations

import numpy as np
from numba import njit

from fitroom.wardrobe.studio.real import Real

_ONE = np.float32(1.0)
_HALF = np.float32(0.5)


@njit(cache=True)
def radiance(
    albedo: np.ndarray,
    normal: np.ndarray,
    smooth: np.ndarray,
    view: np.ndarray,
    specular: np.ndarray,
    roughness: np.ndarray,
    sheen: np.ndarray,
    translucency: np.ndarray,
    seen: np.ndarray,
    lamps: np.ndarray,
    colors: np.ndarray,
    sizes: np.ndarray,
    sky: np.ndarray,
    ground: np.ndarray,
) -> np.ndarray:
    """(N, 3) float32 linear light, 1 = a white card that faces light of 1.

    Ambient light is the sky and ground that ``seen`` lets in, brightened in creases by the albedo (Jimenez et al.,
    "Practical Realtime Strategies for Accurate Indirect Occlusion", 2016). Gloss is GGX with Schlick's Fresnel term,
    widened by the size of the lamp; its ambient part is Karis' fit ("Physically Based Shading on Mobile", 2014).

    Args:
        albedo, normal, smooth, view: (N, 3) float32; ``normal`` has relief, ``smooth`` none, ``view`` points
            away from the eye.
        specular, roughness, sheen, translucency: (N,) float32 in [0, 1].
        seen: (N, 2 + L) float32 as ``occlusion.visibility`` gives it.
        lamps, colors: (L, 3) float32 world directions and colours; sizes: (L,) float32 angular radii.
        sky, ground: (3,) float32.
    """
    out = np.empty((len(albedo), 3), np.float32)
    diffuse = np.empty(3, np.float32)
    gloss = np.empty(3, np.float32)
    fuzz = np.empty(3, np.float32)
    for i in range(len(albedo)):
        nx, ny, nz = normal[i, 0], normal[i, 1], normal[i, 2]
        vx, vy, vz = -view[i, 0], -view[i, 1], -view[i, 2]
        facing = max(nx * vx + ny * vy + nz * vz, np.float32(0.02))
        up = nz / np.float32(3.0)
        smooth_up = smooth[i, 2] / np.float32(3.0)
        from_sky = seen[i, 0] * (_HALF + up) / (_HALF + smooth_up)
        from_ground = seen[i, 1] * (_HALF - up) / (_HALF - smooth_up)
        open_share = min(seen[i, 0] + seen[i, 1], _ONE)
        rough = max(roughness[i], np.float32(0.05))
        f0 = np.float32(0.09) * specular[i]
        through = translucency[i]
        rz = np.float32(2.0) * facing * nz - vz  # of the mirrored view
        sky_share = _HALF + _HALF * max(min(rz / (rough + np.float32(0.3)), _ONE), -_ONE)
        edge = f0 * _fresnel_scale(rough, facing) + _fresnel_bias(rough, facing) * min(specular[i] * 2, _ONE)
        rim = sheen[i] * (_ONE - facing) ** 3
        top = max(albedo[i, 0], albedo[i, 1], albedo[i, 2], np.float32(1e-4))
        for k in range(3):
            ambient = sky[k] * from_sky + ground[k] * from_ground
            behind = through * open_share * (sky[k] * (_HALF - up) + ground[k] * (_HALF + up))
            diffuse[k] = ambient * _bounce(open_share, albedo[i, k]) + np.float32(0.35) * behind
            gloss[k] = np.float32(0.6) * edge * open_share * (sky[k] * sky_share + ground[k] * (_ONE - sky_share))
            fuzz[k] = ambient
        for j in range(len(lamps)):
            lx, ly, lz = lamps[j, 0], lamps[j, 1], lamps[j, 2]
            cosine = nx * lx + ny * ly + nz * lz
            wrap = np.float32(0.45) * through + _HALF * sizes[j] * sizes[j]
            lit = max((cosine + wrap) / (_ONE + wrap), np.float32(0.0))
            straight = max(cosine, np.float32(0.0))
            shade = seen[i, 2 + j]
            highlight = _ggx(nx, ny, nz, vx, vy, vz, lx, ly, lz, facing, rough, f0, sizes[j]) * straight * shade
            leak = through * np.float32(0.35) * open_share * max(-cosine, np.float32(0.0))
            for k in range(3):
                # light that wandered under the surface takes more of its hue
                tint = (albedo[i, k] / top) ** (np.float32(0.8) * through)
                diffuse[k] += colors[j, k] * (shade * (straight + (lit - straight) * tint) + leak)
                gloss[k] += colors[j, k] * highlight
                fuzz[k] += colors[j, k] * shade * (_HALF + _HALF * cosine) * _HALF
        for k in range(3):
            hue = _HALF * albedo[i, k] / top + _HALF
            out[i, k] = albedo[i, k] * diffuse[k] + gloss[k] + rim * hue * fuzz[k] * (albedo[i, k] + np.float32(0.12))
    return out


@njit(cache=True)
def _bounce(open_share: Real, albedo: Real) -> Real:
    a = np.float32(2.0404) * albedo - np.float32(0.3324)
    b = np.float32(-4.7951) * albedo + np.float32(0.6417)
    c = np.float32(2.7552) * albedo + np.float32(0.6903)
    return max(_ONE, (open_share * a + b) * open_share + c)


@njit(cache=True)
def _fresnel_scale(rough: Real, facing: Real) -> Real:
    return np.float32(-1.04) * _karis_a(rough, facing) + (np.float32(1.04) - np.float32(0.572) * rough)


@njit(cache=True)
def _fresnel_bias(rough: Real, facing: Real) -> Real:
    return max(
        np.float32(1.04) * _karis_a(rough, facing) + np.float32(0.022) * rough - np.float32(0.04), np.float32(0.0)
    )


@njit(cache=True)
def _karis_a(rough: Real, facing: Real) -> Real:
    r = _ONE - rough
    return (
        min(r * r, np.float32(2.0) ** (np.float32(-9.28) * facing)) * r
        + np.float32(0.0425)
        - np.float32(0.0275) * rough
    )


@njit(cache=True)
def _ggx(
    nx: Real, ny: Real, nz: Real, vx: Real, vy: Real, vz: Real, lx: Real, ly: Real, lz: Real,
    facing: Real, rough: Real, f0: Real, size: Real,
) -> Real:  # fmt: skip
    """pi times the microfacet lobe, so that it shares the diffuse term's unit."""
    lamp_facing = nx * lx + ny * ly + nz * lz
    if lamp_facing <= 0.0 or f0 <= 0.0:
        return np.float32(0.0)
    hx, hy, hz = lx + vx, ly + vy, lz + vz
    length = np.sqrt(hx * hx + hy * hy + hz * hz) + np.float32(1e-6)
    nh = max((nx * hx + ny * hy + nz * hz) / length, np.float32(0.0))
    vh = max((vx * hx + vy * hy + vz * hz) / length, np.float32(0.0))
    alpha = min(rough * rough + np.float32(0.35) * size, _ONE)
    square = alpha * alpha
    spread = nh * nh * (square - _ONE) + _ONE
    lobe = square / (spread * spread)
    k = _HALF * alpha
    masking = np.float32(0.25) / ((facing * (_ONE - k) + k) * (lamp_facing * (_ONE - k) + k))
    fresnel = f0 + (_ONE - f0) * (_ONE - vh) ** 5 * min(f0 * 20, _ONE)
    return lobe * masking * fresnel
