"""A stick figure to pose: world-axis turns of bones in, anny's rotation vectors out."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.spatial.transform import Rotation

from fitroom.wardrobe.bodies.body import Body, BodyShape
from fitroom.wardrobe.bodies.model import BodyModel


def unit(vector: np.ndarray) -> np.ndarray:
    """``vector`` at length 1."""
    scaled: np.ndarray = vector / np.linalg.norm(vector)
    return scaled


def frame(along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """(3, 3) right-handed axes as columns: x along ``along``, y nearest to ``across``."""
    x = unit(along)
    y = unit(across - (across @ x) * x)
    return np.stack([x, y, np.cross(x, y)], axis=1)


def swing(start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """(3, 3) smallest rotation that takes direction ``start`` to direction ``stop``."""
    a, b = unit(start), unit(stop)
    axis = np.cross(a, b)
    sine = float(np.linalg.norm(axis))
    if sine < 1e-9:
        return np.eye(3)
    return about(axis, float(np.arctan2(sine, a @ b)))


def about(axis: np.ndarray, angle: float) -> np.ndarray:
    """(3, 3) rotation by ``angle`` radians about ``axis``."""
    matrix: np.ndarray = Rotation.from_rotvec(unit(axis) * angle).as_matrix()
    return matrix


def twist_angle(rotation: np.ndarray, axis: np.ndarray) -> float:
    """How far ``rotation`` turns about ``axis`` (radians, -pi to pi), by swing-twist decomposition."""
    quaternion = Rotation.from_matrix(rotation).as_quat()
    angle = 2 * float(np.arctan2(quaternion[:3] @ unit(axis), quaternion[3]))
    return (angle + np.pi) % (2 * np.pi) - np.pi


def two_bone(
    root: np.ndarray, goal: np.ndarray, upper: float, lower: float, pole: np.ndarray, stretch: float = 0.995
) -> tuple[np.ndarray, np.ndarray]:
    """Directions of two bones that reach from ``root`` to ``goal``, the middle joint on the side of ``pole``.

    A goal out of reach is approached along the straight line, with ``stretch`` of the full length.

    Returns:
        Unit directions of the upper and the lower bone.
    """
    reach = min(float(np.linalg.norm(goal - root)), stretch * (upper + lower))
    x, y, _ = frame(goal - root, pole).T
    along = (reach**2 + upper**2 - lower**2) / (2 * reach)
    aside = np.sqrt(max(upper**2 - along**2, 0.0))
    middle = along * x + aside * y
    return unit(middle), unit(reach * x - middle)


class Figure:
    """Bones of one body at anny's reference pose, turned one after the other.

    Args:
        rest: that body, unposed; joints are read from it.
    """

    def __init__(self, model: BodyModel, rest: Body) -> None:
        self.rest = rest
        self._labels = model.bone_labels
        self._parents = model.bone_parents
        self._index = {label: i for i, label in enumerate(model.bone_labels)}
        self._world: dict[int, np.ndarray] = {}
        self._local: dict[int, np.ndarray] = {}

    def at_rest(self, bone: str) -> np.ndarray:
        """(3,) head of ``bone`` in the reference pose, metres."""
        head: np.ndarray = self.rest.bones_m[self._index[bone]]
        return head

    def turn(self, bone: str, world: np.ndarray) -> None:
        """Turn ``bone`` by ``world`` (3, 3), whatever its parents do."""
        self._world[self._index[bone]] = world

    def bend(self, bone: str, local: np.ndarray) -> None:
        """Turn ``bone`` by ``local`` (3, 3), about axes of the reference pose, on top of its parents."""
        self._local[self._index[bone]] = local

    def turned(self, bone: str) -> np.ndarray:
        """(3, 3) how ``bone`` is turned from its reference pose, its parents included."""
        return self._turned(self._index[bone])

    def head(self, bone: str) -> np.ndarray:
        """(3,) where the head of ``bone`` is now, the root staying where it was; metres."""
        return self._head(self._index[bone])

    def rotations(self) -> dict[str, tuple[float, float, float]]:
        """The pose as ``BodyModel.body`` takes it."""
        found: dict[str, tuple[float, float, float]] = {}
        for i in sorted({*self._world, *self._local}):
            parent = int(self._parents[i])
            base = self._turned(parent) if parent >= 0 else np.eye(3)
            vector = Rotation.from_matrix(base.T @ self._turned(i)).as_rotvec()
            found[self._labels[i]] = (float(vector[0]), float(vector[1]), float(vector[2]))
        return found

    def _turned(self, i: int) -> np.ndarray:
        if i in self._world:
            return self._world[i]
        parent = int(self._parents[i])
        base = self._turned(parent) if parent >= 0 else np.eye(3)
        return base @ self._local[i] if i in self._local else base

    def _head(self, i: int) -> np.ndarray:
        parent = int(self._parents[i])
        if parent < 0:
            return self.rest.bones_m[i].copy()
        offset = self._turned(parent) @ (self.rest.bones_m[i] - self.rest.bones_m[parent])
        return self._head(parent) + offset


def figure(model: BodyModel, shape: BodyShape) -> Figure:
    """A fresh figure of ``shape`` in the reference pose."""
    return Figure(model, _rest(model, _key(shape)))


def _key(shape: BodyShape) -> tuple[object, ...]:
    return (shape.sex, tuple(sorted(shape.phenotype.items())), tuple(sorted(shape.local.items())))


@lru_cache(maxsize=8)
def _rest(model: BodyModel, key: tuple[object, ...]) -> Body:
    sex, phenotype, local = key
    return model.body(BodyShape(sex, dict(phenotype), dict(local)))  # type: ignore[arg-type,call-overload]
