"""Sewing patterns: panels and seams in cm, graded by size, and the cloth mesh they are sewn into."""
