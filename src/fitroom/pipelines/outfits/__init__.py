"""Outfits as they are asked for: what completes these pieces, for this season, weather and occasion, and why."""
