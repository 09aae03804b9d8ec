"""Bodies and garments in centimetres, and what buyers said of the fit."""
