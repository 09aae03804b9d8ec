"""Pictures beside their truth, and the instruments that look at them."""
