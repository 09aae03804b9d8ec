"""Records whose scores are one list of numbers: what their kinds of model share, from rows to a table of the site."""
