"""Search in a catalogue: by a photo of somebody wearing it, by a product like it, and by words."""
