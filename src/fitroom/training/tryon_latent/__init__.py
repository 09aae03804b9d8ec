"""Training of a try-on model on a large base: config, memory, optimizer, losses, module, sample grids and plan."""
