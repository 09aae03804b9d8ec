"""The body model's training: config, losses, module and plan."""
