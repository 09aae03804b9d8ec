"""Bodies: the anny model, a population like the real one, standing poses, tape measures."""
