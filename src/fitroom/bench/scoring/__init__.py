"""Scores of many pictures beside the usual packages."""
