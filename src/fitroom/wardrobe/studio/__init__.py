"""The photo studio: cameras, lights, backdrops, ray casting and shading."""
