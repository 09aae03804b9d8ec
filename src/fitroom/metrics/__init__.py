"""Pure functions that turn predictions and truths into numbers; each is checked against a reference implementation."""
