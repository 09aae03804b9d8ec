"""Photos of garments and their labels, for the recogniser."""
