"""The anny body model as plain arrays: one call turns a shape and a pose into a surface that stands on the floor."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import anny
import numpy as np
import torch
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial.transform import Rotation

from fitroom.errors import ConfigError
from fitroom.wardrobe.bodies.body import Body, BodyPart, BodyShape
from fitroom.wardrobe.bodies.sliders import BODY_SLIDERS, FACE_SLIDERS

Rotations = Mapping[str, tuple[float, float, float]]

_SIDED_PARTS = (
    ("upperarm", BodyPart.LEFT_UPPER_ARM, BodyPart.RIGHT_UPPER_ARM),
    ("lowerarm", BodyPart.LEFT_FOREARM, BodyPart.RIGHT_FOREARM),
    ("wrist", BodyPart.LEFT_HAND, BodyPart.RIGHT_HAND),
    ("finger", BodyPart.LEFT_HAND, BodyPart.RIGHT_HAND),
    ("metacarpal", BodyPart.LEFT_HAND, BodyPart.RIGHT_HAND),
    ("upperleg", BodyPart.LEFT_THIGH, BodyPart.RIGHT_THIGH),
    ("lowerleg", BodyPart.LEFT_SHIN, BodyPart.RIGHT_SHIN),
    ("foot", BodyPart.LEFT_FOOT, BodyPart.RIGHT_FOOT),
    ("toe", BodyPart.LEFT_FOOT, BodyPart.RIGHT_FOOT),
)


def part_of_bone(label: str) -> BodyPart:
    """Which part of the body the skin moved by bone ``label`` belongs to; the shoulder girdle counts as torso."""
    for prefix, left, right in _SIDED_PARTS:
        if label.startswith(prefix):
            return left if label.endswith(".L") else right
    if label.startswith("neck"):
        return BodyPart.NECK
    if label.startswith(("head", "eye")):
        return BodyPart.HEAD
    return BodyPart.TORSO


class BodyModel:
    """anny with the project's sliders; :func:`body_model` gives the one instance of a process.

    Adults only: phenotype ``age`` 0.62 to 1. ``gender`` is 0 male, 1 female. Rotation vectors turn a bone and all that
    hangs on it about world axes as seen in anny's reference pose, after its parents have turned.

    Attributes:
        faces: (F, 3) int32 triangles, outward facing.
        canonical_m: (V, 3) float32 rest surface of the neutral body: the coordinates of dense correspondence.
        part_weights: (V, 16) float32 skinning weights summed by :class:`BodyPart`; rows sum to 1.
        bone_labels: names of the B bones.
        bone_parents: (B,) int32 parent of each bone, -1 for the root; parents come first.
        main_component: (V,) bool, the watertight skin, without eyeballs.
        eye_component: (V,) int8: 1 left eyeball, 2 right eyeball, else 0.
    """

    def __init__(self) -> None:
        # Plain LBS in torch: warp would compile kernels, print, and not survive a fork.
        self._anny = anny.Anny(
            local_changes=[*BODY_SLIDERS, *FACE_SLIDERS], phenotypes="all", skinning_method="lbs"
        ).to(torch.float32)
        self._anny.eval()
        self._keypoints = anny.KeypointsRegressor.coco(self._anny)
        self.anthropometry = anny.Anthropometry(self._anny)
        self.faces: np.ndarray = self._anny.faces.numpy().astype(np.int32)
        self.bone_labels: tuple[str, ...] = tuple(self._anny.bone_labels)
        self.bone_parents: np.ndarray = np.array(self._anny.bone_parents, np.int32)
        self.phenotype_labels: tuple[str, ...] = tuple(self._anny.phenotype_labels)
        self.local_labels: tuple[str, ...] = tuple(self._anny.local_change_labels)
        self._bone_index = {label: i for i, label in enumerate(self.bone_labels)}
        with torch.no_grad():
            self.canonical_m: np.ndarray = self._forward({}, {}, {})["rest_vertices"][0].numpy().copy()
        bone_weights = self._dense_weights()
        self.part_weights: np.ndarray = self._sum_parts(bone_weights)
        self.main_component, self.eye_component = self._components(bone_weights)

    def body(self, shape: BodyShape, rotations: Rotations | None = None) -> Body:
        """The body of ``shape`` posed by ``rotations`` (rotation vectors in radians by bone), standing on z = 0.

        Raises:
            ConfigError: a phenotype, slider or bone anny does not have.
        """
        pose = {bone: tuple(map(float, vector)) for bone, vector in (rotations or {}).items()}
        self._check(shape, pose)
        with torch.no_grad():
            out = self._forward(shape.phenotype, shape.local, pose)
            keypoints = self._keypoints(out)[0, :17].numpy().astype(np.float64)
        vertices = out["vertices"][0].numpy().astype(np.float64)
        bones = out["bone_poses"][0, :, :3, 3].numpy().astype(np.float64)
        lift = np.array([0.0, 0.0, -vertices[:, 2].min()])
        return Body(vertices + lift, keypoints + lift, bones + lift, shape, pose)  # type: ignore[arg-type]

    def joint(self, body: Body, name: str) -> np.ndarray:
        """(3,) head of bone ``name``: "upperarm01.L" is the left shoulder, "wrist.R" the right wrist ..."""
        return body.bones_m[self._bone_index[name]].copy()

    def part_of_vertex(self) -> np.ndarray:
        """(V,) int8 heaviest :class:`BodyPart` per vertex; interpolate ``part_weights`` where smooth borders matter."""
        return self.part_weights.argmax(1).astype(np.int8)

    def _forward(
        self, phenotype: Mapping[str, float], local: Mapping[str, float], rotations: Mapping[str, tuple[float, ...]]
    ) -> dict[str, torch.Tensor]:
        pose = np.tile(np.eye(4, dtype=np.float32), (1, len(self.bone_labels), 1, 1))
        for bone, vector in rotations.items():
            pose[0, self._bone_index[bone], :3, :3] = Rotation.from_rotvec(vector).as_matrix()
        out: dict[str, torch.Tensor] = self._anny(
            pose_parameters=torch.from_numpy(pose),
            phenotype_kwargs={name: float(value) for name, value in phenotype.items()},
            local_changes_kwargs={name: float(value) for name, value in local.items()},
        )
        return out

    def _check(self, shape: BodyShape, rotations: Mapping[str, tuple[float, ...]]) -> None:
        for where, names, known in (
            ("phenotype", shape.phenotype, self.phenotype_labels),
            ("local", shape.local, self.local_labels),
            ("rotations", rotations, self.bone_labels),
        ):
            unknown = sorted(set(names) - set(known))
            if unknown:
                raise ConfigError(
                    "The body model has no such parameter",
                    where=where,
                    rule="one of " + ", ".join(known),
                    got=", ".join(unknown),
                    fix="correct the name, or add the slider to bodies/sliders.py",
                )

    def _dense_weights(self) -> np.ndarray:
        indices = self._anny.vertex_bone_indices.numpy()
        weights = self._anny.vertex_bone_weights.numpy()
        dense = np.zeros((len(indices), len(self.bone_labels)), np.float32)
        np.add.at(dense, (np.arange(len(indices))[:, None], indices), weights)
        return dense

    def _sum_parts(self, bone_weights: np.ndarray) -> np.ndarray:
        parts = np.zeros((len(bone_weights), len(BodyPart)), np.float32)
        for bone, label in enumerate(self.bone_labels):
            parts[:, part_of_bone(label)] += bone_weights[:, bone]
        normalised: np.ndarray = parts / parts.sum(1, keepdims=True)
        return normalised

    def _components(self, bone_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count = len(bone_weights)
        a, b = self.faces.T[:2]
        c = self.faces[:, 2]
        links = coo_matrix((np.ones(2 * len(a)), (np.r_[a, b], np.r_[b, c])), shape=(count, count))
        labels = connected_components(links, directed=False)[1]
        main = labels == np.bincount(labels).argmax()
        eyes = np.zeros(count, np.int8)
        for code, bone in ((1, "eye.L"), (2, "eye.R")):
            eyes[~main & (bone_weights[:, self._bone_index[bone]] > 0.5)] = code
        return main, eyes


@lru_cache(maxsize=1)
def body_model() -> BodyModel:
    """The one body model of a process: about a minute the first time on a machine, seconds from anny's cache after."""
    return BodyModel()
