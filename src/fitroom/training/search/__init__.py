"""The embedding network's training: config, losses, module and plan."""
