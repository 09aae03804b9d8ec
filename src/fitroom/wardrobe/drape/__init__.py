"""Drape: distance fields of bodies and layers, cloth physics, dressing and posing, what makes a drape fail."""
