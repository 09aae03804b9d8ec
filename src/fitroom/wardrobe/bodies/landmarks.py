"""Vertices of the anny mesh that are anatomical landmarks; the topology is the same for every body.

Nipples and navel are the vertices that anny's own nipple and navel sliders move most; the others were read off the
neutral body: cervicale (C7) where neck and back meet, acromion above the shoulder joint, crotch the lowest skin of the
middle line.
"""

from __future__ import annotations

NIPPLES = (8420, 1764)
NAVEL = 4104
CERVICALE = 858
ACROMIA = (8258, 1602)
CROTCH = 6415
