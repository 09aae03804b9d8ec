"""The cases that a try-on model is evaluated on: what is to be made, from what."""
