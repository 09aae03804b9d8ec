"""Cases of try-on as a network sees them."""
