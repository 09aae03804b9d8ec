"""The garment recogniser's training: config, mixing, losses, module, calibration and plan."""
