"""Who computes: models in memory, in processes of their own or in threads, and what passes to them."""
