"""Speed, beside named peers, taken in one process run: every claim is a ratio, with machine, number and range."""
