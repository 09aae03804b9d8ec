"""The simulated wardrobe: people, sewn garments and photos whose truth is exact, because it was simulated.

Rooms, from the bottom up: ``bodies`` (anny people, tape measures, poses), ``patterns`` (sewing patterns in cm,
graded, meshed), ``fabrics`` (materials, prints, the painted pattern), ``studio`` (camera, light, pictures), ``people``
(skin, face, hair, shoes), ``drape`` (cloth on a body), ``truth`` (maps and measures), and above them the cases and the
shards.

World: metres, z up, the floor at z = 0, the body faces -y, its left hand at +x. Patterns: centimetres, y up.
"""
