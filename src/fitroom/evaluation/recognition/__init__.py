"""Garment recognisers, judged by what they say of labelled photos."""
