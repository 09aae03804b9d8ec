"""The network that makes a garment comparable, worn or in a shop photo."""
