"""The person parser's training: config, losses, module and plan."""
