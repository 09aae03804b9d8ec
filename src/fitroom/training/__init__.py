"""A run from config to bundle, whatever is trained; one room a task, with its config, losses, module and plan."""
