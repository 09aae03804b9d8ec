"""A transformer over the pieces of an outfit: do they go together, and what is missing."""
