"""Truth: maps per pixel, measures and fit in cm, masks that do not tell the old garment, labels."""
