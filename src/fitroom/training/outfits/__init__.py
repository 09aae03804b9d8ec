"""The outfit network's training: config, losses, module and plan."""
