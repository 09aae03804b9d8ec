"""From a few answers of a shopper and a garment's size chart to a size, its probability, and why."""
