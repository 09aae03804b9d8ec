"""fitroom: the training and evaluation workshop for AI try-on in fashion e-commerce."""

__version__ = "0.1.0"
