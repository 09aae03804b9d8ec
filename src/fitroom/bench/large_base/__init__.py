"""Training on a large base beside a plain diffusers loop."""
