"""Fit read off pictures: where a garment ends and how wide it is, in centimetres, by its parse and the pose alone."""
