"""Outfit networks judged: which piece fills the blank, is it an outfit, how far down is the piece that was taken."""
