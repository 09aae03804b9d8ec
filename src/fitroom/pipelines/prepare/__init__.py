"""A user's own photos of people and garments become a data set that the readers of VITON-HD or DressCode understand."""
