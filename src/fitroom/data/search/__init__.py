"""Worn garments beside their shop photos: cut out, varied, and dealt in pairs."""
