"""Readers of bodies in photos judged on simulated people they have not met, beside what can be had without a photo."""
