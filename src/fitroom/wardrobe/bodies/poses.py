"""Standing poses of people in shops' photos, fitted to every body so that hands and forearms stay clear of it."""

from __future__ import annotations

from collections.abc import Mapping

from scipy.spatial.transform import Rotation

from fitroom.errors import ConfigError
from fitroom.wardrobe.bodies.body import BodyShape
from fitroom.wardrobe.bodies.model import BodyModel, Rotations
from fitroom.wardrobe.bodies.posing import Hang, InFront, OnHip, Pose, solve

_START_STANCE_M = 0.24
_START_WIDEST_M = 0.46

POSES: Mapping[str, Pose] = {
    "arms_down": Pose(),
    "arms_away": Pose(left=Hang(20, 4, 18), right=Hang(20, 4, 18), head_deg=(0, 0, 2)),
    "arms_forward": Pose(left=Hang(12, 20, 24, 10), right=Hang(14, 16, 20, 10), stance_m=0.22),
    "hand_on_left_hip": Pose(
        left=OnHip(), right=Hang(11, 2, 12), weight="R", pelvis_deg=(0, 4, 0), chest_deg=(0, -5, 0), free_m=(0.2, 0.05),
        head_deg=(6, 2, 0), toes_out_deg=(8, 20),
    ),
    "hand_on_right_hip": Pose(
        left=Hang(12, 3, 15), right=OnHip(), weight="L", pelvis_deg=(0, -4, 0), chest_deg=(0, 5, 0),
        free_m=(0.19, 0.06), head_deg=(-8, -2, 0), toes_out_deg=(8, 18),
    ),
    "hands_on_hips": Pose(left=OnHip(), right=OnHip(), stance_m=0.26, toes_out_deg=(12, 12), head_deg=(0, 0, -2)),
    "contrapposto_left": Pose(
        left=Hang(13, 0, 10), right=Hang(13, 6, 20), weight="L", pelvis_deg=(-4, -5, 0), chest_deg=(5, 7, 0),
        free_m=(0.2, 0.08), heel_deg=6, head_deg=(-6, 3, 2), toes_out_deg=(8, 22),
    ),
    "contrapposto_right": Pose(
        left=Hang(13, 6, 20), right=Hang(13, 0, 10), weight="R", pelvis_deg=(4, 5, 0), chest_deg=(-5, -7, 0),
        free_m=(0.19, 0.1), heel_deg=8, head_deg=(8, -3, 0), toes_out_deg=(8, 24),
    ),
    "knee_bent": Pose(
        left=Hang(12, 4, 16), right=Hang(14, 2, 12), weight="R", pelvis_deg=(-5, 4, 0), chest_deg=(4, -4, 0),
        free_m=(0.15, 0.13), heel_deg=24, head_deg=(-5, 0, 2), toes_out_deg=(8, 10),
    ),
    "step": Pose(
        left=Hang(12, -12, 10), right=Hang(13, 14, 22), weight="L", pelvis_deg=(-4, -1, 2), chest_deg=(8, 1, -2),
        free_m=(0.16, -0.26), heel_deg=26, toes_out_deg=(4, 6),
    ),
    "arm_in_front": Pose(
        left=InFront(), right=Hang(12, 2, 14), weight="L", pelvis_deg=(0, -3, 0), chest_deg=(-3, 4, 0),
        free_m=(0.19, 0.06), head_deg=(-10, 0, 3), toes_out_deg=(8, 16),
    ),
    "head_turned": Pose(left=Hang(12, 2, 12), right=Hang(11, 4, 16), head_deg=(32, -3, 0), chest_deg=(6, 0, 0)),
    "head_tilted": Pose(left=Hang(14, 6, 20), right=Hang(12, 2, 12), head_deg=(-12, 8, 4), stance_m=0.18),
    "torso_turned": Pose(
        left=Hang(13, 6, 18), right=Hang(13, -2, 14), pelvis_deg=(14, 2, 0), chest_deg=(16, -2, 0),
        head_deg=(-22, 0, 0), weight="R", free_m=(0.19, 0.08), toes_out_deg=(4, 16),
    ),
}  # fmt: skip


def rotations(model: BodyModel, shape: BodyShape, pose: str) -> Rotations:
    """Rotations for ``BodyModel.body`` that put ``shape`` in the pose named ``pose``; about 0.2 s.

    Raises:
        ConfigError: no pose of that name.
    """
    if pose not in POSES:
        raise ConfigError(
            "There is no such pose", where="pose", rule="one of " + ", ".join(POSES), got=pose, fix="name one of these"
        )
    return solve(model, shape, POSES[pose])


def start_pose(model: BodyModel, shape: BodyShape, arm_deg: float) -> Rotations:
    """The pose garments are put on in: arms straight, ``arm_deg`` below horizontal in the frontal plane, legs apart.

    The ankles are 24 cm apart, or as much more as leaves a gap between the thighs.
    """
    arm = Hang(abduct_deg=90.0 - arm_deg, forward_deg=0.0, elbow_deg=0.0, inward_deg=0.0, pronate_deg=0.0, gap_m=0.0)
    pose = Pose(left=arm, right=arm, stance_m=_START_STANCE_M, toes_out_deg=(5.0, 5.0))
    return solve(model, shape, pose, _START_WIDEST_M)


def between(a: Rotations, b: Rotations, t: float) -> Rotations:
    """The pose a share ``t`` (0 to 1) of the way from ``a`` to ``b``: every bone slerped along the shorter way."""
    bones = sorted({*a, *b})
    rest = (0.0, 0.0, 0.0)
    start = Rotation.from_rotvec([a.get(bone, rest) for bone in bones])
    stop = Rotation.from_rotvec([b.get(bone, rest) for bone in bones])
    vectors = (start * Rotation.from_rotvec(t * (start.inv() * stop).as_rotvec())).as_rotvec()
    return {bone: (float(x), float(y), float(z)) for bone, (x, y, z) in zip(bones, vectors, strict=True)}
