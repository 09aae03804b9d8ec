"""The try-on model's training: config, losses, module, sample grids and plan."""
