"""Pictures that are had without learning anything, beside which a model stands."""
