"""Fabrics: what cloth weighs and how it bends, what it looks like, and the painted sewing pattern."""
