"""Outfits on disk and as a stylist makes them: pieces with attributes, sets of them, questions about them."""
