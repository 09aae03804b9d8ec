"""Photos of people and their parse, for the person parser."""
