"""Search judged: which product of a catalogue does a worn picture show."""
