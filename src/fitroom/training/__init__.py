"""Lightning modules, losses, averaging, callbacks, and the run from config to bundle."""
